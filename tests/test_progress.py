"""Long work of a command: a bar on a terminal, a line in ten seconds elsewhere, and a clean end by Ctrl-C."""

import ast
import asyncio
import io
import itertools
import os
import signal
import sys

import pytest

from gateway.commands import progress as module
from gateway.commands.directory import convert
from gateway.commands.policy import lint
from gateway.commands.progress import progress
from gateway.texts.catalogue import product_texts
from tests.e2e.gateway_process import PROGRAM, ROOT, environment


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
    assert said[0] == (
        "Kiểm chứng nhật ký: 2000/4000 bản ghi, 182/giây, còn khoảng 11 giây / "
        "verifying the log, 2000 of 4000 records, 182 a second, about 11 s left"
    )


def test_without_a_total_the_line_shows_what_is_done_and_how_fast(monkeypatch, capsys):
    clock = iter([0.0, 20.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    with progress("ldap", None) as tick:
        tick(50)
    assert capsys.readouterr().err == "Đọc LDAP: 50 mục, 2.5/giây / reading LDAP, 50 entries, 2.5 a second\n"


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
    assert "đã dừng theo yêu cầu: xong 4/10 tệp / stopped as asked: 4 of 10 files done" in capsys.readouterr().err


@pytest.fixture
def slow_clock(monkeypatch):
    """Every look at the clock is eleven seconds later."""
    clock = itertools.count(0.0, 11.0)
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))


def test_the_import_of_a_directory_shows_its_mailboxes(slow_clock, tmp_path, capsys):
    rows = [f"a{number}.binhtan@tphcm.gov.vn,personal" for number in range(2500)]
    (tmp_path / "directory.csv").write_text("\n".join(["address,kind", *rows]), "utf-8")
    text, code = convert(tmp_path / "directory.csv", tmp_path / "directory.json")
    shown = capsys.readouterr()
    assert [line.partition(",")[0] for line in shown.err.splitlines()] == [
        "Đọc danh bạ: 1000 hộp thư",
        "Đọc danh bạ: 2000 hộp thư",
    ]
    assert code == 0
    assert "2500 hộp thư" in text


def test_the_check_of_policy_files_shows_how_many_are_done(slow_clock, capsys):
    assert lint(["monitor", "no-such-preset", "strict"]) == 2
    shown = capsys.readouterr()
    assert "Kiểm tra chính sách: 2/3 tệp" in shown.err
    assert "checking policy files, 2 of 3 files" in shown.err
    assert "strict  sha256:" in shown.out


def test_all_long_work_has_its_words():
    """Every key that a command gives to `progress` is in the catalogue, and no other."""
    used = {
        call.args[0].value
        for file in (ROOT / "gateway").rglob("*.py")
        if "progress(" in (code := file.read_text("utf-8"))
        for call in ast.walk(ast.parse(code))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "progress"
    }
    texts = product_texts("progress")
    assert used == set(texts["work"])
    assert set(module._UNITS) <= used
    assert set(module._UNITS.values()) | {"records"} == set(texts["unit"])


@pytest.mark.slow
@pytest.mark.parametrize("command", ["check", "lint"])
async def test_ctrl_c_of_a_terminal_ends_work_on_many_files_and_says_what_was_done(tmp_path, command):
    files = [tmp_path / f"{number}.docx" for number in range(3000)]
    for file in files:
        file.write_bytes(b"PK no document")
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, command, *map(str, files),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=environment(), start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )  # fmt: skip
    await process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    _, said = await process.communicate()
    assert process.returncode == 130, said.decode()
    assert "đã dừng theo yêu cầu" in said.decode()
    assert "/3000 tệp" in said.decode()
    assert "Traceback" not in said.decode()
