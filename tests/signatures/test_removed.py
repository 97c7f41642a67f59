"""Signatures that were taken out of a file again: it is never called unsigned, and who cleared his own signature to sign anew stands."""

import io
import re

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from gateway.documents.signatures import verify
from gateway.model import Changes, Indication, Integrity
from tests.pki import xml
from tests.pki.signing import PdfSigning, sign_pdf, sign_pdf_twice
from tests.pki.tree import NOW, letter_docx, letter_pdf, store, tree
from tests.signatures.corpus import TYPES
from tests.signatures.pdf_updates import Update, dictionary, name, signed_by_nobody, stamp, update


def look(data, kind=".pdf"):
    return verify(data, part="1", filename=f"a{kind}", detected_type=TYPES[kind], trust=store(), now=NOW)


def removed(found):
    return [one for one in found if "signature-removed" in one.problems]


def field_of(writer, number=0):
    return writer.root["/AcroForm"]["/Fields"][number].get_object()


def clear(writer, number=0):
    field = field_of(writer, number)
    del field["/V"]
    writer.update_container(field)


def empty(writer):
    field = field_of(writer)
    field["/V"] = generic.NullObject()
    writer.update_container(field)


def make_button(writer):
    field = field_of(writer)
    field["/FT"] = name("/Btn")
    writer.update_container(field)


def delete_field(writer):
    form = writer.root["/AcroForm"]
    form["/Fields"] = generic.ArrayObject()
    writer.update_container(form)


def delete_form(writer):
    del writer.root["/AcroForm"]
    writer.update_root()


def replace_form(writer):
    writer.root["/AcroForm"] = writer.add_object(dictionary(Fields=generic.ArrayObject()))
    writer.update_root()


class TestPdf:
    @pytest.mark.parametrize("change", [clear, empty, make_button, delete_field, delete_form, replace_form])
    def test_a_signature_that_an_update_drops_is_named_with_its_signer(self, once, change):
        (report,) = look(update(once, change))
        assert removed([report])
        assert report.field == "Signature1"
        assert (
            report.signer.common_name
            == tree().g2_person.certificate.subject.rfc4514_string().split("CN=")[1].split(",")[0]
        )
        assert report.integrity is Integrity.INTACT
        assert (report.changes, report.indication) == (Changes.FORBIDDEN, Indication.TOTAL_FAILED)

    def test_what_only_looks_like_a_signature_answers_for_no_dropped_one(self, once):
        assert len(removed(look(signed_by_nobody(update(once, clear), box=(0, 0, 0, 0))))) == 1

    def test_the_seal_alone_is_dropped(self):
        both = sign_pdf_twice(letter_pdf(), tree().g2_person, tree().g2_seal)
        found = look(update(both, lambda writer: clear(writer, 1)))
        assert [one.field for one in removed(found)] == ["Signature2"]
        assert found[0].changes is Changes.FORBIDDEN

    def test_a_catalog_without_the_old_form_drops_it_too(self, once):
        another = Update(once)
        number = another.free + 20
        places = [
            (number + place, another.add(f"{number + place} 0 obj\n{text}\nendobj\n"), 0)
            for place, text in enumerate(
                (
                    f"<</Type/Catalog/Pages {number + 1} 0 R>>",
                    f"<</Type/Pages/Count 1/Kids[{number + 2} 0 R]>>",
                    f"<</Type/Page/Parent {number + 1} 0 R/MediaBox[0 0 300 300]>>",
                )
            )
        ]
        another.root, another.free = f"{number} 0 R", number + 9
        assert removed(look(another.finish(another.table(places))))

    def test_a_document_that_is_appended_whole_hides_no_signature(self, once):
        moved = re.sub(rb"(\d{10}) 00000 n", lambda m: b"%010d 00000 n" % (int(m[1]) + len(once)), letter_pdf())
        moved = re.sub(rb"startxref\s+(\d+)", lambda m: b"startxref\n%d" % (int(m[1]) + len(once)), moved)
        assert removed(look(once + moved))

    def test_a_timestamp_that_anybody_can_have_does_not_cover_the_gap(self, once):
        assert removed(look(stamp(update(once, clear))))

    def test_who_clears_a_signature_and_signs_the_file_as_it_is_answers_for_it(self, once):
        (report,) = look(sign_pdf(update(once, clear), tree().g2_seal, PdfSigning(field="Signature1")))
        assert report.indication is Indication.TOTAL_PASSED
        assert "earlier-signature-removed" in report.problems

    def test_a_signature_that_only_a_stranger_replaces_does_not_stand(self, once):
        again = sign_pdf(update(once, clear), tree().person(tree().rogue_root), PdfSigning(field="Signature1"))
        assert {one.indication for one in look(again)} == {Indication.INDETERMINATE}

    def test_the_licence_of_a_viewer_is_no_signature(self):
        reason = "/Reason (" + "x" * 60 + ")"
        signed = sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(reason="x" * 60))
        assert reason.encode() in signed
        licence = signed.replace(reason.encode(), b"/Reference[<</TransformMethod/UR3>>]".ljust(len(reason)))
        assert removed(look(update(signed, clear)))
        assert look(update(licence, clear)) == ()

    def test_room_that_was_never_filled_is_no_signature(self, once):
        held = re.search(rb"/Contents ?<([0-9a-fA-F]+)>", once)
        hollow = once[: held.start(1)] + b"0" * len(held[1]) + once[held.end(1) :]
        assert look(update(hollow, clear)) == ()

    def test_an_unsigned_file_that_was_updated_is_unsigned(self):
        out = io.BytesIO()
        writer = IncrementalPdfFileWriter(io.BytesIO(letter_pdf()))
        writer.root["/Lang"] = generic.pdf_string("vi")
        writer.update_root()
        writer.write(out)
        assert look(out.getvalue()) == ()


