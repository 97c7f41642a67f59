"""`gateway demo`: an office with clients and mail server on this machine, until stopped.

Makes certificates, a directory and a city mail server, starts the gateway as `gateway serve` would, sends the sample
mails through real SMTP with TLS and AUTH, and prints each reply as the client saw it with the verdict behind it.
"""

from __future__ import annotations

import json
import logging
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.audit.query import AuditReader, Filter, History
from gateway.audit.record import FindingFacts, RecipientRefused
from gateway.demo.mails import COLLEAGUE, OFFICE, STAFF, UNIT, SampleMail, samples
from gateway.demo.next_hop import Mailroom, NextHop
from gateway.demo.people import make_accounts, show_notice
from gateway.demo.pki import Pki, revocation_list
from gateway.demo.sign import sign_pdf_twice
from gateway.errors import UserError
from gateway.texts.catalogue import both, product_texts

PASSWORD = "Demo#2026"  # noqa: S105 - of an invented mailbox that exists only while the demonstration runs
_PORTS = {"submission": 5587, "submissions": 5465, "relay": 5525, "console": 5580}
_START_S = 90


@dataclass(frozen=True)
class Office:
    """Files that the demonstration made."""

    folder: Path
    ports: dict[str, int]
    tls: ssl.SSLContext


def run(*, once: bool) -> int:
    """Run the demonstration; with `once` end after the sample mails, 0 only when every verdict was the expected one."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C: the gateway ends with us at any time
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # the next hop's library warns of a name it sets itself
    with tempfile.TemporaryDirectory(prefix="gateway-demo-") as name:
        folder = Path(name)
        print(
            "Đang tạo chứng thư, danh bạ và máy chủ thử nghiệm / making certificates, directory, next hop ...",
            flush=True,
        )
        certificate, key = _make_tls(folder)
        server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server_tls.load_cert_chain(certificate, key)
        mailroom = Mailroom({STAFF: PASSWORD}, on_notice=show_notice)
        next_hop = NextHop(mailroom, tls=server_tls)
        pki = Pki()
        _write_certs(folder / "certs", pki)
        _write_directory(folder / "directory.yaml")
        office = Office(folder, _free_ports(), ssl.create_default_context(cafile=str(certificate)))
        _write_configuration(office, next_hop_port=next_hop.start())
        try:
            with _gateway(office):
                wrong = _send_all(office, samples(lambda data: sign_pdf_twice(data, pki.g2_person, pki.g2_seal)))
                if once:
                    return 1 if wrong else 0
                _explain_client(office)
                _explain_console(office)
                _wait_for_interrupt()
                return 0
        finally:
            next_hop.stop()


def _make_tls(folder: Path) -> tuple[Path, Path]:
    """Write a self-signed certificate for localhost and its key; return their paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = folder / "tls.crt", folder / "tls.key"
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.touch(mode=0o600)
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_path, key_path


def _write_certs(folder: Path, pki: Pki) -> None:
    """Write the trust anchors of the demonstration and a fresh CRL."""
    (folder / "crl").mkdir(parents=True)
    for name, identity in (("root", pki.g2_root), ("sub", pki.g2_sub)):
        (folder / f"{name}.der").write_bytes(identity.certificate_der)
    for name, identity in (("root", pki.g2_root), ("sub", pki.g2_sub)):
        crl = revocation_list(
            identity, this_update=pki.now - timedelta(hours=1), next_update=pki.now + timedelta(days=7)
        )
        (folder / "crl" / f"{name}.crl").write_bytes(crl)


def _write_directory(path: Path) -> None:
    mailboxes = [
        {"address": STAFF, "kind": "personal", "unit": "Văn thư"},
        {"address": COLLEAGUE, "kind": "personal", "unit": "Văn thư"},
        {"address": UNIT, "kind": "unit", "unit": "Phòng Nội vụ"},
        {"address": OFFICE, "kind": "office", "unit": "Văn phòng UBND"},
    ]
    units = [{"id": "Văn thư", "heads": [COLLEAGUE]}, {"id": "Phòng Nội vụ"}, {"id": "Văn phòng UBND"}]
    path.write_text(
        json.dumps({"units": units, "mailboxes": mailboxes}, ensure_ascii=False, indent=1), "utf-8"
    )  # JSON is YAML


def _write_configuration(office: Office, *, next_hop_port: int) -> None:
    folder, ports = office.folder, office.ports
    tls = {"certificate": str(folder / "tls.crt"), "key": str(folder / "tls.key")}
    configuration = {
        "hostname": "localhost",
        "data": str(folder / "data"),
        "directory": str(folder / "directory.yaml"),
        "certs": str(folder / "certs"),
        "log_level": "warning",
        "listeners": [
            {"kind": "submission", "listen": f"127.0.0.1:{ports['submission']}", **tls},
            {"kind": "submissions", "listen": f"127.0.0.1:{ports['submissions']}", **tls},
            {"kind": "relay", "listen": f"127.0.0.1:{ports['relay']}"},
        ],
        "console": {"listen": f"127.0.0.1:{ports['console']}"},
        "next_hop": {"address": f"localhost:{next_hop_port}", "tls": "starttls", "ca_file": str(folder / "tls.crt")},
    }
    (folder / "gateway.yaml").write_text(json.dumps(configuration, indent=1), "utf-8")


