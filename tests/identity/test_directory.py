"""The directory file: what it means, what is wrong with it and where, how fast it loads."""

import asyncio
import csv
import json
import os
import threading
import time
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from gateway.commands import directory as commands
from gateway.errors import ConfigError, UserError
from gateway.identity.directory import load
from gateway.identity.directory_faults import LIMIT_FAULTS
from gateway.identity.live import LiveDirectory
from gateway.identity.passwords import meets_article_6
from gateway.model import MailboxKind, MailboxStatus

YAML = """\
units:
  - {id: noivu, name: Phòng Nội vụ, until: 2025-06-30, successors: [phuong]}
  - {id: phuong, name: Phường Bình Tân}
mailboxes:
  - address: VanPhong.BinhTan@tphcm.gov.vn
    kind: office
    aliases: [vp.binhtan@tphcm.gov.vn]
  - address: noivu.binhtan@tphcm.gov.vn
    kind: unit
    unit: noivu
    delegates:
      - {address: a.binhtan@tphcm.gov.vn, from: 2026-01-01, until: 2026-12-31}
  - address: a.binhtan@tphcm.gov.vn
    kind: personal
    status: left
    left_on: 2026-06-01
"""
JSON = {
    "mailboxes": [
        {"address": "vanphong.binhtan@tphcm.gov.vn", "kind": "office", "aliases": ["vp.binhtan@tphcm.gov.vn"]},
        {"address": "a.binhtan@tphcm.gov.vn", "kind": "personal", "status": "left", "left_on": "2026-06-01"},
    ]
}
CSV = """\
Địa chỉ;Loại;Đơn vị;Trạng thái;Ngày nghỉ;Ủy quyền
vanphong.binhtan@tphcm.gov.vn;Văn phòng;Văn phòng UBND;;;
noivu.binhtan@tphcm.gov.vn;Đơn vị;Nội vụ;Hoạt động;;"a.binhtan@tphcm.gov.vn from 2026-01-01 until 2026-12-31; b.binhtan@tphcm.gov.vn"
a.binhtan@tphcm.gov.vn;Cá nhân;Nội vụ;Đã nghỉ;01/06/2026;
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_yaml_directory_is_loaded(tmp_path):
    directory = load(write(tmp_path, "d.yaml", YAML))
    office = directory.find("vanphong.binhtan@tphcm.gov.vn")
    assert office is directory.find("vp.binhtan@tphcm.gov.vn")
    assert office.kind is MailboxKind.OFFICE
    (delegate,) = directory.find("noivu.binhtan@tphcm.gov.vn").delegates
    assert (delegate.address, delegate.since, delegate.until) == (
        "a.binhtan@tphcm.gov.vn",
        date(2026, 1, 1),
        date(2026, 12, 31),
    )
    assert directory.find("a.binhtan@tphcm.gov.vn").left_on == date(2026, 6, 1)
    assert directory.units["noivu"].successors == ("phuong",)
    assert directory.find("nobody@tphcm.gov.vn") is None


def test_a_json_directory_is_loaded(tmp_path):
    directory = load(write(tmp_path, "d.json", json.dumps(JSON)))
    assert directory.find("a.binhtan@tphcm.gov.vn").status is MailboxStatus.LEFT
    assert len(directory.digest) == 64


def test_a_csv_with_vietnamese_headings_is_loaded(tmp_path):
    directory = load(write(tmp_path, "d.csv", "\ufeff" + CSV))
    assert directory.find("vanphong.binhtan@tphcm.gov.vn").kind is MailboxKind.OFFICE
    assert [one.until for one in directory.find("noivu.binhtan@tphcm.gov.vn").delegates] == [date(2026, 12, 31), None]
    assert directory.find("a.binhtan@tphcm.gov.vn").left_on == date(2026, 6, 1)


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\naddress;kind;aliases\na@b.vn;unit;c@b.vn\n",
        "\n \naddress,kind,aliases,,\na@b.vn,unit,c@b.vn;,,\n , ,,,\n",
        "address\tkind\taliases\ra@b.vn\tunit\t; c@b.vn\r",
    ],
)
def test_a_csv_is_read_as_spreadsheets_write_it(tmp_path, text):
    assert list(load(write(tmp_path, "d.csv", text)).mailboxes) == ["a@b.vn", "c@b.vn"]


def test_the_digest_is_that_of_the_file(tmp_path):
    one = load(write(tmp_path, "d.yaml", YAML)).digest
    assert one == load(write(tmp_path, "e.yaml", YAML)).digest
    assert one != load(write(tmp_path, "f.yaml", YAML + "\n")).digest


@pytest.mark.parametrize(
    ("name", "text", "vietnamese", "english"),
    [
        ("d.yaml", "mailboxes:\n  - {address: a@b.vn, kind: boss}\n", "loại hộp thư là một trong: office, unit", "one of office, unit"),
        ("d.json", '{"mailboxes": [{"address": "a@b.vn", "kind": "unit", "status": "x"}]}', "trạng thái là một trong", "one of active"),
        ("d.yaml", "mailboxes:\n  - {address: a@b.vn, kind: unit, until: 31/12/2026}\n", "ngày viết dạng 2026-12-31", "write days as 2026-12-31"),
        ("d.yaml", "mailboxes:\n  - {address: a@b.vn, kind: unit, delegates: [{address: c@d.vn, to: x}]}\n",
         "các mục được dùng: address, from, until", "known keys: address, from, until"),
        ("d.yaml", "mailboxes:\n  - {address: a@b.vn, kind: unit, aliases: c@d.vn}\n", "viết thành danh sách", "write a list"),
        ("d.yaml", "- {address: a@b.vn, kind: unit}\n", "tệp bắt đầu bằng `mailboxes:`", "the file begins with `mailboxes:`"),
        ("d.csv", "Email,Loại,Chức vụ\na@b.vn,cá nhân,x\n", "hãy bỏ cột này hoặc dùng: hộp thư, loại", "remove it, or use address, kind"),
    ],
)  # fmt: skip
def test_a_fault_says_what_may_stand_there(tmp_path, name, text, vietnamese, english):
    with pytest.raises(UserError) as caught:
        load(write(tmp_path, name, text))
    before, _, behind = str(caught.value).partition(" / ")
    assert vietnamese in before
    assert english in behind


FAULTS = [
    ("d.yaml", "mailboxes:\n  - address: a@b.vn\n    kind: unit\n    colour: red\n", [(4, 5)], "colour"),
    ("d.yaml", "mailboxes:\n  - address: a@b.vn\n    kind: boss\n", [(3, 5)], "boss"),
    ("d.yaml", "mailboxes:\n  - {kind: unit}\n", [(2, 5)], "address"),
    ("d.yaml", "mailboxes:\n  - {address: a@b.vn, kind: unit, left_on: soon}\n", [(2, 35)], "left_on"),
    (
        "d.yaml",
        "mailboxes:\n  - {address: a@b.vn, kind: unit}\n  - {address: A@B.vn, kind: unit}\n",
        [(3, 6)],
        "a@b.vn",
    ),
    (
        "d.yaml",
        "mailboxes:\n  - {address: a b@c.vn, kind: unit}\n  - {address: a@b.vn <c@d.vn>, kind: unit}\n",
        [(2, 6), (3, 6)],
        "a b@c.vn",
    ),
    (
        "d.yaml",
        "mailboxes:\n  - {address: a@b.vn, kind: unit, from: 2026-02-01, until: 2026-01-01}\n",
        [(2, 53)],
        "2026-01-01",
    ),
    ("d.yaml", "units: [{id: x}]\nmailboxes:\n  - {address: a@b.vn, kind: unit, unit: y}\n", [(3, 35)], "y"),
    ("d.yaml", "units: [{id: x, successors: [z]}]\n", [(1, 17)], "z"),
    (
        "d.yaml",
        "units:\n  - {id: 3}\nmailboxes:\n  - {address: a@b.vn, kind: boss}\n  - {address: c@b.vn, kind: unit}\n  - {kind: unit}\n",
        [(2, 6), (4, 23), (6, 5)],
        "boss",
    ),
    ("d.yaml", "mailboxes:\n  - {address: a@b.vn, kind: unit, from: 2026-02-30}\n", [(2, 35)], "from"),
    ("d.yaml", "mailboxes: []\nunits: []\nmailboxes: []\n", [(3, 1)], "mailboxes"),
    ("d.yaml", "mailboxes:\n\t- {address: a@b.vn, kind: unit}\n", [(2, 1)], "Tab"),
    (
        "d.json",
        '{"mailboxes": [\n {"address": "a@b.vn", "kind": 3},\n {"address": "c@d.vn", "kind": "unit"},\n {"kind": "unit"}]}',
        [(2, 24), (4, 2)],
        "kind",
    ),
    (
        "d.yaml",
        "mailboxes:\n  - address: 5\n    kind: boss\n    until: soon\n    colour: red\n    delegates:\n      - {until: x, since: y}\n"
        "  - {kind: unit}\nunits: 5\nother: {}\n",
        [(2, 5), (3, 5), (4, 5), (5, 5), (7, 9), (7, 10), (7, 20), (8, 5), (9, 1), (10, 1)],
        "delegates[0].until",
    ),
    (
        "d.json",
        '{"mailboxes": [\n {"address": "a@b.vn", "kind": "unit", "until": "2026-12-31",\n  "delegates": [{"address": "c@d.vn", "until": 3},\n'
        '   {"address": 4}], "aliases": "x"}]}',
        [(3, 39), (4, 5), (4, 21)],
        "delegates[1].address",
    ),
    ("d.yaml", "mailboxes: [\n", [(2, 1)], "bracket"),
    ("d.yaml", "mailboxes:\n  - &a {address: a@b.vn, kind: unit}\n  - *a\n", [(2, 5)], "YAML"),
    (
        "d.json",
        '{"mailboxes": [\n {"address": "a@b.vn", "kind": "unit"},\n {"address": "c@d.vn",\n  "kind": 3}]}',
        [(4, 3)],
        "kind",
    ),
    (
        "d.json",
        '{"mailboxes": [\n {"address": "a@b.vn", "kind": "unit"},\n {"address": "@", "kind": "unit"}]}',
        [(3, 3)],
        "@",
    ),
    ("d.json", '{"mailboxes": [\n {"address" "a@b.vn"}]}', [(2, 13)], "JSON"),
    ("d.json", '{"mailboxes": 5,\n "units" []}', [(2, 10)], "JSON"),
    ("d.json", '{"mailboxes": [\n {"address": 5}]} x', [(2, 19)], "JSON"),
    ("d.json", '{"mailboxes": [\n {"address": "a@b.vn", "kind": "unit"}],\n "mailboxes": []}', [(3, 2)], "given twice"),
    (
        "d.json",
        '{"mailboxes": [\n {"address": "a@b.vn", "kind": "unit", "address": "c@d.vn"}]}',
        [(2, 40)],
        "“address”",
    ),
    ("d.json", " " * (2 << 20) + '{"units": [{"id": "x", "id": "y"}]}', [(0, 0)], "given twice in: {'id': 'y'}"),
    ("d.json", '{"mailboxes": ' + "[" * 200_000, [(1, 1)], "JSON"),
    ("d.json", '{"mailboxes": ' + "9" * 10_000 + "}", [(1, 1)], "JSON"),
    ("d.csv", "address,kind\na@b.vn,unit\nc@d.vn,boss\n", [(3, 2)], "boss"),
    ("d.csv", "address,kind,until\na@b.vn,unit,soon\n", [(2, 3)], "soon"),
    ("d.csv", "address,kind\na@b.vn,unit\n\nx,unit\n", [(4, 1)], "x"),
    ("d.csv", "address,sort\na@b.vn,unit\n", [(1, 2), (1, 1)], "sort"),
    ("d.csv", "address,kind,delegates\na@b.vn,unit,c@d.vn until soon\n", [(2, 3)], "soon"),
    ("d.csv", "address,kind,unit\na@b.vn,unit,Phòng Kinh tế, Hạ tầng\n", [(2, 4)], "needs double quotes"),
    ("d.csv", "address,kind,email\na@b.vn,unit,c@d.vn\n", [(1, 1)], "given twice"),
    ("d.csv", 'address,kind,unit\na@b.vn,unit,"Phòng\n', [(2, 1)], "CSV"),
    ("d.yaml", "mailboxes:\n- {address: a@b.vn, kind: unit, untl: 2026-01-01}\n", [(2, 33)], "có phải “until”?"),
    ("d.yaml", "mailboxes:\n- {address: a@b.vn, kind: unit, name: !!bool maybe}\n", [(2, 39)], "tag"),
    ("d.yaml", "mailboxes:\n- {address: a@b.vn, kind: unit, name: !!int ''}\n", [(2, 39)], "tag"),
    ("d.yaml", "mailboxes: " + "[" * 3000, [(1, 51)], "40 levels"),
    ("d.yaml", 'mailboxes:\n- {address: a@b.vn, kind: unit, name: "\\ud800"}\n', [(2, 39)], "half a character"),
    (
        "d.yaml",
        f"mailboxes:\n- {{address: a..b@c.vn, kind: unit}}\n- {{address: {'a' * 65}@c.vn, kind: unit}}\n",
        [(2, 4), (3, 4)],
        "length",
    ),
    ("d.csv", "address,kind\n,unit\n", [(2, 1)], "malformed"),
    ("d.yaml", "mailboxes:\n- {address: a@b.vn}\n", [(2, 3)], "thiếu mục “kind”"),
    (
        "d.yaml",
        "mailboxes:\n- {address: a@b.vn, kind: offce}\n",
        [(2, 21)],
        "the value “offce” is not allowed; one of office",
    ),
]


@pytest.mark.parametrize(("name", "text", "places", "word"), FAULTS)
def test_every_fault_has_its_place(tmp_path, name, text, places, word):
    path = write(tmp_path, name, text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert [(fault.line, fault.column) for fault in caught.value.faults] == places
    assert word in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_utf8_is_refused_with_its_place(tmp_path):
    path = tmp_path / "d.csv"
    path.write_bytes(b"\xef\xbb\xbfaddress,kind,unit\na@b.vn,unit,Ph\xf2ng\n")
    with pytest.raises(ConfigError, match=r"d\.csv:2:15: .*UTF-8"):
        load(path)


@pytest.mark.parametrize(
    ("keys", "days"),
    [
        ("status: active", (True, True, True)),
        ("status: suspended", (False, False, False)),
        ("status: left", (False, False, False)),
        ("left_on: 2026-11-24", (True, False, False)),
        ("status: left, left_on: 2026-11-24", (True, False, False)),
        ("until: 2026-11-24", (True, True, False)),
        ("from: 2026-11-24", (False, True, True)),
    ],
)
def test_a_mailbox_is_usable_on_the_same_days_everywhere(tmp_path, keys, days):
    one = "{address: a@b.vn, kind: personal, %s}" % keys
    other = "{address: c@b.vn, kind: unit, delegates: [{address: a@b.vn}]}"
    path = write(tmp_path, "d.yaml", f"mailboxes: [{one}, {other}, {{address: o@b.vn, kind: office}}]\n")
    mailbox = load(path).mailboxes["a@b.vn"]
    around = [date(2026, 11, day) for day in (23, 24, 25)]
    assert tuple(mailbox.usable(day) for day in around) == days
    assert tuple("not in use" not in commands.lint(path, today=day).text for day in around) == days


PIECES = unicodedata.normalize("NFD", "Phòng Nội vụ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("d.csv", unicodedata.normalize("NFD", "địa chỉ,loại,đơn vị\na@b.vn,cá nhân,Phòng Nội vụ\n")),
        ("d.yaml", f"units: [{{id: Phòng Nội vụ}}]\nmailboxes: [{{address: a@b.vn, kind: unit, unit: {PIECES}}}]\n"),
    ],
)
def test_letters_in_pieces_are_the_same_letters(tmp_path, name, text):
    assert load(write(tmp_path, name, text)).mailboxes["a@b.vn"].unit == "Phòng Nội vụ"


def test_a_missing_file_is_a_clear_error(tmp_path):
    with pytest.raises(UserError, match="cannot read"):
        load(tmp_path / "none.yaml")


def test_a_large_yaml_is_refused_with_the_way_out(tmp_path):
    path = write(tmp_path, "d.yaml", "mailboxes:\n" + "  - {address: a@b.vn, kind: unit}\n" * 70_000)
    with pytest.raises(ConfigError, match="JSON or CSV"):
        load(path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["json", "csv"])
def test_two_hundred_thousand_mailboxes_load_in_two_seconds(tmp_path, kind):
    path = tmp_path / f"d.{kind}"
    addresses = [f"user{number}.binhtan@tphcm.gov.vn" for number in range(200_000)]
    if kind == "json":
        path.write_text(
            json.dumps({"mailboxes": [{"address": one, "kind": "personal", "unit": "x"} for one in addresses]})
        )
    else:
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([("address", "kind"), *((one, "personal") for one in addresses)])
    before = _resident()
    started = time.process_time()
    directory = load(path)
    assert time.process_time() - started < 2
    assert _resident() - before < 200 << 20
    started = time.process_time()
    for one in addresses[:10_000]:
        assert directory.find(one) is not None
    assert (time.process_time() - started) / 10_000 < 10e-6


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_a_changed_file_is_live_by_itself(tmp_path):
    path = write(tmp_path, "d.yaml", YAML)
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()
    live = LiveDirectory(path, on_change=lambda _: loop.call_soon_threadsafe(arrived.set))
    watcher = asyncio.create_task(live.watch())
    write(tmp_path, "d.yaml", YAML.replace("a.binhtan", "c.binhtan"))
    await asyncio.wait_for(arrived.wait(), 300)
    watcher.cancel()
    assert live.current.find("c.binhtan@tphcm.gov.vn") is not None


def test_a_broken_file_keeps_the_last_good_one_and_says_why(tmp_path):
    path = write(tmp_path, "d.yaml", YAML)
    live = LiveDirectory(path)
    good = live.current
    write(tmp_path, "d.yaml", "mailboxes:\n  - {address: a@b.vn}\n")
    assert not live.refresh()
    assert live.current is good
    assert "d.yaml:2:5" in str(live.fault)
    path.unlink()
    assert not live.refresh()
    assert "cannot read" in str(live.fault)
    write(tmp_path, "d.yaml", YAML + "# again\n")
    assert live.refresh()
    assert live.fault is None


def test_a_server_does_not_start_with_a_broken_file(tmp_path):
    with pytest.raises(ConfigError):
        LiveDirectory(write(tmp_path, "d.yaml", "mailboxes: 3\n"))


def test_readers_see_whole_snapshots_while_the_file_changes(tmp_path):
    path = write(tmp_path, "d.json", json.dumps(JSON))
    live = LiveDirectory(path)
    stop = threading.Event()
    seen: set[str] = set()

    def read() -> None:
        while not stop.is_set():
            snapshot = live.current
            assert snapshot.find("vanphong.binhtan@tphcm.gov.vn") is not None
            seen.add(snapshot.digest)

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(20):
        write(tmp_path, "d.json", json.dumps(JSON) + " " * number)
        live.refresh()
    stop.set()
    thread.join()
    assert seen


def test_lint_shows_what_deserves_a_look(tmp_path):
    result = commands.lint(write(tmp_path, "d.yaml", YAML), today=date(2027, 1, 1))
    assert result.exit_code == 1
    assert "2025-06-30" in result.text
    assert "2026-12-31" in result.text
    good = commands.lint(write(tmp_path, "e.json", json.dumps(JSON)), today=date(2026, 11, 24))
    assert (good.exit_code, "office: 1" in good.text) == (0, True)


def test_lint_of_a_broken_file_says_where(tmp_path):
    with pytest.raises(UserError, match="d.yaml:1:1"):
        commands.lint(write(tmp_path, "d.yaml", "mailboxes: 3\n"), today=date(2026, 11, 24))


def test_find_shows_an_address_or_searches(tmp_path):
    path = write(tmp_path, "d.yaml", YAML)
    assert "noivu" in commands.find(path, "NoiVu.BinhTan@tphcm.gov.vn").text
    assert commands.find(path, "vp.binhtan@tphcm.gov.vn").text.startswith("vanphong.binhtan@tphcm.gov.vn")
    assert "noivu.binhtan" in commands.find(path, "noivu").text
    assert commands.find(path, "nobody").exit_code == 1
    named = write(tmp_path, "n.yaml", "mailboxes:\n  - {address: a@b.vn, kind: unit, unit: Văn phòng Đảng ủy}\n")
    for words in ("Văn phòng", "VAN PHONG", "van phòng dang uy"):
        assert commands.find(named, words).text.startswith("a@b.vn")
    by_id = "units: [{id: vp, name: Văn phòng}]\nmailboxes: [{address: a@b.vn, kind: unit, unit: vp}]\n"
    for words in ("van phong", "vp"):
        assert commands.find(write(tmp_path, "u.yaml", by_id), words).text.endswith("Văn phòng")


def test_import_makes_json_that_means_the_same(tmp_path):
    for name, text in (("d.yaml", YAML), ("d.csv", CSV)):
        source = write(tmp_path, name, text)
        target = tmp_path / "out.json"
        assert commands.convert(source, target).exit_code == 0
        assert load(target).mailboxes == load(source).mailboxes
        assert load(target).units == load(source).units
    assert not list(tmp_path.glob(".out*"))


def test_import_of_a_broken_file_leaves_the_target_alone(tmp_path):
    target = write(tmp_path, "out.json", json.dumps(JSON))
    with pytest.raises(UserError):
        commands.convert(write(tmp_path, "d.csv", "address,kind\nx,y\n"), target)
    assert json.loads(target.read_text()) == JSON


@pytest.mark.parametrize(
    ("password", "good"),
    [("Abcdef1!", True), ("ABCDEF1!", False), ("abcdef1!", False), ("Abcdefg1", False), ("Abc1!", False),
     ("Mật_Khẩu", True), ("Abcdefg ", False), ("", False), ("Abcdefg\x00", False)],
)  # fmt: skip
def test_article_6(password, good):
    assert meets_article_6(password) is good


def test_so_many_faults_are_shown_as_a_person_can_read(tmp_path):
    rows = "".join(f"  - {{address: {number}, kind: boss}}\n" for number in range(500))
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, "d.yaml", f"mailboxes:\n{rows}"))
    assert len(caught.value.faults) == LIMIT_FAULTS


def test_a_name_of_the_directory_moves_no_cursor(tmp_path):
    listed = write(
        tmp_path,
        "d.json",
        json.dumps({"mailboxes": [{"address": "a@x.example", "kind": "personal", "name": "An\x1b[2J"}]}),
    )
    assert "\x1b" not in commands.find(listed, "a@x.example").text
