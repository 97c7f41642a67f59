"""Child process after fork: sandbox, request, inspection, frames, exit.

`warm_up` runs in the zygote, before any hostile byte arrives: it imports every reader and verifier, lets each warm
itself (`warm_up` of the module, where it has one), loads the trust store, and inspects a small generated message, so
that nothing is left to be imported or opened in the sandbox.
"""

from __future__ import annotations

import codecs
import contextlib
import encodings.aliases
import gc
import importlib
import math
import mmap
import pkgutil
import resource
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from msgspec import structs

from gateway import vietnamese as text
from gateway.documents import readers, signatures
from gateway.documents.readers import registry
from gateway.documents.readers.pictures import ocr
from gateway.documents.signatures.trust import TrustStore
from gateway.documents.wall import sample, wire
from gateway.documents.wall.inspector import Inspector
from gateway.documents.wall.observed import Observers
from gateway.documents.wall.signed import SignatureVerifiers
from gateway.model import Observer, ReadStatus

_REQUEST_LIMIT: Final = 1 << 30
_LENGTH: Final = struct.Struct(">I")
_GRACE_S: Final = 1

_LAZY: Final = (
    "numpy.ma", "numpy.random", "numpy.linalg", "numpy.fft", "decimal", "fractions", "html.entities", "ipaddress",
)  # fmt: skip
"""Modules that libraries import only when some input needs them, and that no sample shows."""

_REHEARSALS: Final = 4
"""Rehearsals of the commonest mail, so that the interpreter has specialised its code before children share it."""

_origin = 0
"""The number of this zygote."""
_trust = TrustStore()
"""The trust store of this zygote and its children; set once by `warm_up`."""
_observing: Any = None
"""Module that has policies observe what was read (`ZygoteSettings.observing`); set once by `warm_up`."""


def warm_up(
    certs: str | None, origin: int = 0, observing: str = "", observers: tuple[Observer, ...] = ()
) -> tuple[tuple[str, ...], ocr.Status]:
    """Load everything; return the reader modules that do not exist, and whether words in pictures can be read.

    Errors of modules that exist go through.
    """
    global _trust, _origin, _observing  # noqa: PLW0603 - a child finds them by fork, there is no other way to hand them on
    _origin = origin
    if observing:
        _observing = importlib.import_module(observing)
        _observing.warm_up(one.module for one in observers)
    _trust = TrustStore.load(Path(certs)) if certs else TrustStore()
    for name in {*encodings.aliases.aliases.values(), "idna", "punycode", "utf_8_sig"}:
        with contextlib.suppress(LookupError, ImportError):
            codecs.lookup(name)
    for name in _LAZY:
        importlib.import_module(name)
    missing = registry.load_all()
    for package in (readers, signatures, text):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            prepare = getattr(importlib.import_module(found.name), "warm_up", None)
            if prepare is not None:
                prepare()
    _inspect(sample.request(observers=observers), b"", lambda _frame: None)
    for _ in range(_REHEARSALS):
        _inspect(sample.request(("mau.pdf", "mau.docx"), observers), b"", lambda frame: list(wire.encode_reply(frame)))
    return missing, ocr.status()


def rehearsal(observers: tuple[Observer, ...] = ()) -> Callable[[], None]:
    """Return the inspection of a common mail, for a child that shows what memory this takes.

    A page that is copied and then not needed costs as much as one that is, so the mail has one file: a PDF, which most
    mails have, and whose pages other formats share.
    """
    payload = wire.encode(sample.request(("mau.pdf",), observers))[_LENGTH.size :]

    def rehearse() -> None:
        gc.disable()
        _inspect(wire.decode_request(payload), b"", lambda frame: list(wire.encode_reply(frame)))

    return rehearse


def run(job: int, content: int | None) -> int:
    """Serve one request on the job socket; the exit code is 0 when the last frame went out."""
    gc.disable()  # one message lives shorter than a collection is worth, and the frozen heap stays shared
    sys.setrecursionlimit(600)
    with socket.socket(fileno=job) as channel:
        request = wire.decode_request(_receive(channel))
        octets: bytes | mmap.mmap = request.content or b""
        if content is not None:
            octets = _mapped(content)
        if request.fix:
            _send(channel, wire.Fixed(octets=_observing.fix(bytes(octets))))
            return 0
        _inspect(request, octets, lambda frame: _send(channel, frame), _end_at)
    return 0


def _inspect(
    request: wire.InspectionRequest,
    content: bytes | mmap.mmap,
    emit: Any,
    on_grant: Callable[[float], None] | None = None,
) -> None:
    verifiers = SignatureVerifiers(_trust, request.now)
    octets = content or request.content or b""
    observers: Observers | None = None
    if request.observers:
        observers = _observing.observers(request.observers)
    Inspector(
        request, octets, emit=emit, verifiers=verifiers, observers=observers, on_grant=on_grant, origin=_origin
    ).run()


def _end_at(cpu_s: float) -> None:
    """Have the kernel end this process (SIGXCPU) soon after it should have stopped by itself."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = math.ceil(cpu_s) + _GRACE_S
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _receive(channel: socket.socket) -> bytearray:
    """Return the request's payload; EOFError when the parent has gone."""
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size))
    if length > _REQUEST_LIMIT:
        raise EOFError
    return _exactly(channel, length)


def _exactly(channel: socket.socket, count: int) -> bytearray:
    data = bytearray(count)
    view = memoryview(data)
    while view:
        received = channel.recv_into(view)
        if not received:
            raise EOFError
        view = view[received:]
    return data


def _mapped(descriptor: int) -> bytes | mmap.mmap:
    """Map the content read only; an empty file cannot be mapped."""
    try:
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    except ValueError:
        return b""


def _send(channel: socket.socket, frame: wire.Frame) -> None:
    """Send a frame; one that is too large or holds half characters is sent as what can be said of it."""
    try:
        frames = list(wire.encode_reply(frame))
    except MemoryError:
        frames = [b""]
    if isinstance(frame, wire.Fixed) and len(frames[0]) > wire.FRAME_LIMIT_BYTES:
        frames = [wire.encode(wire.Fixed())]
    if isinstance(frame, wire.Result) and not all(0 < len(data) <= wire.FRAME_LIMIT_BYTES for data in frames):
        emptied = {"runs": (), "images": (), "status": ReadStatus.LIMIT, "reason": "reply-too-large"}
        documents = tuple(structs.replace(one, **emptied) for one in frame.documents)
        frames = [wire.encode(structs.replace(frame, documents=documents))]
    for data in frames:
        channel.sendall(data)
