"""PowerPoint 97-2003 files: slides, masters, notes, what earlier saves left, and what is damaged."""

import struct
import zlib

import pytest

from gateway.documents.readers.base import Budget, ReadError, Source
from gateway.documents.readers.ole.writer import write_compound
from gateway.documents.readers.powerpoint import ppt
from gateway.model import Origin, ReadStatus, Role
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.marks import find_in_document
from tests.readers.ole_support import atom, container
from tests.support.corpus import CORPUS
from tests.support.legacy_letters import decode, encode
from tests.support.libreoffice import converted, needs_libreoffice
from tests.support.reading import unread


def read(data: bytes, *passwords: str):
    return ppt.read(Source(data=data, part="1", passwords=passwords), Budget())


def text(words: str | bytes, *, kind: int = 1, styles: bytes = b"") -> bytes:
    letters = atom(0x0FA8, words) if isinstance(words, bytes) else atom(0x0FA0, words.encode("utf-16-le"))
    return atom(0x0F9F, kind.to_bytes(4, "little")) + letters + (atom(0x0FA1, styles) if styles else b"")


def shape(*content: bytes, properties: bytes = b"") -> bytes:
    return container(0xF004, properties, container(0xF00D, *content))


def slide(*content: bytes, hidden: bool = False, kind: int = 0x03EE) -> bytes:
    show = atom(0x03F9, bytes(10) + (4 if hidden else 0).to_bytes(2, "little") + bytes(4))
    scheme = atom(0x07F0, bytes.fromhex("ffffff00 000000 00" + "00" * 24), instance=1)
    return container(kind, show, scheme, container(0x040C, container(0xF002, *content)))


def presentation(slides, *, stale=(), fonts=(".VnTime", "Arial"), more=(), streams=None, within=b""):
    """Return a file with a document, slides that it lists, and objects that no save points to any more."""
    names = [
        atom(0x0FB7, name.encode("utf-16-le").ljust(64, b"\0") + bytes(4), instance=at) for at, name in enumerate(fonts)
    ]
    listed = [atom(0x03F3, struct.pack("<IIIII", at + 2, 0, 0, 256 + at, 0)) for at in range(len(slides))]
    document = container(0x03E8, container(0x03F2, container(0x07D5, *names)), container(0x0FF0, *listed), *more)
    stream, places = b"".join(stale), []
    for each in (document, *slides):
        stream += within and within + struct.pack("<I", len(each))
        places.append(len(stream))
        stream += each
    directory = len(stream)
    stream += atom(0x1772, struct.pack("<I", len(places) << 20 | 1) + struct.pack(f"<{len(places)}I", *places))
    edit = len(stream)
    stream += atom(0x0FF5, struct.pack("<IIIIIII", 0, 0, 0, directory, 1, len(places), 0))
    user = struct.pack("<HHIIIIHHBBH", 0, 0x0FF6, 20, 20, 0xE391C05F, edit, 0, 0x3F4, 3, 0, 0)
    return write_compound({("PowerPoint Document",): stream, ("Current User",): user, **(streams or {})})


@pytest.mark.parametrize(
    ("words", "marked"), [(("MẬT", "ONG"), False), (("BẢO", "MẬT"), False), (("TỐI", "MẬT"), True)]
)
def test_lines_of_a_text_box_are_one_phrase(words: tuple[str, str], marked: bool):
    document = read(presentation([slide(shape(text("\r".join(words), kind=4)))])).document
    assert bool(find_in_document(document)) is marked


def runs(*slides, **more):
    return read(presentation(slides, **more)).document.runs


def test_text_has_the_number_of_its_slide():
    found = runs(slide(shape(text("một"))), slide(shape(text("hai"))))
    assert [(run.text, run.locator, run.page) for run in found] == [("một", "slide:1", 1), ("hai", "slide:2", 2)]


def test_8_bit_letters_stay_one_for_one_octet():
    octets = encode("Tối Mật", Charset.TCVN3).encode("latin-1")
    styles = struct.pack("<IHI", 8, 0, 0) + struct.pack("<IIH", 8, 1 << 16, 0)
    (run,) = runs(slide(shape(text(octets, styles=styles))))
    assert (decode(run.text, run.font).text, run.font) == ("Tối Mật", ".VnTime")


def test_runs_have_font_size_colour_and_weight():
    mask = 1 | 1 << 16 | 1 << 17 | 1 << 18
    look = struct.pack("<IHHHI", mask, 1, 1, 40, 0xFE0000FF)
    styles = struct.pack("<IHI", 8, 0, 0) + struct.pack("<I", 4) + look + struct.pack("<II", 4, 0)
    first, second = runs(slide(shape(text("TỐI MẬT", styles=styles))))
    assert (first.text, first.font, first.size_pt, first.colour, first.bold) == ("TỐI ", "Arial", 40, "FF0000", True)
    assert (second.text, second.colour) == ("MẬT", "000000")


