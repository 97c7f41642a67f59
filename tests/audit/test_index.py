"""The search index cannot hide anything: rows that are gone are noticed by the next query, all else by `verify`."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest

from gateway.audit import index
from gateway.audit.query import AuditReader, Filter
from gateway.audit.render import render_verification
from gateway.audit.verify import verify
from gateway.commands.audit import find
from tests.audit.support import fill


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("audit")
    asyncio.run(fill(data, 40))
    with AuditReader.open(data) as reader:
        reader.find(Filter())
    return data


@pytest.fixture
def data(sample: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample, tmp_path / "data"))


def change(data: Path, sql: str) -> None:
    with closing(sqlite3.connect(data / "audit-index.db", isolation_level=None)) as connection:
        assert connection.execute(sql).rowcount != 0
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def found(data: Path, **wanted: str) -> tuple[int, bool]:
    with closing(AuditReader.open(data)) as reader:
        return len(reader.find(Filter(limit=1000, **wanted))), reader.index_was_wrong


gone = pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("DELETE FROM tag WHERE name LIKE 'state:%' AND seq > 3", {"state": "relayed"}),
        ("DELETE FROM tag WHERE name = 'to:b@gov.example' AND seq > 3", {"recipient": "b@gov.example"}),
        ("DELETE FROM entry WHERE seq > 3", {}),
        ("DELETE FROM tag", {"sender": "an@gov.example"}),
    ],
)


@gone
def test_rows_that_are_gone_are_noticed_by_the_query_that_needs_them(data: Path, sql: str, wanted: dict[str, str]):
    whole, wrong = found(data, **wanted)
    assert whole > 3
    assert not wrong
    change(data, sql)
    assert found(data, **wanted) == (whole, True)
    assert found(data, **wanted) == (whole, False)


@gone
def test_rows_that_go_while_a_reader_stays_open_are_noticed_by_its_next_query(
    data: Path, sql: str, wanted: dict[str, str]
):
    with AuditReader.open(data) as reader:
        whole = len(reader.find(Filter(limit=1000, **wanted)))
        change(data, sql)
        assert (len(reader.find(Filter(limit=1000, **wanted))), reader.index_was_wrong) == (whole, True)


def test_words_that_go_are_noticed_by_the_next_reader(data: Path):
    change(data, "DELETE FROM words_docsize WHERE id > 3")
    with AuditReader.open(data) as reader:
        reader.find(Filter())
        assert reader.index_was_wrong


def test_a_reader_that_stays_open_counts_again_once_nothing_counts_what_is_deleted(data: Path):
    with AuditReader.open(data) as reader:
        reader.find(Filter())
        with closing(sqlite3.connect(data / "audit-index.db", isolation_level=None)) as connection:
            connection.executescript("DROP TRIGGER entry_gone; DELETE FROM entry WHERE seq > 3")
        reader.find(Filter())
        assert reader.index_was_wrong


def test_a_mail_whose_events_are_gone_is_shown_all_the_same(data: Path):
    with AuditReader.open(data) as reader:
        reference = reader.find(Filter())[0].reference
    change(data, f"DELETE FROM event WHERE id = '{reference}'")
    with AuditReader.open(data) as reader:
        assert reader.show(reference) is not None
        assert reader.index_was_wrong


def test_words_that_the_index_can_no_longer_read_are_found_in_the_log(data: Path):
    whole, _ = found(data, words="báo")
    change(data, "DELETE FROM words_data WHERE id > 10")
    assert found(data, words="báo") == (whole, True)


def test_an_index_that_no_further_record_can_be_put_into_is_rebuilt(data: Path):
    with closing(sqlite3.connect(data / "audit-index.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'tag'").fetchone()
    with (data / "audit-index.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xaa" * 4096)
    with mock.patch("gateway.audit.service.Index.follow", return_value=False):
        asyncio.run(fill(data, 3, first=900))
    assert found(data)[0] == 43
    assert verify(data).exit_code == 0


def test_the_command_says_that_the_index_was_made_again(data: Path, capsys: pytest.CaptureFixture[str]):
    change(data, "DELETE FROM tag WHERE name LIKE 'state:%'")
    assert find(data, Filter(state="relayed"), as_json=False) == 0
    captured = capsys.readouterr()
    assert "BT-" in captured.out
    assert "đã dựng lại từ nhật ký" in captured.err


@pytest.mark.parametrize(
    "sql",
    [
        # With the count fixed, no query can tell.
        "DELETE FROM tag WHERE name LIKE 'state:%'; DELETE FROM held WHERE name LIKE 'state:%'",
        "UPDATE entry SET id = 'BT-00000000' WHERE seq = (SELECT max(seq) FROM entry)",
        "DELETE FROM words_data WHERE id > 10",
    ],
)
def test_verify_finds_an_index_that_was_changed_with_care_and_keeps_it_aside(data: Path, sql: str):
    whole, _ = found(data, state="relayed")
    assert verify(data).exit_code == 0
    for statement in sql.split("; "):
        change(data, statement)
    result = verify(data)
    assert result.faults == ()
    assert "CHỈ MỤC TÌM KIẾM KHÔNG KHỚP NHẬT KÝ" in render_verification(result)
    assert (data / "audit-index.db.differs").exists()
    assert verify(data).exit_code == 0
    assert found(data, state="relayed") == (whole, False)


def test_mails_are_recorded_and_found_while_the_index_is_compared(data: Path):
    compared, go_on, results = threading.Event(), threading.Event(), []

    def slowly(fresh: sqlite3.Connection) -> bool:
        compared.set()
        assert go_on.wait(300)
        return same_words(fresh)

    same_words = index._same_words
    with mock.patch.object(index, "_same_words", slowly):
        thread = threading.Thread(target=lambda: results.append(verify(data)))
        thread.start()
        assert compared.wait(300)
        asyncio.run(fill(data, 5, first=1000))
        assert found(data, words="BT-00001004") == (1, False)
        go_on.set()
        thread.join(300)
    assert results[0].exit_code == 0


@pytest.mark.slow
def test_an_index_that_another_process_follows_meanwhile_is_not_taken_for_wrong(tmp_path: Path):
    asyncio.run(fill(tmp_path, 5))
    script = (
        "import sys; from pathlib import Path; from gateway.audit.index import Index; from gateway.audit.store import Folder\n"
        "from gateway.audit.acts import record_at_once; from gateway.audit.record import Act\n"
        "data = Path(sys.argv[1]); index = Index(Folder(data)); print('ready', flush=True)\n"
        "while True:\n"
        "    record_at_once(data, Act(who='a', what='b'))\n"
        "    while index.follow(): pass\n"
    )
    other = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None
        assert other.stdout.readline()
        with AuditReader.open(tmp_path) as reader:
            last = reader.last
            rounds = 0
            while rounds < 300 or reader.last < last + 30:
                reader.find(Filter(state="act", limit=1))
                rounds += 1
            assert not reader.index_was_wrong
    finally:
        other.kill()
        other.communicate()


def test_an_index_that_another_process_rebuilt_is_the_one_that_is_asked(data):
    with AuditReader.open(data) as reader:
        before = len(reader.find(Filter(limit=1000)))
        for leftover in data.glob("audit-index.db*"):
            leftover.unlink()
        assert found(data) == (before, False)
        change(data, "DELETE FROM entry WHERE seq > 3")
        assert (len(reader.find(Filter(limit=1000))), reader.index_was_wrong) == (before, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_roots_look_leaves_belongs_to_the_service(data):
    os.chown(data, 65534, 65534)
    for leftover in data.glob("audit-index.db*"):
        leftover.unlink()
    with AuditReader.open(data) as reader:
        reader.find(Filter())
        assert {path.name: path.stat().st_uid for path in data.glob("audit-index.db*")} == dict.fromkeys(
            ("audit-index.db", "audit-index.db-wal", "audit-index.db-shm"), 65534
        )
