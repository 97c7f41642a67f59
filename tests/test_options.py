"""The command line: times are those of Viet Nam, as everything that is printed, and its help speaks both languages."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

import gateway
from gateway.cli import app, main
from gateway.commands import common
from gateway.commands.options import moment
from gateway.texts.catalogue import reason


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-24", datetime(2026, 11, 23, 17, tzinfo=UTC)),
        ("2026-11-24T08:00", datetime(2026, 11, 24, 1, tzinfo=UTC)),
        ("2026-11-24T08:00Z", datetime(2026, 11, 24, 8, tzinfo=UTC)),
        ("2026-11-24T08:00+09:00", datetime(2026, 11, 23, 23, tzinfo=UTC)),
    ],
)
def test_a_time_without_offset_is_the_time_of_viet_nam(text: str, meant: datetime):
    assert moment(text) == meant


@pytest.mark.parametrize("day", ["2026-11-24", "20261124", "2026-W48-2"])
def test_until_a_day_is_until_its_end(day: str):
    begin, end = moment(day), moment(day, until=True)
    assert begin is not None
    assert end is not None
    assert end - begin == timedelta(days=1, microseconds=-1)
    assert moment("2026-11-24T00:00", until=True) == moment("2026-11-24")


@pytest.mark.parametrize("text", ["hôm qua", "24/11/2026", "2026-02-30", "", "9999-12-31", "0001-01-01"])
def test_what_is_no_time_is_refused_in_both_languages(text: str):
    with pytest.raises(typer.BadParameter, match=r"(không phải ngày giờ.* / .*is no time|năm phải từ.* / .*the year)"):
        moment(text)


def test_what_the_system_says_has_words_in_vietnamese_too(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        (tmp_path / "nothing").read_bytes()
    assert reason(caught.value) == "không có tệp hoặc thư mục này / No such file or directory"
    assert reason(OSError("strange")) == "strange"


def _commands(
    command: TyperCommand | TyperGroup, way: tuple[str, ...] = ()
) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    yield " ".join(way), command
    if isinstance(command, TyperGroup):
        for name in command.list_commands(None):
            yield from _commands(command.get_command(None, name), (*way, name))


def test_each_command_and_each_of_its_options_is_explained_in_both_languages():
    for way, command in _commands(typer.main.get_command(app)):
        assert re.search(r"\w / \w|\n\n", command.help or ""), way
        for parameter in command.params:
            if parameter.name != "help":
                assert " / " in (getattr(parameter, "help", None) or ""), (way, parameter.name)


@pytest.mark.parametrize(
    ("line", "vietnamese", "english"),
    [
        (("audit", "lst"), "không có lệnh “lst”", "did you mean “list”?"),
        (("audit", "prove"), "không có lệnh “prove”", "did you mean “prune”, “proof”?"),
        (("audit", "list", "--foo"), "không có tùy chọn --foo", "no option --foo"),
        (("audit", "show"), "thiếu reference", "reference is missing"),
        (("audit", "list", "--limit", "x"), "--limit không hợp lệ: phải là số nguyên", "a whole number"),
        (
            ("audit", "list", "--limit", "0"),
            "--limit không hợp lệ: phải từ 1 trở lên",
            "not valid: it must be 1 or more",
        ),
        (("audit", "list", "--limit", "100001"), "nhiều nhất là 100000", "it must be 100000 or less"),
        (("audit", "show", "a", "b"), "thừa", "too much: b"),
        (("check", "--from"), "--from cần một giá trị đi sau", "--from needs a value"),
    ],
)
def test_a_fault_of_the_command_line_is_reported_in_both_languages(line, vietnamese, english, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["gateway", *line])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert vietnamese in said
    assert english in said
    assert "Usage:" not in said


@pytest.mark.parametrize("group", [(), ("audit",), ("console", "account")])
def test_a_group_without_a_command_shows_its_help_as_it_is(group, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["gateway", *group])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert re.match(r"Usage: .*\n\n  \S.*(?s:.*)\nCommands:\n", capsys.readouterr().err)


def test_the_version_is_an_option_too(capsys, monkeypatch):
    said = []
    for word in ("version", "--version"):
        monkeypatch.setattr("sys.argv", ["gateway", word])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] == f"{gateway.__version__}\n"


def test_a_command_without_a_configuration_takes_that_of_the_machine(tmp_path, monkeypatch):
    installed, named = tmp_path / "installed.yaml", tmp_path / "named.yaml"
    monkeypatch.setattr(common, "INSTALLED", installed)
    assert common.load_configuration(None).workers == 2
    installed.write_text("workers: 3\ndata: /srv/gateway\n")
    named.write_text("workers: 4\n")
    assert common.load_configuration(None, policy="monitor").workers == 3
    assert str(common.data_of(None, None)) == "/srv/gateway"
    assert common.data_of(None, tmp_path) == tmp_path
    assert common.load_configuration(named).workers == 4
