"""The milter protocol, version 6, without I/O (sendmail `mfdef.h` and `libmilter`, Postfix `milter8.c`).

A packet is a length (4 bytes, big-endian, counting what follows), one command byte and data. `Decoder` cuts a byte
stream into commands; the functions below it make replies. A violation of the protocol raises `ProtocolError`; the
connection is then closed, which an MTA set to `tempfail` turns into 451.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from enum import IntFlag
from functools import lru_cache, reduce

from msgspec import Struct

from gateway.model import Reply
from gateway.vietnamese.latin import to_ascii

VERSION = 6
LOWEST_VERSION = 2
LIMIT_PACKET_BYTES = 1 << 20
"""Largest packet accepted; MTAs send 64 KiB, or 1 MiB when that was negotiated."""


_LENGTH = struct.Struct(">I")


class ProtocolError(Exception):
    """The peer does not speak the milter protocol."""


class Action(IntFlag):
    """Modifications that this milter may make to a message, and that it may ask for macros (SMFIF_*)."""

    ADD_HEADER = 0x01
    CHANGE_HEADER = 0x10
    QUARANTINE = 0x20
    SET_MACROS = 0x100


class Step(IntFlag):
    """Protocol steps that this milter skips or does not answer (SMFIP_*)."""

    SILENT_HEADER = 0x80
    NO_UNKNOWN = 0x100
    SKIP = 0x400
    SILENT_CONNECT = 0x1000
    SILENT_HELO = 0x2000
    SILENT_MAIL = 0x4000
    SILENT_DATA = 0x10000
    SILENT_UNKNOWN = 0x20000
    SILENT_END_OF_HEADERS = 0x40000
    SILENT_BODY = 0x80000
    HEADER_LEADING_SPACE = 0x100000


WANTED_ACTIONS = Action.ADD_HEADER | Action.CHANGE_HEADER | Action.QUARANTINE
WANTED_STEPS = (
    Step.SILENT_HEADER
    | Step.SILENT_CONNECT
    | Step.SILENT_HELO
    | Step.SILENT_MAIL
    | Step.SILENT_DATA
    | Step.SILENT_UNKNOWN
    | Step.SILENT_END_OF_HEADERS
    | Step.SILENT_BODY
    | Step.HEADER_LEADING_SPACE
    | Step.NO_UNKNOWN
    | Step.SKIP
)
"""Only RCPT and the end of the message are answered: one round trip for each, none for the rest.

