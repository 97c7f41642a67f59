"""PDF signatures: the practice of offices is good; what is said of attacks of which `attacks_pdf` has one of each kind."""

import io
import re
from datetime import timedelta

import pikepdf
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name as name
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigSeedSubFilter

from gateway.documents.signatures import verify
from gateway.documents.signatures.certificates import load_certificates
from gateway.documents.signatures.crl import load_list
from gateway.documents.signatures.trust import TrustStore
from gateway.model import Changes, Coverage, HolderKind, Indication, Integrity, Revocation, Trust
from tests.pki.signing import PdfSigning, sign_pdf, sign_pdf_twice
from tests.pki.tree import NOW, letter_pdf, store, tree
from tests.signatures.attacks_pdf import annotation, page, script, with_range
from tests.signatures.corpus import sent
from tests.signatures.pdf_updates import dictionary, update
from tests.support.cases import examples

DAY = timedelta(days=1)


def look(data, *, trust=None, now=NOW):
    return sent(
        verify(data, part="2", filename="cv.pdf", detected_type="application/pdf", trust=trust or store(), now=now)
    )


def stands(one):
    return (
        one.integrity is Integrity.INTACT
        and one.coverage is Coverage.WHOLE
        and one.changes is not Changes.FORBIDDEN
        and one.trust is Trust.TRUSTED
        and one.revocation is not Revocation.REVOKED
    )


def trust_of(*authorities, lists=()):
    certificates = [load_certificates(one.certificate_der)[0] for one in authorities]
    return TrustStore.of(certificates, lists=[load_list(one, embedded=False) for one in lists])


class TestPractice:
    def test_leader_and_seal_as_successive_signatures_are_good(self, twice):
        person, seal = look(twice)
        assert stands(person)
        assert stands(seal)
        assert (person.holder_kind, seal.holder_kind) == (HolderKind.PERSON, HolderKind.ORGANISATION)
        assert (person.changes, seal.changes) == (Changes.ALLOWED, Changes.NONE)
        assert {person.indication, seal.indication} == {Indication.TOTAL_PASSED}
        assert person.timestamp.trusted
        assert person.page == 1

    def test_number_date_leader_and_seal_are_four_good_signatures(self):
        data = letter_pdf()
        for number, who in enumerate([tree().g2_seal, tree().g2_seal, tree().g2_person, tree().g2_seal]):
            data = sign_pdf(
                data, who, PdfSigning(field=f"Signature{number}", box=(50, 50 + 30 * number, 90, 70 + 30 * number))
            )
        assert [stands(one) for one in look(data)] == [True] * 4

    @pytest.mark.slow
    def test_a_long_document_with_a_structure_for_readers_aloud_is_good(self):
        def tag(writer):
            page = writer.root["/Pages"]["/Kids"].raw_get(0)
            rows = [writer.add_object(dictionary(S=name("/P"), Pg=page)) for _ in range(21_000)]
            top = dictionary(Type=name("/StructTreeRoot"), K=generic.ArrayObject(rows))
            writer.root[name("/StructTreeRoot")] = writer.add_object(top)
            writer.update_root()

        assert all(map(stands, look(sign_pdf_twice(update(letter_pdf(), tag), tree().g2_person, tree().g2_seal))))

    def test_an_invisible_signature_of_an_annex_is_good(self):
        assert stands(look(sign_pdf(letter_pdf(), tree().g2_seal, PdfSigning(box=None)))[0])

    @pytest.mark.parametrize("sub_filter", [SigSeedSubFilter.PADES, SigSeedSubFilter.ADOBE_PKCS7_DETACHED])
    def test_both_sub_filters_of_the_signing_tools_are_good(self, sub_filter):
        assert stands(look(sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(sub_filter=sub_filter)))[0])

    def test_an_unsigned_file_has_no_signatures(self):
        assert look(letter_pdf()) == ()

    def test_a_first_generation_leaf_is_good_when_its_authority_is_pinned(self):
        data = sign_pdf(letter_pdf(), tree().person(tree().g1_sub))
        assert stands(look(data)[0])
        assert look(data)[0].revocation is Revocation.GOOD

    def test_an_unpinned_sha1_intermediate_is_refused(self):
        data = sign_pdf(letter_pdf(), tree().person(tree().g1_sub), PdfSigning(with_chain=True))
        (one,) = look(data, trust=trust_of(tree().g1_root))
        assert (one.trust, one.sub_indication) == (Trust.UNTRUSTED, "CRYPTO_CONSTRAINTS_FAILURE")

    def test_a_company_of_a_public_authority_is_an_organisation_with_its_tax_number(self):
        who = tree().leaf(tree().public_sub, ("CN", "CÔNG TY TNHH THỬ"), ("UID", "MST:0301519977"), key=tree().seal_key)
        (one,) = look(sign_pdf(letter_pdf(), who))
        assert stands(one)
        assert (one.holder_kind, one.signer.tax_id) == (HolderKind.ORGANISATION, "0301519977")

    def test_a_personal_number_is_not_kept(self, once):
        (one,) = look(once)
        assert one.signer.citizen_id == "CCCD"
        assert "079000000000" not in repr(one)

    def test_white_space_at_the_end_is_no_foreign_tail(self, once):
        assert stands(look(once + b"\r\n")[0])

    def test_a_later_permitted_filling_is_allowed_beside_a_locked_field_with_an_appearance(self):
        form = io.BytesIO()
        from reportlab.pdfgen import canvas

        drawn = canvas.Canvas(form)
        drawn.acroForm.textfield(name="a", x=50, y=700, value="1")
        drawn.acroForm.textfield(name="b", x=50, y=600, value="1")
        drawn.showPage()
        drawn.save()
        lock = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=["a"])
        data = sign_pdf(form.getvalue(), tree().g2_person, PdfSigning(lock=lock))

        def fill(writer, name, value):
            for field in writer.root["/AcroForm"]["/Fields"]:
                if field.get_object()["/T"] == name:
                    field.get_object()["/V"] = generic.pdf_string(value)
                    writer.update_container(field.get_object())

        assert look(update(data, lambda writer: fill(writer, "b", "2")))[0].changes is Changes.ALLOWED
        assert look(update(data, lambda writer: fill(writer, "a", "2")))[0].changes is Changes.FORBIDDEN