ORIGIN, SIGNATURE = "_xmlsignatures/origin.sigs", "_xmlsignatures/sig1.xml"


class TestPackages:
    @pytest.mark.parametrize("gone", [(SIGNATURE,), (ORIGIN,), (SIGNATURE, xml.ORIGIN_RELATIONSHIPS, ORIGIN)])
    def test_a_word_file_names_a_signature_that_is_not_there(self, gone):
        files = xml.members(xml.sign_ooxml(letter_docx(), tree().g2_person))
        found = look(xml.pack({key: value for key, value in files.items() if key not in gone}), ".docx")
        assert removed(found)
        assert all(one.indication is Indication.TOTAL_FAILED for one in found)

    @pytest.mark.parametrize("rels", ["_rels/.rels", xml.ORIGIN_RELATIONSHIPS])
    def test_a_signature_that_nothing_leads_to_does_not_count(self, rels):
        files = xml.members(xml.sign_ooxml(letter_docx(), tree().g2_person))
        files[rels] = re.sub(rb"<Relationship [^>]*/digital-signature/[^>]*/>", b"", files[rels])
        (report,) = look(xml.pack(files), ".docx")
        assert removed([report])
        assert report.signer is not None

    def test_one_of_two_signatures_is_gone(self):
        twice = xml.sign_ooxml(xml.sign_ooxml(letter_docx(), tree().g2_person), tree().g2_seal, name="sig2.xml")
        files = xml.members(twice)
        del files["_xmlsignatures/sig2.xml"]
        assert [one.field for one in removed(look(xml.pack(files), ".docx"))] == ["_xmlsignatures/sig2.xml"]

    def test_two_signatures_and_none_are_no_fault(self):
        twice = xml.sign_ooxml(xml.sign_ooxml(letter_docx(), tree().g2_person), tree().g2_seal, name="sig2.xml")
        assert [one.indication for one in look(twice, ".docx")] == [Indication.TOTAL_PASSED] * 2
        assert look(letter_docx(), ".docx") == ()

    def test_a_signed_archive_behind_the_file_is_not_overlooked(self):
        signed = xml.sign_ooxml(letter_docx(), tree().g2_person)
        (report,) = look(signed + letter_docx(), ".docx")
        assert report.integrity is Integrity.BROKEN

    def test_the_manifest_of_a_text_names_signatures_that_are_not_there(self):
        files = xml.members(xml.odt())
        entry = b'<manifest:file-entry manifest:full-path="META-INF/documentsignatures.xml"/></manifest:manifest>'
        files["META-INF/manifest.xml"] = files["META-INF/manifest.xml"].replace(b"</manifest:manifest>", entry)
        assert removed(look(xml.pack(files), ".odt"))

    def test_signatures_of_a_text_under_another_name_are_not_overlooked(self):
        files = xml.members(xml.sign_odf(xml.odt(), tree().g2_person))
        files["META-INF/old.xml"] = files.pop("META-INF/documentsignatures.xml")
        assert removed(look(xml.pack(files), ".odt"))

    def test_an_empty_list_of_signatures_as_libreoffice_leaves_it_is_unsigned(self):
        root = b'<document-signatures xmlns="urn:oasis:names:tc:opendocument:xmlns:digitalsignature:1.0"/>'
        assert look(xml.odt(more={"META-INF/documentsignatures.xml": root}), ".odt") == ()

    @pytest.mark.parametrize(("name", "gone"), [("signature.p7s", 1), ("timestamp.tst", 0)])
    def test_the_manifest_of_a_container_names_a_signature_that_is_not_there(self, name, gone):
        manifest = f'<a:ASiCManifest xmlns:a="http://uri.etsi.org/02918/v1.2.1#"><a:SigReference URI="META-INF/{name}"/></a:ASiCManifest>'
        data = xml.pack(
            {
                "mimetype": b"application/vnd.etsi.asic-e+zip",
                "a.txt": b"a",
                "META-INF/ASiCManifest.xml": manifest.encode(),
            }
        )
        kind = "application/vnd.etsi.asic-e+zip"
        assert len(verify(data, part="1", filename="a.asice", detected_type=kind, trust=store(), now=NOW)) == gone
