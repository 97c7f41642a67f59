"""Time the audit at a million records: python -m tests.audit.million [RECORDS]. Prints a table; docs/performance.md keeps it."""

import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import msgspec

from gateway.audit import record as r
from gateway.audit.chain import Head
from gateway.audit.checkpoint import Signer, append_note, seal, write_verifier_key
from gateway.audit.query import AuditReader, Filter
from gateway.audit.store import Folder, immediate, open_checked
from gateway.audit.verify import verify

_TEXT = (
    "báo cáo công văn kế hoạch thông báo giấy mời họp triển khai tổng hợp kết quả thực hiện nhiệm vụ tháng quý năm phường "
    "quận ủy ban nhân dân phòng nội vụ tài chính giáo dục y tế văn hóa đô thị môi trường tư pháp thanh tra lịch công tác "
    "mật độ dân số mặt bằng mất giấy tờ bổ sung danh sách cán bộ đề nghị phê duyệt dự toán kinh phí"
)
WORDS = _TEXT.split()
UNITS = tuple(f"Phòng {name}" for name in ("Nội vụ", "Tư pháp", "Kinh tế", "Văn hóa", "Y tế", "Giáo dục", "Thanh tra"))
PASSED = tuple(
    r.FindingFacts(policy=policy, rule=rule, code=code, outcome="passed")
    for policy, rule, code in (
        ("classified", "marked", "CLS-01"), ("opaque", "encrypted", "OPQ-01"), ("official_sender", "form", "OSN-01"),
        ("signed_documents", "unsigned", "SGN-01"),
    )
)  # fmt: skip


def mail(chance: random.Random, number: int) -> r.MailFacts:
    subject = " ".join(chance.choices(WORDS, k=7)).capitalize()
    if number % 5000 == 0:
        subject += " Nguyễn Thị Hồng Nhung"
    refused = chance.random() < 0.06
    finding = r.FindingFacts(
        policy="typography", rule=chance.choice(("font", "colour", "legacy")), code="TYP-01",
        outcome="failed" if refused else "passed", wanted="reject" if refused else "relay",
    )  # fmt: skip
    sender = chance.randrange(900)
    return r.MailFacts(
        session=r.SessionFacts(front_end="submission", client="192.0.2.7", login=f"user{sender}.binhtan@tphcm.gov.vn"),
        reverse_path=f"user{sender}.binhtan@tphcm.gov.vn",
        unit=UNITS[sender % len(UNITS)],
        recipients={
            f"unit{chance.randrange(400)}.binhtan@tphcm.gov.vn": "relay" for _ in range(chance.randrange(1, 4))
        },
        size=2000,
        sha256=hashlib.sha256(b"%d" % number).hexdigest(),
        subject=subject,
        parts=(
            r.PartFacts(
                path="2",
                filename="-".join(chance.choices(WORDS, k=3)) + ".docx",
                sha256=hashlib.sha256(b"p%d" % number).hexdigest(),
            ),
        ),
        findings=(finding, *PASSED),
        disposition="reject" if refused else "relay",
        would_be="reject" if refused else "relay",
        policy_digest="ab" * 32,
    )


def build(data: Path, records: int) -> None:
    chance = random.Random(1)

    def made() -> Iterator[tuple[datetime, r.Record]]:
        count, at = 0, datetime(2026, 1, 1, tzinfo=UTC)
        while count < records:
            at += timedelta(seconds=20)
            for record in records_of(f"BT-{count:08d}", mail(chance, count)):
                count += 1
                yield at, record

    write(data, made())


def records_of(reference: str, facts: r.MailFacts) -> list[r.Record]:
    """The records of one mail that was refused or relayed."""
    if facts.disposition == "reject":
        return [r.Refused(id=reference, mail=facts, code=550, text="x")]
    return [
        r.Intent(id=reference, mail=facts),
        r.Sending(id=reference),
        r.Outcome(id=reference, delivery=r.Delivery.RELAYED, code=250, text="ok"),
    ]


def write(data: Path, records: Iterator[tuple[datetime, r.Record]]) -> int:
    """Write a log as its writer would, a checkpoint each few thousand records; return their number."""
    folder = Folder(data)
    folder.prepare()
    signer = Signer(folder.secret("audit-ed25519"))
    write_verifier_key(folder, signer)
    with closing(open_checked(folder)) as connection:
        chain, seq, encode = bytes(32), 0, msgspec.json.Encoder().encode
        while some := list(islice(records, 9000)):
            rows = []
            for moment, record in some:
                seq += 1
                stamp = moment.isoformat(timespec="microseconds").encode()
                body = b'{"seq":%d,"time":"%s","process":"00000000",%s' % (seq, stamp, encode(record)[1:])
                chain = hashlib.sha256(chain + body).digest()
                rows.append((seq, body, chain))
            with immediate(connection):
                connection.executemany("INSERT INTO record VALUES (?, ?, ?)", rows)
                checkpoint = seal(connection, signer, Head(seq, chain), some[-1][0])
            append_note(folder, checkpoint)
    return seq


def timed(name: str, call: Callable[[], object], rounds: int = 5) -> None:
    times = []
    result: object = None
    for _ in range(rounds):
        started = time.perf_counter()
        result = call()
        times.append((time.perf_counter() - started) * 1e3)
    size = f" ({len(result)} rows)" if isinstance(result, tuple) else ""
    print(f"| {name}{size} | {min(times):.1f} | {max(times):.1f} |", flush=True)


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="audit-million-") as name:
        data = Path(name)
        build(data, records)
        reader = AuditReader.open(data)
        print("| what | best ms | worst ms |\n|---|---|---|")
        timed("index built from nothing", lambda: reader.find(Filter(limit=1)), 1)
        timed("verify (chain and all checkpoints)", lambda: verify(data), 1)
        for title, wanted in {
            "newest 50": Filter(),
            "common folded word": Filter(words="bao cao"),
            "common word with marks": Filter(words="mật độ"),
            "rare name": Filter(words="nguyễn thị hồng nhung"),
            "nothing found, three common words": Filter(words='"mật báo quý"'),
            "file name": Filter(filename="giáo dục"),
            "sender": Filter(sender="user7.binhtan@tphcm.gov.vn"),
            "recipient and state": Filter(recipient="unit7.binhtan@tphcm.gov.vn", state="refused"),
            "rule in one day": Filter(
                rule="typography.legacy", since=datetime(2026, 2, 1, tzinfo=UTC), until=datetime(2026, 2, 2, tzinfo=UTC)
            ),
            "disposition and word": Filter(disposition="reject", words="kinh phí"),
            "digest": Filter(sha256=hashlib.sha256(b"0").hexdigest()),
            "reference": Filter(reference="BT-00300000"),
        }.items():
            timed(title, lambda wanted=wanted: reader.find(wanted))
        timed("show one mail", lambda: reader.show("BT-00000000"))
        for path in (data / "audit.db", data / "audit-index.db"):
            print(f"{path.name}: {path.stat().st_size / 2**20:.0f} MiB, {path.stat().st_size / records:.0f} B a record")


if __name__ == "__main__":
    main()