class TestForgedRanges:
    """G01 universal forgery, G02 signature wrapping."""

    @pytest.mark.parametrize("change", [
        lambda n: [0, 0, 0, 0], lambda n: [0], lambda n: [], lambda n: [0, n[1], n[2]], lambda n: [0, n[1], n[2], -1],
        lambda n: [-1, n[1], n[2], 9], lambda n: [1, n[1], n[2], n[3]], lambda n: [0, n[1] - 1, n[2], n[3]],
        lambda n: [0, n[1], n[2] + 1, n[3] - 1], lambda n: [0, n[1], n[2], 999], lambda n: [0, n[2], n[1], n[3]],
        lambda n: [0, n[1] - 50, n[2], n[3]],
    ])  # fmt: skip
    def test_a_tampered_range_is_broken(self, once, change):
        reports = look(with_range(once, change))
        assert len(reports) == 1
        assert reports[0].integrity is Integrity.BROKEN
        assert reports[0].indication is Indication.TOTAL_FAILED

    @pytest.mark.parametrize("contents", [b"<>", b"<00>", b"", b"null"])
    def test_missing_contents_are_broken(self, once, contents):
        found = re.search(rb"/Contents ?<[0-9a-fA-F]+>", once)
        emptied = (
            once[: found.start()] + (b"/Contents " + contents).ljust(found.end() - found.start()) + once[found.end() :]
        )
        assert all(one.integrity is not Integrity.INTACT for one in look(emptied))
        assert look(emptied)

    def test_bytes_hidden_in_the_padding_of_the_contents_are_reported(self, once):
        found = re.search(rb"/Contents ?<([0-9a-fA-F]+)>", once)
        hidden = once[: found.end(1) - 8] + b"deadbeef" + once[found.end(1) :]
        (one,) = look(hidden)
        assert "hidden-in-contents" in one.problems
        assert one.coverage is Coverage.PARTIAL

    @pytest.mark.slow
    def test_every_flipped_octet_of_the_signed_bytes_is_noticed(self, once):
        numbers = [int(one) for one in re.search(rb"/ByteRange ?\[([^\]]*)\]", once)[1].split()]
        for position in [*range(20, numbers[1], 197), *range(numbers[2], len(once), 7)]:
            changed = bytearray(once)
            changed[position] ^= 1
            assert not any(stands(one) for one in look(bytes(changed))), position


def extra_page(writer):
    pages = writer.root["/Pages"]
    kid = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Page"),
            generic.pdf_name("/Parent"): writer.root.raw_get("/Pages"),
        }
    )
    pages["/Kids"].append(writer.add_object(kid))
    pages["/Count"] = generic.NumberObject(2)
    writer.update_container(pages)


