"""Revisions appended to PDF files: through pyHanko's writer, and by hand where no writer would write them."""

import io
import re
import struct

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name as name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfTimeStamper

from tests.pki.signing import timestamper
from tests.pki.tree import NOW, tree
from tests.support.octets import written

EMPTY = "<</Length 3>>\nstream\nq Q\nendstream\nendobj\n"


def update(data, change):
    """Append a revision made by `change(writer)`."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    change(writer)
    return written(writer.write)


def dictionary(**entries):
    return generic.DictionaryObject({name(f"/{key}"): value for key, value in entries.items()})


def numbers(*values):
    return generic.ArrayObject([generic.NumberObject(value) for value in values])


def drawing(writer, text="1 0 0 rg 0 0 600 800 re f"):
    stream = generic.StreamObject(stream_data=text.encode())
    stream.update(dictionary(Type=name("/XObject"), Subtype=name("/Form"), BBox=numbers(0, 0, 600, 800)))
    return dictionary(N=writer.add_object(stream))


def sheet(writer, box=(0, 0, 600, 800)):
    """An empty signature field whose appearance covers the page."""
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    field = dictionary(
        FT=name("/Sig"), T=generic.pdf_string("Signature2"), Type=name("/Annot"), Subtype=name("/Widget"),
        Rect=numbers(*box), F=generic.NumberObject(132), AP=drawing(writer),
        P=generic.IndirectObject(page.container_ref.idnum, 0, writer),
    )  # fmt: skip
    reference = writer.add_object(field)
    for held in (writer.root["/AcroForm"]["/Fields"], page["/Annots"]):
        held.append(reference)
        writer.update_container(held)


def signed_by_nobody(data, sub_filter="/Foo.Bar", contents=bytes(range(40)), box=(0, 0, 600, 800)):
    """Lay a field over the page that holds what only looks like a signature over all of the file."""

    def change(writer):
        sheet(writer, box)
        looks = dictionary(Type=name("/Sig"), Filter=name("/Adobe.PPKLite"), SubFilter=name(sub_filter))
        looks[name("/Contents")] = generic.ByteStringObject(contents)
        looks[name("/ByteRange")] = numbers(0, 1111111, 2222222, 3333333)
        writer.root["/AcroForm"]["/Fields"][-1].get_object()[name("/V")] = writer.add_object(looks)

    data = update(data, change)
    start = data.rindex(b"<" + contents.hex().encode() + b">")
    end = start + 2 * len(contents) + 2
    for mark, place in ((b"1111111", start), (b"2222222", end), (b"3333333", len(data) - end)):
        before, _, after = data.rpartition(mark)
        data = before + b"%07d" % place + after
    return data


def stamp(data):
    """Fill the field with the timestamp of an authority that everybody may ask."""
    out = io.BytesIO()
    PdfTimeStamper(timestamper(tree().tsa, at=NOW), field_name="Signature2").timestamp_pdf(
        IncrementalPdfFileWriter(io.BytesIO(data)), "sha256", output=out
    )
    return out.getvalue()


def text_field(writer):
    return next(f.get_object() for f in writer.root["/AcroForm"]["/Fields"] if f.get_object()["/T"] == "so")


def fill(writer):
    field = text_field(writer)
    field[name("/V")] = generic.pdf_string("9.000")
    field[name("/AP")] = drawing(writer)
    writer.update_container(field)


class Update:
    """A revision written by hand after a signed file."""

    def __init__(self, signed):
        self.data = signed
        self.start = int(re.findall(rb"startxref\s+(\d+)", signed)[-1])
        self.root = re.findall(rb"/Root (\d+ \d+ R)", signed)[-1].decode()
        self.free = max(int(one) for one in re.findall(rb"/Size (\d+)", signed))
        content = re.search(rb"/Contents (\d+) 0 R", signed)
        self.content = int(content.group(1)) if content else 0
        self.place = signed.index(f"\n{self.content} 0 obj".encode()) + 1 if content else 0
        """Where the signed content of the page lies."""

    def add(self, text):
        """Append; return where."""
        place = len(self.data)
        self.data += text if isinstance(text, bytes) else text.encode()
        return place

    def body(self, generation=0):
        """Append another content of the page."""
        return self.add(f"{self.content} {generation} obj\n{EMPTY}")

    def stream(self, entries, *, own=True):
        """Append a cross-reference stream over [(number, place)]; return where."""
        place, number = len(self.data), self.free + 1
        rows = [*entries, *([(number, place)] if own else [])]
        index = " ".join(f"{one} 1" for one, _ in rows)
        body = b"".join(struct.pack(">BIH", 1, offset, 0) for _, offset in rows)
        head = f"/Type/XRef/Size {self.free + 9}/W[1 4 2]/Index[{index}]/Root {self.root}/Prev {self.start}"
        self.add(f"{number} 0 obj\n<<{head}/Length {len(body)}>>\nstream\n".encode() + body + b"\nendstream\nendobj\n")
        return place

    def table(self, entries, *, more=""):
        """Append a table over [(number, place, generation)]; return where."""
        rows = "".join(f"{number} 1\n{place:010} {generation:05} n \n" for number, place, generation in entries)
        trailer = f"<</Size {self.free + 9}/Root {self.root}/Prev {self.start}{more}>>"
        return self.add(f"xref\n{rows or '0 0' + chr(10)}trailer\n{trailer}\n")

    def finish(self, place):
        """End the file with a cross-reference at `place`."""
        return self.data + f"startxref\n{place}\n%%EOF\n".encode()


def object_stream(one: Update, number: int, objects: list[tuple[int, bytes]]) -> int:
    """Append an object stream of [(number, object)]; return where."""
    head, body = b"", b""
    for held, text in objects:
        head += b"%d %d " % (held, len(body))
        body += text + b" "
    begin = b"%d 0 obj\n<</Type/ObjStm/N %d/First %d/Length %d>>\nstream\n" % (
        number, len(objects), len(head), len(head + body))  # fmt: skip
    return one.add(begin + head + body + b"\nendstream\nendobj\n")


def entries(one: Update, rows: list[tuple[int, int, int, int]], number: int) -> int:
    """Append a cross-reference stream over [(number, kind, place or stream, index)]; return where."""
    place = len(one.data)
    rows = sorted([*rows, (number, 1, place, 0)])
    body = b"".join(struct.pack(">BIH", *row[1:]) for row in rows)
    index = " ".join(f"{row[0]} 1" for row in rows)
    head = f"/Type/XRef/Size {one.free + 20}/W[1 4 2]/Index[{index}]/Root {one.root}/Prev {one.start}"
    one.add(f"{number} 0 obj\n<<{head}/Length {len(body)}>>\nstream\n".encode() + body + b"\nendstream\nendobj\n")
    return place


def text_of(data: bytes, kind: str) -> tuple[int, bytes]:
    """Number and dictionary of the last object of a type, as they stand in the file."""
    found = [one for one in re.finditer(rb"(?s)(\d+) 0 obj\s*(<<.*?)endobj", data)
             if re.search(rb"/Type\s*/%s\b" % kind.encode(), one[2])]  # fmt: skip
    return int(found[-1][1]), found[-1][2].rstrip()
