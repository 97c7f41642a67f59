"""Forms in signed PDF files: what a later revision may show in a field, and whose signature answers for it."""

import io

import pytest
from PIL import Image, ImageDraw, ImageFont
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name as name
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec, append_signature_field
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

from gateway.documents.signatures import verify
from gateway.documents.signatures.pdf_fields import open_reader
from gateway.documents.signatures.pdf_filled import replaces_what_was_signed
from gateway.model import Changes, Coverage, Indication
from tests.pki.signing import PdfSigning, sign_pdf, sign_pdf_twice
from tests.pki.tree import NOW, letter_pdf, store, tree
from tests.signatures.pdf_updates import dictionary, fill, numbers, sheet, signed_by_nobody, stamp, text_field, update

SECOND = PdfSigning(field="Signature2", box=(10, 10, 40, 40))


def look(data):
    return verify(data, part="1", filename="a.pdf", detected_type="application/pdf", trust=store(), now=NOW)


def stand(data):
    return {one.indication for one in look(data)} == {Indication.TOTAL_PASSED}


@pytest.fixture(scope="module")
def form():
    """An unsigned form with one text field."""
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.acroForm.textfield(name="so", x=50, y=700, value="1.000")
    page.showPage()
    page.save()
    return out.getvalue()


class TestSignatureFields:
    """A sheet laid over the page as the appearance of a signature field (Breaking the Specification, IEEE S&P 2021)."""

    @pytest.mark.parametrize("certify", [None, MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE])
    def test_a_field_that_shows_something_and_that_nobody_signs_is_a_change(self, certify):
        signed = sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(certify=certify))
        (one,) = look(update(signed, sheet))
        assert (one.changes, one.indication) == (Changes.FORBIDDEN, Indication.TOTAL_FAILED)

    def test_a_field_that_only_a_timestamp_fills_is_answered_for_by_nobody(self, once):
        first, _ = look(stamp(update(once, sheet)))
        assert first.changes is Changes.FORBIDDEN

    def test_a_field_prepared_before_signing_and_filled_by_a_timestamp_alone_is_answered_for_by_nobody(self):
        prepared = sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(field="Signature1"))
        prepared = sign_pdf(update(prepared, sheet), tree().g2_person, PdfSigning(field="Signature3"))
        assert look(stamp(prepared))[-2].changes is Changes.FORBIDDEN

    def test_an_invisible_field_for_a_timestamp_is_none_of_it(self, once):
        assert stand(stamp(update(once, lambda writer: sheet(writer, box=(0, 0, 0, 0)))))

    def test_a_field_that_the_seal_signs_is_the_seal_s(self, once):
        assert stand(sign_pdf(update(once, sheet), tree().g2_seal, PdfSigning(field="Signature2", box=None)))

    @pytest.mark.parametrize("certify", [MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE])
    def test_the_seal_may_be_put_in_a_new_field_of_a_document_certified_for_filling_in(self, certify):
        certified = sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(certify=certify))
        assert stand(sign_pdf(certified, tree().g2_seal, SECOND))

    @pytest.mark.parametrize("how", [FieldMDPSpec(FieldMDPAction.ALL), FieldMDPSpec(FieldMDPAction.EXCLUDE, ["khac"])])
    def test_a_lock_of_all_fields_is_on_those_there_were(self, form, how):
        locked = sign_pdf(form, tree().g2_person, PdfSigning(lock=how))
        assert stand(sign_pdf(locked, tree().g2_seal, SECOND))
        assert not stand(sign_pdf(locked, tree().person(tree().rogue_root), SECOND))
        assert not stand(update(locked, sheet))
        assert not stand(sign_pdf(update(locked, fill), tree().g2_seal, SECOND))
        prepared = update(
            form, lambda writer: append_signature_field(writer, SigFieldSpec("Signature2", box=(10, 10, 90, 60)))
        )
        locked = sign_pdf(prepared, tree().g2_person, PdfSigning(lock=how))
        assert not stand(sign_pdf(locked, tree().g2_seal, PdfSigning(field="Signature2", box=None)))

    def test_a_stranger_s_seal_on_a_certified_document_counts_no_more_than_elsewhere(self):
        certified = sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(certify=MDPPerm.FILL_FORMS))
        assert not stand(sign_pdf(certified, tree().person(tree().rogue_root), SECOND))