class TestChangesAfterSigning:
    """G03 incremental saving, G05 certification attacks, G06 trailing bytes."""

    @pytest.mark.parametrize("change", [page, annotation, script, extra_page])
    def test_a_change_of_what_is_seen_is_forbidden(self, once, change):
        (one,) = look(update(once, change))
        assert one.changes is Changes.FORBIDDEN
        assert one.coverage is not Coverage.WHOLE
        assert one.indication is Indication.TOTAL_FAILED

    @pytest.mark.parametrize("change", [page, annotation])
    def test_a_change_between_two_signatures_is_forbidden_for_the_first(self, once, change):
        data = sign_pdf(update(once, change), tree().g2_seal, PdfSigning(field="Signature2", box=(10, 10, 40, 40)))
        first, second = look(data)
        assert first.changes is Changes.FORBIDDEN
        assert stands(second)

    def test_anything_after_a_no_changes_certification_is_forbidden(self, monkeypatch):
        from pyhanko.sign.signers import PdfSigner

        monkeypatch.setattr(PdfSigner, "_enforce_certification_constraints", lambda self, reader: None)
        certified = sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(certify=MDPPerm.NO_CHANGES))
        with_second = sign_pdf(certified, tree().g2_seal, PdfSigning(field="Signature2", box=(10, 10, 40, 40)))
        assert look(with_second)[0].changes is Changes.FORBIDDEN

    def test_a_stranger_second_signature_does_not_borrow_trust(self, once):
        stranger = tree().person(tree().rogue_root)
        reports = look(sign_pdf(once, stranger, PdfSigning(field="Signature2", box=(10, 10, 40, 40))))
        assert [one.trust for one in reports] == [Trust.TRUSTED, Trust.UNTRUSTED]

    @pytest.mark.parametrize(
        "tail", [b"%junk", b"\nPK\x03\x04" + b"\0" * 30, b"\n9 0 obj<<>>endobj", b"\nstartxref\n9\n%%EOF extra"]
    )
    def test_bytes_after_the_last_revision_are_reported(self, once, tail):
        for one in look(once + tail):
            assert not stands(one)
            assert (
                "trailing-bytes" in one.problems
                or one.integrity is Integrity.BROKEN
                or one.coverage is Coverage.UNKNOWN
            )

    def test_a_file_rewritten_as_a_whole_is_explained_as_an_incoming_stamp(self, twice):
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(twice)) as pdf:
            pdf.save(out)
        reports = look(out.getvalue())
        assert len(reports) == 2
        assert all(one.integrity is Integrity.BROKEN and "incoming-stamp" in one.problems for one in reports)

    def test_more_updates_than_are_compared_are_no_forbidden_change(self, once):
        start = int(re.findall(rb"startxref\s+(\d+)", once)[-1])
        size, root = (re.findall(rb"/%s (\d+)" % key, once)[-1] for key in (b"Size", b"Root"))
        data = once
        for _ in range(201):
            data += b"\n"
            trailer = b"trailer<</Size %s/Root %s 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
                size,
                root,
                start,
                len(data),
            )
            start = len(data)
            data += b"xref\n0 0\n" + trailer
        (one,) = look(data)
        assert (one.integrity, one.changes) == (Integrity.UNKNOWN, Changes.NONE)
        assert "too-large" in one.problems

    @pytest.mark.parametrize("others", [0, 60])
    def test_a_shadow_object_that_waits_to_be_swapped_in_is_reported(self, others):
        """G04: a body whose number is free, and that something refers to already, among others that nothing refers to."""
        data = letter_pdf()
        first = int(re.search(rb"/Size (\d+)", data).group(1))
        assert first > 3
        size = first + others
        shadowed = data + b"".join(b"\n%d 0 obj<</Other 1>>endobj" % number for number in range(first, size))
        # An object that is freed in an update but still referred to.
        body = f"\n{size} 0 obj<</Evil true>>endobj\n{size + 1} 0 obj<</Ref {size} 0 R>>endobj\n".encode()
        offset = len(shadowed)
        root = re.search(rb"/Root (\d+ \d+ R)", data).group(1)
        start = re.findall(rb"startxref\s+(\d+)", data)[-1]
        second = offset + body.index(f"\n{size + 1} 0".encode()) + 1
        free = "0000000000 00001 f \n" * (others + 1)
        table = f"xref\n{first} {others + 2}\n{free}{second:010} 00000 n \ntrailer<</Size {size + 2}/Root ".encode()
        table += root + b"/Prev " + start + b">>\nstartxref\n" + str(offset + len(body)).encode() + b"\n%%EOF\n"
        (one,) = look(sign_pdf(shadowed + body + table, tree().g2_person))
        assert "shadow-object" in one.problems


@pytest.mark.slow
@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 100), octets=st.binary(min_size=1, max_size=8))
def test_random_damage_never_crashes_and_never_passes(once, position, octets):
    at = len(once) * position // 101
    damaged = once[:at] + octets + once[at + len(octets) :]
    if contents(damaged) != contents(once) or len(damaged) != len(once):
        assert not any(stands(one) for one in look(damaged))


def contents(data):
    """The file with the signature value decoded: other capitals and blanks in it are the same value."""
    found = re.search(rb"/Contents ?<([0-9a-fA-F\s]+)>", data)
    if not found:
        return data
    digits = b"".join(found.group(1).split())
    value = bytes.fromhex(
        (digits + b"0" * (len(digits) % 2)).decode()
    )  # an odd digit is followed by 0 (ISO 32000-2 §7.3.4.3)
    return data[: found.start(1)], value, data[found.end(1) :]
