"""Binary workbooks built record by record (MS-XLSB 2.1.4), as small as Excel and LibreOffice open them."""

import struct

from tests.readers.ooxml_support import package, relationships

_EXCEL = "application/vnd.ms-excel."


def record(kind: int, data: bytes = b"") -> bytes:
    """One record: kind and size in seven bits an octet."""
    return _number(kind) + _number(len(data)) + data


def _number(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def text(value: str | None) -> bytes:
    """XLWideString, or the null one."""
    if value is None:
        return b"\xff\xff\xff\xff"
    units = value.encode("utf-16-le")
    return struct.pack("<I", len(units) // 2) + units


def colour(value: str) -> bytes:
    """BrtColor of an RGB value."""
    return b"\x05\xff\0\0" + bytes.fromhex(value) + b"\xff"


def font(name: str, size: float, rgb: str = "000000", weight: int = 400) -> bytes:
    head = struct.pack("<HHHHBBBB", int(size * 20), 0, weight, 0, 0, 2, 0, 0)
    return record(0x2B, head + colour(rgb) + b"\0" + text(name))


def cell(kind: int, column: int, value: bytes, style: int = 0) -> bytes:
    return record(kind, struct.pack("<II", column, style) + value)


def row(number: int, *cells: bytes, hidden: bool = False) -> bytes:
    flags = bytes([0, 0x10 if hidden else 0, 0])
    return record(0, struct.pack("<IIH", number, 0, 300) + flags + struct.pack("<III", 1, 0, 16)) + b"".join(cells)


def formula(tokens: bytes) -> bytes:
    """CellParsedFormula without what stands behind its tokens."""
    return struct.pack("<I", len(tokens)) + tokens + struct.pack("<I", 0)


def string_token(value: str) -> bytes:
    units = value.encode("utf-16-le")
    return b"\x17" + struct.pack("<H", len(units) // 2) + units


def styles(fonts: list[bytes], cells: list[tuple[int, int, int]], formats: list[tuple[int, str]] = []) -> bytes:  # noqa: B006
    """Styles part: fonts, and cell formats as number format, font, fill."""
    xf = [record(0x2F, struct.pack("<HHHHHBBHH", 0, number, face, fill, 0, 0, 0, 0, 0)) for number, face, fill in cells]
    plain = record(0x2F, struct.pack("<HHHHHBBHH", 0xFFFF, 0, 0, 0, 0, 0, 0, 0, 0))
    fill = record(0x2D, struct.pack("<I", 0) + colour("000000") + colour("FFFFFF") + bytes(48))
    return (
        record(0x0116)
        + record(0x0267, struct.pack("<I", len(formats)))
        + b"".join(record(0x2C, struct.pack("<H", number) + text(code)) for number, code in formats)
        + record(0x0268)
        + record(0x0263, struct.pack("<I", len(fonts))) + b"".join(fonts) + record(0x0264)
        + record(0x025B, struct.pack("<I", 1)) + fill + record(0x025C)
        + record(0x0272, struct.pack("<I", 1)) + plain + record(0x0273)
        + record(0x0269, struct.pack("<I", len(xf))) + b"".join(xf) + record(0x026A)
        + record(0x0117)
    )  # fmt: skip


def sheet(rows: bytes, *, before: bytes = b"", after: bytes = b"") -> bytes:
    return record(0x81) + before + record(0x91) + rows + record(0x92) + after + record(0x82)


def workbook(
    sheets: list[tuple[str, int, bytes]],
    *,
    strings: bytes = b"",
    looks: bytes = b"",
    names: bytes = b"",
    more: dict[str, str | bytes] | None = None,
) -> bytes:
    """A package of sheets (name, state, part)."""
    bundle = b"".join(
        record(0x9C, struct.pack("<II", state, number) + text(f"rId{number}") + text(name))
        for number, (name, state, _) in enumerate(sheets, 1)
    )
    kinds = {
        "xl/workbook.bin": "sheet.binary.macroEnabled.main", "xl/sharedStrings.bin": "sharedStrings",
        "xl/styles.bin": "styles", "xl/comments1.bin": "comments",
        **{f"xl/worksheets/sheet{number}.bin": "worksheet" for number in range(1, len(sheets) + 1)},
    }  # fmt: skip
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{_EXCEL}{kind}"/>' for name, kind in kinds.items())
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Default Extension="bin" ContentType="application/octet-stream"/>{overrides}</Types>'
    )
    links = {f"rId{number}": ("worksheet", f"worksheets/sheet{number}.bin") for number in range(1, len(sheets) + 1)}
    links |= {"rId98": ("sharedStrings", "sharedStrings.bin"), "rId99": ("styles", "styles.bin")}
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": types,
        "_rels/.rels": relationships({"rId1": ("officeDocument", "xl/workbook.bin")}),
        "xl/workbook.bin": record(0x83) + record(0x8F) + bundle + record(0x90) + names + record(0x84),
        "xl/_rels/workbook.bin.rels": relationships(links),
        "xl/sharedStrings.bin": record(0x9F, struct.pack("<II", 1, 1)) + strings + record(0xA0),
        "xl/styles.bin": looks or styles([font("Calibri", 11)], [(0, 0, 0)]),
        **{f"xl/worksheets/sheet{number}.bin": part for number, (_, _, part) in enumerate(sheets, 1)},
        **(more or {}),
    }
    return package(parts)
