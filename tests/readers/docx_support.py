"""Paragraphs, styles and fonts of Word documents as tests write them, and what was read of them."""

from gateway.model import Run
from tests.readers.ooxml_support import NAMESPACES, read, word
from tests.support.reading import find

MARK = "TUYỆT MẬT"


def para(text: str, run: str = "", paragraph: str = "") -> str:
    return f'<w:p><w:pPr>{paragraph}</w:pPr><w:r><w:rPr>{run}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def styles(*styles: str, defaults: str = "") -> str:
    return (
        f"<w:styles {NAMESPACES}><w:docDefaults><w:rPrDefault><w:rPr>{defaults}</w:rPr></w:rPrDefault></w:docDefaults>"
        f"{''.join(styles)}</w:styles>"
    )


def style(
    name: str, run: str = "", *, kind: str = "paragraph", base: str = "", default: bool = False, more: str = ""
) -> str:
    return (
        f'<w:style w:type="{kind}" w:styleId="{name}"{" w:default=" + chr(34) + "1" + chr(34) if default else ""}>'
        f'<w:name w:val="{name}"/>{f"<w:basedOn w:val={chr(34)}{base}{chr(34)}/>" if base else ""}{more}'
        f"<w:rPr>{run}</w:rPr></w:style>"
    )


def fonts(**slots: str) -> str:
    return "<w:rFonts " + " ".join(f'w:{slot}="{name}"' for slot, name in slots.items()) + "/>"


def look_of(text: str, *, run: str = "", paragraph: str = "", **parts: str) -> Run:
    return find(read(word(para(text, run, paragraph), **parts)), text)
