"""Fire: a trouble is a state: told when it begins, now and then while it lasts, and when it is over, never a line a mail."""

import json
import logging
import os
import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import gateway
from gateway.errors import UserError
from gateway.metrics.load import SharedLoad
from gateway.serve import machine
from gateway.serve.watch import Watch
from gateway.system import trouble
from gateway.system.trouble import Ledger, Pipe, Reporter, Trouble, shown_by
from gateway.texts.catalogue import product_texts
from tests.e2e.gateway_process import environment
from tests.support.cases import slow


@pytest.fixture
def told(caplog):
    caplog.set_level(logging.INFO, "gateway.trouble")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "gateway.trouble"]


def test_every_trouble_has_words_in_both_languages_that_say_what_to_do():
    words = product_texts("trouble")
    for each in Trouble:
        for table in ("name", "begins"):
            assert set(words[table][each.value]) == {"vi", "en"}
        for language in ("vi", "en"):
            text = words["begins"][each.value][language]
            assert text.endswith(": {reason}")
            assert len(text) > 60, "what is wrong, what it costs, what to do"


def test_a_trouble_of_two_front_ends_begins_once_lasts_and_ends_once(told):
    now = [0.0]
    ledger = Ledger(lambda: now[0])
    for source in ("11", "12"):
        ledger.lasts(Trouble.NEXT_HOP, source, "refused", mails=3)
    assert len(told()) == 1
    for now[0] in (100.0, 899.0, 900.0, 901.0, 1799.0):
        ledger.look()
    assert len(told()) == 2
    assert "after 900 seconds, 6 more mails" in told()[1]
    ledger.lasts(Trouble.NEXT_HOP, "11", "", mails=4)
    now[0] = 1800.0
    ledger.look()
    assert "4 more mails touched: refused" in told()[2]
    ledger.over(Trouble.NEXT_HOP, "11")
    assert (len(told()), list(ledger.board.read())) == (3, ["next_hop"])
    ledger.gone("12")
    assert "is over after 1800 seconds, 10 mails touched" in told()[3]
    assert ledger.board.read() == {}
    ledger.over(Trouble.NEXT_HOP, "12")
    assert len(told()) == 4


def test_what_a_front_end_reports_comes_to_the_ledger_and_the_board(told):
    pipe, ledger = Pipe(), Ledger()
    reporter = Reporter(pipe)
    for _ in range(1000):
        reporter.happened(Trouble.AUDIT, "Đĩa đầy " * 200)
    reporter.count()
    ledger.hear(pipe.read())
    assert len(told()) == 1
    assert ledger.board.read()["audit"]["mails"] == 1000
    reporter.over(Trouble.AUDIT)
    reporter.over(Trouble.AUDIT)
    ledger.hear(pipe.read())
    assert len(told()) == 2
    assert "1000 mails" in told()[1]


def test_all_troubles_with_the_longest_reasons_are_on_the_board():
    ledger = Ledger()
    for each in Trouble:
        ledger.lasts(each, "1", "\U0001d538" * 1000)
    assert set(ledger.board.read()) == {each.value for each in Trouble}


def test_a_board_in_the_midst_of_a_write_is_not_taken_for_one_without_troubles(monkeypatch):
    monkeypatch.setattr(trouble, "_BOARD", "this-board")
    ledger = Ledger()
    ledger.lasts(Trouble.AUDIT, "1", "full")
    shown = ledger.board.read()
    monkeypatch.setattr(json, "dumps", lambda _: '{"audit": {')
    ledger.lasts(Trouble.SPACE, "1", "full")
    assert ledger.board.read() == shown
    with pytest.raises(UserError, match="cannot be read"):
        shown_by(os.getpid())


def test_a_supervisor_that_does_not_read_holds_up_no_front_end():
    reporter = Reporter(Pipe())
    for _ in range(10_000):
        reporter.happened(Trouble.AUDIT, "x" * 300)
        reporter.over(Trouble.AUDIT)


def test_a_clock_that_steps_and_one_before_the_release_are_troubles(monkeypatch):
    wall = [datetime(2027, 1, 1, tzinfo=UTC).timestamp()]
    monotonic = [0.0]
    monkeypatch.setattr(machine.time, "time", lambda: wall[0])
    monkeypatch.setattr(machine.time, "monotonic", lambda: monotonic[0])
    clock = machine.Clock()
    assert [*clock.look()] == [(Trouble.CLOCK, "")]
    wall[0] += 86_400
    assert "86400 seconds" in next(clock.look())[1]
    wall[0], monotonic[0] = wall[0] + 1000, monotonic[0] + 1000
    assert [*clock.look()] == [(Trouble.CLOCK, "")]
    wall[0] = 0.0
    assert str(gateway.BUILT) in next(clock.look())[1]


