"""Log lines: one JSON object each, readable for people, with nothing hidden in them."""

import json
import logging
import os
import subprocess
import sys
from contextvars import copy_context

import pytest

from gateway.errors import AuditError
from gateway.system.logs import JsonFormatter, about_mail, log_failure


def line(text: str) -> str:
    return JsonFormatter().format(logging.LogRecord("gateway.x", logging.INFO, "x", 1, "%s", (text,), None))


def test_vietnamese_is_kept_as_it_is_written():
    assert "hãy gia hạn chứng thư" in line("hãy gia hạn chứng thư")


@pytest.mark.parametrize(
    "letter", ["\n", "\r", "\0", "\x1b", "\x7f", "\x85", "\u2028", "\u202e", "\u200b", "\ud800", "\U000e0041"]
)
def test_what_does_not_print_is_escaped_and_nothing_is_lost(letter):
    written = line(f"a{letter}b")
    assert written.isprintable()
    assert json.loads(written)["event"] == f"a{letter}b"


def test_a_line_about_a_mail_has_its_reference_and_login_and_other_lines_have_not():
    def of_a_mail() -> dict[str, str]:
        about_mail("BT-7F3K2Q9X", "an@gov.example")
        return json.loads(line("x"))

    written = copy_context().run(of_a_mail)
    assert (written["mail"], written["login"]) == ("BT-7F3K2Q9X", "an@gov.example")
    assert not {"mail", "login"} & json.loads(line("x")).keys()
    record = logging.LogRecord("gateway.x", logging.INFO, "x", 1, "auth failed", (), None)
    record.login = "mallory@gov.example"
    assert json.loads(JsonFormatter().format(record))["login"] == "mallory@gov.example"


def test_a_fault_of_the_world_is_one_line_and_a_bug_has_its_traceback(caplog):
    logger = logging.getLogger("gateway.x")
    log_failure(logger, "BT-1", AuditError("the disk is full"))
    assert caplog.messages == ["BT-1: the disk is full"]
    assert caplog.records[0].exc_info is None
    try:
        raise KeyError("x")
    except KeyError as error:
        log_failure(logger, "BT-2", error)
    assert "BT-2" in caplog.messages[1]
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("to_journal", [True, False])
def test_a_line_in_the_journal_has_the_priority_that_journalctl_selects_by(to_journal):
    reader, writer = os.pipe()
    stream = os.fstat(writer)
    names = {"JOURNAL_STREAM": f"{stream.st_dev}:{stream.st_ino + (not to_journal)}"}
    program = (
        "import logging; from gateway.system import logs; logs.configure('debug'); log = logging.getLogger('gateway')\n"
    )
    program += "for level in ('debug', 'info', 'warning', 'error'): getattr(log, level)('x')"
    subprocess.run([sys.executable, "-c", program], stderr=writer, env=os.environ | names, check=True)
    os.close(writer)
    with os.fdopen(reader) as lines:
        levels = [line.partition("{")[0] for line in lines]
    assert levels == (["<7>", "<6>", "<4>", "<3>"] if to_journal else [""] * 4)
