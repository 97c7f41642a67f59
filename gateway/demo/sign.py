"""Signs sample PDFs as an office issues a document: the leader first, then the seal as an update (Decree 30/2020, Article 5)."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

from asn1crypto import keys, x509
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.sign import fields, signers
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from gateway.demo.pki import Identity

PERSON_BOX = (350, 60, 500, 120)
SEAL_BOX = (300, 60, 345, 105)


def sign_pdf_twice(data: bytes, person: Identity, seal: Identity) -> bytes:
    """Return a PDF with the signature of a person and that of an organisation."""
    once = _signed(data, person, "Signature1", PERSON_BOX, "Ký số văn bản")
    return _signed(once, seal, "Signature2", SEAL_BOX, "Đóng dấu cơ quan")


def _signed(data: bytes, identity: Identity, field: str, box: tuple[int, int, int, int], reason: str) -> bytes:
    signer = signers.PdfSigner(
        signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256", reason=reason),
        signer=signers.SimpleSigner(
            signing_cert=x509.Certificate.load(identity.certificate_der),
            signing_key=keys.PrivateKeyInfo.load(identity.key_der),
            cert_registry=SimpleCertificateStore(),
        ),
        stamp_style=frame(box),
        new_field_spec=fields.SigFieldSpec(field, box=box, on_page=0),
    )
    return appended(signer, data)


def frame(box: tuple[int, int, int, int]) -> StaticStampStyle:
    """Return a red frame in the place of the signature or seal, without words in a font of the library's choice."""
    width, height = box[2] - box[0], box[3] - box[1]
    drawing = b"1 0 0 RG 1.5 w 1 1 %d %d re S" % (width - 2, height - 2)
    return StaticStampStyle(
        background=RawContent(drawing, box=BoxConstraints(width=width, height=height)), border_width=0
    )


def appended(signer: signers.PdfSigner, data: bytes) -> bytes:
    """Return a PDF with a signature behind it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    # pyHanko signs within an event loop; a thread of its own serves callers that run in one already.
    with ThreadPoolExecutor(1) as thread:
        out = thread.submit(signer.sign_pdf, writer).result()
    return bytes(out.getvalue())
