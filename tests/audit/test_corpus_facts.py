"""Kept facts of real files and of generated mails: judged again they give the recorded findings, and they hold no words."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from gateway.audit.kept import unpack
from gateway.audit.record_fields import LIMIT_FINDINGS, finding_facts
from gateway.audit.replay import KeptMail, kept_mails
from gateway.config.sections import Configuration
from gateway.documents.wall.pool import WorkerPool
from gateway.engine import evaluate_facts, observe
from gateway.engine.what_if import Indeterminate, compare
from gateway.model import Disposition, Document, Envelope, Evidence, FrontEnd, Session, Transaction
from gateway.pipeline.judge import Judge
from gateway.pipeline.rulebook import Rulebook
from gateway.serve.app import _pool_settings
from gateway.spool import Spool
from tests.audit.support import REFUSAL, running
from tests.audit.test_kept_facts import PRESETS, TYPES, kept_again, mails, recorded
from tests.support.corpus import CORPUS
from tests.support.long import LONG, sample
from tests.support.policies import preset

pytestmark = pytest.mark.slow

FOLDERS = sorted(path.name for path in CORPUS.iterdir() if path.is_dir()) if CORPUS.is_dir() else []
NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
LIMIT_BYTES = 2 << 20
"""Larger files are scans; what is true of their pages is true of fewer."""


@pytest.fixture(scope="module")
def workers():
    settings = _pool_settings(Configuration(), None, preset())
    pool = WorkerPool.start(structs.replace(settings, idle_s=300.0))
    yield pool
    pool.close()


def content(path: Path) -> bytes:
    """A mail as it is, or a file in a mail."""
    if path.suffix == ".eml":
        octets = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"").replace(b"\0", b"")
        return octets.replace(b"\n", b"\r\n").removesuffix(b"\r\n") + b"\r\n"
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "an.binhtan@tphcm.gov.vn", "binh.binhtan@tphcm.gov.vn", "Gửi tài liệu"
    mail.set_content("Kính gửi anh.\n")
    mail.add_attachment(path.read_bytes(), maintype="application", subtype="octet-stream", filename=path.name)
    return mail.as_bytes()


def phrases(text: str) -> Iterator[str]:
    """Every four words in a row."""
    words = text.split()
    for start in range(len(words) - 3):
        yield " ".join(words[start : start + 4])


def said(documents: tuple[Document, ...]) -> set[str]:
    """Every four words in a row of documents."""
    found: set[str] = set()
    for document in documents:
        blocks: dict[int, list[str]] = {}
        for run in document.runs:
            blocks.setdefault(run.block, []).append(run.text)
        for texts in blocks.values():
            found |= set(phrases("".join(texts)))
    return found


def strings(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in plain values, with the name of its field."""
    match value:
        case str():
            yield key, value
        case dict():
            for name, inner in value.items():
                yield from strings(inner, str(name))
        case list():
            for inner in value:
                yield from strings(inner, key)


ALLOWED = frozenset(
    {"filename", "names", "path", "part", "covers", "locator", "subject", "common_name", "organisation",
     "organisational_unit", "issuer_is"}
)  # fmt: skip
"""Fields of file and sheet names, and of names of people and offices on signatures; none of them of a confidential mail."""


def strangers(mail: KeptMail, body: bytes, spoken: set[str]) -> list[tuple[str, str]]:
    """Four words in a row of a document where no words of documents may stand; of a confidential mail any word."""
    facts = [(key, text) for key, text in strings(msgspec.msgpack.decode(body)) if len(text) < 4000]
    if not mail.record.mail.confidential:  # its record explains a finding by a short quote
        return [(key, text) for key, text in facts if key not in ALLOWED and not spoken.isdisjoint(phrases(text))]
    words = {word for phrase in spoken for word in bare_words(phrase)}
    facts += strings(msgspec.to_builtins(mail.record))
    return [(key, text) for key, text in facts if not words.isdisjoint(bare_words(text))]


def bare_words(text: str) -> set[str]:
    """Words of Vietnamese, without signs; ASCII words are also those of keys and codes."""
    found = (word.strip(".,;:()\"'").casefold() for word in text.split())
    return {word for word in found if len(word) > 3 and not word.isascii()}


