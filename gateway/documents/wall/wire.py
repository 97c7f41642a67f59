"""Messages across the process wall: msgpack frames of typed structs, both ways. Never pickle.

A frame is a big-endian 32-bit length and one msgpack object. The parent sends one `InspectionRequest`. The child answers
with any number of `Began` and `Result` frames, in the order of its work, and one `Finished`. The parent believes nothing
about a stream that breaks this grammar: it keeps the results before the fault and treats the child as crashed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import datetime
from operator import add, sub

import msgspec
from msgspec import Raw, Struct, structs

from gateway.model import Document, Evidence, Observations, Observer, Part, Run, Signature
from gateway.model.scrub import packed

FRAME_LIMIT_BYTES = 32 << 20
"""Largest single frame that the parent accepts."""
REPLY_LIMIT_BYTES = 96 << 20
"""Largest answer about one message, all frames together."""

FRAME_RUNS = 10_000
"""Runs of a document that travel in one frame: decoding more would hold up every other session of the front end."""

_LENGTH = struct.Struct(">I")


class Limits(Struct, frozen=True, kw_only=True):
    """The budget of one message (`gateway.documents.readers.base.Budget`) and of its child process."""

    limit_bytes: int = 256 << 20
    limit_files: int = 2000
    limit_depth: int = 10
    limit_ratio: int = 200
    memory_bytes: int = 448 << 20
    """Address space that a child may take beyond the zygote's and the mapped content."""
    cpu_s: float = 120.0
    part_cpu_s: float = 10.0
    mib_cpu_s: float = 1.0
    page_cpu_s: float = 2.0


class Used(Struct, frozen=True):
    """Costs of the parts against the budget of their message."""

    bytes: int = 0
    files: int = 0
    cpu_s: float = 0.0
    words_cpu_s: float = 0.0
    photo_words_cpu_s: float = 0.0

    def __add__(self, other: Used) -> Used:
        return Used(*map(add, structs.astuple(self), structs.astuple(other)))

    def __sub__(self, other: Used) -> Used:
        return Used(*map(sub, structs.astuple(self), structs.astuple(other)))


class InspectionRequest(Struct, frozen=True, kw_only=True):
    """One message to look into."""

    id: str
    """Transaction id, for log lines only."""
    root: Part
    """The part tree as `gateway.mime` made it; its leaves are looked at."""
    content: bytes | None = None
    """The message itself; None when its descriptor travels beside the request (`WorkerPool.inspect`)."""
    header_block: bytes = b""
    """The raw header block of the message, which S/MIME verification needs."""
    password_texts: tuple[str, ...] = ()
    """Texts outside the parts where a password may be, such as the decoded Subject."""
    limits: Limits = Limits()
    used: Used = Used()
    """Taken off the budget before anything is read: parts that are known already, and earlier children."""
    threads: int = 1
    """Processors that a reader may use at one time."""
    now: datetime
    """Time of judgement, aware; signature checks read no clock."""
    awaited: tuple[str, ...] | None = None
    """Paths to look at, after an earlier child of the same message died: leaves, and members that it had announced.
    None means everything."""
    observers: tuple[Observer, ...] = ()
    """Policies that read words. With them only what they made of documents crosses, without them the words."""
    evidence: Evidence | None = None
    """For the observers: what is known of the message beside its parts."""
    known: tuple[Result, ...] = ()
    """For the observers: what is known of other parts."""
    lost: tuple[str, ...] = ()
    """Of these, the paths that ended a child: nothing is known of their words."""
    patient: bool = False
    """Its children run only when no other process wants the processor."""
    fix: bool = False
    """The content is no message but a writer's own file, of which a fixed copy is wanted (`fixing.fix`)."""


class Began(Struct, frozen=True, tag="began"):
    """The child now works on this part; when it dies, this part is why."""

    path: str
    origin: int = 0
    """The zygote that this child came of (`ZygoteSettings.origin`)."""


class Turn(Struct, frozen=True, tag="turn"):
    """A policy now looks at a document or at the mail; when the child dies, it is why. Sent where some are not ours."""

    policy: str


class Runs(Struct, frozen=True, kw_only=True, tag="runs"):
    """Runs of a long document, sent ahead of the `Result` that it belongs to."""

    document: int
    """Number of the document in that result."""
    runs: tuple[Run, ...]


class Result(Struct, frozen=True, kw_only=True, tag="result"):
    """One part has been looked at."""

    part: Part
    """The part with its detected type, size and digest; its children are the members found, not yet looked at."""
    documents: tuple[Document, ...] = ()
    signatures: tuple[Signature, ...] = ()
    looks: tuple[dict[str, Raw], ...] = ()
    """Observations of each document, by observer; empty without observers."""
    faults: dict[str, str] = {}
    """Kind and place of the error, by observer that failed."""


