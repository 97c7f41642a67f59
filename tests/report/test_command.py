"""`gateway report` as it is typed."""

import io
import json
from pathlib import Path

import docx as word
import pytest
from PIL import Image

from gateway import cli
from gateway.commands.report import app as report_app
from gateway.report.figures import COUNTING
from tests.report.support import report


def run(capsys, monkeypatch, *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["gateway", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


@pytest.fixture
def data(counted):
    return str(counted)


@pytest.mark.slow
def test_a_report_is_written_and_verified_behind_the_wall(data, tmp_path, capsys, monkeypatch):
    target = tmp_path / "bao-cao.docx"
    code, _, told = run(capsys, monkeypatch, "report", "2026-11", "--data", data, "-o", str(target))
    assert (code, target.stat().st_mode & 0o777) == (0, 0o600)
    assert "1 thư chưa có kết quả" in told
    code, told, _ = run(capsys, monkeypatch, "report", "verify", str(target), "--data", data)
    assert (code, told.partition(":")[0]) == (0, "Khớp với nhật ký")


@pytest.mark.usefixtures("one_wall")
@pytest.mark.slow
def test_what_is_not_compared_is_said(data, tmp_path, capsys, monkeypatch):
    target = tmp_path / "a.pdf"
    run(capsys, monkeypatch, "report", "2026-11", "--data", data, "-o", str(target))
    drawn = target.read_bytes()
    signed_later, redrawn = drawn + b"\n% signed later\n", drawn.replace(b"/Author", b"/Buthor", 1)
    for octets, said in ((drawn, False), (signed_later, False), (redrawn, True)):
        target.write_bytes(octets)
        code, told, _ = run(capsys, monkeypatch, "report", "verify", str(target), "--data", data)
        assert (code, "y nguyên" in told) == (0, said)
    target = tmp_path / "a.docx"
    run(capsys, monkeypatch, "report", "2026-11", "--data", data, "-o", str(target))
    document, picture = word.Document(str(target)), io.BytesIO()
    Image.new("RGB", (300, 80), "white").save(picture, "PNG")
    picture.seek(0)
    document.add_picture(picture)
    document.save(str(target))
    code, told, _ = run(capsys, monkeypatch, "report", "verify", str(target), "--data", data)
    assert (code, "Có 1 hình" in told) == (0, True)


def test_without_a_unit_all_of_them_are_in_it_whatever_the_directory_calls_them(data, tmp_path, capsys, monkeypatch):
    listed = "units: [{id: Nội vụ}, {id: Tư pháp, name: Phòng Tư pháp}, {id: Y tế}]\nmailboxes: []\n"
    (tmp_path / "directory.yaml").write_text(listed, "utf-8")
    config = tmp_path / "gateway.yaml"
    config.write_text(
        f"data: {data}\ndirectory: {tmp_path / 'directory.yaml'}\nlisteners: [{{kind: relay, listen: '127.0.0.1:2525'}}]\n"
    )
    code, out, _ = run(capsys, monkeypatch, "report", "2026-11", "--config", str(config), "--format", "json")
    made = json.loads(out)["report"]
    assert (code, made["wanted"].get("unit", ""), len(made["units"])) == (0, "", 4)
    code, out, _ = run(
        capsys, monkeypatch, "report", "2026-11", "--config", str(config), "--format", "json", "--unit", "phòng tư pháp"
    )
    assert [one["unit"] for one in json.loads(out)["report"]["units"]] == ["Tư pháp"]


@pytest.mark.parametrize("unit", ["Tư pháp", "Phòng Tư pháp", "phòng  tư pháp", "Phòng Thuế"])
def test_a_unit_is_found_by_name_and_id_and_shown_by_name(unit, data, tmp_path, capsys, monkeypatch):
    """The log has units by the id under which the directory has them."""
    listed = tmp_path / "directory.yaml"
    listed.write_text(
        "units: [{id: Tư pháp, name: Phòng Tư pháp}, {id: Thuế, name: Phòng Thuế}]\nmailboxes: []\n", "utf-8"
    )
    (tmp_path / "gateway.yaml").write_text(f"data: {data}\ndirectory: {listed}\n")
    config = ("--config", str(tmp_path / "gateway.yaml"))
    searched = [
        run(capsys, monkeypatch, "audit", *words, "--json", *config)[1].splitlines()
        for words in (("list", "--unit", unit), ("search", f'dv:"{unit}"'))
    ]
    _, table, _ = run(capsys, monkeypatch, "audit", "export", "--csv", "--unit", unit, *config)
    assert {json.loads(line)["unit"] for line in searched[0]} == ({"Phòng Tư pháp"} if "Thuế" not in unit else set())
    assert len(searched[0]) == table.count("Phòng Tư pháp")
    assert set(searched[0]) <= set(searched[1])
    _, replayed, _ = run(
        capsys, monkeypatch, "policy", "diff", "current", "current", "--since", "2026-01-01", "--unit", unit, *config
    )
    assert ("there is no mail" in replayed) == ("Thuế" in unit)
    assert run(capsys, monkeypatch, "audit", "export", *config)[0] == 0, "JSON lines have no filter, and need none"


def test_csv_and_json_go_to_standard_output_and_are_verified(data, tmp_path, capsysbinary, monkeypatch):
    for form in ("csv", "json"):
        monkeypatch.setattr(
            "sys.argv", ["gateway", "report", "2026-11", "--data", data, "--unit", "tu phap", "--format", form]
        )
        with pytest.raises(SystemExit):
            cli.main()
        octets = capsysbinary.readouterr().out
        (tmp_path / f"x.{form}").write_bytes(octets)
        monkeypatch.setattr("sys.argv", ["gateway", "report", "verify", str(tmp_path / f"x.{form}"), "--data", data])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 0
        assert "Khớp".encode() in capsysbinary.readouterr().out
    assert json.loads(octets)["report"]["wanted"]["unit"] == "Tư pháp"
    (tmp_path / "x.json").write_bytes(octets.replace(b'"mails": 22', b'"mails": 23'))
    monkeypatch.setattr("sys.argv", ["gateway", "report", "verify", str(tmp_path / "x.json"), "--data", data])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert b'"mails": 23' in capsysbinary.readouterr().out


def test_of_a_report_of_earlier_counting_rules_the_range_is_verified_and_no_figure_accused(
    data, tmp_path, capsys, monkeypatch
):
    target = tmp_path / "x.csv"
    run(capsys, monkeypatch, "report", "2026-11", "--data", data, "-o", str(target))
    new = target.read_bytes()
    old = new.replace(f" counting={COUNTING}".encode(), b"")
    began_later = old.replace(b"records=1-", b"records=3-")  # as before the days before a month were read too
    head = report(Path(data)).basis.head.encode()
    for octets, expected, part in (
        (new, 0, "Khớp"),
        (old, 2, "phiên bản 1"),
        (began_later, 2, "Đã kiểm chứng"),
        (new.replace(b"counting=", b"counting=9"), 2, f"phiên bản 9{COUNTING}"),
        (old.replace(head, head[::-1]), 1, "KHÔNG ghi mã băm"),
    ):
        target.write_bytes(octets)
        code, told, _ = run(capsys, monkeypatch, "report", "verify", str(target), "--data", data)
        assert (code, part in told) == (expected, True), told
        assert "PHẠM VI BẢN GHI KHÔNG ĐÚNG" not in told


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["2026-13"], "2026-11"),
        (["2026-11", "--format", "doc"], "docx, xlsx"),
        (["2026-11", "-o", "x.exe"], "docx, xlsx"),
        (["2026-11", "--language", "fr"], "vi, en"),
        (["2026-11", "--unit", "Phòng X"], "Phòng X"),
        (["verify", "/etc/hostname"], "/etc/hostname"),
        (["verify", "/nowhere/x.docx"], "/nowhere"),
    ],
)
def test_what_cannot_be_done_is_reported_without_a_traceback(data, capsys, monkeypatch, words, part):
    code, _, told = run(capsys, monkeypatch, "report", *words, "--data", data)
    assert code == 2
    assert part in told
    assert "Traceback" not in told


def test_a_report_that_may_be_filled_in_is_not_written_over(data, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(capsys, monkeypatch, "report", "2026-11", "--data", data, "--format", "xlsx")[0] == 0
    before = (tmp_path / "bao-cao-2026-11.xlsx").read_bytes()
    code, _, told = run(capsys, monkeypatch, "report", "2026-11", "--data", data, "--format", "xlsx")
    assert (code, "bao-cao-2026-11.xlsx" in told) == (2, True)
    assert (tmp_path / "bao-cao-2026-11.xlsx").read_bytes() == before


def test_without_a_log_there_is_no_report(tmp_path, capsys, monkeypatch):
    assert run(capsys, monkeypatch, "report", "2026-11", "--data", str(tmp_path))[0] == 2


def test_its_commands_are_the_month_and_verify():
    assert [command.name for command in report_app.registered_commands] == ["month", "verify"]