@pytest.mark.timeout(3600)
@pytest.mark.skipif(not FOLDERS, reason=f"no corpus in {CORPUS} (GATEWAY_CORPUS)")
@pytest.mark.parametrize("folder", FOLDERS)
async def test_facts_of_real_files_give_the_recorded_findings_and_hold_no_words(workers, tmp_path, folder):
    policies = preset()
    workers.connect()
    judge = Judge(rulebook=Rulebook(Configuration()), workers=workers, clock=lambda: NOW)
    async with running(tmp_path, policy="test") as log:
        spoken: dict[str, set[str]] = {}
        files = [
            path
            for path in sorted((CORPUS / folder).rglob("*"))
            if path.is_file() and path.stat().st_size <= LIMIT_BYTES
        ]
        for path in sample(files, 5):
            if path.name in ("manifest.jsonl", "README.md"):
                continue
            reference, octets = f"BT-{len(spoken):08d}", content(path)
            with Spool.from_content(octets) as spool:
                transaction = Transaction(
                    id=reference,
                    session=Session(front_end=FrontEnd.RELAY),
                    envelope=Envelope(reverse_path="an@tphcm.gov.vn", forward_paths=("binh@tphcm.gov.vn",)),
                    received_at=NOW,
                    size_bytes=len(octets),
                    sha256=spool.sha256,
                )
                judged = await judge.judge(transaction, spool)
            spoken[reference] = said(judged.evidence.documents)
            await log.refused(transaction, judged.verdict, judged.evidence, REFUSAL, observed=judged.observed)
    replayed = 0
    for mail in kept_mails(tmp_path, TYPES):
        assert mail.observed is not None, mail.reason
        replayed += 1
        assert mail.policy_digest == policies.digest
        found = compare(mail.observed, policies, policies)
        if mail.record.mail.confidential and mail.observed.bare.signatures:
            assert isinstance(found, Indeterminate)
            continue
        again = evaluate_facts(mail.observed, policies)
        rows = [
            without_quote(finding_facts(one, guarded=mail.record.mail.confidential))
            for one in again.most_severe_first()[:LIMIT_FINDINGS]
        ]
        assert rows == [without_quote(row) for row in mail.record.mail.findings], mail.record.id
        assert again.disposition is Disposition.parse(mail.record.mail.disposition)
    assert replayed == len(spoken)
    for mail, body in zip(kept_mails(tmp_path, TYPES), bodies(tmp_path), strict=True):
        assert strangers(mail, body, spoken[mail.record.id]) == [], mail.record.id


def without_quote(row):
    return structs.replace(row, params={name: value for name, value in row.params.items() if name != "quote"})


def bodies(data: Path) -> Iterator[bytes]:
    """The facts as they stand in the log, unpacked."""
    import sqlite3

    with sqlite3.connect(data / "audit.db") as connection:
        for (packed,) in connection.execute("SELECT body FROM facts ORDER BY seq"):
            yield unpack(bytes(packed))


def generated(chance: random.Random) -> Evidence:
    """A mail of pieces of the mails of the case files."""
    whole, other, third = chance.choices([mail for mail in mails().values() if mail.message is not None], k=3)
    documents = (*whole.documents, *other.documents)
    documents = chance.sample(documents, min(chance.randint(0, 3), len(documents)))
    mail = structs.replace(
        chance.choice((whole, other)),
        message=whole.message,
        documents=tuple(documents) if chance.random() < 0.5 else whole.documents,
        signatures=chance.choice((whole.signatures, other.signatures, ())),
        session=third.session,
        envelope=chance.choice((whole, other, third)).envelope,
        authentication=chance.choice((whole, third)).authentication,
        directory=chance.choice((whole, other, third)).directory,
    )
    if mail.envelope.forward_paths or chance.random() < 0.5:
        return mail
    return structs.replace(mail, envelope=structs.replace(mail.envelope, forward_paths=("vp@tphcm.gov.vn",)))


def test_facts_of_generated_mails_give_the_same_findings():
    count = 10_000 if LONG else 2000
    chance = random.Random(count)
    answered = 0
    for number in range(count):
        mail, policies = generated(chance), preset(chance.choice(PRESETS))
        observed = observe(mail, policies.policies)
        verdict = evaluate_facts(observed, policies)
        guarded = any(judged.confidential for judged in verdict.findings)
        facts = kept_again(observed, guarded=guarded)
        if guarded and mail.signatures:
            assert isinstance(compare(facts, policies, policies), Indeterminate)
            continue
        answered += 1
        again = evaluate_facts(facts, policies)
        assert recorded(again, guarded=guarded) == recorded(verdict, guarded=guarded), number
        assert again.disposition is verdict.disposition
    assert answered > count / 2
