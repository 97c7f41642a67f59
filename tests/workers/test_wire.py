"""Frames between child and parent, and the bookkeeping over them."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from gateway.documents.wall import wire
from gateway.documents.wall.merge import Merger, unique
from gateway.documents.wall.wire import (
    Began,
    Done,
    Finished,
    Fixed,
    FrameReader,
    InspectionRequest,
    Result,
    Runs,
    Turn,
    WireError,
    decode_request,
    encode,
)
from gateway.model import Document, HeaderField, Observations, Part, ReadStatus, Run

ROOT = Part(
    path="",
    declared_type="multipart/mixed",
    children=(Part(path="1", declared_type="text/plain"), Part(path="2", declared_type="application/zip")),
)


def result(path, *members):
    children = tuple(Part(path=member, declared_type="") for member in members)
    return Result(
        part=Part(path=path, declared_type="", children=children), documents=(Document(part=path, format="x"),)
    )


def test_frames_come_out_however_the_bytes_are_cut():
    frames = [Began("1", 7), result("1"), Finished()]
    stream = b"".join(encode(frame) for frame in frames)
    for step in (1, 2, 7, len(stream)):
        reader = FrameReader()
        got = [frame for start in range(0, len(stream), step) for frame in reader.feed(stream[start : start + step])]
        assert got == frames


def test_frames_before_a_fault_are_kept():
    reader = FrameReader()
    seen = []
    with pytest.raises(WireError):
        seen.extend(reader.feed(encode(Began("1")) + b"\0\0\0\1\xc1"))
    assert seen == [Began("1")]


@given(st.binary(max_size=300))
def test_garbage_is_a_wire_error_or_nothing(data):
    with contextlib.suppress(WireError):
        list(FrameReader(frame_limit=1000).feed(data))


def test_too_much_in_all_is_a_wire_error():
    reader = FrameReader(reply_limit=100)
    frame = encode(Began("1"))
    for _ in range(100 // len(frame)):
        list(reader.feed(frame))
    with pytest.raises(WireError, match="reply-too-large"):
        list(reader.feed(frame))


def test_deeply_nested_data_does_not_break_the_decoder():
    payload = b"\x91" * 100_000 + b"\xc0"
    with pytest.raises(WireError):
        list(FrameReader().feed(len(payload).to_bytes(4, "big") + payload))


def test_a_request_crosses_with_names_that_no_utf8_can_hold():
    part = Part(
        path="1",
        declared_type="text/plain",
        filename="a\udcff.txt",
        header=(HeaderField("X\udcff", b"X: \xff\r\n", "\udcff", "\udcff"),),
    )
    request = InspectionRequest(id="x", root=part, now=datetime.now(UTC))
    again = decode_request(encode(request)[4:])
    assert again.root.filename == "a?.txt"
    assert again.root.header[0].raw == b"X: \xff\r\n"


def test_parts_with_one_path_get_paths_of_their_own():
    twice = Part(path="1", declared_type="text/plain")
    root = Part(path="", declared_type="multipart/mixed", children=(twice, twice, twice))
    assert [part.path for part in unique(root).leaves()] == ["1", "1#2", "1#3"]


@pytest.mark.parametrize(
    "frames",
    [
        [result("9")],
        [result("1"), result("1")],
        [Began("9")],
        [result("2", "1!a")],
        [result("2", "2!a"), result("2!a", "2!a")],
        [Result(part=Part(path="1", declared_type=""))],
        [Finished(), result("1")],
    ],
)
def test_answers_about_parts_that_nobody_asked_for_are_refused(frames):
    merger = Merger(ROOT)
    for frame in frames[:-1]:
        merger.take(frame)
    with pytest.raises(WireError):
        merger.take(frames[-1])


def test_what_is_never_reported_is_cannot_tell():
    merger = Merger(ROOT)
    for frame in (result("1"), Began("2"), result("2", "2!a", "2!b"), Began("2!a")):
        merger.take(frame)
    assert merger.give_up_current(ReadStatus.CRASHED, "signal-11")
    assert merger.awaited == ("2!b",)
    merger.give_up_rest(ReadStatus.TIMEOUT, "deadline")
    assert {document.part: document.status for document in merger.documents} == {
        "1": ReadStatus.OK,
        "2": ReadStatus.OK,
        "2!a": ReadStatus.CRASHED,
        "2!b": ReadStatus.TIMEOUT,
    }
    assert [part.path for part in merger.tree().walk()] == ["", "1", "2", "2!a", "2!b"]


@pytest.mark.parametrize(("reason", "kept"), [("memory", False), ("mail-cpu", False), ("ratio", True)])
def test_what_the_rest_of_its_mail_left_no_room_for_is_not_kept(reason, kept):
    """The memory of a child is that of all parts of its mail."""
    merger = Merger(ROOT)
    document = Document(part="1", format="x", status=ReadStatus.LIMIT, reason=reason)
    merger.take(structs.replace(result("1"), documents=(document,)))
    merger.take(Done(path="1", used=wire.Used(), alone=True))
    assert bool(merger.readings()) is kept


def test_a_mail_that_children_of_two_zygotes_have_read_is_of_neither():
    """The first may have had other trust anchors and policies."""
    merger = Merger(ROOT)
    for path, origin in (("1", 7), ("2", 8)):
        merger.begin()
        merger.take(Began(path, origin))
        merger.take(result(path))
        assert merger.origin == (7 if path == "1" else 0)


def test_a_container_that_dies_when_reopened_gives_up_its_members():
    merger = Merger(ROOT)
    for frame in (result("1"), result("2", "2!a", "2!b")):
        merger.take(frame)
    merger.begin()
    merger.take(Began("2"))
    assert merger.give_up_current(ReadStatus.CRASHED, "signal-11")
    assert merger.complete


def test_only_typed_data_is_ever_decoded():
    assert wire._frame_decoder.type == Began | Turn | Runs | Result | Done | Observations | Fixed | Finished


def test_runs_of_a_long_document_travel_in_frames_of_their_own():
    runs = tuple(Run(text=f"line {number}", block=number) for number in range(2 * wire.FRAME_RUNS + 1))
    short = Document(part="1", format="text", status=ReadStatus.OK, runs=(Run(text="short"),))
    result = Result(
        part=Part(path="1", declared_type="text/plain"),
        documents=(short, Document(part="1", format="text", status=ReadStatus.OK, runs=runs)),
    )

    frames = list(wire.encode_reply(result))

    assert max(map(len, frames)) < len(encode(result)) * 0.6
    reader = FrameReader()
    assert [frame for data in frames for frame in reader.feed(data)][-1] == result


def test_runs_without_their_document_are_a_fault():
    ahead = encode(Runs(document=3, runs=(Run(text="x"),)))
    for after in (Finished(), Result(part=Part(path="1", declared_type="text/plain"))):
        with pytest.raises(WireError):
            list(FrameReader().feed(ahead + encode(after)))
