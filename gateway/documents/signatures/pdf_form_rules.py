"""Rules for forms that pyHanko lacks or draws too narrowly: locked fields, widgets on pages, widgets that are kids.

Like those of `pdf_rules` they only ever explain objects; what no rule explains stays forbidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.diff_analysis import (
    FormUpdate,
    FormUpdatingRule,
    ModificationLevel,
    SigFieldCreationRule,
    SuspiciousModification,
)
from pyhanko.sign.diff_analysis.form_rules_api import FieldComparisonContext, FieldMDPRule

from gateway.documents.signatures.pdf_objects import entry
from gateway.documents.signatures.pdf_rules import is_in_use

_MAX_NODES = 20_000


_OF_USE = 7
"""Flags of a field that say who may use it: read-only, required, not exported. The others say what it shows (ISO 32000-2 table 227 ff.)."""
_PAGE_BOOKKEEPING = frozenset({"/Annots", "/Tabs", "/StructParents", "/LastModified"})


class RelevantFormUpdates(FormUpdatingRule):  # type: ignore[misc]
    """Form updates that concern objects really written in the revision, and approve what they compared.

    pyHanko takes the appearance of a locked field for an update of it although nothing was written, and calls a permitted
    filling of another field illegal. And it approves in all its uses what a new signature refers to by /TransformParams,
    were it the content of a page.
    """

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        """Pass on the updates of written objects."""
        written = new.explicit_refs_in_revision()
        for level, update in super().apply(old, new):
            compared = isinstance(update, _Compared)
            if compared and isinstance(new(update.updated_ref), generic.StreamObject):
                raise SuspiciousModification("a page or widget is a stream")  # of which the keys were compared
            blanket = update.context_checked is None and not compared
            if update.updated_ref in written and not (blanket and is_in_use(old, update.updated_ref)):
                yield level, update


class _Compared(FormUpdate):  # type: ignore[misc]
    """An update of an object whose old and new forms were compared, so that all its uses may be approved."""


class WidgetsOnPages(SigFieldCreationRule):  # type: ignore[misc]
    """New signature fields, with page dictionaries compared by value: writers copy /Resources and keep page bookkeeping."""

    def __init__(self) -> None:
        # Acrobat, too, lets a certified document be signed in a new field; `pdf_form_view` checks that it is signed.
        super().__init__(approve_widget_bindings=False, allow_new_visible_after_certify=True)

    def apply(self, context: FieldComparisonContext) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        """Explain the new fields and the page dictionaries that their widgets were added to."""
        yield from super().apply(context)
        names = _widgets(context)
        if not names:
            return
        for old_page, new_page in _pages(context.old.root["/Pages"], context.new.root["/Pages"]):
            update = self._page(context, names, old_page, new_page)
            if update is not None:
                yield from ((ModificationLevel.LTA_UPDATES, one) for one in update)

    def _page(
        self, context: FieldComparisonContext, names: dict[Any, str], old_page: Any, new_page: Any
    ) -> list[FormUpdate] | None:
        old_kid, new_kid = old_page.get_object(), new_page.get_object()
        before, after = _annotations(old_kid), _annotations(new_kid)
        if before == after:
            return None
        held_before = {one.reference for one in before if isinstance(one, generic.IndirectObject)}
        listed = [one.reference for one in after if isinstance(one, generic.IndirectObject)]
        added = {one for one in listed if one in names and one not in held_before}
        # The order says what covers what, and a widget that comes twice would be drawn twice.
        rest = [one for one in after if not isinstance(one, generic.IndirectObject) or one.reference not in added]
        if rest != before or len(listed) != len(set(listed)):
            raise SuspiciousModification("annotations were changed in more than new signature fields")
        _assert_same_page(old_kid, new_kid)
        name = names[next(iter(added))] if len(added) == 1 else None
        updates: list[FormUpdate] = [_Compared(new_page.reference, field_name=name, valid_when_locked=name is not None)]
        held = new_kid.raw_get("/Annots")
        if isinstance(held, generic.IndirectObject) and (
            context.old.is_ref_unassignable(held.reference)
            or ("/Annots" in old_kid and bool(old_kid.raw_get("/Annots") == held))
        ):
            updates.append(_Compared(held.reference, field_name=name, valid_when_locked=name is not None))
        for key in _PAGE_BOOKKEEPING | {"/Resources"}:
            value = new_kid.raw_get(key) if key in new_kid else None
            if isinstance(value, generic.IndirectObject) and context.old.is_ref_unassignable(value.reference):
                updates.append(FormUpdate(value.reference, field_name=name, valid_when_locked=name is not None))
        return updates


class KidWidgets(FieldMDPRule):  # type: ignore[misc]
    """A filled-in field whose widgets are kids of their own, as DocuSign and Acrobat write text that shows on several pages.

    No field becomes another kind of field: with the flag of a password its value would be dots.
    """

    def apply(self, context: FieldComparisonContext) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        """Explain widgets without a name of which only the appearance was rewritten."""
        written = context.new.explicit_refs_in_revision()
        for name, spec in context.field_specs.items():
            if spec.field_type == "/Sig" or spec.old_field_ref is None or spec.new_field_ref is None:
                continue
            before, after = spec.old_field, spec.new_field
            if (int(entry(before, "/Ff", 0)) ^ int(entry(after, "/Ff", 0))) & ~_OF_USE:
                raise SuspiciousModification(f"flags of {name} were changed")
            kids = entry(before, "/Kids", ())
            if not kids or entry(after, "/Kids") != kids:
                continue
            for kid in kids:
                if isinstance(kid, generic.IndirectObject) and kid.reference in written:
                    yield from self._kid(context, name, kid.reference)

    def _kid(
        self, context: FieldComparisonContext, name: str, reference: Any
    ) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        before, after = context.old(reference), context.new(reference)
        if (
            not isinstance(before, generic.DictionaryObject)
            or "/T" in before
            or not isinstance(after, generic.DictionaryObject)
        ):
            return
        keys = (set(before) | set(after)) - {"/AP", "/AS", "/DA", "/Q"}
        if any(key not in before or key not in after or before.raw_get(key) != after.raw_get(key) for key in keys):
            raise SuspiciousModification(f"a widget of {name} was changed in more than its appearance")
        yield ModificationLevel.FORM_FILLING, _Compared(reference, field_name=name)
        if "/AP" in after:
            new = context.new.collect_dependencies(after.raw_get("/AP"), since_revision=context.old.revision + 1)
            for one in new:
                if context.old.is_ref_unassignable(one):
                    yield ModificationLevel.FORM_FILLING, FormUpdate(one, field_name=name)


def _widgets(context: FieldComparisonContext) -> dict[Any, str]:
    """Widget references of signature fields that are new, by name."""
    found: dict[Any, str] = {}
    for name, spec in context.field_specs.items():
        if spec.field_type != "/Sig" or spec.old_field_ref is not None or spec.new_field_ref is None:
            continue
        field = spec.new_field_ref.get_object()
        kids = entry(field, "/Kids")
        if kids is None:
            found[spec.new_field_ref] = name
        else:
            found.update({kid.reference: name for kid in kids if isinstance(kid, generic.IndirectObject)})
    return found


def _pages(old_root: Any, new_root: Any) -> Iterator[tuple[Any, Any]]:
    """Pairs of page references; the trees must have the same shape."""
    stack = [(old_root, new_root)]
    seen = 0
    while stack:
        before, after = stack.pop()
        old_kids = entry(before, "/Kids")
        new_kids = entry(after, "/Kids")
        if not isinstance(old_kids, generic.ArrayObject) or old_kids != new_kids:
            raise SuspiciousModification("the page tree was changed")
        for old_kid, new_kid in zip(old_kids, new_kids, strict=True):
            seen += 1
            if seen > _MAX_NODES or not isinstance(old_kid, generic.IndirectObject):
                raise SuspiciousModification("the page tree cannot be compared")
            if old_kid.get_object().get("/Type") == "/Pages":
                stack.append((old_kid.get_object(), new_kid.get_object()))
            else:
                yield old_kid, new_kid


def _annotations(page: Any) -> list[Any]:
    """The annotations of a page in their order, by reference or as they are."""
    held = entry(page, "/Annots")
    if held is None or isinstance(held, generic.NullObject):
        return []
    if not isinstance(held, generic.ArrayObject):
        raise SuspiciousModification("the annotations of a page are no list")
    return [held.raw_get(index) for index in range(len(held))]


def _assert_same_page(before: Any, after: Any) -> None:
    keys = (set(before) | set(after)) - _PAGE_BOOKKEEPING
    for key in keys:
        if key not in before or key not in after:
            raise SuspiciousModification(f"page key {key} was added or removed")
        one, other = before.raw_get(key), after.raw_get(key)
        if one != other and not (key == "/Resources" and _equal_shallow(before[key], after[key])):
            raise SuspiciousModification(f"page key {key} was changed")


def _equal_shallow(one: Any, other: Any) -> bool:
    """Equal dictionaries with the same references in them: a copy, not a change."""
    return isinstance(one, generic.DictionaryObject) and type(one) is type(other) and bool(one == other)
