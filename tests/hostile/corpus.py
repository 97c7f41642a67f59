"""Real files from public projects, read from the folder that `GATEWAY_CORPUS` names; absent, the test is skipped."""

import json
import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("GATEWAY_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")
_REASON = f"no corpus at {FOLDER} (set GATEWAY_CORPUS)"


def corpus_file(name):
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(_REASON)
    return path.read_bytes()


def rows(name):
    """The manifest of a set; empty when there is no corpus, so that collection works everywhere."""
    path = FOLDER / name / "manifest.jsonl"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def need(name):
    found = rows(name)
    if not found:
        pytest.skip(_REASON)
    return found
