"""Field codes of Word: what they fetch or start, and text they compute from numbers (ECMA-376 Part 1 §17.16)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from gateway.documents.readers.fields import shown_value
from gateway.documents.readers.numerals import whole
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.sink import Place, Sink
from gateway.documents.readers.word.docx_format import VAL
from gateway.documents.readers.word.docx_paragraph import Key, Paragraph
from gateway.model import Origin, Role
from gateway.vietnamese.fonts import is_symbol

_TYPE, _INSTRUCTION = clark("w:fldCharType"), clark("w:instr")
_FORM_WORDS: Final = {"w:name", "w:default", "w:result", "w:statusText", "w:helpText"}
_LIMIT_OPEN: Final = 256
_DDE: Final = re.compile(r"(?i)\bDDE(?:AUTO)?\b")
_OUTSIDE: Final = re.compile(r"(?i)^\s*(INCLUDETEXT|INCLUDEPICTURE|INCLUDE|IMPORT|LINK|DATABASE|RD)\b")
_BUTTON: Final = re.compile(r"(?i)^\s*MACROBUTTON\b")
_QUOTE: Final = re.compile(r"(?i)\bQUOTE((?:\s+\d{1,7})+)")
_SYMBOL: Final = re.compile(r"(?i)\s*SYMBOL\s+\"?(0x[0-9a-f]{1,6}|\d{1,7})")
_FIELD_FONT: Final = re.compile(r"(?i)\\f\s*\"?([a-z][^\"\\]{1,60})")
_EQUATION: Final = re.compile(r"(?i)\s*EQ\s+(.*)", re.DOTALL)
_FORMAT: Final = re.compile(r"(?i)\\\*\s*(?:\"[^\"]*\"|\w+)")
_RAISED: Final = re.compile(r"(?i)\\s\s*\\up\s*\d*\s*\(([^()]{2,100}|[\w.])\)")
_OVERSTRIKE: Final = re.compile(r"(?i)\\o[\\\w]*\(")
_OVER: Final = str.maketrans(
    {".": "\u0323", "·": "\u0323", "^": "\u0302", "´": "\u0301", "'": "\u0301", "○": "", "□": "", "△": "", "◇": ""}
)
_SWITCH: Final = re.compile(r"\\[a-zA-Z]+(?:\s*\d+)?|[(),;\s]")
_BUTTON_WORDS: Final = re.compile(r"(?is)\s*(?:MACROBUTTON|GOTOBUTTON)\s+\S+\s+(.*)")
_PICTURE: Final = re.compile(r"\\[@#](.*)", re.DOTALL)
_IN_PICTURE: Final = re.compile(r"'([^']{1,200})'")
_WITHOUT_RESULT: Final = re.compile(r"(?i)\s*(?:SET|ASK|XE|TC|TA|RD|PRIVATE|EQ|SYMBOL|MACROBUTTON|GOTOBUTTON)\b")
_LIMIT_CODE: Final = 100_000


def active_kind(code: str) -> str | None:
    """Return the kind of active content that a field code is, None for a harmless one."""
    code = code[:_LIMIT_CODE]
    if _DDE.search(code) or _DDE.search(quoted(code) or ""):
        return "dde"
    if _OUTSIDE.match(code):
        return "external-object"
    return "macro" if _BUTTON.match(code) else None


def quoted(code: str) -> str | None:
    """Return the letters that `QUOTE 77 7852 84` spells, None when the code has no such list."""
    match = _QUOTE.search(code[:_LIMIT_CODE])
    if match is None:
        return None
    return "".join(chr(number) for number in map(int, match.group(1).split()) if 0 < number < 0x110000)


def pictured(code: str) -> str:
    r"""Return the letters in the picture of a date or number (`DATE \\@ "'ngày' d"`), which programs compute again on opening."""
    picture = _PICTURE.search(code[:_LIMIT_CODE])
    return "".join(_IN_PICTURE.findall(picture[1])) if picture is not None else ""


def spelt(code: str) -> str:
    r"""Return the letters of a field that has no result but its code (§17.16.5): `SYMBOL 7852`, `EQ \o(M,Ậ)`, `MACROBUTTON a MẬT`."""
    code = code[:_LIMIT_CODE]
    if (symbol := _SYMBOL.match(code)) is not None:
        number = int(symbol[1], 16 if symbol[1][:2].lower() == "0x" else 10)
        if number > 255 or "\\u" in code:
            return chr(number) if 0 < number < 0x110000 else ""
        if (font := _FIELD_FONT.search(code)) is not None and is_symbol(font[1]):
            return chr(0xF000 + number)  # as the bytes of such a font are read
        return bytes([number]).decode("cp1252", "ignore")
    if (button := _BUTTON_WORDS.match(code)) is not None:
        return button[1].strip()
    equation = _EQUATION.match(code)
    if equation is None:
        return pictured(code)
    code = _FORMAT.sub("", equation[1])
    # Signs that are struck over a letter are its accents: `EQ \\o(Â,.)`; raised words stand above, as ruby does.
    above, letters = _RAISED.findall(code), _SWITCH.sub("", _RAISED.sub("", code))
    letters = letters.translate(_OVER) if _OVERSTRIKE.search(code) else letters
    return "\n".join(words for words in (*above, letters) if any(map(str.isalnum, words)))


def shown_without_result(code: str, entries: Sequence[str], chosen: int) -> str:
    """Return what a field without a result shows: the value of a form field, or letters that its code spells."""
    return shown_value(code, entries, chosen) or spelt(code) or quoted(code) or ""


def hides_result(code: str) -> bool:
    """Return whether a field shows nothing, or its code, regardless of the stored result (§17.16.5)."""
    return _WITHOUT_RESULT.match(code) is not None


def _form_words(mark: Element, place: Place) -> Iterator[tuple[str, Place]]:
    """The words of a form field (ECMA-376-1 §17.16.17): of a list the chosen entry, which alone is shown, and those on offer."""
    words = [(NAMES[setting.tag], setting.get(VAL) or "") for setting in mark.iter()]
    name = next((value for kind, value in words if kind == "w:name"), "")
    chosen = _shown(mark)
    for value in (value for kind, value in words if kind == "w:listEntry"):
        is_label = name and value == chosen
        yield (
            value,
            place._replace(locator=f"field:{name}", origin=Origin.TEXT)
            if is_label
            else place._replace(locator="option"),
        )
    yield from ((value, place) for kind, value in words if kind in _FORM_WORDS and value)


def _shown(mark: Element) -> str:
    """Return the box or the chosen entry that a form field shows (ECMA-376-1 §17.16.7, §17.16.9), nothing for one of another kind."""
    for field_ in mark.iter(clark("w:checkBox"), clark("w:ddList")):
        settings = {NAMES[one.tag]: one.get(VAL, "1") for one in field_}
        if NAMES[field_.tag] == "w:checkBox":
            ticked = settings.get("w:checked", settings.get("w:default", "0")) in {"1", "true", "on"}
            return shown_value("FORMCHECKBOX", (), ticked)
        entries = [one.get(VAL) or "" for one in field_.iterchildren(clark("w:listEntry"))]
        return shown_value("FORMDROPDOWN", entries, whole(settings.get("w:result", settings.get("w:default"))))
    return ""


@dataclass
class _Field:
    code: list[str] = field(default_factory=list)
    in_code: bool = True
    silent: bool = False
    """Its result is not shown."""
    link: bool = False
    """Its result is a hyperlink."""
    result: tuple[Paragraph, int] | None = None
    """Position at which its result begins."""
    shown: str = ""
    """What it puts on the page without a result: letters of its code, the box of a form field."""


class Fields:
    """The fields of one story: their codes stand between marks that may be paragraphs apart, one inside another."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._open: list[_Field] = []

    @property
    def are_silent(self) -> bool:
        """Return whether the next text is not shown: the code of a field, with results of others in it, or a result that never is."""
        return any(one.in_code or one.silent for one in self._open)

    @property
    def are_links(self) -> bool:
        """Return whether the next text belongs to a hyperlink."""
        return any(one.link for one in self._open)

    def character(self, mark: Element, paragraph: Paragraph, key: Key) -> None:
        """Take a `w:fldChar`: where a field begins, its code ends, or it ends itself."""
        match mark.get(_TYPE):
            case "begin":
                if len(self._open) < _LIMIT_OPEN:
                    self._open.append(_Field(shown=_shown(mark)))
                place = paragraph.place._replace(role=Role.FIELD, origin=Origin.HIDDEN, page=key.page)
                for value, where in _form_words(mark, place):
                    paragraph.later.append(partial(self._sink.put_line, value, where))
            case "separate" if self._open:
                self._end_code(self._open[-1], paragraph)
                self._open[-1].result = (paragraph, paragraph.said)
            case "end" if self._open:
                ended = self._open.pop()
                has_result = ended.result is not None and ended.result != (paragraph, paragraph.said)
                if ended.in_code:
                    self._end_code(ended, paragraph)
                if ended.shown and (ended.silent or not has_result):
                    if self.are_silent:
                        self.instruction(ended.shown, paragraph)
                    else:
                        paragraph.add(ended.shown, key)
            case _:
                return

    def instruction(self, text: str, paragraph: Paragraph) -> None:
        """Take the text of a `w:instrText`; outside any field it is a code of its own."""
        if self._open and self._open[-1].in_code:
            self._open[-1].code.append(text)
        else:
            paragraph.later.append(partial(self._give, text, paragraph.place))

    def simple(self, element: Element, paragraph: Paragraph, walk: Callable[[], None], key: Key) -> None:
        """Take a `w:fldSimple`, whose code is an attribute and whose result `walk` reads."""
        field_ = _Field([element.get(_INSTRUCTION) or ""])
        self._open.append(field_)
        self._end_code(field_, paragraph)
        before = paragraph.said
        walk()
        self._open.remove(field_)
        if field_.shown and (field_.silent or paragraph.said == before):
            paragraph.add(field_.shown, key)

    def finish(self) -> None:
        """Give the codes that a truncated or hostile part left open."""
        place = Place("field", Role.FIELD, Origin.HIDDEN)
        while self._open:
            self._give("".join(self._open.pop().code), place)

    def _end_code(self, one: _Field, paragraph: Paragraph) -> None:
        code = "".join(one.code)
        one.shown, one.silent = spelt(code) or one.shown, hides_result(code)
        one.link = code.split(None, 1)[:1] == ["HYPERLINK"]
        one.code.clear()
        one.in_code = False
        if code:
            paragraph.later.append(partial(self._give, code, paragraph.place))

    def _give(self, code: str, place: Place) -> None:
        kind = active_kind(code)
        if kind is not None:
            self._sink.warn(kind, place.locator)
        where = place._replace(role=Role.FIELD, origin=Origin.HIDDEN)
        self._sink.put_line(code.strip(), where)
        self._sink.put_lines(filter(None, (quoted(code), pictured(code))), where)