def test_paragraphs_are_blocks_and_line_breaks_are_not():
    found = runs(slide(shape(text("a\rb\x0bc"))))
    assert [(run.text, run.block) for run in found] == [("a", found[0].block), ("b\nc", found[0].block + 1)]


def test_a_bullet_that_is_a_letter_comes_before_its_paragraph():
    def said(bullet: str, font: int) -> list[str]:
        look = struct.pack("<IHHH", 1 | 1 << 7 | 1 << 4, 1, ord(bullet), font)
        styles = struct.pack("<IH", 6, 0) + look + struct.pack("<II", 6, 0)
        found = runs(slide(shape(text("ẬT\rAO", styles=styles))), fonts=("Arial", "Wingdings", "OpenSymbol"))
        return ["".join(run.text for run in found if run.block == block) for block in (found[0].block, found[-1].block)]

    assert said("M", 0) == said("M", 2) == ["M ẬT", "M AO"]
    assert said("M", 1) == said("•", 0) == ["ẬT", "AO"]


@pytest.mark.parametrize(
    ("words", "told"), [("ẬT", True), ("Một\rỐI MẬT", True), ("uyệt mật", True), ("Một\rMẬT", False), ("AO", False)]
)
def test_a_level_whose_first_letter_may_be_the_number_of_its_paragraph_is_found(words: str, told: bool):
    document = read(presentation([slide(shape(text(words)))])).document
    assert ("look-generated" in {item.kind for item in document.active_content}) == told


def test_a_hidden_slide_says_so():
    assert [run.origin for run in runs(slide(shape(text("MẬT")), hidden=True))] == [Origin.HIDDEN]


def test_white_letters_on_white_are_hidden_and_on_a_filled_shape_are_not():
    styles = struct.pack("<IHI", 4, 0, 0) + struct.pack("<III", 4, 1 << 18, 0xFEFFFFFF)
    filled = atom(0xF00B, struct.pack("<HIHI", 0x181, 0x800000, 0x1BF, 0x100010), instance=2)
    flags = atom(0xF00A, bytes(8))
    found = runs(
        slide(
            shape(text("MẬT", styles=styles), properties=flags),
            shape(text("rõ", styles=styles), properties=flags + filled),
        )
    )
    assert [(run.text, run.origin, run.background) for run in found] == [
        ("MẬT", Origin.HIDDEN, "FFFFFF"),
        ("rõ", Origin.TEXT, "000080"),
    ]


def test_what_only_an_earlier_save_says_is_a_revision():
    found = runs(slide(shape(text("nay"))), stale=(slide(shape(text("xưa"))), slide(shape(text("nay")))))
    assert [(run.text, run.origin) for run in found] == [("xưa", Origin.REVISION), ("nay", Origin.TEXT)]


def test_prompts_of_a_master_are_hidden_and_its_own_words_are_not():
    master = slide(shape(text("bấm vào đây")), shape(text("MẬT", kind=4)), kind=0x03F8)
    found = read(presentation((slide(shape(text("a"))), master))).document.runs
    assert {run.text: run.origin for run in found if run.locator.startswith("master")} == {
        "bấm vào đây": Origin.HIDDEN,
        "MẬT": Origin.TEXT,
    }


def test_comments_headers_and_names_have_their_roles():
    comment = container(
        0x2EE0, atom(0x0FBA, "ai".encode("utf-16-le")), atom(0x0FBA, "GHI".encode("utf-16-le"), instance=1)
    )
    tags = container(0x138A, atom(0x0FBA, "___PPT10".encode("utf-16-le")), atom(0x138B, comment))
    footer = container(0x0FD9, atom(0x0FBA, "CUỐI".encode("utf-16-le"), instance=2))
    found = runs(slide(container(0x1388, tags)), more=(footer,))
    assert {(run.text, run.role) for run in found} == {
        ("ai", Role.PROPERTY),
        ("GHI", Role.COMMENT),
        ("CUỐI", Role.FOOTER),
    }


def test_an_embedded_object_is_unpacked_and_handed_on():
    inner = write_compound({("Package",): b"PK\x03\x04" + bytes(40)})
    packed = len(inner).to_bytes(4, "little") + zlib.compress(inner)
    reading = read(presentation((slide(shape(text("a"))), atom(0x1011, packed, instance=1))))
    assert [member.data for member in reading.members] == [inner]
    assert [active.kind for active in reading.document.active_content] == ["ole-object"]


