"""A message to its part tree and its ambiguities (RFC 5322, RFC 2045, RFC 2046, RFC 9051 §6.4.5).

`parse` is pure, bounded, and never raises for any content. It reads bytes in place and copies no body. What
two mail readers could see differently is an `Ambiguity`; where they could, every reading becomes a part, so that the
rules look at all that any reader could see.

Paths: `1`, `2.1` are IMAP part specifiers. The multipart that is the message itself has the empty path, the multipart
that is a message inside part `2` has `2.TEXT`. Text around the parts of a multipart is `2!preamble`, `2!epilogue`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from mmap import mmap

from msgspec import Struct

from gateway.mime.addresses import read_field
from gateway.mime.delimiters import Pieces, Scan, boundary_faults, cut
from gateway.mime.entity import IDENTITY, EntityHeader, read_entity
from gateway.mime.fields import HeaderBlock, read_block
from gateway.mime.inline import find_inline_encodings
from gateway.mime.limits import DEFAULT, Limits
from gateway.mime.settled import settled
from gateway.model import Ambiguity, Message, Part, TransferEncoding

_AUTHORS = frozenset({"from", "sender", "reply-to", "author", "x-sender", "resent-from", "resent-sender"})
_FRAGMENTS = {"message/partial": "message-partial", "message/external-body": "external-body"}
_NOTICE = re.compile(rb"multi-?part|\bMIME\b", re.IGNORECASE)
_EXACT_NOTICE = re.compile(
    rb"\s*(?:This is a (?:multi-?part|cryptographically signed) message in MIME format\.?"
    rb"|This is a MIME-encapsulated message\.?|This is an OpenPGP/MIME (?:signed|encrypted) message \(RFC 4880 and 3156\)"
    rb"|This is a MIME-formatted message\.)\s*",
    re.IGNORECASE,
)
# What another reader could read as more than words: fields of a part, an encoded file, markup that hides words.
_HIDDEN = re.compile(
    rb"^(?:content-[a-z-]+[ \t]*:|begin(?:-base64)? [0-7]{3,4} |=ybegin |[A-Za-z0-9+/]{40,}=*[ \t]*\r?$)"
    rb"|</?[a-z][a-z0-9]*[\s/>]|<!--",
    re.IGNORECASE | re.MULTILINE,
)
_LONGEST_NOTICE = 1200
_LIMIT_BOUNDARIES = 4


class _Region(Struct, frozen=True, kw_only=True):
    """Position of an entity and its surroundings."""

    start: int
    end: int
    path: str
    depth: int
    boundaries: tuple[str, ...] = ()
    default_type: str = "text/plain"
    is_message: bool = False
    """The header is that of a message, so a multipart is no part of its own."""


@dataclass
class _State:
    """Resources used and defects found in one run of `parse`."""

    content: bytes | mmap
    limits: Limits
    scan: Scan = field(default_factory=Scan)
    parts: int = 0
    fields: int = 0
    found: dict[Ambiguity, None] = field(default_factory=dict)
    around: dict[str, int] = field(default_factory=dict)
    boundaries: dict[str, str] = field(default_factory=dict)
    """Every boundary that a multipart declares, with the path of the first that does."""

    def note(self, code: str, path: str, detail: str = "") -> None:
        """Record an ambiguity once."""
        self.found.setdefault(Ambiguity(code, path, detail))

    def around_path(self, path: str) -> str:
        """Return the path of a text around parts; the second of one place gets a number."""
        number = self.around[path] = self.around.get(path, 0) + 1
        return path if number == 1 else f"{path}-{number}"


def parse(content: bytes | memoryview | mmap, limits: Limits = DEFAULT) -> Message:
    """Return the message in `content` (CRLF line ends, dot-stuffing undone)."""
    data = bytes(content) if isinstance(content, memoryview) else content
    state = _State(data, limits)
    region = _Region(start=0, end=len(data), path="", depth=0, is_message=True)
    block = _block(state, region)
    root = _entity(state, region, block)
    return Message(
        fields=block.fields,
        root=root,
        ambiguities=settled(state.found, state.boundaries),
        header_length=block.body_start,
        address_fields=tuple(read_field(one) for one in block.fields if one.name.lower() in _AUTHORS),
    )


def wire_form(content: bytes) -> bytes:
    """Return `content` with CRLF line ends when it uses lone LF throughout, as mail kept in files does."""
    return content if b"\r" in content else content.replace(b"\n", b"\r\n")


def _block(state: _State, region: _Region) -> HeaderBlock:
    """Read the header of an entity and charge it."""
    block = read_block(state.content, region.start, region.end, path=region.path, limits=state.limits)
    outermost = region.is_message and region.depth == 0
    for ambiguity in block.ambiguities:
        # A forwarded message may name its people twice; fields that decide how it is read may not occur twice.
        if outermost or not ambiguity.code.startswith("duplicate-") or ambiguity.code.startswith("duplicate-content"):
            state.found.setdefault(ambiguity)
    state.fields += len(block.fields)
    if state.fields > state.limits.total_fields:
        state.note("limit-fields", region.path)
    return block


def _entity(state: _State, region: _Region, block: HeaderBlock) -> Part:
    """Make the part of an entity whose header is read."""
    path = region.path
    header = read_entity(
        block,
        default_type=region.default_type,
        limits=state.limits,
        note=lambda code, detail: state.note(code, path, detail),
    )
    body, end = block.body_start, max(block.body_start, region.end)
    children: tuple[Part, ...] = ()
    if header.is_multipart:
        children = _multipart(state, region, header, body, end)
    elif header.is_message and header.encoding in IDENTITY:
        children = _nested_message(state, region, body, end)
    if not children:
        _check_octets(state, path, header.encoding, body, end)
    if header.declared in _FRAGMENTS:
        state.note(_FRAGMENTS[header.declared], path)
    state.parts += 1
    return Part(
        path=_own_path(region, multipart=header.is_multipart and bool(children)),
        declared_type=header.declared,
        filename=header.names.shown,
        names=header.names.candidates,
        charset=header.types[0].get("charset") if header.types else None,
        content_disposition=header.disposition,
        encoding=header.encoding,
        offset=body,
        length=end - body,
        header=() if region.is_message and region.depth == 0 else block.fields,
        children=children,
    )


def _own_path(region: _Region, *, multipart: bool) -> str:
    """Return the part specifier: a message that is no multipart has one part, `1`."""
    if not region.is_message:
        return region.path
    if multipart:
        return f"{region.path}.TEXT" if region.path else ""
    return _below(region.path, 1)


def _below(path: str, number: int) -> str:
    return f"{path}.{number}" if path else str(number)


def _nested_message(state: _State, region: _Region, start: int, end: int) -> tuple[Part, ...]:
    """Parse a message inside a part."""
    if region.depth >= state.limits.depth:
        state.note("limit-depth", region.path)
        return ()
    inner = _Region(
        start=start,
        end=end,
        path=_own_path(region, multipart=False),
        depth=region.depth + 1,
        boundaries=region.boundaries,
        is_message=True,
    )
    return (_entity(state, inner, _block(state, inner)),)


def _multipart(state: _State, region: _Region, header: EntityHeader, start: int, end: int) -> tuple[Part, ...]:
    """Return the parts by every boundary that any reader could use."""
    path = region.path
    if region.depth >= state.limits.depth:
        state.note("limit-depth", path)
        return ()
    boundaries = header.boundaries
    if not boundaries:
        state.note("missing-boundary", path)
    digest = any(structured.value == "multipart/digest" for structured in header.types)
    children: list[Part] = []
    for boundary in boundaries[:_LIMIT_BOUNDARIES]:
        state.boundaries.setdefault(boundary, path)
        for fault in boundary_faults(boundary):
            state.note(fault, path)
        if boundary in region.boundaries:
            state.note("boundary-reused", path)
        children += _parts(state, region, boundary, (start, end), first=len(children) + 1, digest=digest)
    return tuple(children)


def _parts(
    state: _State, region: _Region, boundary: str, span: tuple[int, int], *, first: int, digest: bool
) -> list[Part]:
    """Return the parts between the delimiter lines of one boundary, and the text around them."""
    path = region.path
    pieces = cut(
        state.content,
        *span,
        boundary=boundary.encode("utf-8"),
        scan=state.scan,
        limit_parts=max(1, state.limits.parts - state.parts),
    )
    for code, detail in pieces.codes:
        state.note(code, path, detail)
    if not pieces.found:
        if span[0] < span[1]:
            state.note("no-delimiter", path)
            if _hides(state.content[span[0] : span[1]]):
                state.note("hidden-in-text", path)
        return []
    children = _around(state, path, pieces, before=True)
    for number, (start, end) in enumerate(pieces.parts, first):
        if state.parts >= state.limits.parts:
            state.note("limit-parts", path)
            break
        inner = _Region(
            start=start,
            end=end,
            path=_below(path, number),
            depth=region.depth + 1,
            boundaries=(*region.boundaries, boundary),
            default_type="message/rfc822" if digest else "text/plain",
        )
        children.append(_entity(state, inner, _block(state, inner)))
    children += _around(state, path, pieces, before=False)
    return children


def _around(state: _State, path: str, pieces: Pieces, *, before: bool) -> list[Part]:
    """Return the text before or behind the parts as parts of its own, when there is any."""
    children = []
    spans = [pieces.preamble] if before else pieces.epilogues
    for start, end in spans:
        text = state.content[start:end]
        if not text.strip():
            continue
        hides = _hides(text)
        if hides:
            state.note("hidden-in-text", path)
        usual = before and len(text) <= _LONGEST_NOTICE and _NOTICE.search(text) and not hides
        if not usual:
            state.note("preamble-text" if before else "epilogue-text", path)
        elif _EXACT_NOTICE.fullmatch(text):
            continue
        _check_octets(state, path, TransferEncoding.EIGHT_BIT, start, end)
        state.parts += 1
        children.append(
            Part(
                path=state.around_path(f"{path}!{'preamble' if before else 'epilogue'}"),
                declared_type="text/plain",
                encoding=TransferEncoding.EIGHT_BIT,
                offset=start,
                length=end - start,
            )
        )
    return children


def _hides(text: bytes) -> bool:
    """Return whether text outside all parts could be more than words to some reader."""
    # Words written with escapes are words still: they are read and judged as such.
    return _HIDDEN.search(text) is not None or any(one.kind != "text" for one in find_inline_encodings(text))


def _check_octets(state: _State, path: str, encoding: TransferEncoding, start: int, end: int) -> None:
    """Note bytes that a wire message cannot hold (RFC 5321 §2.3.8) in a body that is not base64."""
    if encoding is TransferEncoding.BASE64 or start >= end:
        return
    body = state.content[start:end].replace(b"\r\n", b"")
    for code, sign in (("bare-lf", b"\n"), ("bare-cr", b"\r"), ("nul", b"\0")):
        if sign in body:
            state.note(code, path, "in a body")
