"""The proof of one record: it holds by itself, and for nothing but that record."""

import asyncio
import base64
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.audit import verify_standalone
from gateway.audit.inclusion import prove
from gateway.audit.notes import COSIGNATURE, SigningKey
from gateway.audit.retention import prune
from gateway.commands.audit import proof as proof_command
from gateway.errors import UserError
from tests.audit.support import fill

WITNESS = SigningKey("witness.example", bytes(32), COSIGNATURE)


@pytest.fixture(scope="module")
def data(filled):
    return filled


def checked(tmp_path: Path, text: str, data: Path):
    (tmp_path / "proof").write_text(text)
    (tmp_path / "witnesses").write_text(str(WITNESS.verifier))
    command = [sys.executable, "-I", "-S", verify_standalone.__file__, "--proof", tmp_path / "proof",
               "--key", data / "checkpoints" / "public-key.txt", "--witness", tmp_path / "witnesses"]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("seq", [1, 2, 100, 255, 256, 257, 362])
def test_a_record_is_proven_without_the_others(data, tmp_path, seq, capfdbinary):
    (body,) = sqlite3.connect(data / "audit.db").execute("SELECT body FROM record WHERE seq = ?", (seq,)).fetchone()
    assert proof_command(data, seq) == 0
    found = checked(tmp_path, capfdbinary.readouterr().out.decode(), data)
    assert (found.returncode, found.stderr) == (0, "")
    assert bytes(body).decode() in found.stdout.splitlines()


@pytest.mark.slow
def test_what_is_changed_in_a_proof_is_found(data, tmp_path):
    text = prove(data, 200)
    lines = text.splitlines()
    extra = base64.b64decode(lines[1].removeprefix("extra "))
    other = base64.b64encode(extra.replace(b"BT-", b"BX-", 1)).decode()
    for harmed in (
        text.replace(lines[1], f"extra {other}"),
        text.replace("index 199", "index 198"),
        text.replace(lines[4], base64.b64encode(bytes(32)).decode()),
        text.replace(f"{lines[4]}\n", ""),
        text.replace("\n2026-", "\n2025-"),
    ):
        assert harmed != text
        assert checked(tmp_path, harmed, data).returncode == 1
    assert checked(tmp_path, text.replace("tlog-proof", "proof"), data).returncode == 2


def test_a_checkpoint_that_a_witness_has_cosigned_is_taken_with_its_line(data, tmp_path):
    copy = Path(shutil.copytree(data, tmp_path / "copy"))
    notes = next((copy / "checkpoints").glob("*.notes")).read_text()
    last = notes.rstrip("\n").rsplit("\n\ngateway", 1)[-1]
    note = ("gateway" if "\n\ngateway" in notes else "") + last + "\n"
    text = note.partition("\n\n")[0] + "\n"
    (copy / "checkpoints" / "2026-01-01-witnessed.notes").write_text(note + WITNESS.line(text, 1_700_000_000))
    found = checked(tmp_path, prove(copy, 5), copy)
    assert found.returncode == 0
    assert "witness.example saw 362 records at 2023-11-14" in found.stdout


def test_a_checkpoint_that_its_file_lost_is_taken_from_the_log(data, tmp_path):
    """The files are not synced; the log is."""
    copy = Path(shutil.copytree(data, tmp_path / "copy"))
    for path in (copy / "checkpoints").glob("*.notes"):
        path.write_text("")
    assert checked(tmp_path, prove(copy, 5), copy).returncode == 0


def test_the_oldest_record_is_proven_where_those_before_it_were_removed(data, tmp_path):
    copy, later = Path(shutil.copytree(data, tmp_path / "copy")), datetime.now(UTC) + timedelta(days=1)
    assert prune(copy, before=later, reason="x", now=later) == 362
    asyncio.run(fill(copy, 3, first=900))
    for seq in (363, 364):
        assert checked(tmp_path, prove(copy, seq), copy).returncode == 0
    with pytest.raises(UserError, match="does not have record 362"):
        prove(copy, 362)


@pytest.mark.parametrize(("seq", "words"), [(363, "does not have record 363"), (0, "record 0")])
def test_a_record_that_is_not_there_is_not_proven(data, seq, words):
    with pytest.raises(UserError, match=words):
        prove(data, seq)