@pytest.mark.parametrize("listed", ["field", "field and widget", "widget"])
def test_a_form_that_lists_a_widget_beside_its_field_or_in_its_place_is_whole_after_two_signatures(listed):
    def add(writer):
        page = writer.root["/Pages"]["/Kids"][0]
        field = dictionary(FT=name("/Tx"), T=generic.pdf_string("a"), V=generic.pdf_string("x"))
        widget = dictionary(Type=name("/Annot"), Subtype=name("/Widget"), Rect=numbers(1, 1, 2, 2), F=numbers(4)[0])
        parent, child = writer.add_object(field), writer.add_object(widget)
        widget[name("/Parent")], field[name("/Kids")] = parent, generic.ArrayObject([child])
        page[name("/Annots")] = generic.ArrayObject([child])
        fields = [one for word, one in (("field", parent), ("widget", child)) if word in listed]
        writer.root[name("/AcroForm")] = dictionary(Fields=generic.ArrayObject(fields))
        writer.update_root()
        writer.update_container(page)

    assert stand(sign_pdf_twice(update(letter_pdf(), add), tree().g2_person, tree().g2_seal))


class TestFillingIn:
    def test_text_filled_in_after_the_last_signature_is_nobody_s(self, form):
        (one,) = look(update(sign_pdf(form, tree().g2_person), fill))
        assert (one.changes, one.coverage) == (Changes.ALLOWED, Coverage.PARTIAL)
        assert "filled-after-signing" in one.problems

    def test_what_only_looks_like_a_signature_answers_for_no_text_filled_in_before_it(self, form):
        first, _ = look(signed_by_nobody(update(sign_pdf(form, tree().g2_person), fill), box=(0, 0, 0, 0)))
        assert (first.coverage, first.problems) == (Coverage.PARTIAL, ("filled-after-signing",))

    def test_text_filled_in_between_the_leader_and_the_seal_is_signed_by_the_seal(self, form):
        assert stand(sign_pdf(update(sign_pdf(form, tree().g2_person), fill), tree().g2_seal, SECOND))

    def test_a_certified_form_may_be_filled_in_as_its_author_says(self, form):
        assert stand(update(sign_pdf(form, tree().g2_person, PdfSigning(certify=MDPPerm.FILL_FORMS)), fill))


def _prepared(**widget):
    """A form whose field `so` lies under the words of the page, certified for filling in."""
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.drawString(50, 780, "So tien: 10 ......................")
    box = {"x": 130, "y": 775, "width": 100, "height": 20, "value": "", **widget}
    page.acroForm.textfield(name="so", **box)
    page.acroForm.checkbox(name="dong", x=40, y=700, size=15)
    page.showPage()
    page.save()
    return sign_pdf(out.getvalue(), tree().g2_person, PdfSigning(certify=MDPPerm.FILL_FORMS))


def _flag(value):
    def change(writer):
        fill(writer)
        text_field(writer)[name("/F")] = generic.NumberObject(value)

    return change


def _tick(writer):
    field = next(one.get_object() for one in writer.root["/AcroForm"]["/Fields"] if one.get_object()["/T"] == "dong")
    field[name("/V")] = field[name("/AS")] = name("/Yes")
    writer.update_container(field)


class TestPreparedFields:
    """Fields that were prepared so that filling them in replaces what was signed (Shadow Attacks, NDSS 2021)."""

    def test_a_field_beside_the_signed_words_may_be_filled_in(self):
        assert stand(update(_prepared(), fill))

    def test_a_field_over_the_dots_of_a_form_may_be_filled_in(self):
        assert stand(update(_prepared(x=120), fill))

    @pytest.mark.parametrize(
        "sides", [{"x": 60}, {"x": 85, "width": 20}, {"x": 0, "y": 0, "width": 600, "height": 800}]
    )
    def test_a_field_over_signed_words_replaces_them(self, sides):
        (one,) = look(update(_prepared(**sides), fill))
        assert (one.changes, one.indication) == (Changes.FORBIDDEN, Indication.TOTAL_FAILED)

    def test_a_field_that_nobody_fills_in_may_lie_anywhere(self):
        assert stand(update(_prepared(x=60), _tick))

    @pytest.mark.parametrize(("before", "after"), [("hidden", 4), ("noview", 4), ("print", 2), ("print", 32)])
    def test_a_field_that_is_hidden_or_shown_afterwards_is_a_change(self, before, after):
        (one,) = look(update(_prepared(annotationFlags=before), _flag(after)))
        assert one.changes is Changes.FORBIDDEN

    @pytest.mark.parametrize(("before", "after"), [("nozoom", 12), ("norotate", 20), ("print", 12), ("print", 20)])
    def test_a_field_that_is_not_turned_or_scaled_with_its_page_leaves_its_place(self, before, after):
        (one,) = look(update(_prepared(annotationFlags=before), _flag(after)))
        assert one.changes is Changes.FORBIDDEN
        assert stand(update(_prepared(annotationFlags="print"), _flag(4)))

    def test_a_filled_field_that_is_not_found_is_a_change(self, once):
        reader = open_reader(once)
        assert replaces_what_was_signed(reader, reader.xrefs.total_revisions - 1, once, {"so"})

    def test_the_seal_answers_for_what_it_covers(self):
        assert stand(sign_pdf(update(_prepared(x=60), fill), tree().g2_seal, SECOND))


