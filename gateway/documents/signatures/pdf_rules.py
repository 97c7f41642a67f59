"""Rules of difference analysis that pyHanko lacks or draws too narrowly, each with the writers that need it.

A rule only ever explains objects: what no rule explains stays forbidden. Where an object of the signed revision is
replaced, the new one must equal the old but for the keys named here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.diff_analysis import ReferenceUpdate, SuspiciousModification, WhitelistRule

from gateway.documents.signatures.pdf_form_view import assert_same_form_defaults
from gateway.documents.signatures.pdf_objects import entry, references
from gateway.documents.signatures.wall import LIMIT, LibraryFault

_MAX_NODES = 200_000

_VALIDATION_KEYS = frozenset({"/Type", "/VRI", "/Certs", "/CRLs", "/OCSPs", "/TU", "/TS", "/Cert", "/CRL", "/OCSP"})
_STRUCTURE_GROWS = frozenset(
    {"/K", "/Nums", "/Kids", "/Limits", "/ParentTree", "/ParentTreeNextKey", "/IDTree", "/Names"}
)
"""Keys that an update may give to an old element or change in it; by others an element says something of its content."""
_KINDS = frozenset({"/ClassMap", "/RoleMap"})
"""Keys of its root that name kinds of elements, which a signer's program may add."""
_UNSEEN = frozenset({"/DSS", "/Metadata", "/PieceInfo", "/StructTreeRoot", "/P", "/Popup", "/StructParents"})
"""Keys behind which nothing is drawn; writers leave dead references there."""
_DRAWN = frozenset({"/AP", "/Contents", "/DR", "/MK", "/Resources"})
"""Keys below which things are drawn; a key there may be a name of the author's choice, one of the above among them."""
_UPWARD = frozenset({"/P", "/Parent"})
_RAW = generic.EncryptedObjAccess.RAW
"""The values of signatures are not encrypted, and nothing could decrypt them."""
_INTO_STRUCTURE = frozenset({"/SD", "/SE"})
"""Keys by which an outline or a link leads to an element of the structure."""
_STRUCTURE_OUTSIDE = frozenset({"/Pg", "/Obj", "/P", "/Stm", "/StmOwn"})


class ValidationData(WhitelistRule):  # type: ignore[misc]
    """The document security store may be rewritten: it proves nothing by itself (ETSI EN 319 142-1 §5.4.2).

    Unlike pyHanko's own rule this lets writers drop or replace VRI entries and refer to objects that do not exist.
    """

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        """Explain every object below /DSS that nothing but /DSS used before."""
        root = new.root
        if "/DSS" not in root:
            if "/DSS" in old.root:
                raise SuspiciousModification("/DSS was removed")
            return
        elsewhere = _reached(old, but="/DSS")
        for reference, node, _ in _walk(new, root.raw_get("/DSS"), follow=_is_validation_key):
            if isinstance(node, generic.DictionaryObject) and not isinstance(node, generic.StreamObject):
                unknown = [key for key in node if not _is_validation_key(key)]
                if unknown:
                    raise SuspiciousModification(f"unexpected keys below /DSS: {unknown}")
            if reference is not None and (old.is_ref_unassignable(reference) or reference not in elsewhere):
                yield ReferenceUpdate(reference)


def _is_validation_key(key: str) -> bool:
    # A VRI key is a digest in hexadecimal; SHA-1 says the standard, SHA-256 and longer are seen. Streams have /Length.
    return key in _VALIDATION_KEYS or key == "/Length" or (40 < len(key) <= 129 and key[1:].isalnum())


