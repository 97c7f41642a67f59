"""What a self-check costs, and what it costs the mail: python -m tests.bench.self_check [ROUNDS]. docs/performance.md keeps the table.

A DOCX of 2 MB (forty pages and a photograph) through page and API; then mails of 2 kB one after the other, in turns without
and with twenty such uploads at once. Processor time counts for the first, for the machine may be shared; for the second
the rounds alternate and the middle of their ratios counts.
"""

import asyncio
import http.client
import io
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import docx
from PIL import Image

from tests.audit.million import WORDS
from tests.bench.beside import Going, beside
from tests.e2e.gateway_process import cli, configured, serving
from tests.support.console_client import multipart
from tests.support.octets import file_of
from tests.support.processes import cpu_s
from tests.support.sink import Sink

UPLOADS = 20
MAILS = 1500


def document() -> bytes:
    """Return a DOCX of about 2 MB."""
    chance = random.Random(7)
    made = docx.Document()
    for _ in range(800):
        made.add_paragraph(" ".join(chance.choices(WORDS, k=70)))
    picture = file_of(Image.effect_noise((1600, 1300), 90).convert("RGB"), "JPEG", quality=88)
    made.add_picture(io.BytesIO(picture), width=docx.shared.Cm(15))
    return file_of(made)


def upload(address: tuple[str, int], token: str, content: bytes) -> tuple[int, float]:
    """Have a file checked; return status and seconds."""
    kind, body = multipart([], [("bao-cao.docx", content)])
    begin = time.perf_counter()
    with closing(http.client.HTTPConnection(*address, timeout=300)) as connection:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        connection.request("POST", "/api/v1/check", body, headers)
        response = connection.getresponse()
        response.read()
        return response.status, time.perf_counter() - begin


def uploads(going: Going, address: tuple[str, int], tokens: list[str], content: bytes) -> list[int]:
    """Have that many files checked at once, again and again; return the statuses."""
    answers: list[int] = []

    def again(token: str) -> None:
        while going.on:
            answers.append(upload(address, token, content)[0])

    threads = [threading.Thread(target=again, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    going.begin()
    for thread in threads:
        thread.join()
    return answers


async def measure(folder: Path, rounds: int) -> dict[str, object]:
    """Start a gateway and take the figures."""
    content = document()
    async with Sink() as sink:
        config = configured(sink, workers=2, console={"listen": "127.0.0.1:0"})
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
                before = cpu_s([gateway.pid])
                status, seconds = await asyncio.to_thread(upload, console, tokens[0], content)
                assert status == 200, status
                costs.append(cpu_s([gateway.pid]) - before)
                waits.append(seconds)
            found = await asyncio.to_thread(
                lambda: beside(smtp, uploads, console, tokens, content, gateway=gateway, rounds=rounds, messages=MAILS)
            )
    return {
        "octets": len(content),
        "processor_s": round(statistics.median(costs), 2),
        "wall_s": round(statistics.median(waits), 2),
        "statuses": Counter(status for statuses in found.said for status in statuses),
        **found.shown("p50_ms", "p99_ms", "waited_ms"),
    }


def main() -> None:
    """Run from the command line."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(measure(Path(folder), rounds)), indent=1))


if __name__ == "__main__":
    main()
