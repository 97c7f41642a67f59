"""Mails for the audit's tests, small logs, and the two verifiers."""

import asyncio
import io
import json
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.audit import AuditLog, verify_standalone
from gateway.audit.verifier import Verification
from gateway.audit.verify import verify
from gateway.model import (
    About,
    Disposition,
    Envelope,
    Evidence,
    Finding,
    FindingOutcome,
    FrontEnd,
    HeaderField,
    JudgedFinding,
    Message,
    Mode,
    Part,
    Reply,
    Session,
    Transaction,
    Verdict,
)

OK = Reply(code=250, enhanced="2.0.0", lines=("queued as 4Kq0zz77",))
REFUSAL = Reply(code=550, enhanced="5.7.1", lines=("[BT] Tu choi",))
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def session() -> Session:
    return Session(front_end=FrontEnd.SUBMISSION, client_address="192.0.2.7", helo="pc", auth_user="an@gov.example")


def transaction(number: int = 1, *, to: tuple[str, ...] = ("b@gov.example",), sha: str | None = None) -> Transaction:
    return Transaction(
        id=f"BT-{number:08d}",
        session=session(),
        envelope=Envelope(reverse_path="an@gov.example", forward_paths=to),
        received_at=NOW,
        size_bytes=2000,
        sha256=sha or f"{number:064x}",
    )


def evidence(subject: str = "Báo cáo tháng", filename: str = "công văn.docx", sha: str = "ab" * 32) -> Evidence:
    part = Part(path="2", declared_type="application/zip", filename=filename, sha256=sha, size_bytes=10)
    inner = Part(path="2!mật/Kế hoạch.docx", declared_type="", filename="Kế hoạch.docx", sha256="cd" * 32)
    root = Part(path="", declared_type="multipart/mixed", children=(part, inner))
    return Evidence(
        now=NOW,
        session=session(),
        envelope=transaction().envelope,
        message=Message(
            fields=(
                HeaderField("Subject", b"", subject, subject),
                HeaderField("From", b"", "An <an@gov.example>", "An <an@gov.example>"),
            ),
            root=root,
        ),
    )


def verdict(
    disposition: Disposition = Disposition.RELAY, *, policy: str = "typography", confidential: bool = False
) -> Verdict:
    outcome = FindingOutcome.PASSED if disposition is Disposition.RELAY else FindingOutcome.FAILED
    finding = Finding(
        rule="marked" if confidential else "font",
        outcome=outcome,
        about=About(part="2!mật/Kế hoạch.docx", filename="Kế hoạch.docx"),
        locator="cell:Kế hoạch!B3",
        params={"level": "mat", "where": "scan", "words": "TUYỆT MẬT của Phòng A", "share": 97.5},
    )
    judged = JudgedFinding(
        policy="classified" if confidential else policy,
        code="X-01",
        article="Điều 4.1",
        finding=finding,
        wanted=disposition,
        mode=Mode.ENFORCE,
        effective=disposition,
        confidential=confidential,
    )
    return Verdict(disposition=disposition, findings=(judged,), policy_digest="0" * 64)


@asynccontextmanager
async def running(data: Path, **started: str) -> AsyncIterator[AuditLog]:
    """A log that is open and begun, and closed at the end."""
    log = AuditLog.open(data)
    await log.start(**started)
    try:
        yield log
    finally:
        await log.close()


def bodies(data: Path) -> list[dict[str, Any]]:
    """The records of a log in their order."""
    with closing(sqlite3.connect(data / "audit.db")) as connection:
        return [json.loads(body) for (body,) in connection.execute("SELECT body FROM record ORDER BY seq")]


def alter(data: Path, sql: str, *values: object) -> None:
    """Change a log as somebody would who has its file."""
    with closing(sqlite3.connect(data / "audit.db", isolation_level=None)) as connection:
        for change in ("update", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS record_no_{change}")
        connection.execute(sql, values)


def rewrite(data: Path, seq: int, change: Callable[[bytes], bytes]) -> None:
    """Change the text of one record so."""
    with closing(sqlite3.connect(data / "audit.db")) as connection:
        (body,) = connection.execute("SELECT body FROM record WHERE seq = ?", (seq,)).fetchone()
    alter(data, "UPDATE record SET body = ? WHERE seq = ?", change(bytes(body)), seq)


async def relay(log: AuditLog, number: int, **mail: object) -> None:
    sent = transaction(number, **mail)  # type: ignore[arg-type]
    await log.intent(sent, verdict(), evidence())
    await log.sending(sent.id)
    await log.outcome(sent.id, OK)


async def fill(data: Path, mails: int, first: int = 1) -> None:
    async with running(data, policy="test") as log:
        await asyncio.gather(*(relay(log, number) for number in range(first, first + mails)))


def verified(data: Path, *elsewhere: Path) -> Verification:
    """Return what the gateway's verifier says, after checking that the independent one agrees."""
    result = verify(data, checkpoints=elsewhere)
    folders = [word for folder in (data / "checkpoints", *elsewhere) for word in ("--checkpoints", str(folder))]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        patch.setattr("sys.argv", ["verify_standalone", str(data / "audit.db"), *folders])
        assert verify_standalone.main() == result.exit_code
    return result


def standalone(log: Path, *folders: Path, witness: Path | None = None, key: Path | None = None) -> int:
    """Run the independent verifier as its own process without any of our packages in sight."""
    return said_alone(log, *folders, witness=witness, key=key)[0]


def said_alone(log: Path, *folders: Path, witness: Path | None = None, key: Path | None = None) -> tuple[int, str]:
    """Run the independent verifier; return its exit code and what it printed."""
    command = [sys.executable, "-I", "-S", verify_standalone.__file__, str(log)]
    for folder in folders:
        command += ["--checkpoints", str(folder)]
    command += ["--witness", str(witness)] if witness is not None else []
    command += ["--key", str(key)] if key is not None else []
    ended = subprocess.run(command, capture_output=True, timeout=300, check=False, text=True)
    return ended.returncode, ended.stdout + ended.stderr
