"""The attacks of the catalogue (G01 to G16) as files, each with the honest file that it was made from.

None of these files may be called valid. They are made on the spot with the test PKI; what needs an eye on one detail has a test of
its own beside the container it is about. Here are the signers and times that are wrong; what is done to files is in `attacks_pdf`,
`attacks_pdf_updates`, `attacks_pdf_objects`, `attacks_pdf_ways`, `attacks_packages`, `attacks_readings`, `attacks_xml`, `attacks_cms`,
`attacks_signers` and `attacks_messages`.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

from cryptography.x509.oid import ExtendedKeyUsageOID

from gateway.demo.pki import Wish, distinguished_name, issue, new_key
from tests.pki import cms, xml
from tests.pki.signing import PdfSigning, sign_pdf
from tests.pki.tree import NOW, letter_docx, letter_pdf, tree
from tests.signatures import (
    attacks_cms,
    attacks_messages,
    attacks_packages,
    attacks_pdf,
    attacks_pdf_objects,
    attacks_pdf_updates,
    attacks_pdf_ways,
    attacks_readings,
    attacks_signers,
    attacks_xml,
)
from tests.signatures.oddities import oddities
from tests.signatures.samples import Sample

DAY = timedelta(days=1)


def honest() -> Iterator[Sample]:
    """Files that must be called valid."""
    yield from plain()
    yield from oddities()


def plain() -> Iterator[Sample]:
    """Those of every day."""
    for title, make in PLAIN.items():
        yield Sample("", title, make())


PLAIN: dict[str, Callable[[], bytes]] = {
    "person.pdf": lambda: sign_pdf(letter_pdf(), tree().g2_person),
    "person-and-seal.pdf": lambda: sign_pdf(
        sign_pdf(letter_pdf(), tree().g2_person),
        tree().g2_seal,
        PdfSigning(field="Signature2", box=(10, 10, 40, 40)),
    ),
    "person.docx": lambda: xml.sign_ooxml(letter_docx(), tree().g2_person),
    "seal.odt": lambda: xml.sign_odf(xml.odt(), tree().g2_seal),
    "both.odt": lambda: xml.sign_odf(xml.sign_odf(xml.odt(), tree().g2_person), tree().g2_seal),
}
"""Makers of the files of every day by name."""


def attacks() -> Iterator[Sample]:
    """Every generated attack."""
    for make in sets().values():
        yield from make()


def sets() -> dict[str, Callable[[], Iterator[Sample]]]:
    """Makers of the attacks by their subject."""
    made = (
        attacks_pdf, attacks_pdf_updates, attacks_pdf_objects, attacks_pdf_ways, attacks_packages, attacks_readings, attacks_xml,
        attacks_cms, attacks_signers,
    )  # fmt: skip
    own = {one.__name__.strip("_"): one for one in (_strangers, _purposes, _times, _algorithms)}
    return {**{one.__name__.rpartition("attacks_")[2]: one.attacks for one in made}, **own}


def _strangers() -> Iterator[Sample]:
    """G07 trust."""
    chain = PdfSigning(with_chain=True)
    yield Sample("G07", "root-of-same-name.pdf", sign_pdf(letter_pdf(), tree().person(tree().rogue_root), chain))
    alone = issue(distinguished_name(("CN", "Tự ký")), tree().person_key, None, Wish(), now=NOW)
    yield Sample("G07", "self-signed.pdf", sign_pdf(letter_pdf(), alone))
    child = tree().person(tree().g2_person, key=tree().seal_key)
    yield Sample("G07", "leaf-as-authority.pdf", sign_pdf(letter_pdf(), child, chain))


def _purposes() -> Iterator[Sample]:
    """G08 wrong purpose."""
    for name, purposes, usage in (
        ("server", (ExtendedKeyUsageOID.SERVER_AUTH,), "digital_signature"),
        ("code", (ExtendedKeyUsageOID.CODE_SIGNING,), "digital_signature"),
        ("encipherment", None, "key_encipherment"),
    ):
        who = tree().person(tree().g2_sub, purposes=purposes, key_usage=frozenset({usage}))
        yield Sample("G08", f"purpose-{name}.pdf", sign_pdf(letter_pdf(), who))


def _times() -> Iterator[Sample]:
    """G09 expired, not yet valid, carried by a false timestamp; G10 revoked."""
    for name, begins, ends in (("expired", -800, -1), ("future", 1, 400)):
        who = tree().person(tree().g2_sub, begins=NOW + begins * DAY, ends=NOW + ends * DAY)
        yield Sample("G09", f"{name}.pdf", sign_pdf(letter_pdf(), who))
    old = tree().person(tree().g2_sub, begins=NOW - 800 * DAY, ends=NOW - 100 * DAY)
    fake = tree().leaf(tree().rogue_root, ("CN", "TSA giả"), purposes=(ExtendedKeyUsageOID.TIME_STAMPING,))
    for name, tsa in (("false-timestamp", fake), ("timestamp-by-seal", tree().g2_seal)):
        how = PdfSigning(tsa=tsa, tsa_time=NOW - 200 * DAY)
        yield Sample("G09", f"{name}.pdf", sign_pdf(letter_pdf(), old, how))
    gone = tree().person(tree().g2_sub)
    yield Sample("G10", "revoked.pdf", sign_pdf(letter_pdf(), gone), (gone.certificate,))
    yield Sample("G10", "revoked.odt", xml.sign_odf(xml.odt(), gone), (gone.certificate,))


def _algorithms() -> Iterator[Sample]:
    """G11 weak algorithms and keys."""
    yield Sample("G11", "sha1.pdf", sign_pdf(letter_pdf(), tree().g2_person, PdfSigning(digest="sha1")))
    short = tree().person(tree().g2_sub, key=new_key(1024))
    yield Sample("G11", "rsa-1024.pdf", sign_pdf(letter_pdf(), short))


def mails() -> Iterator[tuple[str, bytes, bool]]:
    """G16: signed mails by name, and whether they are honest."""
    whole = cms.multipart_signed(cms.INNER, tree().g2_person)
    yield "clear.eml", whole, True
    yield "opaque.eml", cms.pkcs7_mime(cms.INNER, tree().g2_person), True
    yield "changed.eml", whole.replace(b"anh", b"ong"), False
    extra = "--sig\r\nContent-Type: text/plain\r\n\r\nkhong ky\r\n"
    yield "third-part.eml", cms.multipart_signed(cms.INNER, tree().g2_person, more=extra), False
    other = cms.multipart_signed(cms.INNER, tree().g2_person, sign=lambda _, who: cms.cms(b"khac", who))
    yield "other-signature.eml", other, False
    before = b"--sig\r\nContent-Type: text/plain\r\n\r\nkhong ky\r\n--sig\r\n"
    yield "part-before.eml", whole.replace(b"--sig\r\n", before, 1), False
    yield "other-charset.eml", whole.replace(b"charset=utf-8", b"charset=cp1258"), False
    yield "behind-signature.eml", whole.replace(b"--sig--", b"--sigx\r\nkhong ky\r\n--sig--"), False
    within = cms.multipart_signed(
        cms.INNER, tree().g2_person, sign=lambda _, who: cms.cms(b"khac", who, detached=False)
    )
    yield "signature-with-other-content.eml", within, False
    yield "stranger.eml", cms.multipart_signed(cms.INNER, tree().person(tree().rogue_root)), False
    for title, make in attacks_messages.MAILS.items():
        yield f"{title}.eml", make(), False
