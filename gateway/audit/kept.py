"""Facts of a judged mail as stored beside its record: no text, bounded, compressed (docs/decisions/0013).

A body is msgpack: version, evidence without words, observation by policy. Its SHA-256 is in the record, so a replay
proves that it judges what was seen. Of a mail with a secrecy finding file names are kept as keyed stem and extension,
places without names of sheets and properties, and signatures without their holders.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from gateway.audit.keyed import Keyed
from gateway.audit.record_fields import guarded_locator
from gateway.model import Directory, Document, Evidence, Holders, Observed, Part, Signature, Unit
from gateway.model.scrub import packed
from gateway.system.zstandard import Packer
from gateway.vietnamese.addresses import normal_form, without_tag
from gateway.vietnamese.homographs import MANY_DOMAINS, name_keys, shown_domains
from gateway.vietnamese.unit_names import fold_unit, shown_unit, unit_names

VERSION: Final = 1
LIMIT_BYTES: Final = 4 << 20
"""Longest body; the facts of a mail beyond it are not kept."""


class Kept(Struct, frozen=True, array_like=True):
    """A packed body and the digest of the plain one."""

    packed: bytes
    sha256: str
    """In hex, of the body before it was packed."""


class Body(Struct, frozen=True, array_like=True):
    """Contents of a body."""

    version: int
    evidence: Evidence
    seen: dict[str, msgspec.Raw]
    texts: dict[str, str]
    """Digests of the settings that observations heeded."""


_DECODER = msgspec.msgpack.Decoder(Body)
_PACKER: Final = Packer(Path(__file__).with_name("facts.zdict").read_bytes())
"""Its dictionary is part of the format (docs/audit-format.md): frames name it, so another one must be a second one."""


class UnreadableFactsError(Exception):
    """A kept body is damaged, or of a version that this program does not know."""


def keep(observed: Observed, keyed: Keyed, *, guarded: bool) -> Kept | None:
    """Return the packed facts of a mail; None when they exceed the limit."""
    evidence, seen = _addressed(observed.bare), dict(observed.seen)
    seen = {name: one.without_quotes() if hasattr(one, "without_quotes") else one for name, one in seen.items()}
    if guarded:
        evidence = _Guard(keyed).evidence(evidence)
        if evidence.signatures:
            seen.pop("signed_documents", None)  # the owner of a seal cannot be judged again without the names
    body = packed((VERSION, evidence, seen, dict(observed.texts)))
    if len(body) > LIMIT_BYTES:
        return None
    return Kept(_PACKER.pack(body), hashlib.sha256(body).hexdigest())


def unpack(packed: bytes) -> bytes:
    """Return a body as it was before it was packed; UnreadableFactsError."""
    try:
        return _PACKER.unpack(packed, limit_bytes=LIMIT_BYTES)
    except ValueError as error:
        raise UnreadableFactsError(str(error)) from None


def decode(body: bytes, observations: Mapping[str, Any]) -> Observed:
    """Return the facts of a body with the observations of the policies whose types are given; UnreadableFactsError."""
    try:
        found = _DECODER.decode(body)
        if found.version != VERSION:
            raise UnreadableFactsError(f"version {found.version}")
        seen = {
            name: msgspec.msgpack.decode(raw, type=observations[name])
            for name, raw in found.seen.items()
            if observations.get(name) is not None
        }
    except ValueError as error:
        raise UnreadableFactsError(str(error)) from None
    return Observed(bare=found.evidence, seen=seen, texts=found.texts, kept=True)


def _addressed(evidence: Evidence) -> Evidence:
    """Return the evidence with the entries of the directory that concern its addresses and signers."""
    directory = evidence.directory
    if directory is None:
        return evidence
    found = {}
    for address in _addresses(evidence):
        for form in (address, without_tag(address)):
            mailbox = directory.find(form)
            if mailbox is not None:
                found[form] = mailbox
    shown = Directory(
        digest=directory.digest,
        mailboxes=found,
        units=_units(evidence, directory),
        names=_names(
            evidence,
            directory,
            {*_addresses(evidence), *(form for one in found.values() for form in (one.address, *one.aliases))},
        ),
    )
    return structs.replace(evidence, directory=shown)


def _names(evidence: Evidence, directory: Directory, mailboxes: set[str]) -> dict[str, Holders]:
    """Return the names of the directory that the mail shows, with those of their holders that it names."""
    readings = evidence.message.address_fields if evidence.message is not None else ()
    keys = {key for reading in readings for address in reading.mailboxes for key in name_keys(address.display_name)}
    return {
        key: structs.replace(
            holders,
            addresses=tuple(one for one in holders.addresses if one in mailboxes),
            delegates=tuple(one for one in holders.delegates if one.address in mailboxes),
        )
        for key in keys
        if (holders := directory.names.get(key)) is not None
    }


def _addresses(evidence: Evidence) -> Iterator[str]:
    """Yield the normal forms of every address that a policy may look up."""
    envelope, message = evidence.envelope, evidence.message
    readings = message.address_fields if message is not None else ()
    shown = [address.normal for reading in readings for address in reading.mailboxes]
    paths = [normal_form(path) for path in (envelope.reverse_path, *envelope.forward_paths) if path]
    yield from shown
    yield from paths
    yield from map(str.casefold, (envelope.reverse_path, *envelope.forward_paths))
    login = evidence.session.auth_user
    if login is not None:
        name = login.strip().rpartition("\\")[2]
        yield normal_form(name)
        for domain in {address.rpartition("@")[2] for address in (*shown, *paths)}:
            yield normal_form(f"{name}@{domain}")


def _units(evidence: Evidence, directory: Directory) -> dict[str, Unit]:
    """Return the units named by a signature."""
    names = {
        form
        for signature in evidence.signatures
        if signature.signer is not None
        for name in (
            signature.signer.common_name,
            signature.signer.organisation,
            signature.signer.organisational_unit,
        )
        if name
        for form in (fold_unit(name), shown_unit(name))
    }
    return {name: Unit(id=name, name=name) for name in names & unit_names(directory)} if names else {}


def _compared(display_name: str, listed: Iterable[str]) -> str:
    """Return of a display name what policies compare: names of the directory, and domains of the addresses that it shows."""
    domains = shown_domains(display_name)
    if len(domains) > MANY_DOMAINS:
        domains = ["x.x"] * len(domains)  # that there are so many decides, and so many could be words
    return " - ".join((*sorted(name_keys(display_name).intersection(listed)), *(f"@{domain}" for domain in domains)))


def _place(locator: str) -> str:
    """Return a guarded locator from which `guarded_locator` makes, for the record of a replay, the first one."""
    tokens = filter(None, guarded_locator(locator).split(","))
    return ",".join(token if guarded_locator(token) else f"{token}:" for token in tokens)


class _Guard:
    """Redacts evidence of a confidential mail: removes what its author chose, except addresses."""

    def __init__(self, keyed: Keyed) -> None:
        self._keyed = keyed

    def evidence(self, evidence: Evidence) -> Evidence:
        """Return guarded evidence."""
        message = evidence.message
        listed = evidence.directory.names.keys() if evidence.directory is not None else frozenset[str]()
        if message is not None:
            fields = tuple(
                structs.replace(
                    reading,
                    mailboxes=tuple(
                        structs.replace(address, display_name=_compared(address.display_name, listed))
                        for address in reading.mailboxes
                    ),
                )
                for reading in message.address_fields
            )
            ambiguities = tuple(
                structs.replace(one, path=self._path(one.path), detail="") for one in message.ambiguities
            )
            root = self._part(message.root)
            message = structs.replace(message, root=root, address_fields=fields, ambiguities=ambiguities)
        return structs.replace(
            evidence,
            message=message,
            documents=tuple(map(self._document, evidence.documents)),
            signatures=tuple(map(self._signature, evidence.signatures)),
        )

    def _part(self, part: Part) -> Part:
        return structs.replace(
            part,
            path=self._path(part.path),
            filename=self._optional(part.filename),
            names=tuple(map(self._name, part.names)),
            sha256=self._keyed.digest(part.sha256) if part.sha256 is not None else None,
            children=tuple(map(self._part, part.children)),
        )

    def _document(self, document: Document) -> Document:
        return structs.replace(
            document,
            part=self._path(document.part),
            filename=self._optional(document.filename),
            setups=tuple(structs.replace(one, locator=_place(one.locator)) for one in document.setups),
            images=tuple(structs.replace(one, locator=_place(one.locator), sha256=None) for one in document.images),
            active_content=tuple(structs.replace(one, locator=_place(one.locator)) for one in document.active_content),
        )

    def _signature(self, signature: Signature) -> Signature:
        return structs.replace(
            signature,
            part=self._path(signature.part),
            filename=self._optional(signature.filename),
            field="",
            covers=tuple(map(self._path, signature.covers)),
            signer=None,
            timestamp=None,
        )

    def _path(self, path: str) -> str:
        specifier, separator, members = path.partition("!")
        return specifier + separator + "!".join(map(self._name, members.split("!"))) if separator else path

    def _optional(self, name: str | None) -> str | None:
        return self._name(name) if name is not None else None

    def _name(self, name: str) -> str:
        """Return a keyed stem with the extension."""
        extension = name.rpartition(".")[2] if "." in name else ""
        kept = f".{extension.lower()}" if extension.isascii() and extension.isalnum() and len(extension) <= 5 else ""
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        return self._keyed.digest(digest)[:12] + kept
