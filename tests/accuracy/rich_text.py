"""RTF written by hand (Rich Text Format Specification 1.9.1)."""

from collections.abc import Callable

from tests.accuracy.shapes import LETTER, Slot, Writing, octet, one_piece

_SPECIAL = str.maketrans({"\\": "\\\\", "{": "\\{", "}": "\\}"})


def _unicode(text: str) -> str:
    """Letters as `\\u`, each UTF-16 unit with a substitute."""
    out = []
    for letter in text:
        if letter.isascii():
            out.append(letter.translate(_SPECIAL))
            continue
        units = letter.encode("utf-16-le")
        for at in range(0, len(units), 2):
            unit = int.from_bytes(units[at : at + 2], "little", signed=True)
            out.append(f"\\u{unit}?")
    return "".join(out)


def _octets(text: str) -> str:
    """Letters of a legacy font as `\\'hh`, where they are octets at all."""
    out = []
    for letter in text:
        code = octet(letter)
        if letter.isascii():
            out.append(letter.translate(_SPECIAL))
        else:
            out.append(f"\\'{code:02x}" if code < 256 else _unicode(letter))
    return "".join(out)


def runs(writing: Writing) -> str:
    if writing.font:
        return "".join(f"{{\\f1 {_octets(piece)}}}" for piece in writing.pieces)
    return "".join(f"{{\\f0\\b {_unicode(piece)}}}" for piece in writing.pieces)


def document(body: str, *, font: str | None = None, before: str = "") -> bytes:
    lines = "".join(f"{_unicode(line)}\\par\n" for line in LETTER)
    fonts = f"{{\\fonttbl{{\\f0\\froman\\fcharset163 Times New Roman;}}{{\\f1\\fnil\\fcharset0 {font or 'Arial'};}}}}"
    colours = "{\\colortbl;\\red255\\green255\\blue255;\\red255\\green0\\blue0;}"
    return f"{{\\rtf1\\ansi\\ansicpg1252\\deff0{fonts}{colours}{before}\n{body}\\pard\\f0\\fs26 {lines}}}".encode(
        "ascii"
    )


def _place(template: Callable[[str], str], *, before: bool = False) -> Callable[[Writing], bytes]:
    def make(writing: Writing) -> bytes:
        made = template(runs(writing))
        return document("" if before else made, font=writing.font, before=made if before else "")

    return make


def _words(template: Callable[[str], str], *, before: bool = False) -> Callable[[Writing], bytes]:
    def make(writing: Writing) -> bytes:
        made = template(_unicode(writing.text))
        return document("" if before else made, before=made if before else "")

    return make


def _code_page(writing: Writing) -> bytes:
    """Octets of code page 1258, by the charset of the font."""
    import unicodedata

    composed = unicodedata.normalize("NFC", writing.text)
    out = []
    for letter in composed:
        base, *marks = unicodedata.normalize("NFD", letter)
        tones = [mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323"]
        shaped = unicodedata.normalize("NFC", base + "".join(mark for mark in marks if mark not in tones))
        out += [
            f"\\'{octet:02x}" if octet > 127 else chr(octet) for octet in (shaped + "".join(tones)).encode("cp1258")
        ]
    return document(f"\\pard\\f0 {''.join(out)}\\par\n")


def _fits_code_page(writing: Writing) -> bool:
    return one_piece(writing) and writing.text in {"MẬT", "TỐI MẬT", "TUYỆT MẬT"}


SLOTS: tuple[Slot, ...] = (
    *(Slot("rtf", place, _place(template)) for place, template in (
        ("body", lambda m: f"\\pard {m}\\par\n"),
        ("table cell", lambda m: f"\\trowd\\cellx3000\\cellx6000\\pard\\intbl {m}\\cell\\pard\\intbl 125\\cell\\row\n"),
        ("footnote", lambda m: f"\\pard c\\'e2u{{\\super\\chftn}}{{\\footnote\\pard {m}}}\\par\n"),
        ("comment", lambda m: f"\\pard c\\'e2u{{\\*\\atnid vt}}\\chatn{{\\*\\annotation\\pard {m}}}\\par\n"),
        ("text box", lambda m: f"\\pard{{\\shp{{\\*\\shpinst\\shpleft0\\shptop0\\shpright900\\shpbottom300{{\\shptxt\\pard {m}\\par}}}}}}\\par\n"),
        ("drawing text box", lambda m: f"\\pard{{\\*\\do\\dobxpage\\dptxbx{{\\dptxbxtext\\pard {m}\\par}}}}\\par\n"),
        ("tracked deletion", lambda m: f"\\pard x{{\\deleted {m}}}\\par\n"),
        ("deleted before other words", lambda m: f"\\pard {{\\deleted {m}}}{{\\revised TH\\u431?\\u7900?NG}}\\par\n"),
        ("tracked insertion", lambda m: f"\\pard {{\\revised {m}}}\\par\n"),
        ("hidden text", lambda m: f"\\pard {{\\v {m}}}\\par\n"),
        ("white text", lambda m: f"\\pard {{\\cf1 {m}}}\\par\n"),
        ("red text", lambda m: f"\\pard {{\\cf2 {m}}}\\par\n"),
        ("result of a field", lambda m: f"\\pard {{\\field{{\\*\\fldinst DATE}}{{\\fldrslt {m}}}}}\\par\n"),
    )),
    *(Slot("rtf", place, _place(template, before=True)) for place, template in (
        ("header", lambda m: f"{{\\header\\pard {m}\\par}}"),
        ("header of left pages", lambda m: f"\\facingp{{\\headerl\\pard {m}\\par}}"),
        ("header of the first page", lambda m: f"\\titlepg{{\\headerf\\pard {m}\\par}}"),
        ("footer", lambda m: f"{{\\footer\\pard {m}\\par}}"),
        ("footer of the first page", lambda m: f"\\titlepg{{\\footerf\\pard {m}\\par}}"),
    )),
    *(Slot("rtf", place, _words(template, before=True), accepts=one_piece) for place, template in (
        ("property: title", lambda m: f"{{\\info{{\\title {m}}}}}"),
        ("property: keywords", lambda m: f"{{\\info{{\\keywords {m}}}}}"),
        ("property of one's own", lambda m: f"{{\\*\\userprops{{\\propname Ph\\'e2n lo\\u7841?i}}\\proptype30{{\\staticval {m}}}}}"),
        ("document variable", lambda m: f"{{\\*\\docvar{{v}}{{{m}}}}}"),
    )),
    *(Slot("rtf", place, _words(template), accepts=one_piece) for place, template in (
        ("field code", lambda m: f'\\pard {{\\field{{\\*\\fldinst QUOTE "{m}"}}{{\\fldrslt x}}}}\\par\n'),
        ("form field", lambda m: f"\\pard {{\\field{{\\*\\fldinst FORMTEXT{{\\*\\formfield{{\\fftype0{{\\*\\ffdeftext {m}}}}}}}}}{{\\fldrslt x}}}}\\par\n"),
        ("watermark", lambda m: f"\\pard{{\\shp{{\\*\\shpinst{{\\sp{{\\sn gtextUNICODE}}{{\\sv {m}}}}}}}}}\\par\n"),
        ("alternative text", lambda m: f"\\pard{{\\shp{{\\*\\shpinst{{\\sp{{\\sn wzDescription}}{{\\sv {m}}}}}}}}}\\par\n"),
    )),
    Slot("rtf", "body, code page 1258", _code_page, accepts=_fits_code_page),
)  # fmt: skip