def test_little_room_and_room_that_ends_within_a_day_are_troubles(monkeypatch, tmp_path):
    disk = {"free": 50}
    monotonic = [0.0]

    class Found:
        f_frsize, f_blocks, f_files, f_favail = 16 << 20, 100, 1000, 500

        def __init__(self):
            self.f_bavail = disk["free"]

    monkeypatch.setattr(machine.os, "statvfs", lambda _: Found())
    monkeypatch.setattr(machine.time, "monotonic", lambda: monotonic[0])
    room = machine.Room(tmp_path)

    def space():
        return dict(room.look())[Trouble.SPACE]

    assert not space()
    disk["free"], monotonic[0] = 49, 599.0
    assert not space(), "ten minutes are no rate yet"
    monotonic[0] = 601.0
    assert "for 8.2 hours only" in space(), "at 16 MiB in ten minutes"
    disk["free"], monotonic[0] = 60, 4300.0
    assert not space()
    disk["free"] = 4
    assert space(), "less than one part in twenty"
    disk["free"], Found.f_frsize = 65, 1 << 20
    assert not space()
    disk["free"] = 63
    assert "63 MiB (63 %)" in space(), "mails get 452, also on a small disk"
    Found.f_favail = 40
    assert dict(room.look())[Trouble.INODES]


def test_a_certificate_is_reported_at_30_14_and_3_days_then_daily_each_once(told, monkeypatch, tmp_path):
    load, wall = SharedLoad(1, (Path("tls.crt"),)), [0.0]
    end = datetime(2027, 1, 31, tzinfo=UTC)
    monkeypatch.setattr(machine.time, "time", lambda: wall[0])
    assert machine.certificates(load) == ("", "")
    load.serve_until(Path("tls.crt"), end)
    watch = Watch(tmp_path, load)
    days_told = []
    for hours in range(40 * 24, -3 * 24, -6):
        wall[0] = (end - timedelta(hours=hours)).timestamp()
        before = len(told())
        watch._note(Trouble.CERTIFICATE, *machine.certificates(load))
        watch.ledger.look()
        days_told += [hours // 24] * (len(told()) - before)
    assert days_told == [30, 14, 3, 2, 1, 0, -1, -2, -3]
    assert "tls.crt expires in 14 days: renew it" in told()[1]
    assert "tls.crt expired 2 days ago: renew it" in told()[8]
    load.serve_until(Path("tls.crt"), end + timedelta(days=365))
    watch._note(Trouble.CERTIFICATE, *machine.certificates(load))
    assert watch.ledger.board.read() == {}


@pytest.mark.parametrize(
    ("given", "taken"), [("256:4096", 4096), slow("64:64", 64), slow("4096:4096", 4096), slow("64:1000000", 65536)]
)
def test_the_gateway_takes_as_many_open_files_as_it_may(given, taken):
    words = "import resource; from gateway.serve.vitals import allow_descriptors as allow; allow(); print(resource.getrlimit(7)[0])"
    if int(given.partition(":")[2]) > resource.getrlimit(resource.RLIMIT_NOFILE)[1]:
        pytest.skip("the limit of this session is lower")
    command = ["prlimit", f"--nofile={given}", sys.executable, "-c", words]
    assert subprocess.check_output(command, env=environment(), text=True) == f"{taken}\n"


def test_a_reload_that_is_not_in_force_is_a_trouble_until_one_is(tmp_path, told):
    load = SharedLoad(1)
    watch = Watch(tmp_path, load)

    def after(*outcome: bool) -> str:
        for good in outcome:
            load.reloaded(1_700_000_000, good=good)
        watch._next = 0.0
        watch.look(lambda: iter(()))
        return watch.ledger.board.read().get("reload", {}).get("reason", "")

    assert [after(), after(True)] == ["", ""]
    assert after(False) == "15/11 05:13:20"
    assert "gateway doctor" in told()[-1]
    assert after(True) == ""
    assert "the trouble is over" in told()[-1]
