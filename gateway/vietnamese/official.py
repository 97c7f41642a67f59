"""Official documents of Decree 30/2020/NĐ-CP: recognised, with kind, number, date and issuer.

A document is official when enough of its components are where the Decree puts them (Article 8, Annex I): national
name and motto, number and symbol, place and date, name of the kind or "V/v", authority of the signer, recipients. It is
*issued* when the number is filled in, else a *draft*. Statutes are documents of their ministries like any other where they
bear their head; the text of one out of a database, whose title states number and date in a sentence, is a working file.
Forms that citizens fill in bear the national name too, but no number, no recipients, and are recognised by their titles; they are
working files as well. The text is read in Unicode whatever the encoding, from runs of every reader, OCR included (it asks
for skeletons, so one wrong accent does no harm).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from enum import Enum
from itertools import groupby
from operator import itemgetter
from typing import Final

from msgspec import Struct

from gateway.model import Document, Origin, Role, Run
from gateway.vietnamese.legacy import decode_runs, needs_decoding
from gateway.vietnamese.normal import skeleton, unify_line_breaks
from gateway.vietnamese.official_head import (
    BASIS,
    MOTTO,
    MOTTO_HAS,
    NATIONAL,
    NATIONAL_HAS,
    date_of,
    has_recipients,
    issuer_of,
    number_of,
    search_columns,
)
from gateway.vietnamese.official_kinds import Kind, is_title, kind_of
from gateway.vietnamese.once import once
from gateway.vietnamese.plain_text import plain_skeleton


class State(Enum):
    """Stage of a document."""

    ISSUED = "issued"
    """An official document with its number."""
    DRAFT = "draft"
    """The form of an official document, number still blank or called a draft."""
    WORKING = "working"
    """No official document: a working file, a form, a letter."""


class Recognition(Struct, frozen=True, kw_only=True):
    """Result of the recognition; everything but `state` is best knowledge."""

    state: State
    score: int
    """Number of components found, out of nine."""
    evidence: tuple[str, ...] = ()
    """Codes of the components: `national-name`, `motto`, `number`, `date`, `kind`, `subject-line`, `recipients` ..."""
    kind: Kind | None = None
    number: str = ""
    """As written, for example `7600/QĐ-UBND`; `/QĐ-UBND` while the number is blank."""
    issued_on: date | None = None
    issuer: str = ""
    """Name of the issuing unit in capitals, as the head gives it; empty when not found."""

    @property
    def official(self) -> bool:
        """Return whether it has the form of an official document."""
        return self.state is not State.WORKING


_COMPONENTS: Final = (
    {"national-name"}, {"motto"}, {"number", "blank-number"}, {"date"}, {"kind", "subject-line"}, {"recipients"}, {"filed"},
    {"authority"}, {"dear", "basis"},
)  # fmt: skip
_THRESHOLD: Final = 4
_HEAD_LINES: Final = 70
_SCANNED_ROLES: Final = frozenset(
    {Role.BODY, Role.HEADING, Role.CELL, Role.TEXTBOX, Role.HEADER, Role.STAMP, Role.FIELD}
)
_SKIPPED_ORIGINS: Final = frozenset({Origin.DELETED, Origin.HIDDEN, Origin.REVISION})

_BLANK_NUMBER: Final = re.compile(r"\W{0,3}S[ốôoóỐÔOÓ]\s*:\s*[….\s_]*(?:/|$)")
_SUBJECT_LINE: Final = re.compile(r"^\W*v ?/ ?v\b")
_DEAR: Final = re.compile(r"^\W*kinh (?:gui|chuyen|moi)\b")
_FILED: Final = re.compile(r"\bluu ?\W{0,3}(?:vt|van thu|vp|ho so|hc)\b")
_AUTHORITY: Final = re.compile(r"(?:^|\s{2,}|\t)\W{0,3}(?:tm|kt|tl|tuq|q)\. ?[a-z]{2}")
_SIGNER: Final = re.compile(
    r"(?:^|\s{3,}|\t)\W{0,3}(?:pho )?(?:chu tich(?: (?:ubnd|uy ban nhan dan|hdnd|hoi dong nhan dan|quoc hoi|nuoc)\b[\w ]{0,40})?"
    r"|giam doc|tong giam doc|truong phong|chanh van phong|bo truong|thu truong|cuc truong|chi cuc truong|hieu truong|truong ban"
    r"|thu tuong|thu tuong chinh phu|bi thu|vu truong|vien truong|chanh thanh tra|tong thu ky|thong doc|chanh an|tham phan"
    r"|chi huy truong|truong (?:cong an|thue co so|tram)\b[\w ]{0,40})\W*$"
)
_DRAFT: Final = re.compile(r"^\W*(?:ban )?du ?thao(?:\W*+(?:lan|so)?\W*+\d{0,2})?(?:\W*+ngay [\d/.]+)?\W*+$")
_FORM: Final = re.compile(
    r"^\W*(?:don (?:xin|de nghi|dang ky|cap|yeu cau|khieu nai|to cao|khoi kien|cam ket|trinh bay|du|xac nhan)|to khai|ban khai|giay de nghi|giay dang ky"
    r"|phieu dang ky|phieu khai|ly lich|so yeu ly lich|giay cam ket|ban cam ket|giay khai sinh|mau (?:so|don)\b|giay xac nhan|thu ngo\b|ban kiem diem|ban tu kiem diem)"
)
_FORM_SIGNER: Final = re.compile(
    r"(?:nguoi (?:lam don|viet don|khai|de nghi|yeu cau|dang ky|cam ket)|toi (?:ten la|xin|ten)|ho va ten nguoi (?:yeu cau|khai))"
)

_PARTIES: Final = re.compile(
    r"^\W*(?:dai dien )?ben (?P<side>a|b|giao|nhan|ban|mua|cho thue|thue|uy quyen|duoc uy quyen|nhan uy quyen|cung cap|su dung)\b"
)
_LESSON: Final = re.compile(r"^\W*(?:\d+\W+)?quoc hieu\W{1,4}cong ?hoa xa hoi")
"""A lesson that names each component."""
_SPECIMEN: Final = re.compile(r"^\W*mau (?:so )?\d[\d.]{0,8}\W{1,5}(?P<of>\w.*)$")
_PLACEHOLDER: Final = re.compile(
    r"ten (?:co quan|cq|don vi|to chuc)\b[^.]{0,40}\((?:\d{1,2}|chu quan|ban hanh)|quyen han,? chuc vu (?:cua )?nguoi ky|^\W*ten (?:co quan|cq),? ?(?:to chuc|tc)\b"
)
"""Placeholders for the office in the forms of Annex III: a form or a lesson, not yet a document."""

_AGREEMENTS: Final = frozenset({Kind.HOP_DONG, Kind.BAN_GHI_NHO, Kind.BAN_THOA_THUAN})
"""Kinds that private parties write as well, with a number and a director's name; an office's names its recipients. So do
minutes of handing over and the like, which name the parties."""


def _visible_runs(document: Document) -> list[Run]:
    return [run for run in document.runs if run.role in _SCANNED_ROLES and run.origin not in _SKIPPED_ORIGINS]


def _lines(document: Document) -> list[str]:
    """Return the visible lines in Unicode (NFC)."""
    runs = _visible_runs(document)
    texts = [run.text for run in runs]
    if needs_decoding(runs, "".join(texts)):
        texts = [item.text for item in decode_runs(runs)]
    blocks = [run.block for run in runs]
    if len(set(blocks)) < len(blocks):
        lines = groupby(zip(blocks, texts, strict=True), key=itemgetter(0))
        texts = ["".join([text for _, text in line]) for _, line in lines]
    whole = unicodedata.normalize("NFC", unify_line_breaks("\n".join(texts)))
    return [line for line in whole.split("\n") if line.strip()]


def has_no_form(document: Document) -> bool:
    """Return quickly whether `recognise` would call it a working file: no line of it is of official documents only."""
    text = plain_skeleton(document)
    if text is None:
        text = "\n".join(_bare(_lines(document)))
    return not (
        "noi nhan" in text
        or "luu" in text
        or ("hanh" in text and any(map(text.__contains__, MOTTO_HAS)) and MOTTO.search(text))
        or (any(map(text.__contains__, NATIONAL_HAS)) and NATIONAL.search(text))
    )


@once
def recognise(document: Document) -> Recognition:
    """Say what kind of document this is; never fails, an empty or unreadable document is a working file."""
    lines = _lines(document)
    if not lines:
        return Recognition(state=State.WORKING, score=0)
    return _judge(lines, _bare(lines), stamped=_stamped_number(document))


def _bare(lines: list[str]) -> list[str]:
    """Return the skeleton of each line."""
    bare = skeleton("\n".join(lines)).split("\n")
    return bare if len(bare) == len(lines) else [skeleton(line).replace("\n", " ") for line in lines]


def _judge(lines: Sequence[str], bare: Sequence[str], *, stamped: str) -> Recognition:
    head, bare_head = lines[:_HEAD_LINES], bare[:_HEAD_LINES]
    written = number_of(head)
    number = written.digits or (stamped if written.symbol else "")
    issued_on, dated = date_of(head, bare_head)
    kind, titled = kind_of(head, bare_head, written.symbol)
    components = {
        "national-name": any(map(NATIONAL.search, bare_head)),
        "motto": any(map(MOTTO.search, bare_head)),
        "number" if number else "blank-number": bool(written.symbol),
        "date": dated,
        "kind": titled,
        "subject-line": any(map(_SUBJECT_LINE.match, bare_head)),
        "recipients": has_recipients(bare),
        "filed": any(_FILED.search(line) for line in bare if "luu" in line),
        "authority": any(
            search_columns(_AUTHORITY, line) or (len(line) < 120 and search_columns(_SIGNER, line)) for line in bare
        ),
        "dear": any(map(_DEAR.match, bare_head)),
        "basis": any(map(BASIS.match, bare_head)),
    }
    evidence = [code for code, found in components.items() if found]
    if components["subject-line"] and not titled:
        kind = Kind.CONG_VAN
    # "V/v" and a title are one component, "Kính gửi" and "Căn cứ" only support.
    score = sum(not component.isdisjoint(evidence) for component in _COMPONENTS)
    issuer = issuer_of(head, bare_head, written.line)
    state = _state(evidence, score, bare, numbered=bool(number))
    parties = kind in _AGREEMENTS or len({found["side"] for line in bare if (found := _PARTIES.match(line))}) > 1
    if parties and not {"recipients", "filed"} & set(evidence):
        state = State.WORKING
    if state is not State.WORKING and kind is None and "dear" in evidence:
        kind = Kind.CONG_VAN
    shown = f"{number}{written.joint}{written.symbol}" if written.symbol else ""
    return Recognition(
        state=state, score=score, evidence=tuple(evidence), kind=kind, number=shown, issued_on=issued_on, issuer=issuer
    )


def _state(evidence: Sequence[str], score: int, bare: Sequence[str], *, numbered: bool) -> State:
    found = set(evidence)
    if score < _THRESHOLD or not found & {"national-name", "motto", "recipients", "filed"}:
        return State.WORKING  # numbers, dates and directors are in quotations of prices as well
    has_number = bool(found & {"number", "blank-number"})
    closes = bool(found & {"recipients", "filed", "authority"})
    form = any(_FORM.match(line) for line in bare[:30]) or any(_FORM_SIGNER.search(line) for line in bare)
    if form and not (has_number and closes):
        return State.WORKING
    if "number" not in found and any(len(line) < 120 and _PLACEHOLDER.search(line) for line in bare[:30]):
        return State.WORKING
    if any(_LESSON.match(line) or _is_specimen(line) for line in bare[:_HEAD_LINES]):
        return State.WORKING
    named = bool(found & {"kind", "subject-line"})
    headed = bool(found & {"national-name", "motto"})
    if not has_number and not (
        headed and named and closes and (found >= {"recipients", "authority"} or "date" in found)
    ):
        # A contract, a form, a letter, a copy of a statute: nothing says that an authority issued it.
        return State.WORKING
    if not closes and not ("number" in found and named and headed):
        return State.WORKING
    drafted = any(_DRAFT.match(line) for line in bare[:15])
    return State.ISSUED if numbered and not drafted else State.DRAFT


def _is_specimen(line: str) -> bool:
    """Return whether a line heads a specimen: "Mẫu 1.2 - Quyết định"."""
    found = _SPECIMEN.match(line)
    return found is not None and (is_title(found["of"]) or found["of"].startswith("cong van"))


def _stamped_number(document: Document) -> str:
    """Return the number that a signing tool stamped beside "Số:" as a text of its own, empty when there is none."""
    runs = [run for run in _visible_runs(document) if run.page == 1 and run.bbox_pt is not None]
    blank = next((run for run in runs if _BLANK_NUMBER.match(run.text)), None)
    if blank is None or blank.bbox_pt is None:
        return ""
    left, top, right, bottom = blank.bbox_pt
    for run in runs:
        if run.bbox_pt is None or re.fullmatch(r"\s*\d{1,5}[a-z]?\s*", run.text) is None:
            continue
        middle = (run.bbox_pt[1] + run.bbox_pt[3]) / 2
        if top - 8 <= middle <= bottom + 8 and left <= run.bbox_pt[0] <= max(right, left + 120):
            return run.text.strip()
    return ""
