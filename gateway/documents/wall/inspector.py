"""Walks the parts of one message in the child: decode, sniff, read, open, verify; one result for each part.

The order of work is the texts of the mail first (a password for a locked file may be there), then the rest, signature
files last in their group because they cover the files beside them. Each part is followed by everything inside it. All
readers share one `Budget`. Every failure while a part is read becomes a document with a status (`_Walled`, the library
wall of this package); only a crash of the process is left to the parent.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from gateway import mime
from gateway.documents.readers import passwords, registry, text_art
from gateway.documents.readers.base import PHOTO_WORDS_CPU_S, WORDS_CPU_S, Budget, Member, ReadError, Source, spoken
from gateway.documents.readers.beside import addresses_of, meant
from gateway.documents.readers.containers.zip_directory import survey
from gateway.documents.readers.loose_words import loose_runs
from gateway.documents.readers.pictures import thumbnail
from gateway.documents.readers.sniff import EMPTY, OCTETS, Sniffed, sniff
from gateway.documents.readers.sniff_packed import VOLUME
from gateway.documents.signatures.asic import is_signature_file
from gateway.documents.wall import encoded, types
from gateway.documents.wall.leaves import in_order, is_body, is_signature
from gateway.documents.wall.look import PartLook
from gateway.documents.wall.members import children_of, signed_by
from gateway.documents.wall.observed import Observed, Observers
from gateway.documents.wall.wire import Began, Done, Finished, Frame, InspectionRequest, Result, Used
from gateway.model import WORDS, Document, Part, ReadStatus, formats
from gateway.model.formats import Container, Family
from gateway.vietnamese.normal import skeleton

if TYPE_CHECKING:
    from gateway.documents.wall.signed import (
        SignatureVerifiers,  # which loads libraries that front ends have no use for
    )

_TEXTS: Final = frozenset({"text/plain", "text/html", "text/csv", "application/xml"})
_PGP_BLOCK: Final = re.compile(rb"^-----BEGIN PGP MESSAGE-----", re.MULTILINE)
_PLAIN: Final = Sniffed(("text/plain",))  # of words that we decoded ourselves, whatever they look like
_KEPT_LIMIT: Final = 96 << 20
_TEXT_LIMIT: Final = 400_000


@dataclass
class _Group:
    """The parts of one container, or the leaves of the message."""

    signed: bool = False
    """There is a signature file among them, so the others are kept until it is looked at."""
    settled: str = ""
    """Beginning, in capitals, of the paths for whose signature files the container itself speaks (ASiC); empty for none."""
    kept: list[tuple[Part, bytes | None]] = field(default_factory=list)
    """Its files; None where one was too large to keep."""
    named: dict[str, Callable[[], mime.DecodedBody]] = field(default_factory=dict)
    """Parts by the addresses that pages beside them have for them."""

    def settles(self, part: Part) -> bool:
        return bool(self.settled) and part.path.upper().startswith(self.settled)


@dataclass(frozen=True)
class _Item:
    """Something to look at."""

    part: Part
    load: Callable[[], mime.DecodedBody]
    group: _Group
    depth: int = 0
    entity: Callable[[], bytes] | None = None
    """Gives the raw S/MIME entity that this part signs or is (RFC 8551)."""
    relation: str = ""
    signed: tuple[bytes, tuple[str, ...]] | None = None
    """The raw entity of a mail kept in a file that this part signs, and the paths of what came of it."""
    announced: bool = False
    """It was found in a part that this child has reported, so no other has looked at it."""
    addresses: tuple[str, ...] = ()
    """By which pages beside it name it, and from which it names them."""


class Inspector:
    """One walk over one message."""

    def __init__(
        self,
        request: InspectionRequest,
        content: Any,
        *,
        emit: Callable[[Frame], None],
        verifiers: SignatureVerifiers,
        observers: Observers | None = None,
        on_grant: Callable[[float], None] | None = None,
        origin: int = 0,
    ) -> None:
        limits = request.limits
        self._request = request
        self._content = content
        self._emit = emit
        self._verifiers = verifiers
        self._budget = Budget(
            limit_bytes=limits.limit_bytes,
            limit_files=limits.limit_files,
            limit_depth=limits.limit_depth,
            limit_ratio=limits.limit_ratio,
            cpu_s=max(0.0, limits.cpu_s - request.used.cpu_s),
            part_cpu_s=limits.part_cpu_s,
            mib_cpu_s=limits.mib_cpu_s,
            page_cpu_s=limits.page_cpu_s,
            threads=request.threads,
            used_bytes=request.used.bytes,
            used_files=request.used.files,
            words_cpu_s=WORDS_CPU_S - request.used.words_cpu_s,
            photo_words_cpu_s=PHOTO_WORDS_CPU_S - request.used.photo_words_cpu_s,
            on_grant=on_grant,
        )
        self._awaited = None if request.awaited is None else frozenset(request.awaited)
        self._observed = Observed(request, observers, emit) if observers is not None else None
        self._texts: list[str] = list(request.password_texts)
        self._text_size = 0
        self._candidates: tuple[int, tuple[str, ...]] = (-1, ())
        self._kept_bytes = 0
        self._origin = origin
        self._asked = self._looked_beside = False
        """A reader has wanted the passwords of the mail, or another part of it."""

    def run(self) -> None:
        """Look at every leaf and everything inside it, then say that all is done."""
        for leaf in self._leaves():
            before = self._used()
            self._asked = self._looked_beside = False
            self._budget.shared_limit = self._budget.short_of_words = False
            self._budget.shown_inches.clear()
            self._budget.said = frozenset()
            self._budget.pictures.clear()
            first = before.words_cpu_s <= -WORDS_CPU_S and before.photo_words_cpu_s <= -PHOTO_WORDS_CPU_S
            stack = [leaf]
            while stack:
                stack.extend(reversed(self._visit(stack.pop())))
            used = self._used() - before
            if self._awaited is None or leaf.part.path in self._awaited:
                short = self._budget.short_of_words and not first
                alone = not (self._budget.shared_limit or short or self._looked_beside)
                self._emit(Done(path=leaf.part.path, used=used, alone=alone, asked=self._asked))
        if self._observed is not None:
            self._budget.begin_last(len(self._request.header_block))
            self._emit(self._observed.observations())
        self._emit(Finished())

    def _used(self) -> Used:
        return Used(
            self._budget.used_bytes,
            self._budget.used_files,
            time.process_time(),
            -self._budget.words_cpu_s,
            -self._budget.photo_words_cpu_s,
        )

    def _leaves(self) -> list[_Item]:
        """Return the leaves in the order of work."""
        parents = {id(child): part for part in self._request.root.walk() for child in part.children}
        leaves = list(self._request.root.leaves())
        self._texts += [leaf.filename for leaf in leaves if leaf.filename]
        group = _Group(signed=any(is_signature(leaf) for leaf in leaves))
        items = [self._leaf(leaf, parents.get(id(leaf)), group) for leaf in in_order(leaves)]
        group.named = {address: item.load for item in items for address in item.addresses}
        return items

    def _leaf(self, part: Part, parent: Part | None, group: _Group) -> _Item:
        def load() -> mime.DecodedBody:
            return mime.decode_body(self._content, part)

        signed = parent if parent is not None and parent.declared_type == "multipart/signed" else None
        # `smime.p7m` is a signed mail (RFC 8551 §3.2.1); under another name it is a file that its signature goes around.
        mime_type = part.declared_type in formats.CMS.media_types
        mail = mime_type and (parent is None or (part.filename or "smime.p7m").lower() == "smime.p7m")
        entity = part if mail else None
        if signed is not None and is_signature(part):
            entity = signed
        raw = None if entity is None else lambda: self._raw(entity)
        return _Item(part, load, group, entity=raw, addresses=addresses_of(part))

    def _raw(self, part: Part) -> bytes:
        """Return an entity as written in the message: header, empty line, body."""
        header = b"".join(one.raw for one in part.header)
        header = header + b"\r\n" if header else self._request.header_block
        return header + bytes(self._content[part.offset : part.offset + part.length])

    def _visit(self, item: _Item) -> list[_Item]:
        """Look at one part, report it, and return what is inside it."""
        path, awaited = item.part.path, self._awaited
        report = awaited is None or item.announced or path in awaited
        again = self._observed is not None and path in self._observed.unread
        # A password may be in a text that an earlier child has reported.
        again = again or (bool(self._request.lost) and is_body(item.part) and path not in self._request.lost)
        if not (report or again or any(waiting.startswith(path + "!") for waiting in awaited or ())):
            if item.group.signed:
                self._keep(item, item.load().data)
            return []
        self._emit(Began(path, self._origin))
        look = PartLook(item.part)
        look.guarded(lambda: self._look(item, look), "")
        children = children_of(look.part.path, look.members)
        part = structs.replace(look.part, children=tuple(child for child, _ in children))
        result = Result(part=part, documents=tuple(look.documents), signatures=tuple(look.signatures))
        if self._observed is not None:
            result = self._observed.take(result, again=not report)
        if report:
            self._emit(result)
        row = formats.by_type(look.part.detected_type or "")
        is_asic = row is not None and row.container is Container.ASIC
        group = _Group(settled=f"{look.part.path}!META-INF/".upper() if is_asic else "")
        group.signed = any(is_signature(child) and not group.settles(child) for child, _ in children)
        items = [
            _Item(
                child,
                lambda member=member: mime.DecodedBody(member.data),  # type: ignore[misc]
                group,
                depth=item.depth + 1,
                relation=member.relation,
                signed=signed_by(member, children),
                announced=report,
                addresses=tuple(filter(None, (*child.names, *member.addresses))),
            )
            for child, member in children
        ]
        group.named = {address: item.load for item in items for address in item.addresses}
        return sorted(items, key=lambda inner: is_signature(inner.part))

    def _look(self, item: _Item, look: PartLook) -> None:
        """Gather documents, members and signatures of one part into `look`."""
        body = item.load()
        data = body.data
        self._budget.begin_part(len(data))
        sniffed = _PLAIN if item.relation == WORDS else sniff(data, item.part.filename, item.part.declared_type)
        look.part = structs.replace(
            item.part,
            detected_type=sniffed.primary,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            children=(),
        )
        self._budget.check_depth(item.depth)
        for kind in sniffed.types:
            look.guarded(lambda kind=kind: self._read(kind, data, look, item), kind)  # type: ignore[misc]
        self._look_around(data, body.alternatives, sniffed, look)
        for ambiguity in body.ambiguities(item.part)[:1]:
            # Two readers see different bytes: all readings are looked at, and yet it is unknown what was sent.
            look.fail(ReadStatus.MALFORMED, ambiguity.code, sniffed.primary)
        look.tell(types.lies(item.part.filename, item.part.declared_type, sniffed))
        self._verify(item, data, sniffed, look)

    def _read(self, kind: str, data: bytes, look: PartLook, item: _Item) -> None:
        """Have the reader of one type read the bytes."""
        if kind == EMPTY:
            look.documents.append(look.document("empty"))
            return
        row = formats.by_type(kind)
        if row is not None and row.family is Family.LOCKED:
            raise ReadError(ReadStatus.ENCRYPTED, row.name)
        if kind == VOLUME:
            raise ReadError(ReadStatus.UNSUPPORTED, "multi-volume")
        candidates = _Candidates(self._password_candidates() if row is not None and row.takes_passwords else ())
        source = Source(
            data=data,
            part=look.part.path,
            filename=look.part.filename,
            declared_type=look.part.declared_type,
            detected_type=kind,
            charset=look.part.charset,
            passwords=candidates,
            relation=item.relation,
            beside=lambda address: self._beside(item, address),
        )
        try:
            self._read_source(source, kind, data, look)
        finally:
            self._asked = self._asked or candidates.asked

    def _beside(self, page: _Item, address: str) -> bytes | None:
        """Return the part that a page beside it names by that address."""
        load = next(filter(None, map(page.group.named.get, meant(address, page.addresses))), None)
        if load is None:
            return None
        self._looked_beside = True
        data = load().data
        self._budget.take_bytes(len(data))
        return data

    def _read_source(self, source: Source, kind: str, data: bytes, look: PartLook) -> None:
        reader = registry.reader_for(kind)
        if reader is None:
            look.fail(ReadStatus.UNSUPPORTED, "unknown-type" if kind == OCTETS else "no-reader", kind, loose_runs(data))
            return
        used = self._budget.used_files
        reading = text_art.with_text_art(reader(source, self._budget))
        # Readers of documents leave it to us to count what they hand on.
        for _ in range(len(reading.members) - (self._budget.used_files - used)):
            self._budget.take_file()
        look.documents.append(reading.document)
        look.members += reading.members
        if any(member.relation == thumbnail.RELATION for member in reading.members):
            self._budget.said = frozenset(skeleton(spoken(reading.document.runs)).split())
        self._remember(reading.document)

    def _look_around(self, data: bytes, alternatives: tuple[bytes, ...], sniffed: Sniffed, look: PartLook) -> None:
        """Look at what is beside the document proper: other readings, files in text, the structure of a zip."""
        for number, other in enumerate(alternatives, 2):
            look.members.append(Member(name=f"reading-{number}", data=other, relation="alternative"))
        if not _TEXTS.isdisjoint(sniffed.types) and _PGP_BLOCK.search(data):
            look.fail(ReadStatus.ENCRYPTED, "pgp", "pgp")
        look.guarded(lambda: self._look_for_encoded(data, sniffed, look), "inline")
        # The same documents also come as one XML file, which is no zip.
        rows = (formats.by_type(kind) for kind in sniffed.types)
        if any(row is not None and row.is_surveyed_zip for row in rows) and b"PK\x05\x06" in data:
            look.guarded(lambda: look.check_zip(tuple(survey(data, self._budget).problems)), "zip")

    def _look_for_encoded(self, data: bytes, sniffed: Sniffed, look: PartLook) -> None:
        """Extract the files and words encoded in the text of the part, as written and as read."""
        found = list(encoded.in_source(data, sniffed.types))
        for document in look.documents:
            self._budget.check_time()
            found += encoded.in_document(document)
        known: set[bytes] = set()
        number = 0
        for inline in found:
            if inline.data in known:
                continue
            known.add(inline.data)
            member = encoded.member(inline, number + 1)
            if member is None:
                continue
            number += 1
            self._budget.take_bytes(len(inline.data))
            look.members.append(member)
            if not inline.sound:
                look.fail(ReadStatus.MALFORMED, f"inline-{inline.kind}", inline.kind)

    def _verify(self, item: _Item, data: bytes, sniffed: Sniffed, look: PartLook) -> None:
        """Verify the signatures that the part carries, is, or has beside it."""
        if item.group.signed:
            self._keep(item, data)
        if item.entity is not None:
            look.signatures += self._verifiers.entity(item.entity(), look.part)
            return
        if item.signed is not None and is_signature(item.part):
            found = self._verifiers.entity(item.signed[0], look.part)
            look.signatures += [structs.replace(signature, covers=item.signed[1]) for signature in found]
            return
        is_named = is_signature_file(item.part.path.rpartition("!")[2])
        if item.group.settles(item.part) and (is_named or is_signature(item.part) or "pkcs7" in sniffed.primary):
            return
        # Of a signature in XML (`.xsig`) nothing is known beside: it is looked for inside.
        if is_signature(item.part) and (found := self._verifiers.beside(look.part, data, item.group.kept)):
            look.signatures += found
            return
        for kind in sniffed.types:
            look.signatures += self._verifiers.inside(data, look.part, kind)

    def _keep(self, item: _Item, data: bytes) -> None:
        """Keep a file for the signature files beside it, up to a limit."""
        fits = self._kept_bytes + len(data) <= _KEPT_LIMIT
        self._kept_bytes += len(data) if fits else 0
        item.group.kept.append((item.part, data if fits else None))

    def _remember(self, document: Document) -> None:
        """Keep text for password candidates, up to a limit."""
        for run in document.runs:
            if self._text_size > _TEXT_LIMIT:
                return
            self._text_size += len(run.text)
            self._texts.append(run.text)

    def _password_candidates(self) -> tuple[str, ...]:
        """Return the candidates of all text seen so far."""
        if self._candidates[0] != len(self._texts):
            # Runs are pieces of lines; the word and the password often are in neighbouring ones.
            text = "\n".join(self._texts)
            self._candidates = (len(self._texts), passwords.candidates((text,)))
        return self._candidates[1]


class _Candidates(tuple[str, ...]):  # noqa: SLOT001 - it holds a flag
    """The passwords of the mail. Who looks at them has met something locked, and reads it by the rest of the mail."""

    asked = False

    def __iter__(self) -> Iterator[str]:
        self.asked = True
        return super().__iter__()
