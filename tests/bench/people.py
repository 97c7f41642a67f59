"""What people at the console cost the mail: python -m tests.bench.people [ROUNDS] [RECORDS]. docs/performance.md keeps the table.

Twenty users who read (each opens a page every five seconds: overview, search, explanation, in turns) and a thousand logins at
once, again and again, each from an address of its own and wrong. Mails of 2 kB in turns without and with them; the figure
is the median of the ratios. For the readers it is the rate of mails, eight at a time; for the logins the p99 of mails, one at a time, in
four times as many rounds, since the p99 of a short round varies more. Processor time is that of the gateway's whole tree of processes a mail, so it
includes what the pages cost; memory is the most that console, steward and the process that compares passwords had at one moment.
"""

import asyncio
import json
import random
import re
import sys
import tempfile
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

from gateway.audit.query import AuditReader, Filter
from gateway.steward.roles import Role
from tests.audit.million import WORDS, build
from tests.bench.beside import Going, beside
from tests.bench.peak import peak
from tests.bench.visitors import Browser, Doors, address
from tests.e2e.gateway_process import configured, serving
from tests.support.processes import children, cpu_s, descendants, memory_kib, name
from tests.support.sink import Sink

READERS = 20
EVERY_S = 5.0
LOGINS = 1000
MAILS = {"readers": 12_000, "logins": 500}
"""Of the first so many that the writer has to index meanwhile, as it does at a rate that lasts."""
LOGIN_ROUNDS = 4
"""Rounds beside logins for each beside readers."""
PARTS = ("gateway-steward", "gateway-console")


def reading(going: Going, console: tuple[str, int], tokens: list[str], references: list[str]) -> int:
    """Read as so many users; return the number of pages."""
    pages: list[int] = []

    def user(number: int, token: str) -> None:
        chance, browser = random.Random(number), Browser(console, token)
        going.pause(chance.random() * EVERY_S)
        while going.on:
            words = " ".join(chance.choices(WORDS, k=2))
            path = chance.choice(("/", "/mails?" + urlencode({"q": words}), f"/mails/{chance.choice(references)}"))
            pages.append(len(browser.get(path)[0]))
            browser.close()
            going.pause(EVERY_S)

    threads = [threading.Thread(target=user, args=one) for one in enumerate(tokens)]
    for thread in threads:
        thread.start()
    going.begin()
    for thread in threads:
        thread.join()
    return len(pages)


def logging_in(going: Going, console: tuple[str, int]) -> dict[str, int]:
    """Have a thousand try to log in at once, again and again; return how they were answered."""
    answers: Counter[str] = Counter()

    async def until_the_end() -> None:
        waves = asyncio.create_task(_waves(going, console, answers))
        await asyncio.to_thread(going.pause, 600)
        waves.cancel()

    asyncio.run(until_the_end())
    return dict(answers)


async def _waves(going: Going, console: tuple[str, int], answers: Counter[str]) -> None:
    async def one() -> None:
        form = await _form(console)
        going.begin()
        answers[await _login(console, *form) if form else "without form"] += 1

    while going.on:
        await asyncio.gather(*(one() for _ in range(LOGINS)))


async def _form(console: tuple[str, int]) -> tuple[str, bytes] | None:
    """Return address and request of somebody who has opened the page of the login."""
    source = address()
    page = await _said(console, source, b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    cookie, token = re.search(rb"login=([^;]+);", page), re.search(rb'name="csrf" value="([^"]+)"', page)
    if cookie is None or token is None:
        return None
    form = urlencode(
        {"csrf": token[1].decode(), "name": f"an.{random.randrange(999)}", "password": "Sai-2026", "code": "000000"}
    )
    head = f"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\nCookie: login={cookie[1].decode()}\r\n"
    head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n"
    return source, (head + form).encode()


async def _login(console: tuple[str, int], source: str, request: bytes) -> str:
    return (await _said(console, source, request))[9:12].decode() or "closed"


async def _said(console: tuple[str, int], source: str, request: bytes) -> bytes:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(60):
            reader, writer = await asyncio.open_connection(*console, local_addr=(source, 0))
            writer.write(request)
            answer = await reader.read()
            writer.close()
            return answer
    return b""


async def measure(folder: Path, rounds: int, records: int) -> dict[str, object]:
    """Start a gateway on a log of so many records and take the figures."""
    build(folder / "data", records)
    with AuditReader.open(folder / "data") as reader:
        references = [row.reference for row in reader.find(Filter(limit=500)) if row.reference]
    async with Sink() as sink:
        config = configured(sink, workers=2, console={"listen": "127.0.0.1:0"})
        async with serving(folder, config=config) as gateway:
            doors, smtp, console = Doors(gateway.data), gateway.address(), gateway.address("console")
            tokens = [doors.account(f"doc{number}", Role.AUDITOR) for number in range(READERS)]
            await asyncio.to_thread(Browser(console, tokens[0]).get, "/mails")
            before = cpu_s([gateway.pid], *PARTS)
            readers = await asyncio.to_thread(
                lambda: beside(
                    smtp,
                    reading,
                    console,
                    tokens,
                    references,
                    gateway=gateway,
                    rounds=rounds,
                    messages=MAILS["readers"],
                    concurrency=8,
                )
            )
            spent = cpu_s([gateway.pid], *PARTS) - before
            parts = [one for one in children(gateway.pid) if name(one) in PARTS]
            with peak(lambda: sum(memory_kib(one) for one in (*parts, *descendants(*parts)))) as most:
                logins = await asyncio.to_thread(
                    lambda: beside(
                        smtp,
                        logging_in,
                        console,
                        gateway=gateway,
                        rounds=rounds * LOGIN_ROUNDS,
                        messages=MAILS["logins"],
                    )
                )
            doors.close()
    return {
        "records": records,
        "readers": {
            "pages": sum(readers.said),
            "cpu_ms_a_page": round(spent / sum(readers.said) * 1e3, 1),
            **readers.shown("mails_per_s", "cpu_ms"),
        },
        "logins": {
            "answers": sum((Counter(one) for one in logins.said), Counter()),
            "memory_mb": round(most[0] * 1024 / 1e6),
            **logins.shown("p50_ms", "p99_ms", "cpu_ms", "waited_ms"),
        },
    }


def main() -> None:
    """Run from the command line."""
    rounds, records = (int(word) for word in (*sys.argv[1:], *("5", "100000")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory(prefix="people-bench-") as folder:
        print(json.dumps(asyncio.run(measure(Path(folder), rounds, records)), indent=1))


if __name__ == "__main__":
    main()
