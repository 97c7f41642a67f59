"""Readers that stay open between questions: used again as long as they read the log that is there."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest

from gateway.audit import query
from gateway.audit.query import AuditReader, Filter, Readers
from gateway.errors import SearchError
from tests.audit.support import fill


@pytest.fixture
def data(tmp_path: Path) -> Path:
    asyncio.run(fill(tmp_path / "data", 5))
    return tmp_path / "data"


def lent(readers: Readers, data: Path):
    return readers.one(data, limit_s=30, gone=lambda: False)


def find(readers: Readers, data: Path, counts: list[str] | None = None) -> tuple[AuditReader, int]:
    with lent(readers, data) as reader:
        if counts is not None:
            watch = counts.append
            reader._index.connection.set_trace_callback(lambda sql: watch(sql) if "count(*)" in sql else None)
        return reader, len(reader.find(Filter(state="relayed", limit=1000)))


def test_a_reader_serves_the_next_question_with_the_mails_of_the_meantime_and_counts_nothing_again(data: Path):
    readers, counts = Readers(), []
    first, few = find(readers, data)
    asyncio.run(fill(data, 3, first=1000))
    second, more = find(readers, data, counts)
    assert (second is first, more > few, counts) == (True, True, [])
    readers.close()


def test_two_questions_at_once_have_a_reader_each(data: Path):
    with closing(Readers()) as readers:
        with lent(readers, data) as one, lent(readers, data) as other:
            assert one is not other


def test_a_log_that_was_replaced_is_read_again(data: Path, tmp_path: Path):
    with closing(Readers()) as readers:
        _, before = find(readers, data)
        asyncio.run(fill(tmp_path / "other", 9))
        shutil.rmtree(data)
        shutil.move(tmp_path / "other", data)
        _, after = find(readers, data)
        assert after > before


def test_after_a_minute_the_log_is_reopened(data: Path):
    with closing(Readers()) as readers:
        first, _ = find(readers, data)
        with mock.patch.object(query, "_OPEN_S", 0.0):
            assert find(readers, data)[0] is not first


def test_a_reader_within_which_something_failed_is_closed(data: Path):
    with closing(Readers()) as readers:
        first, _ = find(readers, data)
        with pytest.raises(SearchError), lent(readers, data) as reader:
            reader.find(Filter(state="none"))
        assert reader is first
        assert find(readers, data)[0] is not first


def test_each_question_says_for_itself_whether_a_person_waits(data: Path):
    with closing(Readers()) as readers:
        find(readers, data)
        with readers.one(data, limit_s=30, gone=lambda: True) as reader:
            endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
            with pytest.raises(sqlite3.OperationalError, match="interrupted"):
                reader._index.connection.execute(endless)
        assert find(readers, data)[0] is reader