class Done(Struct, frozen=True, kw_only=True, tag="done"):
    """A leaf of the mail and everything inside it was looked at."""

    path: str
    used: Used
    alone: bool
    """No limit was met that the leaves of a mail share."""
    asked: bool = False
    """Something is locked, and was tried with the passwords that are in the mail."""


class Fixed(Struct, frozen=True, kw_only=True, tag="fixed"):
    """A writer's file with its typography fixed; without bytes there is nothing to fix, or it must not be fixed."""

    octets: bytes = b""


class Finished(Struct, frozen=True, kw_only=True, tag="finished"):
    """Everything was looked at."""


Frame = Began | Turn | Runs | Result | Done | Observations | Fixed | Finished


class Inspection(Struct, frozen=True, kw_only=True):
    """Reply of the wall about one message."""

    root: Part
    """The part tree of the request with detected types, digests and the members of containers."""
    documents: tuple[Document, ...]
    """At least one for each leaf and member; what could not be read has a status that says so."""
    signatures: tuple[Signature, ...]
    children: int = 1
    """Child processes that were needed; more than one when a part ended its child."""
    readings: dict[str, tuple[Frame, ...]] = {}
    """By leaf, what may be kept of it and taken as `known` in other mails (`WorkerPool.inspect`)."""
    asked: bool = False
    """Something is locked, and was tried with the passwords that are in the mail (`Done.asked`)."""
    origin: int = 0
    """The zygote whose children have read them; 0 for none, or several."""
    looks: tuple[dict[str, Raw], ...] = ()
    """Observations of each document, in the order of the documents; empty without observers."""
    observations: Observations | None = None
    """Observations of the message; None when no child was needed."""


class WireError(Exception):
    """The child said something that is no frame; its stream is worth nothing from here on."""


def encode(value: InspectionRequest | Frame) -> bytes:
    """Return the frame of a value with its length prefix."""
    payload = packed(value)
    return _LENGTH.pack(len(payload)) + payload


def encode_reply(frame: Frame) -> Iterator[bytes]:
    """Yield the frames of a value, the runs of its long documents first."""
    if isinstance(frame, Result) and any(len(document.runs) > FRAME_RUNS for document in frame.documents):
        documents = list(frame.documents)
        for number, document in enumerate(documents):
            if len(document.runs) > FRAME_RUNS:
                for start in range(0, len(document.runs), FRAME_RUNS):
                    yield encode(Runs(document=number, runs=document.runs[start : start + FRAME_RUNS]))
                documents[number] = structs.replace(document, runs=())
        frame = structs.replace(frame, documents=tuple(documents))
    yield encode(frame)


_request_decoder = msgspec.msgpack.Decoder(InspectionRequest)
_frame_decoder: msgspec.msgpack.Decoder[Frame] = msgspec.msgpack.Decoder(Frame)


def decode_request(payload: bytes | bytearray | memoryview) -> InspectionRequest:
    """Return the request of a payload; msgspec errors mean a bug on our side."""
    return _request_decoder.decode(payload)


class FrameReader:
    """Turns the bytes of a child into frames, and refuses too much of anything."""

    def __init__(self, *, frame_limit: int = FRAME_LIMIT_BYTES, reply_limit: int = REPLY_LIMIT_BYTES) -> None:
        self._buffer = bytearray()
        self._total = 0
        self._ahead: dict[int, list[Run]] = {}
        self._frame_limit = frame_limit
        self._reply_limit = reply_limit

    def feed(self, data: bytes | memoryview) -> Iterator[Frame]:
        """Take received bytes and yield the frames they complete, in order; WireError at the first fault."""
        self._total += len(data)
        self._buffer += data
        position = 0
        try:
            while len(self._buffer) - position >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(self._buffer, position)
                if length > self._frame_limit:
                    raise WireError("frame-too-large")
                end = position + _LENGTH.size + length
                if len(self._buffer) < end:
                    break
                # A copy, because msgspec would otherwise keep an export of a buffer that still grows.
                payload = bytes(self._buffer[position + _LENGTH.size : end])
                position = end
                yield self._completed(_decoded(payload))
        finally:
            del self._buffer[:position]
        if self._total > self._reply_limit:
            raise WireError("reply-too-large")

    def _completed(self, frame: Frame) -> Frame:
        """Put runs that came ahead into the result that follows them."""
        match frame:
            case Runs():
                self._ahead.setdefault(frame.document, []).extend(frame.runs)
            case Result() if self._ahead:
                documents = list(frame.documents)
                for number, runs in self._ahead.items():
                    if not 0 <= number < len(documents) or documents[number].runs:
                        raise WireError("runs-of-no-document")
                    documents[number] = structs.replace(documents[number], runs=tuple(runs))
                self._ahead = {}
                return structs.replace(frame, documents=tuple(documents))
            case _:
                if self._ahead:
                    raise WireError("runs-without-result")
        return frame


def _decoded(payload: bytes) -> Frame:
    try:
        return _frame_decoder.decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise WireError("no-frame") from error