def test_the_same_presentation_for_newer_versions_is_handed_on():
    """As PowerPoint 97 saves "for PowerPoint 95 and 97"; anywhere else a second presentation is told."""
    inner = {("PP97_DUALSTORAGE", "PowerPoint Document"): b"x" * 5000, ("PP97_DUALSTORAGE", "Current User"): b"y"}
    reading = read(presentation([slide(text("TỐI"))], streams=inner))
    assert reading.document.status is ReadStatus.OK
    assert [member.name for member in reading.members] == ["PP97_DUALSTORAGE"]
    other = read(presentation([slide(text("TỐI"))], streams={("Khac", "PowerPoint Document"): b"x" * 5000}))
    assert other.document.reason == "second-presentation"


def test_pictures_are_handed_on():
    picture = atom(0xF01E, bytes(17) + b"\x89PNG\r\n\x1a\n" + bytes(20), instance=0x6E0)
    reading = read(presentation((slide(),), streams={("Pictures",): picture}))
    assert [member.relation for member in reading.members] == ["image"]


def test_an_action_that_starts_a_program_is_active_content():
    action = atom(0x0FF3, bytes(8) + b"\2" + bytes(7))
    assert [active.kind for active in read(presentation((slide(action),))).document.active_content] == ["launch"]


def test_a_file_without_its_last_save_is_read_and_partial():
    stream = slide(shape(text("MẬT")))
    document = read(write_compound({("PowerPoint Document",): stream})).document
    assert (document.status, document.reason) == (ReadStatus.PARTIAL, "persist-directory")
    assert [run.text for run in document.runs] == ["MẬT"]


def test_what_is_no_presentation_is_malformed():
    assert unread(read, write_compound({("x",): b"y"})) == (ReadStatus.MALFORMED, "no-presentation")


@pytest.mark.skipif(not CORPUS.exists(), reason="no corpus (GATEWAY_CORPUS)")
@pytest.mark.parametrize(
    ("name", "password"),
    [("msoffcrypto__rc4cryptoapi_password", "Password1234_"), ("poi__Password_Protected-hello", "hello")],
)
def test_an_encrypted_file_opens_with_its_password_and_only_with_it(name, password):
    data = (CORPUS / "encrypted" / f"{name}.ppt").read_bytes()
    document = read(data, password).document
    assert (document.status, document.opened_with_password, document.pages) == (ReadStatus.OK, True, 1)
    assert unread(read, data, "sai")[0] is ReadStatus.ENCRYPTED


SMALL = presentation((slide(shape(text("MẬT", styles=struct.pack("<IHIII", 4, 0, 0, 4, 0)))), slide()))


@needs_libreoffice
@pytest.mark.system
@pytest.mark.slow
def test_marks_in_every_place_of_a_file_by_libreoffice_are_found(tmp_path):
    from pptx import Presentation
    from pptx.dml.color import RGBColor
    from pptx.util import Inches, Pt

    source = Presentation()
    first = source.slides.add_slide(source.slide_layouts[1])
    first.shapes.title.text = "dấu-heading"
    first.placeholders[1].text = "dấu-body"
    run = first.shapes.add_textbox(0, 0, Inches(3), Inches(1)).text_frame.paragraphs[0].add_run()
    run.text, run.font.name, run.font.size, run.font.color.rgb = (
        "dấu-box",
        "Times New Roman",
        Pt(30),
        RGBColor(255, 0, 0),
    )
    first.notes_slide.notes_text_frame.text = "dấu-notes"
    second = source.slides.add_slide(source.slide_layouts[5])
    second.shapes.title.text = "dấu-hidden"
    second._element.set("show", "0")
    second.shapes.add_table(1, 2, 0, 0, Inches(4), Inches(1)).table.cell(0, 1).text = "dấu-cell"
    source.core_properties.title = "dấu-property"
    source.save(str(tmp_path / "a.pptx"))
    found = {run.text: run for run in read(converted(tmp_path / "a.pptx", "ppt")).document.runs}
    assert {"dấu-heading", "dấu-body", "dấu-box", "dấu-notes", "dấu-hidden", "dấu-cell", "dấu-property"} <= found.keys()
    assert (found["dấu-box"].font, found["dấu-box"].size_pt, found["dấu-box"].colour) == (
        "Times New Roman",
        30,
        "FF0000",
    )
    assert found["dấu-notes"].role is Role.NOTE
    assert found["dấu-hidden"].origin is Origin.HIDDEN


def test_a_slide_within_an_atom_is_read_where_the_last_save_says():
    found = runs(slide(shape(text("MẬT"))), within=b"\0\0\0\x0f")
    assert [(run.text, run.locator) for run in found] == [("MẬT", "slide:1")]


def test_groups_of_groups_beyond_the_limit_are_missed_aloud():
    nested = shape(text("MẬT"))
    for _ in range(80):
        nested = container(0xF003, nested)
    with pytest.raises(ReadError, match="limit: depth"):
        runs(slide(nested))
