"""SHA-256 of the corpus' mails is the same before and after the gateway."""

import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from tests.support.client import RawClient
from tests.support.gateway import running
from tests.support.sink import Sink

CORPUS = Path(os.environ.get("GATEWAY_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
WANTED = 1000


def contents():
    """Real mails with CRLF line ends; made up to a thousand by prefixing the real ones with a distinct field."""
    files = sorted(CORPUS.rglob("*.eml"))
    mails = []
    for path in files:
        lines = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"").replace(b"\0", b"")
        mails.append(lines.replace(b"\n", b"\r\n").removesuffix(b"\r\n") + b"\r\n")
    return mails


@pytest.mark.slow
async def test_a_thousand_mails_arrive_as_they_were():
    mails = contents()
    if not mails:
        pytest.skip(f"no mails in {CORPUS} (GATEWAY_CORPUS)")
    rounds = -(-WANTED // len(mails))
    numbered = [b"X-Round: %d\r\n" % number + mail for number in range(rounds) for mail in mails][:WANTED]
    async with Sink() as sink, running(sink.port) as gateway:
        gateway.engine.keep_contents = False
        queue = list(enumerate(numbered))
        replies = {}

        async def client():
            async with RawClient(*gateway.address) as raw:
                await raw.ehlo()
                while queue:
                    number, mail = queue.pop()
                    replies[number] = await raw.mail(mail)

        await asyncio.gather(*(client() for _ in range(8)))
        accepted = [mail for number, mail in enumerate(numbered) if replies[number].code == 250]
        refused = {str(reply)[:9] for reply in replies.values() if reply.code != 250}
        assert refused <= {"550 5.6.0"}, refused
        assert len(accepted) >= WANTED * 0.97
        before = sorted(hashlib.sha256(mail).hexdigest() for mail in accepted)
        after = sorted(hashlib.sha256(mail.content).hexdigest() for mail in sink.delivered)
        judged = sorted(transaction.sha256 for transaction in gateway.engine.transactions)
        assert before == after == judged