def _free_ports() -> dict[str, int]:
    """Return the usual ports of the demonstration, or free ones where they are taken."""
    ports = {}
    for name, usual in _PORTS.items():
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", usual))
            except OSError:
                probe.bind(("127.0.0.1", 0))
            ports[name] = probe.getsockname()[1]
    return ports


@contextmanager
def _gateway(office: Office) -> Iterator[None]:
    """Run the gateway in its own processes until the block ends."""
    command = [sys.executable, "-m", "gateway.cli", "serve", "--config", str(office.folder / "gateway.yaml")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        if not ready.startswith("ready"):
            process.wait(_START_S)
            raise UserError(both("start", "start", "demo"))
        print(f"gateway {ready}", flush=True)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_START_S)


def _send_all(office: Office, mails: tuple[SampleMail, ...]) -> int:
    """Send every sample; print reply and verdict; return how many verdicts were not the expected one."""
    words = product_texts("demo")
    wrong = 0
    for number, mail in enumerate(mails, 1):
        text = words[mail.key]
        print(f"\n{number:2}. {text['vi']} / {text['en']}")
        reply = _send(office, mail)
        print(f"    <- {reply}")
        refused_by = _show_verdict(office)
        right = refused_by == mail.expected and reply.startswith("5" if mail.expected else "2")
        wrong += not right
        expected = mail.expected or "chuyển / relay"
        print(
            "    => đúng như mong đợi / as expected"
            if right
            else f"    => SAI / WRONG, mong đợi / expected: {expected}",
            flush=True,
        )
    print(f"\n{len(mails) - wrong}/{len(mails)} kết luận đúng / verdicts as expected")
    return wrong


def _send(office: Office, mail: SampleMail) -> str:
    """Send one mail as a client would; return the reply that decided."""
    port = office.ports["submission" if mail.authenticated else "relay"]
    content = mail.content(datetime.now(UTC))
    try:
        with smtplib.SMTP("localhost", port, timeout=60) as client:
            client.ehlo("pc.demo.example")
            if mail.authenticated:
                client.starttls(context=office.tls)
                client.login(STAFF, PASSWORD)
            for code, words in (client.mail(mail.reverse_path), client.rcpt(mail.recipient)):
                if code >= 400:
                    return _as_line(code, words)
            return _as_line(*client.data(content))
    except smtplib.SMTPResponseException as refused:  # of the connection or the login, as when the disk is full
        return _as_line(refused.smtp_code, refused.smtp_error)


def _as_line(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} " + text.replace("\n", "\n       ")


def _show_verdict(office: Office) -> str:
    """Print what the audit has of the newest mail; return the name of the policy that refused it, empty when none did."""
    with AuditReader.open(office.folder / "data") as reader:
        rows = [row for row in reader.find(Filter(limit=10)) if row.reference]
        history = reader.show(rows[0].reference) if rows else None
    if history is None:
        return "?"
    mail = history.mail
    findings = mail.findings if mail is not None else _recipient_findings(history)
    disposition = mail.disposition if mail is not None else "reject"
    print(f"       {product_texts('reply')['disposition'][disposition]['vi']}  {history.reference}")
    for finding in findings:
        if finding.outcome != "passed":
            print(f"       {finding.code} {finding.policy}.{finding.rule}: {finding.wanted}  ({finding.article})")
    refusing = [finding.policy for finding in findings if finding.effective == "reject"]
    return refusing[0] if refusing else ""


def _recipient_findings(history: History) -> tuple[FindingFacts, ...]:
    return next((record.findings for record in history.records if isinstance(record, RecipientRefused)), ())


def _explain_client(office: Office) -> None:
    folder, ports = office.folder, office.ports
    print(
        f"""
Cấu hình phần mềm thư / configure a mail client:
  máy chủ gửi / outgoing server  localhost
  cổng / port                    {ports["submission"]} STARTTLS   |   {ports["submissions"]} SSL/TLS
  đăng nhập / user name          {STAFF}
  mật khẩu / password            {PASSWORD}
  chứng thư / certificate        {folder / "tls.crt"}
Nhật ký / audit:  gateway audit list --data {folder / "data"}
Ctrl-C để dừng / to stop.""",
        flush=True,
    )


def _explain_console(office: Office) -> None:
    print(
        f"""
Bảng điều khiển / console: http://localhost:{office.ports["console"]}
  hộp thư / mailboxes            {STAFF}, {COLLEAGUE}: mã đăng nhập in ở đây / the code is printed here
  tài khoản và mật khẩu dùng một lần / accounts with one-time passwords:"""
    )
    for name, roles, password in make_accounts(office.folder / "data"):
        print(f"  {name:<30} {password}   {roles}", flush=True)


def _wait_for_interrupt() -> None:
    with suppress(KeyboardInterrupt):
        while True:
            signal.pause()