def _scan(drawing):
    """A page that is a picture of 100 dots to the inch; places are in points from its lower left corner."""
    picture = Image.new("L", (827, 1169), 255)
    drawing(ImageDraw.Draw(picture))
    return lambda page: page.drawImage(ImageReader(picture), 0, 0, 595, 842)


_OVER = {
    # what lies below a field of 200 by 30 points at 100, 700, and whether it is no words
    "nothing": (lambda page: None, True),
    "scan of a blank": (_scan(lambda draw: None), True),
    "scan of dots": (
        _scan(lambda draw: [draw.rectangle((x, 175, x + 2, 177), fill=0) for x in range(140, 400, 12)]),
        True,
    ),
    "scan of a rule": (_scan(lambda draw: draw.line((140, 185, 420, 185), fill=0, width=2)), True),
    "box": (lambda page: page.rect(103, 703, 194, 24), True),
    "boxes in a row": (lambda page: [page.rect(100 + 20 * n, 702, 20, 26) for n in range(10)], True),
    "tint": (lambda page: (page.setFillGray(0.8), page.rect(90, 690, 220, 50, fill=1, stroke=0)), True),
    "scan of words": (
        _scan(lambda draw: draw.text((150, 165), "10 000", fill=0, font=ImageFont.load_default(20))),
        False,
    ),
    "outlines": (
        lambda page: (page.rect(120, 705, 2, 15, fill=1), page.rect(130, 705, 8, 15), page.line(125, 705, 140, 720)),
        False,
    ),
    "pale words": (
        _scan(lambda draw: draw.text((150, 165), "10 000", fill=170, font=ImageFont.load_default(20))),
        False,
    ),
}


@pytest.mark.parametrize("title", _OVER)
def test_a_field_may_be_filled_in_over_dots_and_rules_but_not_over_words_in_any_ink(title):
    below, innocent = _OVER[title]
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(595, 842))
    below(page)
    page.acroForm.textfield(name="so", x=100, y=700, width=200, height=30, value="", borderWidth=0, fillColor=None)
    page.showPage()
    page.save()
    assert (
        stand(update(sign_pdf(out.getvalue(), tree().g2_person, PdfSigning(certify=MDPPerm.FILL_FORMS)), fill))
        is innocent
    )


@pytest.mark.parametrize(("kind", "flags", "actions", "value", "innocent"), [
    ("/Tx", 0, "", "10", True), ("/Tx", 2, "", "10", True), ("/Tx", 1, "C", "10", True), ("/Tx", 1, "", "", True),
    ("/Btn", 0, "", "", True), ("/Btn", 1, "", "", False), ("/Tx", 1, "", "10", False), ("/Tx", 1, "K", "10", False), ("/Btn", 1 << 16, "", "10", False),
])  # fmt: skip
def test_a_field_that_its_author_did_not_leave_open_keeps_its_value(kind, flags, actions, value, innocent):
    def prepare(writer):
        script = dictionary(S=name("/JavaScript"), JS=generic.pdf_string("1"))
        field = text_field(writer)
        field.update(
            dictionary(FT=name(kind), Ff=generic.NumberObject(flags), AA=dictionary(**dict.fromkeys(actions, script)))
        )
        writer.update_container(field)

    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(595, 842))
    page.acroForm.textfield(name="so", x=100, y=700, width=200, height=30, value=value, borderWidth=0, fillColor=None)
    page.showPage()
    page.save()
    signed = sign_pdf(update(out.getvalue(), prepare), tree().g2_person, PdfSigning(certify=MDPPerm.FILL_FORMS))
    assert stand(update(signed, fill)) is innocent


@pytest.mark.parametrize(
    ("flags", "innocent"), [(1, True), (2, True), (1 << 13, False), (1 << 12, False), (1 << 24, False)]
)
def test_a_field_becomes_read_only_but_no_password_or_comb(form, flags, innocent):
    def change(writer):
        field = text_field(writer)
        field[name("/Ff")] = generic.NumberObject(flags)
        writer.update_container(field)

    signed = sign_pdf(form, tree().g2_person, PdfSigning(certify=MDPPerm.FILL_FORMS))
    assert stand(update(signed, change)) is innocent


