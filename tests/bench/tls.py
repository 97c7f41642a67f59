"""Submission as mail programs do it, STARTTLS and AUTH: what TLS costs by the certificate's key, new and resumed.

    python -m tests.bench.tls --rounds 5

Processor time of the gateway's whole tree of processes for one mail of 2 KB on a connection of its own, in turns within each
round; `none` is AUTH and the mail without TLS. A resumed session comes with a ticket of the connection before (RFC 8446 §2.2).
"""

import argparse
import base64
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.__main__ import Sink, write_mails
from tests.bench.contestants import free_port, wait_for_banner
from tests.support.processes import cpu_s

KEYS = {"ECDSA P-256": "ec -pkeyopt ec_paramgen_curve:P-256", "RSA 2048": "rsa:2048", "RSA 4096": "rsa:4096"}
AUTH = b"AUTH PLAIN " + base64.b64encode(b"\0an.binhtan@tphcm.gov.vn\0p")
CONFIGURATION = """listeners: [{{listen: "127.0.0.1:{port}", kind: submission, {tls}}}]
next_hop: {{address: "127.0.0.1:{sink}", tls: none, required_at_start: false}}
data: {folder}/data
limits: {{connections_per_address: 400}}
passwords: {{check: false}}
"""


@dataclass
class Gateway:
    """One with a certificate of one kind, or none."""

    port: int
    root: int
    context: ssl.SSLContext | None
    session: ssl.SSLSession | None = None
    resumed: int = 0

    def send(self, content: bytes, *, resume: bool) -> None:
        """Send one mail on a connection of its own."""
        with ExitStack() as stack:
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", self.port), 60))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _reply(sock)
            _ask(sock, b"EHLO bench.example")
            if self.context is not None:
                _ask(sock, b"STARTTLS")
                session = self.session if resume else None
                wrapped = self.context.wrap_socket(sock, server_hostname="bench.example", session=session)
                sock = stack.enter_context(wrapped)
                _ask(sock, b"EHLO bench.example")
                self.session = wrapped.session
                self.resumed += bool(wrapped.session_reused)
            for line in (
                AUTH,
                b"MAIL FROM:<an.binhtan@tphcm.gov.vn>",
                b"RCPT TO:<b@tphcm.gov.vn>",
                b"DATA",
            ):
                _ask(sock, line)
            stamp = b"Message-ID: <%d@load.example>\r\n" % time.time_ns()
            _ask(sock, stamp + content + b".")
            _ask(sock, b"QUIT")


def _ask(sock: socket.socket, line: bytes) -> None:
    sock.sendall(line + b"\r\n")
    _reply(sock)


def _reply(sock: socket.socket) -> None:
    data = b""
    while not data.endswith(b"\n") or data.rstrip().rpartition(b"\n")[2][3:4] == b"-":
        data += (got := sock.recv(4096))
        if not got:
            raise ConnectionError(data)
    if data[:1] not in b"23":
        raise ConnectionError(data)


@contextmanager
def gateway(key: str | None, sink: Sink) -> Iterator[Gateway]:
    """Start one."""
    with tempfile.TemporaryDirectory(prefix="bench-tls-") as folder:
        port, tls = free_port(), "auth_without_tls: true"
        context = None
        if key is not None:
            made = [f"-keyout={folder}/key.pem", f"-out={folder}/certificate.pem"]
            pairs = [part for one in made for part in one.split("=", 1)]
            command = ["openssl", "req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=bench.example", *pairs]
            command += ["-addext", "subjectAltName=DNS:bench.example", "-newkey", *KEYS[key].split()]
            subprocess.run(command, check=True, capture_output=True)
            tls = f"certificate: {folder}/certificate.pem, key: {folder}/key.pem"
            context = ssl.create_default_context(cafile=f"{folder}/certificate.pem")
        file = Path(folder) / "gateway.yaml"
        file.write_text(CONFIGURATION.format(port=port, tls=tls, sink=sink.port, folder=folder))
        command = [sys.executable, "-m", "gateway.cli", "serve", "--config", str(file)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            wait_for_banner(port, 300)
            yield Gateway(port, process.pid, context)
        finally:
            process.terminate()
            process.wait(30)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mails", type=int, default=60)
    arguments = parser.parse_args()
    found: dict[tuple[str, bool], list[float]] = {}
    with ExitStack() as stack:
        sink = Sink()
        stack.callback(sink.process.kill)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        write_mails(folder)
        content = (folder / "2k").read_bytes()
        ours = {key or "none": stack.enter_context(gateway(key, sink)) for key in (None, *KEYS)}
        for round_ in range(arguments.rounds + 1):
            for name, one in ours.items():
                for resume in (False, True) if one.context is not None else (False,):
                    before, one.resumed = cpu_s([one.root]), 0
                    for _ in range(arguments.mails):
                        one.send(content, resume=resume)
                    if round_:
                        found.setdefault((name, resume), []).append(
                            1000 * (cpu_s([one.root]) - before) / arguments.mails
                        )
                    if resume and one.resumed < 0.9 * arguments.mails:
                        print(f"{name}: only {one.resumed} of {arguments.mails} resumed", file=sys.stderr)
    plain = statistics.median(found["none", False])
    print("| key | session | ms a mail | more than without TLS |", "|---|---|---:|---:|", sep="\n")
    for (name, resume), costs in found.items():
        cost = statistics.median(costs)
        what = ("resumed" if resume else "new") if name != "none" else "-"
        print(f"| {name} | {what} | {cost:.2f} | {cost - plain:+.2f} |")


if __name__ == "__main__":
    main()