class StructureTree(WhitelistRule):  # type: ignore[misc]
    """A tagged document gets structure elements for new signature fields; old elements stay as they were."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        """Explain objects of the structure tree; SuspiciousModification when an old element was altered."""
        if "/StructTreeRoot" not in new.root:
            if "/StructTreeRoot" in old.root:
                raise SuspiciousModification("structure tree was removed")
            return
        written = new.explicit_refs_in_revision()
        if "/StructTreeRoot" in old.root:
            _assert_grown(old.root["/StructTreeRoot"], new.root["/StructTreeRoot"])
        if _words(new) > _words(old):
            raise SuspiciousModification("content was given other words")
        start = new.root.raw_get("/StructTreeRoot")
        elsewhere = _reached(old, but="/StructTreeRoot")
        for reference, node, _ in _walk(new, start, follow=lambda key: key not in _STRUCTURE_OUTSIDE):
            if reference is None or reference not in written:
                continue
            if old.is_ref_unassignable(reference):
                yield ReferenceUpdate(reference)
            elif reference not in elsewhere:
                _assert_grown(old(reference), node)
                yield ReferenceUpdate(reference)


def _words(resolver: HistoricalResolver) -> int:
    """Number of structure elements that give words of their own, or take content of a page and may read it otherwise.

    An element for a new signature field does neither; what did before is compared one by one.
    """
    if "/StructTreeRoot" not in resolver.root:
        return 0
    start = resolver.root.raw_get("/StructTreeRoot")
    count = 0
    for _, node, _ in _walk(resolver, start, follow=lambda key: key not in _STRUCTURE_OUTSIDE):
        if not isinstance(node, generic.DictionaryObject):
            continue
        count += sum(key in node for key in ("/ActualText", "/E")) + ("/MCID" in node and "/Stm" not in node)
        content = entry(node, "/K")
        contents = content if isinstance(content, generic.ArrayObject) else (content,)
        count += sum(isinstance(one, generic.NumberObject) for one in contents)
    return count


def _assert_grown(before: Any, after: Any) -> None:
    if isinstance(before, generic.ArrayObject) and isinstance(after, generic.ArrayObject):
        rest = iter(after)
        if all(any(item == candidate for candidate in rest) for item in before):
            return
    elif isinstance(before, generic.DictionaryObject) and isinstance(after, generic.DictionaryObject):
        same = all(
            key in after and before.raw_get(key) == after.raw_get(key) for key in before if key not in _STRUCTURE_GROWS
        )
        if (
            same
            and set(after) <= set(before) | _STRUCTURE_GROWS | _KINDS
            and not isinstance(after, generic.StreamObject)
        ):
            for key in ("/K", "/Nums"):
                one, other = entry(before, key), entry(after, key)
                if isinstance(one, generic.ArrayObject) and isinstance(other, generic.ArrayObject):
                    _assert_grown(one, other)
            return
    elif type(before) is type(after) and before == after:
        return
    raise SuspiciousModification("a structure element was altered")


class ReusedObjectStreams(WhitelistRule):  # type: ignore[misc]
    """Some writers reuse the number of an earlier object stream; harmless only when every object in it stays the same."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        """Explain an overridden object stream whose objects, so far as still in force, did not change."""
        written = new.explicit_refs_in_revision()
        reader = old.reader
        streams = {ref for revision in range(old.revision + 1) for ref in reader.xrefs.object_streams_used_in(revision)}
        reused = streams & written
        for stream in reused - _reached(old) if reused else ():
            held = [
                ref
                for revision in range(old.revision + 1)
                for ref in reader.xrefs.explicit_refs_in_revision(revision)
                if ref not in written and _stream_of(reader, ref, old.revision) == stream
            ]
            if all(identical(old(ref), new(ref)) for ref in held):
                yield ReferenceUpdate(stream)


class FreedNothing(WhitelistRule):  # type: ignore[misc]
    """Marking numbers as free that no object of the signed revision had changes nothing."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        """Explain freed numbers that were never in use."""
        for reference in new.refs_freed_in_revision():
            in_use = any(
                is_in_use(old, generic.Reference(reference.idnum, generation, old.reader)) for generation in range(2)
            )
            if not in_use and old.is_ref_unassignable(reference):
                yield ReferenceUpdate(reference)


class UnusedNumbers(WhitelistRule):  # type: ignore[misc]
    """A number that was free or null in the signed revision and is used by nothing afterwards shows nowhere."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        """Explain written objects that nothing refers to."""
        written = [one for one in new.explicit_refs_in_revision() if not old.is_ref_unassignable(one)]
        empty = {one for one in written if isinstance(old(one), generic.NullObject)}
        yield from map(ReferenceUpdate, empty - _reached(new) if empty else ())


class Kept(WhitelistRule):  # type: ignore[misc]
    """Properties that no update may change, although it replaces no object of the signed revision."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        """Explain nothing; SuspiciousModification when one of them changed."""
        _assert_one_generation(old, new)
        _assert_one_use(old, new)
        _assert_same_trailer(old, new)
        assert_same_form_defaults(old, new)
        yield from ()


def _assert_one_generation(old: HistoricalResolver, new: HistoricalResolver) -> None:
    """A number in use keeps its generation: most viewers look at the number alone and would show the newer object."""
    written = {reference.idnum: reference.generation for reference in new.explicit_refs_in_revision()}
    for revision in range(old.revision + 1):
        for reference in old.reader.xrefs.explicit_refs_in_revision(revision):
            generation = written.get(reference.idnum, reference.generation)
            if generation != reference.generation and is_in_use(old, reference):
                raise SuspiciousModification(f"object {reference.idnum} was given another generation")


def _assert_one_use(old: HistoricalResolver, new: HistoricalResolver) -> None:
    """Raise SuspiciousModification when an update makes or changes what the signed revision uses in another way as well.

    A reference to an object that is not there shows nothing, until there is one. A page, the catalog or a widget, in which
    updates may give some keys, may be the list of names by which a content draws its pictures. And difference analysis looks
    behind no key that leads upward, which may be such a name, or lead to another than the object that has this one as a kid.
    """
    root, written = old.trailer_view.raw_get("/Root"), new.explicit_refs_in_revision()
    uses = Counter[Any]()
    for one, node, drawn in _walk(old, root, follow=lambda key: key not in _UNSEEN):
        uses[one] += 1
        for key in _UPWARD & node.keys() if isinstance(node, generic.DictionaryObject) else ():
            above = getattr(node.raw_get(key, decrypt=_RAW), "reference", None)
            if above in written and (drawn or (key == "/Parent" and not _has_kid(old(above), one))):
                uses[above] += 2
    for one in written & uses.keys() | {old.root_ref}:
        if not is_in_use(old, one):
            raise SuspiciousModification(f"{one} was referred to before it was made")
        # What is drawn below a drawn catalog may be its validation data, which updates write anew.
        if uses[one] > 1 and (one == old.root_ref or not identical(old(one), new(one))):
            raise SuspiciousModification(f"{one} is used in another way besides")


def _has_kid(above: Any, reference: Any) -> bool:
    return isinstance(above, generic.DictionaryObject) and reference in [
        one.reference for one in references(above, "/Kids")
    ]


def _assert_same_trailer(old: HistoricalResolver, new: HistoricalResolver) -> None:
    """Raise SuspiciousModification when the catalog takes the number of another object, or the encryption changed."""
    before, after = _trailer_of(old), _trailer_of(new)
    if "/Root" not in after:
        raise SuspiciousModification("the trailer names no catalog")  # for which viewers then look by themselves
    if new.root_ref != old.root_ref and is_in_use(old, new.root_ref):
        raise SuspiciousModification("the catalog took the place of another object")
    for key in ("/Encrypt", "/ID") if "/Encrypt" in before or "/Encrypt" in after else ():
        if _secret_of(before, key) != _secret_of(after, key):
            raise SuspiciousModification(f"{key} of the trailer was changed")


def _trailer_of(resolver: HistoricalResolver) -> Any:
    """Return the trailer of a revision as written; the views of pyHanko fill in what it leaves out from the older ones."""
    trailers = resolver.reader.trailer._trailer_revisions  # noqa: SLF001 - no public way exists; the newest is the first
    return trailers[len(trailers) - 1 - resolver.revision]


def _secret_of(trailer: Any, key: str) -> Any:
    """An entry that goes into the key of the file; of the two halves of /ID only the first does (ISO 32000-2 §7.6.4.3)."""
    held = trailer.raw_get(key, decrypt=generic.EncryptedObjAccess.RAW) if key in trailer else None
    if key == "/Encrypt" or held is None:
        return held
    held = held.get_object()
    return held.raw_get(0, decrypt=generic.EncryptedObjAccess.RAW).original_bytes if len(held) else None


def is_in_use(old: HistoricalResolver, reference: Any) -> bool:
    """Return whether a number holds an object in this revision."""
    return old.reader.xrefs.get_historical_ref(reference, old.revision) is not None


def _stream_of(reader: Any, reference: Any, revision: int) -> Any:
    place = reader.xrefs.get_historical_ref(reference, revision)
    number = getattr(place, "obj_stream_id", None)
    return generic.Reference(number, 0, reader) if number is not None else None


def _walk(resolver: HistoricalResolver, start: Any, *, follow: Any, but: Any = None) -> Iterator[tuple[Any, Any, bool]]:
    """Yield (reference or None, object, whether drawn) of everything below `start` that is behind keys to be followed, or drawn.

    An object that is found in both ways comes twice; the reference `but` is not followed.
    """
    stack, seen = [(start, False)], {(but, False), (but, True)}
    while stack:
        node, drawn = stack.pop()
        reference = None
        if isinstance(node, generic.IndirectObject):
            reference = node.reference
            if (reference, drawn) in seen:
                continue
            seen.add((reference, drawn))
            if len(seen) > _MAX_NODES:
                raise LibraryFault(LIMIT, "objects")
            node = resolver(reference)
        yield reference, node, drawn
        if isinstance(node, generic.DictionaryObject):
            followed = (key for key in node if drawn or follow(key))
            stack.extend((node.raw_get(key, decrypt=_RAW), drawn or key in _DRAWN) for key in followed)
        elif isinstance(node, generic.ArrayObject):
            stack.extend((node.raw_get(index, decrypt=_RAW), drawn) for index in range(len(node)))


def _reached(resolver: HistoricalResolver, *, but: str = "") -> frozenset[Any]:
    """Return every object that the trailer leads to, but for those behind that key of the catalog alone.

    Signatures with FieldMDP refer to the catalog themselves (/Data, ISO 32000-2 table 256).
    """
    starts = generic.ArrayObject([resolver.root.raw_get(key) for key in resolver.root if key != but])
    starts.append(resolver.trailer_view.raw_get("/Info") if "/Info" in resolver.trailer_view else generic.NullObject())
    found = _walk(resolver, starts, follow=lambda key: key not in _INTO_STRUCTURE, but=resolver.root_ref)
    return frozenset(one for one, _, _ in found)


def identical(one: Any, other: Any) -> bool:
    """Compare two objects by value; references are equal when they are the same number."""
    if isinstance(one, generic.StreamObject) or isinstance(other, generic.StreamObject):
        return (
            isinstance(one, generic.StreamObject)
            and isinstance(other, generic.StreamObject)
            and one.encoded_data == other.encoded_data
            and dict(one) == dict(other)
        )
    return type(one) is type(other) and bool(one == other)
