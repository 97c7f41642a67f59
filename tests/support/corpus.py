"""The corpus of real files of public projects, in the folder that GATEWAY_CORPUS names; it is never part of the project."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

CORPUS = Path(os.environ.get("GATEWAY_CORPUS") or Path(__file__).resolve().parents[3] / "shared" / "corpus")
ABSENT = f"no corpus at {CORPUS}; set GATEWAY_CORPUS"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason=ABSENT)


def rows(name: str) -> list[dict[str, Any]]:
    """The manifest of a set; empty when it is not here, so that collection works everywhere."""
    path = CORPUS / name / "manifest.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []


def need(name: str) -> list[dict[str, Any]]:
    """The same; without it the test is skipped."""
    if not (found := rows(name)):
        pytest.skip(ABSENT)
    return found


def corpus_file(name: str) -> bytes:
    """The octets of a file; without it the test is skipped."""
    if not (CORPUS / name).is_file():
        pytest.skip(ABSENT)
    return (CORPUS / name).read_bytes()
