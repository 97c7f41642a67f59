"""A spool gives back what it got, in memory or in a file without a name, and stuffs dots for the wire."""

import hashlib
import mmap
import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.errors import CapacityError
from gateway.smtp.content import DataReader
from gateway.spool import ByteBudget, Spool, SpoolSettings

PIECES = st.sampled_from([b"\r\n", b".", b"a", b"..", b"\r\n.", b"\r\n..", b"word", b" ", b"\t", b"\xff", b""])


@example([b"blanks \t \r\n", b"."], 0)
@example([b"blanks \t \r\n", b"."], 99)
@given(st.lists(PIECES, max_size=20), st.integers(0, 20))
def test_wire_form_reads_back_as_the_content(pieces, memory_limit):
    content = b"".join(pieces) + b"\r\n"
    with Spool(SpoolSettings(memory_limit_bytes=memory_limit)) as spool:
        for piece in pieces:
            spool.write(piece)
        spool.write(b"\r\n")
        assert bytes(spool.content()) == content
        assert spool.size_bytes == len(content)
        assert spool.sha256 == hashlib.sha256(content).hexdigest()
        wire = b"".join(spool.wire_chunks()) + b".\r\n"
    got, rest = DataReader(1000).feed(wire)
    assert (got, rest) == (content, b"")


def test_block_borders_do_not_hide_a_dot(monkeypatch):
    monkeypatch.setattr("gateway.spool.BLOCK_BYTES", 3)
    content = b".a\r\n.b\r\n..c\r\n\r\n.\r\n"
    with Spool(SpoolSettings(memory_limit_bytes=0)) as spool:
        spool.write(content)
        assert b"".join(spool.wire_chunks()) == b"..a\r\n..b\r\n...c\r\n\r\n..\r\n"


def test_empty_content_is_nothing_on_the_wire():
    with Spool(SpoolSettings()) as spool:
        assert spool.content() == b""
        assert b"".join(spool.wire_chunks()) == b""


def test_content_without_final_line_end_gets_one_on_the_wire():
    with Spool.from_content(b"Subject: x\r\n\r\nhello") as spool:
        assert b"".join(spool.wire_chunks()).endswith(b"hello\r\n")


@pytest.mark.parametrize("directory", [None, "folder"])
def test_large_content_lives_in_a_private_file_without_a_name(tmp_path, directory):
    folder = None if directory is None else tmp_path
    with Spool(SpoolSettings(memory_limit_bytes=10, directory=folder)) as spool:
        spool.write(b"0123456789")
        assert spool.fileno() is None
        spool.write(b"x" * 100_000)
        assert isinstance(spool.content(), mmap.mmap)
        status = os.fstat(spool.fileno())
        assert status.st_nlink == 0
        if folder:
            assert status.st_mode & 0o777 == 0o600
        assert list(tmp_path.iterdir()) == []
        view = memoryview(spool.content())
        spool.trim()
        assert bytes(view[:12]) == b"0123456789xx"
        view.release()
    assert spool.fileno() is None
    spool.close()


def test_budget_is_refused_and_given_back():
    budget = ByteBudget(100)
    first, second = Spool(SpoolSettings(), budget), Spool(SpoolSettings(), budget)
    first.write(b"x" * 80)
    with pytest.raises(CapacityError):
        second.write(b"x" * 30)
    first.close()
    second.write(b"x" * 30)
    second.close()
    assert budget.used_bytes == 0


def test_memory_content_is_not_copied_again():
    with Spool(SpoolSettings()) as spool:
        spool.write(b"one")
        spool.write(b"two")
        assert spool.content() is spool.content()