`SKIP` is of use with an MTA that wants each piece of the body answered.
"""

MACROS = {
    0: "j {daemon_name} {if_addr} {client_addr} {client_name}",
    1: "{tls_version} {cipher} {cert_subject}",
    2: "i {auth_authen} {auth_type} {mail_addr} {tls_version} {cipher}",
    3: "i {rcpt_addr}",
    5: "i {auth_authen}",
}
"""Macros asked for at each stage (SMFIM_CONNECT 0, HELO 1, ENVFROM 2, ENVRCPT 3, EOM 5)."""


class OptionNegotiation(Struct, frozen=True):
    """`O`: what the MTA offers."""

    version: int
    actions: Action
    steps: Step


class Macros(Struct, frozen=True):
    """`D`: values for the command that follows."""

    command: bytes
    strings: bytes
    """Names and values by turns, each ended by NUL; `macros` reads them, for few are ever asked for."""


class Connect(Struct, frozen=True):
    """`C`: the client of the MTA."""

    hostname: str
    address: str | None
    """IP address; None for a UNIX socket or an unknown family."""


class Helo(Struct, frozen=True):
    """`H`."""

    name: str


class Mail(Struct, frozen=True):
    """`M`: reverse-path without angle brackets, and its parameters."""

    reverse_path: str
    parameters: tuple[str, ...]


class Rcpt(Struct, frozen=True):
    """`R`: forward-path without angle brackets, and its parameters."""

    forward_path: str
    parameters: tuple[str, ...]


class Header(Struct, frozen=True):
    """`L`: one header field; `value` keeps its leading space when that was negotiated."""

    name: bytes
    value: bytes


class Body(Struct, frozen=True):
    """`B`: a piece of the body."""

    data: bytes


class EndOfMessage(Struct, frozen=True):
    """`E`: the whole message has been sent; may carry a last piece of the body."""

    data: bytes


class Plain(Struct, frozen=True):
    """A command without data of interest: `T` data, `N` end of headers, `A` abort, `K` new connection, `Q` quit, `U`."""

    command: bytes


Command = OptionNegotiation | Macros | Connect | Helo | Mail | Rcpt | Header | Body | EndOfMessage | Plain


class Decoder:
    """Cuts a byte stream into commands; never holds more than one packet beyond what it was fed."""

    def __init__(self, limit_bytes: int = LIMIT_PACKET_BYTES) -> None:
        self._buffer = b""
        self._start = 0
        """Offset of the next packet in the buffer."""
        self._more: list[bytes] = []
        """What came behind the buffer."""
        self._missing = 0
        """Octets of the next packet that are not there yet; what is more than there is negative."""
        self._limit_bytes = limit_bytes

    def push(self, data: bytes) -> None:
        """Take in what came from the peer."""
        self._more.append(data)
        self._missing -= len(data)

    def pop(self) -> Command | None:
        """Return the next whole command, None when more bytes are needed; raise ProtocolError when it is none."""
        if self._missing > 0:
            return None
        if self._more:
            self._buffer = b"".join((self._buffer, *self._more))
            self._more.clear()
        buffer, start = self._buffer, self._start
        self._missing = start + 4 - len(buffer)
        if self._missing <= 0:
            (length,) = _LENGTH.unpack_from(buffer, start)
            if not 1 <= length <= self._limit_bytes:
                raise ProtocolError(f"packet of {length} octets")
            self._missing += length
            if self._missing <= 0:
                end = self._start = start + 4 + length
                return parse_command(buffer[start + 4 : start + 5], buffer[start + 5 : end])
        self._buffer, self._start = buffer[start:], 0
        return None

    def feed(self, data: bytes) -> Iterator[Command]:
        """Yield the commands that `data` completes; raise ProtocolError at the first one that is none."""
        self.push(data)
        while (command := self.pop()) is not None:
            yield command


def parse_command(command: bytes, data: bytes) -> Command:
    """Return the typed command of one packet."""
    match command:  # the frequent ones first
        case b"D":
            if not data or _ended(data[1:]).count(b"\0") % 2:
                raise ProtocolError("odd macro list")
            return Macros(data[:1], data[1:])
        case b"L":
            strings = _strings(data)
            if len(strings) != 2 or not strings[0]:
                raise ProtocolError("header without name or value")
            return Header(strings[0], strings[1])
        case b"B":
            return Body(data)
        case b"T" | b"N" | b"A" | b"K" | b"Q" | b"U":
            return Plain(command)
        case b"M" | b"R":
            path, *parameters = _strings(data) or [b""]
            return (Mail if command == b"M" else Rcpt)(_path(path), tuple(map(_text, parameters)))
        case b"E":
            return EndOfMessage(data)
        case b"C":
            return _parse_connect(data)
        case b"H":
            return Helo(_text(_only_string(data)))
        case b"O":
            if len(data) < 12:
                raise ProtocolError("short option negotiation")
            version, actions, steps = struct.unpack_from(">III", data)
            return OptionNegotiation(version, Action(actions & 0x1FF), Step(steps & 0x1FFFFF))
        case _:
            raise ProtocolError(f"unknown command {command!r}")


def macros(lists: Iterable[bytes]) -> dict[str, str]:
    """Return the values of macros by name, each from the first of some lists that gives it one."""
    return reduce(lambda values, strings: _pairs(strings) | values, lists, {})


@lru_cache(maxsize=64)
def _pairs(strings: bytes) -> dict[str, str]:
    """Return the macros of a list that have a value; those of a client and of a message are asked for again."""
    words = _text(strings).split("\0")[:-1]
    return {name.strip("{}"): value for value, name in zip(words[::-2], words[-2::-2], strict=True) if value}


def _parse_connect(data: bytes) -> Connect:
    hostname, separator, rest = data.partition(b"\0")
    if not separator or not rest:
        raise ProtocolError("connect without host name or family")
    family = rest[:1]
    if family not in b"46" or len(rest) < 4:
        return Connect(_text(hostname), None)
    address = _text(_only_string(rest[3:]))
    return Connect(_text(hostname), address.removeprefix("IPv6:"))


def _strings(data: bytes) -> list[bytes]:
    """Split NUL-terminated strings."""
    return _ended(data).split(b"\0")[:-1]


def _ended(data: bytes) -> bytes:
    """Return NUL-terminated strings as they are; ProtocolError when the last one is not terminated."""
    if data and not data.endswith(b"\0"):
        raise ProtocolError("string without end")
    return data


def _only_string(data: bytes) -> bytes:
    strings = _strings(data)
    if len(strings) != 1:
        raise ProtocolError("expected one string")
    return strings[0]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _path(data: bytes) -> str:
    """Take the angle brackets off; MTAs send them always, and an empty path as `<>`."""
    path = _text(data)
    return path[1:-1] if path.startswith("<") and path.endswith(">") else path


def packet(command: bytes, data: bytes = b"") -> bytes:
    """Return one packet."""
    return struct.pack(">I", len(data) + 1) + command + data


CONTINUE = packet(b"c")
SKIP = packet(b"s")
"""Answers a piece of the body: the rest of it need not be sent."""
TEMPFAIL = packet(b"t")
PROGRESS = packet(b"p")
"""Keeps the MTA waiting beyond its own time limit."""


@lru_cache(maxsize=16)
def accept_options(offer: OptionNegotiation) -> tuple[bytes, Action, Step]:
    """Return our answer to an offer, and the agreed actions and steps."""
    if offer.version < LOWEST_VERSION:
        raise ProtocolError(f"version {offer.version}")
    actions, steps = offer.actions & WANTED_ACTIONS, offer.steps & WANTED_STEPS
    data = struct.pack(">III", min(offer.version, VERSION), actions, steps)
    if offer.version >= VERSION and Action.SET_MACROS in offer.actions:
        data = struct.pack(">III", VERSION, actions | Action.SET_MACROS, steps)
        data += b"".join(struct.pack(">I", stage) + names.encode() + b"\0" for stage, names in MACROS.items())
    return packet(b"O", data), actions, steps


def reply_code(reply: Reply, *, utf8: bool = False) -> bytes:
    """Return `y`: an SMTP reply of several lines, ASCII unless `utf8`; `%` doubled, since MTAs expand it."""
    if reply.code // 100 not in (4, 5):
        raise ValueError(reply.code)
    status = f" {reply.enhanced}" if reply.enhanced else ""
    last = len(reply.lines) - 1
    lines = (
        f"{reply.code}{'-' if number < last else ' '}{status.strip()} {line}".replace("  ", " ")
        for number, line in enumerate(line if utf8 else to_ascii(line) for line in reply.lines)
    )
    text = "\r\n".join(line.replace("%", "%%").replace("\0", " ") for line in lines)
    return packet(b"y", text.encode() + b"\0")


def insert_header(index: int, name: str, value: str) -> bytes:
    """Return `i`: a header field inserted before field number `index` (0 is the top)."""
    return packet(b"i", struct.pack(">I", index) + _pair(name, value))


def remove_header(name: str, occurrence: int) -> bytes:
    """Return `m` with an empty value: field number `occurrence` (from 1) of that name is removed."""
    return packet(b"m", struct.pack(">I", occurrence) + _pair(name, ""))


def quarantine(reason: str) -> bytes:
    """Return `q`: the MTA puts the message into its hold queue."""
    return packet(b"q", to_ascii(reason).replace("\0", " ").encode() + b"\0")


def _pair(name: str, value: str) -> bytes:
    """Return name and value as the MTA wants them: line ends LF, no NUL."""
    clean = value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
    return name.encode() + b"\0" + clean.encode() + b"\0"