@pytest.mark.parametrize(("kind", "flags", "place", "innocent"), [
    ("/FreeText", 4, 120, False), ("/Stamp", 4, 120, False), ("/FreeText", 4, 400, True), ("/FreeText", 6, 120, True),
    ("/Link", 4, 120, True), ("/Widget", 4, 120, False), ("/Widget", 4, 400, True),
])  # fmt: skip
def test_a_field_over_a_note_or_another_field_replaces_what_it_says(kind, flags, place, innocent):
    def lay(writer):
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        note = dictionary(Type=name("/Annot"), Subtype=name(kind), Rect=numbers(place, 705, place + 90, 725),
                          F=generic.NumberObject(flags), Contents=generic.pdf_string("10"))  # fmt: skip
        if kind == "/Widget":
            note.update(dictionary(FT=name("/Tx"), T=generic.pdf_string("cu"), V=generic.pdf_string("10")))
        reference = writer.add_object(note)
        for held in [page["/Annots"]] + [writer.root["/AcroForm"]["/Fields"]] * (kind == "/Widget"):
            held.insert(0, reference)
            writer.update_container(held)

    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(595, 842))
    page.acroForm.textfield(name="so", x=100, y=700, width=200, height=30, value="", borderWidth=0, fillColor=None)
    page.showPage()
    page.save()
    prepared = update(out.getvalue(), lay)
    assert stand(update(sign_pdf(prepared, tree().g2_person, PdfSigning(certify=MDPPerm.FILL_FORMS)), fill)) is innocent


def _draw_anew(writer):
    writer.root["/AcroForm"][name("/NeedAppearances")] = generic.BooleanObject(True)


def _white(writer):
    writer.root["/AcroForm"][name("/DA")] = generic.pdf_string("/Helv 0 Tf 1 g")


def _other_font(writer):
    fonts = writer.root["/AcroForm"]["/DR"]["/Font"]
    other = dictionary(Type=name("/Font"), Subtype=name("/Type1"), BaseFont=name("/ZapfDingbats"))
    fonts[next(iter(fonts))] = writer.add_object(other)
    writer.update_container(fonts)


def _one_more_font(writer):
    other = dictionary(Type=name("/Font"), Subtype=name("/Type1"), BaseFont=name("/ZapfDingbats"))
    writer.root["/AcroForm"]["/DR"]["/Font"][name("/ZaDb2")] = writer.add_object(other)


def _without_defaults(writer):
    """A form whose field awaits a font of the name F1, or the look of the form, and finds neither."""
    form, field = writer.root["/AcroForm"], text_field(writer)
    for key in ("/DR", "/DA"):
        form.pop(name(key), None)
    field[name("/DA")] = generic.pdf_string("/F1 20 Tf 0 g")
    for one in (form, field):
        writer.update_container(one)


def _font(**more):
    kind = dictionary(Type=name("/Font"), Subtype=name("/Type1"), BaseFont=name("/Helvetica"), **more)
    return lambda form: form.update({name("/DR"): dictionary(Font=dictionary(F1=kind))})


_PAINTED = dictionary(Differences=generic.ArrayObject([generic.NumberObject(48), name("/zero"), name("/nine")]))
_USUAL = dictionary(
    Differences=generic.ArrayObject(
        [generic.NumberObject(24), name("/breve"), generic.NumberObject(169), name("/copyright"), name("/ordfeminine")]
    )
)
"""That of Acrobat."""


class TestDefaultsOfTheForm:
    @pytest.mark.parametrize(("change", "stands"), [
        (_font(), True), (_font(Encoding=name("/WinAnsiEncoding")), True), (_font(Encoding=_USUAL), True),
        (_font(Encoding=_PAINTED), False), (_font(FontDescriptor=dictionary()), False),
        (lambda form: form.update({name("/DA"): generic.pdf_string("/Helv 0 Tf 0 g ")}), True),
        (lambda form: form.update({name("/DA"): generic.pdf_string("/Helv 12 Tf 1 g")}), False),
        (lambda form: form.update({name("/Q"): generic.NumberObject(2)}), False),
    ])  # fmt: skip
    def test_what_fields_await_is_filled_in_by_plain_letters_alone(self, form, change, stands):
        """Poppler draws a field with the font that comes later, MuPDF in the colour."""

        def changed(writer):
            change(writer.root["/AcroForm"])
            writer.update_container(writer.root["/AcroForm"])

        assert stand(update(sign_pdf(update(form, _without_defaults), tree().g2_person), changed)) is stands

    @pytest.mark.parametrize("change", [_draw_anew, _white, _other_font])
    def test_fields_are_not_drawn_in_another_way_after_signing(self, form, change):
        def changed(writer):
            change(writer)
            writer.update_container(writer.root["/AcroForm"])

        (one,) = look(update(sign_pdf(form, tree().g2_person), changed))
        assert one.changes is Changes.FORBIDDEN

    def test_a_font_more_for_the_next_signature_is_harmless(self, form):
        def changed(writer):
            _one_more_font(writer)
            writer.update_container(writer.root["/AcroForm"])

        assert stand(update(sign_pdf(form, tree().g2_person), changed))

    def test_a_form_of_signatures_alone_is_not_drawn_by_them(self, once):
        def changed(writer):
            _draw_anew(writer)
            writer.update_container(writer.root["/AcroForm"])

        assert stand(update(once, changed))
