"""Milters side by side within one Postfix: the gateway, rspamd, pymilter's trivial milter, and no milter at all.

    python -m tests.bench.milters                                three rounds
    python -m tests.bench.milters --rounds 5 --write docs/performance.md

One Postfix runs for the whole time, with one SMTP port for each contestant, so that nothing differs but the milter; all
speak over UNIX sockets. Mails of 20 KB of Vietnamese text go through it to a sink. A rate counts mails that reached the
sink. Contestants take turns within each round, in another order each time; figures are medians over the rounds, CPU is
that of the milter's own process tree.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.__main__ import COLUMNS, Row, Sink, Workload, measure, publish, table
from tests.bench.contestants import MAIN_CF, MASTER_CF, RSPAMD, end, free_port, wait_for_banner

WORKLOADS = {
    name: Workload("20k", *sent)
    for name, sent in {"20k-c1": (150, 1), "20k-c4": (400, 4), "20k-c20": (600, 20)}.items()
}
SHOWN = {name: COLUMNS[name] for name in ("mails/s", "p50 ms", "p99 ms", "CPU ms/mail")}
SYSTEM_PYTHON = Path("/usr/bin/python3")
HEAD = (
    "From: an.binhtan@tphcm.gov.vn\r\nTo: binh.binhtan@tphcm.gov.vn\r\nSubject: =?utf-8?q?B=C3=A1o_c=C3=A1o_tu=E1=BA=A7n?=\r\n"
    "Date: Mon, 23 Nov 2026 08:00:00 +0700\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
)
TEXT = (
    "Kính gửi: Văn phòng Ủy ban nhân dân quận Bình Tân.",
    "Thực hiện kế hoạch công tác tuần, đơn vị báo cáo tình hình tiếp nhận và xử lý văn bản như sau:",
    "Tổng số văn bản đến trong tuần là {0}, đã xử lý {1}, còn lại đang trong hạn giải quyết.",
    "Đề nghị các bộ phận phối hợp rà soát, cập nhật số liệu trước 16 giờ 30 phút thứ Sáu.",
    "",
)


def mail_20k() -> bytes:
    """Return a mail with 20 KB of text."""
    lines: list[str] = []
    while sum(len(line.encode()) + 2 for line in lines) < 20_000:
        number = len(lines)
        lines += [line.format(number * 7, number * 5) for line in TEXT]
    return (HEAD + "\r\n".join(lines) + "\r\n").encode()


def gateway(folder: Path, socket: Path) -> subprocess.Popen[bytes]:
    """Our milter: two workers, default policies, audit on."""
    configuration = {
        "data": str(folder / "gateway-data"),
        "listeners": [{"kind": "milter", "listen": f"unix:{socket}"}],
        "log_level": "warning",
    }
    (folder / "gateway.yaml").write_text(json.dumps(configuration), "utf-8")  # JSON is YAML
    command = [sys.executable, "-m", "gateway.cli", "serve", "--config", folder / "gateway.yaml"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def rspamd(folder: Path, socket: Path) -> subprocess.Popen[bytes]:
    """rspamd's proxy worker as milter, as in the benchmark of the relay."""
    text = RSPAMD.format(work=folder).replace(f"{folder}/milter.sock", str(socket))
    (folder / "rspamd.conf").write_text(text)
    command = ["rspamd", "-f", "-i", "-u", "root", "-g", "root", "-c", folder / "rspamd.conf"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def pymilter(_: Path, socket: Path) -> subprocess.Popen[bytes]:
    """A milter that takes everything and looks at nothing."""
    return subprocess.Popen([SYSTEM_PYTHON, Path(__file__).with_name("trivial_milter.py"), socket])


MILTERS: dict[str, Callable[[Path, Path], subprocess.Popen[bytes]] | None] = {
    "no milter": None,
    "pymilter, trivial": pymilter,
    "rspamd": rspamd,
    "gateway": gateway,
}


@dataclass(frozen=True)
class Standing:
    """One contestant, ready."""

    port: int
    roots: list[int]
    """Process id of the milter; empty without one."""


@contextmanager
def standing(names: list[str], sink: int) -> Iterator[dict[str, Standing]]:
    """Start the milters and one Postfix with a port for each."""
    with tempfile.TemporaryDirectory(prefix="bench-milters-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        ready: dict[str, Standing] = {}
        services = []
        for number, contestant in enumerate(names):
            start, port, options = MILTERS[contestant], free_port(), ""
            roots: list[int] = []
            if start is not None:
                socket = folder / f"{number}.sock"
                process = start(folder, socket)
                stack.callback(end, process)
                wait_for_path(socket, process)
                socket.chmod(0o666)
                roots.append(process.pid)
                options = f"\n  -o smtpd_milters=unix:{socket}\n  -o milter_default_action=tempfail"
            ready[contestant] = Standing(port, roots)
            services.append(MASTER_CF.splitlines()[0].format(port=port, options=options))
        for part in ("conf", "queue", "data"):
            (folder / part).mkdir()
        shutil.chown(folder / "data", "postfix")
        (folder / "conf/main.cf").write_text(MAIN_CF.format(work=folder, sink=sink))
        rest = MASTER_CF.splitlines()[1:]
        (folder / "conf/master.cf").write_text("\n".join([*services, *rest]) + "\n")
        stack.callback(end, subprocess.Popen(["postfix", "-c", folder / "conf", "start-fg"], stdout=subprocess.DEVNULL))
        for contestant in ready.values():
            wait_for_banner(contestant.port)
        yield ready


def wait_for_path(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Return when the socket is there; RuntimeError when its program has ended."""
    limit = time.monotonic() + 60
    while not path.exists():
        if process.poll() is not None or time.monotonic() > limit:
            raise RuntimeError(f"{process.args!r} did not open {path}")
        time.sleep(0.05)


def available(names: list[str]) -> list[str]:
    """Leave out what this machine lacks, and say so."""
    has = subprocess.run([SYSTEM_PYTHON, "-c", "import Milter"], capture_output=True, check=False)
    missing = {
        "pymilter, trivial": has.returncode != 0 and "Debian's python3-milter",
        "rspamd": shutil.which("rspamd") is None and "Debian's rspamd",
    }
    for name in names:
        if needs := missing.get(name):
            print(f"left out: {name} needs {needs}", file=sys.stderr)
    return [name for name in names if not missing.get(name)]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--milters", default=";".join(MILTERS), help="names, separated by semicolons")
    parser.add_argument("--work", default=",".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", type=Path, help="put the table between the marks of this Markdown file")
    arguments = parser.parse_args()
    names, workloads = available(arguments.milters.split(";")), arguments.work.split(",")
    rows: list[Row] = []
    sink = Sink()
    try:
        with tempfile.NamedTemporaryFile() as mail, standing(names, sink.port) as ready:
            mail.write(mail_20k())
            mail.flush()

            def measured(name: str, workload: str) -> Row:
                where, work = ready[name], WORKLOADS[workload]
                return measure(name, workload, work, Path(mail.name), sink, port=where.port, roots=where.roots)

            for name in names:  # nobody is measured cold
                measured(name, workloads[0])
            for number in range(arguments.rounds):
                for workload in workloads:
                    turn = number % len(names)
                    for name in names[turn:] + names[:turn]:
                        rows.append(measured(name, workload))
                        print(f"round {number + 1}: {rows[-1]}", file=sys.stderr, flush=True)
    finally:
        sink.process.kill()
    rows.sort(key=lambda row: (list(WORKLOADS).index(row.workload), names.index(row.contestant)))
    command = f"python -m tests.bench.milters --rounds {arguments.rounds}"
    publish(table(rows, SHOWN), command, arguments.write, "milters")


if __name__ == "__main__":
    main()
