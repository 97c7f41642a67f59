"""The range of records of a month is the same whatever came into the log since, also where stamps are out of order."""

import random
import sqlite3
from datetime import timedelta

import pytest

from gateway.report.records import LocalLog, bounds
from tests.report.support import NOVEMBER


def in_log(stamps) -> LocalLog:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE record (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, hash BLOB NOT NULL)")
    rows = [
        (
            seq,
            b'{"seq":%d,"time":"%s","process":"","kind":"x"}'
            % (seq, stamp.isoformat(timespec="microseconds").encode()),
            b"",
        )
        for seq, stamp in enumerate(stamps, 1)
    ]
    connection.executemany("INSERT INTO record VALUES (?, ?, ?)", rows)
    return LocalLog(connection)


@pytest.mark.parametrize("seed", range(20))
def test_a_range_does_not_depend_on_the_length_of_the_log(seed):
    chance = random.Random(seed)
    begin, end = NOVEMBER.begin - timedelta(days=3, hours=1), NOVEMBER.end + timedelta(days=3, hours=1)
    stamps = []
    for edge in (begin, end):
        # Stamps of many processes about an edge, each up to five seconds late in the log.
        near = sorted((edge + timedelta(seconds=0.05 * number) for number in range(-300, 300)),
                      key=lambda stamp: stamp + timedelta(seconds=chance.uniform(0, 5)))  # fmt: skip
        stamps += near
    stamps += [end + timedelta(hours=number + 1) for number in range(chance.randrange(3000))]
    first = next(seq for seq, stamp in enumerate(stamps, 1) if stamp >= begin)
    last = next(seq for seq, stamp in enumerate(stamps, 1) if stamp >= end) - 1
    for length in (1200, 1201, 1500, len(stamps)):
        assert bounds(in_log(stamps[:length]), NOVEMBER) == (first, last)


def test_an_empty_log_has_an_empty_range():
    assert bounds(in_log([]), NOVEMBER) == (1, 0)
    assert bounds(in_log([NOVEMBER.begin - timedelta(days=9)]), NOVEMBER) == (2, 1)
    assert bounds(in_log([NOVEMBER.end + timedelta(days=9)]), NOVEMBER) == (1, 0)
