"""Every marked mail of the corpus's evasion set is stopped, and no forged file of its forged set is called whole and valid."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.commands import COLLEAGUE, STAFF
from tests.support.corpus import CORPUS, need

GATEWAY = (sys.executable, "-m", "gateway.cli")


@pytest.mark.slow
def test_marks_that_are_shown_stop_their_mail() -> None:
    shown = [row["file"] for row in need("evasion") if row["expected"].get("marking") == "shown"]
    files = [str(CORPUS / name) for name in shown]
    done = subprocess.run(
        [*GATEWAY, "check", "--json", "--from", STAFF, "--to", COLLEAGUE, *files], capture_output=True, check=False
    )
    stopped = {
        Path(answer["file"]).name for line in done.stdout.splitlines() if _is_stopped(answer := json.loads(line))
    }
    assert sorted(name for name in shown if Path(name).name not in stopped) == []


def _is_stopped(answer: dict[str, Any]) -> bool:
    return any(
        one["policy"] in ("classified", "opaque") and one["outcome"] != "passed" and one.get("wanted") == "reject"
        for one in answer["findings"]
    )


@pytest.mark.slow
def test_forged_files_are_not_whole_and_their_honest_twins_pass() -> None:
    known = need("forged")
    passed, whole = set(), set()
    for now in {row["now"] for row in known}:
        files = [str(CORPUS / row["file"]) for row in known if row["now"] == now]
        store = ("--certs", str(CORPUS / "forged/store"), "--now", now)
        done = subprocess.run([*GATEWAY, "verify", "--json", *store, *files], capture_output=True, check=False)
        for line in done.stdout.splitlines():
            answer = json.loads(line)
            if "total-passed" in json.dumps(answer).lower():
                passed.add(Path(answer["file"]).name)
                whole |= {Path(answer["file"]).name for one in answer["signatures"] if one["coverage"] == "whole"}
    honest = {Path(row["file"]).name for row in known if row["expected"]["whole"]}
    forged = {Path(row["file"]).name for row in known} - honest
    assert honest - passed == set()
    assert forged & whole == set()
