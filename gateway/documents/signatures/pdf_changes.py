"""Changes in a PDF after a signature, and whether the signature permits them.

pyHanko's difference analysis does the work: every object that a later revision writes must be explained by one of its
rules (signatures, timestamps, validation data, form filling within DocMDP and FieldMDP) or of ours (`pdf_rules`), or the
change is forbidden.
"""

from __future__ import annotations

from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DiffResult,
    DocInfoRule,
    GenericFieldModificationRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    XrefStreamRule,
)
from pyhanko.sign.diff_analysis.constants import (
    ACROFORM_EXEMPT_STRICT_COMPARISON,
    ROOT_EXEMPT_STRICT_COMPARISON,
    VALUE_UPDATE_KEYS,
)
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm

from gateway.documents.signatures.pdf_filled import replaces_what_was_signed, widgets
from gateway.documents.signatures.pdf_form_rules import KidWidgets, RelevantFormUpdates, WidgetsOnPages
from gateway.documents.signatures.pdf_form_view import has_unsigned_field, signature_fields
from gateway.documents.signatures.pdf_objects import entry
from gateway.documents.signatures.pdf_rules import (
    FreedNothing,
    Kept,
    ReusedObjectStreams,
    StructureTree,
    UnusedNumbers,
    ValidationData,
)
from gateway.documents.signatures.wall import wall
from gateway.model import Changes

# What filling in a choice or rich-text field writes beside /V (ISO 32000-2 §12.7.5.4, table 228).
_VALUE_KEYS = VALUE_UPDATE_KEYS | {"/I", "/TI", "/RV"}

POLICY = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(ROOT_EXEMPT_STRICT_COMPARISON | {"/StructTreeRoot"}),
        DocInfoRule().as_qualified(ModificationLevel.LTA_UPDATES),
        XrefStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
        ObjectStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
        Kept().as_qualified(ModificationLevel.LTA_UPDATES),
        FreedNothing().as_qualified(ModificationLevel.LTA_UPDATES),
        UnusedNumbers().as_qualified(ModificationLevel.LTA_UPDATES),
        ReusedObjectStreams().as_qualified(ModificationLevel.LTA_UPDATES),
        ValidationData().as_qualified(ModificationLevel.LTA_UPDATES),
        MetadataUpdateRule().as_qualified(ModificationLevel.LTA_UPDATES),
        StructureTree().as_qualified(ModificationLevel.FORM_FILLING),
    ],
    form_rule=RelevantFormUpdates(
        field_rules=[
            WidgetsOnPages(),
            SigFieldModificationRule(value_update_keys=_VALUE_KEYS),
            GenericFieldModificationRule(value_update_keys=_VALUE_KEYS),
            KidWidgets(),
        ],
        # /SigFlags must be set by the first tool that signs a form without signatures.
        ignored_acroform_keys=ACROFORM_EXEMPT_STRICT_COMPARISON | {"/SigFlags"},
    ),
    reject_object_freeing=False,  # FreedNothing explains what is harmless, the rest stays unexplained
)


def permissions(signature: Any, field: Any) -> tuple[MDPPerm | None, FieldMDPSpec | None]:
    """Return what the signature itself allows: DocMDP level and FieldMDP (ISO 32000-2 §12.8.2)."""
    document: MDPPerm | None = None
    fields: FieldMDPSpec | None = None
    with wall("signature-reference"):
        for reference in entry(signature, "/Reference", ()):
            transform = reference.get_object()
            if "/TransformParams" not in transform:
                continue
            parameters = transform["/TransformParams"]
            method = entry(transform, "/TransformMethod")
            if method == "/DocMDP":
                document = MDPPerm(int(parameters["/P"])) if "/P" in parameters else MDPPerm.FILL_FORMS
            elif method == "/FieldMDP":
                fields = FieldMDPSpec.from_pdf_object(parameters)
        if document is None and "/Lock" in field and "/P" in field["/Lock"]:
            document = MDPPerm(int(field["/Lock"]["/P"]))
    return document, fields


def since(
    reader: PdfFileReader,
    revision: int,
    document: MDPPerm | None,
    fields: FieldMDPSpec | None,
    *,
    last: bool,
    intact: frozenset[str],
    signed: bytes,
) -> tuple[Changes, list[str]]:
    """Judge every revision after `revision`, with what is to be noted; LibraryFault when the analysis cannot be done.

    `last` says that no other signature covers what follows, `intact` names the fields whose signatures hold, `signed` is the file as it was signed. Text that is filled in then is permitted by the standard and
    signed by no one: it is noted, unless the signature itself says that filling in may follow (DocMDP, FieldMDP; docs/decisions/0018).
    """
    if revision + 1 >= reader.xrefs.total_revisions:
        return Changes.NONE, []
    with wall("difference"):
        if fields is not None:
            # A lock, of all fields too, is on those that there were: a new field is for the next signature.
            held = widgets(reader.get_historical_resolver(revision))
            locked = sorted({name for _, _, name in held if fields.is_locked(name)})
            fields = FieldMDPSpec(FieldMDPAction.INCLUDE, locked)
        result = POLICY.review_file(reader, revision, field_mdp_spec=fields, doc_mdp=document)
        if not isinstance(result, DiffResult) or has_unsigned_field(reader, revision, intact):
            return Changes.FORBIDDEN, ["changed-after-signing"]
        filled = result.changed_form_fields - signature_fields(reader)
        if filled and last and replaces_what_was_signed(reader, revision, signed, filled):
            return Changes.FORBIDDEN, ["changed-after-signing"]
    level = result.modification_level
    if level is ModificationLevel.NONE:
        return Changes.NONE, []
    if level is ModificationLevel.OTHER or (document is not None and level.value > document.value):
        return Changes.FORBIDDEN, ["changed-after-signing"]
    silent = last and document is None and fields is None
    return Changes.ALLOWED, ["filled-after-signing"] if silent and filled else []
