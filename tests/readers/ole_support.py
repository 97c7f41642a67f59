"""Small old Office files, made octet by octet: what a test needs of a format and nothing more."""

import random
import struct

from gateway.documents.readers.ole.writer import write_compound

WORD_FLAGS = 0x0200
TABLES = {"styles": 1, "header": 11, "characters": 12, "paragraphs": 13, "fonts": 15, "pieces": 33, "footnote": 3,
          "shapes": 40, "drawings": 50, "textbox": 56, "lists": 73, "list-overrides": 74, "levels": 75}  # fmt: skip


def sprm(code: int, value: bytes) -> bytes:
    return code.to_bytes(2, "little") + value


def word_file(
    pieces,
    *,
    fonts=(".VnTime", "Times New Roman"),
    counts=(),
    papx=b"\0\0",
    flags=WORD_FLAGS,
    tables=None,
    streams=None,
    order=None,
):
    """Return a Word 97 file of `(text or octets, character sprms)`; octets are 8-bit pieces."""
    text_at, body, spans, descriptors = 0x400, bytearray(), [], []
    length = 0
    for text, group in pieces:
        octets = text if isinstance(text, bytes) else text.encode("utf-16-le")
        start = text_at + len(body)
        body += octets
        spans.append((start, start + len(octets), group))
        count = len(text) if isinstance(text, bytes) else len(octets) // 2
        place = start * 2 | 0x40000000 if isinstance(text, bytes) else start
        descriptors.append((count, place))
        length += count
    body += bytes(-(text_at + len(body)) % 512)
    first_page = (text_at + len(body)) // 512
    pages = [_page([span]) for span in spans]
    papx_page = _page([(text_at, text_at + len(body), papx)], paragraphs=True)
    table, places = bytearray(), {}

    def add(name: str, octets: bytes) -> None:
        places[name] = (len(table), len(octets))
        table.extend(octets)

    plc = struct.pack(f"<{len(spans) + 1}I", *[span[0] for span in spans], spans[-1][1] if spans else text_at)
    add("characters", plc + struct.pack(f"<{len(spans)}I", *range(first_page, first_page + len(spans))))
    add("paragraphs", struct.pack("<III", text_at, text_at + len(body), first_page + len(spans)))
    add("fonts", _fonts(fonts))
    add("styles", struct.pack("<HHHHHHHHHH", 18, 0, 10, 1, 0, 0, 0, 1, 1, 1))
    ordered = [descriptors[number] for number in order] if order else descriptors
    positions, at = [0], 0
    for count, _ in ordered:
        at += count
        positions.append(at)
    clx = struct.pack(f"<{len(positions)}I", *positions)
    clx += b"".join(struct.pack("<HIH", 0, place, 0) for _, place in ordered)
    add("pieces", b"\x02" + len(clx).to_bytes(4, "little") + clx)
    for name, octets in (tables or {}).items():
        add(name, octets)
    fib = bytearray(text_at)
    struct.pack_into("<HHHHHHH", fib, 0, 0xA5EC, 0xC1, 0, 0, 0, flags, 0xBF)
    struct.pack_into("<II", fib, 0x18, text_at, text_at + len(body))
    struct.pack_into("<H", fib, 32, 14)
    struct.pack_into("<H", fib, 62, 22)
    struct.pack_into("<8I", fib, 76, *(tuple(counts) or (length,)), *[0] * (8 - (len(counts) or 1)))
    struct.pack_into("<H", fib, 152, 93)
    for name, (start, size) in places.items():
        struct.pack_into("<II", fib, 154 + 8 * TABLES[name], start, size)
    document = bytes(fib) + bytes(body) + b"".join(pages) + papx_page
    whole = {("WordDocument",): document, ("1Table",): bytes(table), **(streams or {})}
    return write_compound(whole)


def _page(spans, *, paragraphs=False):
    page = bytearray(512)
    page[511] = len(spans)
    stride = 13 if paragraphs else 1
    struct.pack_into(f"<{len(spans) + 1}I", page, 0, *[span[0] for span in spans], spans[-1][1])
    at = 510
    for number, (_, _, group) in enumerate(spans):
        if paragraphs:
            padded = group + bytes(len(group) % 2)
            entry = bytes((0, len(padded) // 2)) + padded
        else:
            entry = bytes((len(group),)) + group
        at -= len(entry) + (at - len(entry)) % 2
        page[at : at + len(entry)] = entry
        page[4 * (len(spans) + 1) + stride * number] = at // 2
    return bytes(page)


def _fonts(names):
    table = struct.pack("<HH", len(names), 0)
    for name in names:
        entry = bytes(39) + name.encode("utf-16-le") + b"\0\0"
        table += bytes((len(entry),)) + entry
    return table


def biff(*records, version=0x0600):
    """Return BIFF records between the BOF and EOF of one substream."""
    return record(0x0809, struct.pack("<HHHHII", version, 0x10, 0, 0, 0, 0)) + b"".join(records) + record(0x0A, b"")


def globals_of(*records, version=0x0600):
    return record(0x0809, struct.pack("<HHHHII", version, 0x05, 0, 0, 0, 0)) + b"".join(records) + record(0x0A, b"")


def record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def short(text: str, *, octets: int = 1) -> bytes:
    """Return a BIFF8 string."""
    return len(text).to_bytes(octets, "little") + b"\x01" + text.encode("utf-16-le")


def workbook(sheets, *, before=(), name="Workbook", streams=None):
    """Return a BIFF8 workbook of `(name, state, records)`."""
    bodies = [biff(*records) for _, _, records in sheets]
    for _ in range(2):  # the first round only tells how long the globals are
        at = len(globals_of(*before, *[record(0x85, bytes(6) + short(title)) for title, _, _ in sheets]))
        bounds = []
        for (title, state, _), body in zip(sheets, bodies, strict=True):
            bounds.append(record(0x85, struct.pack("<IBB", at, state, 0) + short(title)))
            at += len(body)
    return write_compound({(name,): globals_of(*before, *bounds) + b"".join(bodies), **(streams or {})})


def atom(kind: int, data: bytes, *, instance: int = 0) -> bytes:
    """Return a PowerPoint or drawing record."""
    return struct.pack("<HHI", instance << 4, kind, len(data)) + data


def container(kind: int, *records: bytes, instance: int = 0) -> bytes:
    content = b"".join(records)
    return struct.pack("<HHI", instance << 4 | 0xF, kind, len(content)) + content


def drawn(number: int, *records: bytes, filled: bool, kind: int = 1, group: bytes = b"") -> bytes:
    """Return a shape of MS-ODRAW; `group` are the coordinates of one that is a group."""
    flags = atom(0xF00A, struct.pack("<II", number, 0), instance=kind)
    properties = atom(0xF00B, struct.pack("<HI", 0x1BF, 0x100010 if filled else 0x100000), instance=1)
    return container(0xF004, atom(0xF009, group) if group else b"", flags, properties, *records)


def damaged(data: bytes, seed: int) -> bytes:
    """Return a file with some octets changed, and perhaps its end cut off."""
    chance = random.Random(seed)
    octets = bytearray(data)
    for _ in range(chance.choice((1, 3, 10, 50))):
        at = chance.randrange(len(octets))
        octets[at : at + chance.choice((1, 1, 4))] = chance.randbytes(chance.choice((1, 1, 4)))
    return bytes(octets[: chance.randrange(len(octets))] if chance.random() < 0.3 else octets)
