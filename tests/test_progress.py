"""Long work of a command: a bar on a terminal, a line in ten seconds elsewhere, and a clean end by Ctrl-C."""

import io
import sys

import pytest

from gateway.commands import progress as module
from gateway.commands.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_one_line_in_ten_seconds_says_how_far_it_is(monkeypatch, capsys):
    clock = iter([0.0, 4.0, 11.0, 15.0, 22.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    with progress("verify", 4000) as tick:
        for _ in range(4):
            tick(1000)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert said[0].startswith("kiểm chứng: 2000/4000 bản ghi, 182/giây, còn khoảng 11 giây / verified: 2000 of 4000")


def test_on_a_terminal_a_bar_is_drawn_on_standard_error_alone(monkeypatch, capsys):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress("verify", 3) as tick:
        print("data")
        tick(3)
    assert "Kiểm chứng nhật ký" in terminal.getvalue()
    assert "3/3" in terminal.getvalue()
    assert capsys.readouterr().out == "data\n"


def test_what_prints_to_a_terminal_and_what_is_one_piece_shows_nothing(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdout", Terminal())
    for total, prints in ((3, True), (1, False)):
        with progress("check", total, prints=prints) as tick:
            tick(1)
    assert terminal.getvalue() == ""


def test_ctrl_c_says_how_much_was_done_and_goes_on_up(capsys):
    def interrupted() -> None:
        with progress("check", 10) as tick:
            tick(4)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert "đã dừng theo yêu cầu: xong 4/10 / stopped as asked: 4 of 10 done" in capsys.readouterr().err
