"""Types shared by several requests and answers."""

from __future__ import annotations

from msgspec import Struct


class Badge(Struct, frozen=True):
    """A word with a tone."""

    text: str
    tone: str = "plain"
    key: str = ""
    """Its key in the log, for example `reject`."""


class Choice(Struct, frozen=True):
    """A value that a field of the search may have."""

    key: str
    text: str


class Piece(Struct, frozen=True, tag="piece"):
    """Bytes of a file."""

    octets: bytes


class ExportEnd(Struct, frozen=True, tag="export_end"):
    """The end of an export; the file says on its last line whether it is whole."""

    rows: int
    whole: bool


class Bar(Struct, frozen=True):
    """One value of a chart."""

    label: str
    value: int
    tone: str = "plain"
    link: str = ""
    """Query string for the search page (`q`, `unit`, `result`), without `?`."""


class Progress(Struct, frozen=True, tag="progress"):
    """Progress of a long answer."""

    words: str
    done: int
    total: int


class Done(Struct, frozen=True, tag="done"):
    """It was done and, where it is an act, recorded."""

    words: str = ""


class Refusal(Struct, frozen=True, kw_only=True, tag="refusal"):
    """It was not."""

    kind: str
    """`no_session`, `forbidden`, `not_found`, `bad_login`, `locked`, `bad_code`, `too_many`, `too_long` (a query over its
    time), `too_large`, `invalid` (the words say what), `unavailable` (our own fault)."""
    words: str = ""
    """For people, in their language; the console has its own words for a kind when this is empty."""
    retry_s: int = 0
