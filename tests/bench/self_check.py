"""What a self-check costs, and what it costs the mail: python -m tests.bench.self_check [ROUNDS]. docs/performance.md keeps the table.

A DOCX of 2 MB (forty pages and a photograph) through page and API; then mails of 2 kB one after the other, in turns without
and with twenty such uploads at once. Processor time counts for the first, for the machine may be shared; for the second
the rounds alternate and the middle of their ratios counts.
"""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from contextlib import suppress
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

import docx
from PIL import Image

from tests.bench.load import run
from tests.e2e.gateway_process import cli, serving
from tests.support.console_client import multipart
from tests.support.sink import Sink

UPLOADS = 20
MAILS = 1500
MAIL = (
    b"From: an.binhtan@tphcm.gov.vn\r\nTo: binh.binhtan@tphcm.gov.vn\r\nSubject: Lich hop\r\nDate: Fri, 27 Nov 2026 09:00:00 +0700\r\n\r\n"
    + b"Kinh moi hop giao ban luc 8 gio.\r\n" * 50
)
WORDS = [
    "ủy",
    "ban",
    "nhân",
    "dân",
    "phường",
    "về",
    "việc",
    "triển",
    "khai",
    "kế",
    "hoạch",
    "báo",
    "cáo",
    "kết",
    "quả",
    "thực",
    "hiện",
    "nhiệm",
    "vụ",
    "quý",
    "bốn",
    "năm",
    "nay",
    "của",
    "các",
    "phòng",
]


def document() -> bytes:
    """Return a DOCX of about 2 MB."""
    chance = random.Random(7)
    made = docx.Document()
    for _ in range(800):
        made.add_paragraph(" ".join(chance.choices(WORDS, k=70)))
    picture, octets = Image.effect_noise((1600, 1300), 90).convert("RGB"), io.BytesIO()
    picture.save(octets, "JPEG", quality=88)
    made.add_picture(octets, width=docx.shared.Cm(15))
    result = io.BytesIO()
    made.save(result)
    return result.getvalue()


def processor_s(pid: int) -> float:
    """Return the processor time of a process and all below it, also of those that have ended."""
    ticks, stack = 0, [pid]
    tree = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                tree[int(entry.name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    while stack:
        parent = stack.pop()
        ticks += tree.get(parent, (0, 0))[1]
        stack += [one for one, (above, _) in tree.items() if above == parent]
    return ticks / os.sysconf("SC_CLK_TCK")


def upload(address: tuple[str, int], token: str, content: bytes) -> tuple[int, float]:
    """Have a file checked; return status and seconds."""
    kind, body = multipart([], [("bao-cao.docx", content)])
    begin = time.perf_counter()
    connection = http.client.HTTPConnection(*address, timeout=300)
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        connection.request("POST", "/api/v1/check", body, headers)
        response = connection.getresponse()
        response.read()
        return response.status, time.perf_counter() - begin
    finally:
        connection.close()


def uploads(
    address: tuple[str, int],
    tokens: list[str],
    content: bytes,
    begun: Event,
    stop: Event,
    said: Queue[list[tuple[int, float]]],
) -> None:
    """Have that many files checked at once, again and again, in a process of its own."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # clients are not on the gateway's machine
    answers: list[tuple[int, float]] = []

    def again(token: str) -> None:
        while not stop.is_set():
            answers.append(upload(address, token, content))

    threads = [threading.Thread(target=again, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    begun.set()
    for thread in threads:
        thread.join()
    said.put(answers)


async def measure(folder: Path, rounds: int) -> dict[str, object]:
    """Start a gateway and take the figures."""
    content = document()
    async with Sink() as sink:
        config = {
            "workers": 2,
            "listeners": [{"kind": "relay", "listen": "127.0.0.1:0"}],
            "next_hop": {"address": f"127.0.0.1:{sink.port}", "tls": "none"},
            "console": {"listen": "127.0.0.1:0"},
        }
        async with serving(folder, config=config) as gateway:
            tokens = []
            for number in range(UPLOADS):
                made = await cli("console", "token", "add", f"p{number}", "--mailbox", f"u{number}.binhtan@tphcm.gov.vn", "--per-hour",
                                 "100000", "--config", folder / "gateway.yaml")  # fmt: skip
                tokens.append(made.out.split()[-1])
            console, smtp = gateway.address("console"), gateway.address()
            upload(console, tokens[0], content)
            costs, waits = [], []
            for _ in range(5):
                before = processor_s(gateway.pid)
                status, seconds = await asyncio.to_thread(upload, console, tokens[0], content)
                assert status == 200, status
                costs.append(processor_s(gateway.pid) - before)
                waits.append(seconds)
            ratios, answers = [], []
            context = multiprocessing.get_context("spawn")
            plain, loaded = [], []
            for _ in range(rounds):
                plain.append(
                    await asyncio.to_thread(lambda: run(smtp, MAIL, messages=MAILS, concurrency=1, limit_s=600))
                )
                begun, stop, said = context.Event(), context.Event(), context.Queue()
                others = context.Process(target=uploads, args=(console, tokens, content, begun, stop, said))
                others.start()
                await asyncio.to_thread(begun.wait)
                loaded.append(
                    await asyncio.to_thread(lambda: run(smtp, MAIL, messages=MAILS, concurrency=1, limit_s=600))
                )
                stop.set()
                answers += await asyncio.to_thread(said.get)
                await asyncio.to_thread(others.join)
                ratios.append({name: loaded[-1][name] / plain[-1][name] for name in ("p50_ms", "p99_ms")})
    return {
        "octets": len(content),
        "processor_s": round(statistics.median(costs), 2),
        "wall_s": round(statistics.median(waits), 2),
        "load": os.getloadavg()[0],
        "statuses": {
            str(status): sum(1 for one, _ in answers if one == status) for status in {one for one, _ in answers}
        },
        "plain": [{name: round(one[name], 1) for name in ("p50_ms", "p99_ms")} for one in plain],
        "with_uploads": [{name: round(one[name], 1) for name in ("p50_ms", "p99_ms")} for one in loaded],
        "ratio": {name: round(statistics.median(one[name] for one in ratios), 2) for name in ("p50_ms", "p99_ms")},
    }


def main() -> None:
    """Run from the command line."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(measure(Path(folder), rounds)), indent=1))


if __name__ == "__main__":
    main()
