"""Makes CMS and S/MIME signatures with pyHanko and the e-mail package, independently of the verifier."""

import asyncio
import base64
from concurrent.futures import ThreadPoolExecutor

from tests.pki.signing import simple_signer


def cms(data, identity, *, detached=True, digest="sha256", **options):
    """A CMS signature in DER over `data`."""
    signer = simple_signer(identity, **options)
    # A thread of its own serves callers that run in an event loop already.
    with ThreadPoolExecutor(1) as thread:
        info = thread.submit(asyncio.run, signer.async_sign_general_data(data, digest, detached=detached)).result()
    return info.dump()


def folded(data):
    """Base64 in lines of 76 letters."""
    text = base64.b64encode(data).decode()
    return "\r\n".join(text[i : i + 76] for i in range(0, len(text), 76)).encode()


def multipart_signed(inner, identity, *, header="From: nguoikythu.binhtan@tphcm.gov.vn\r\n", more="", sign=None):
    """A multipart/signed entity around `inner` (an entity with CRLF line ends)."""
    signature = (sign or cms)(inner, identity)
    return (
        header.encode() + b'MIME-Version: 1.0\r\nContent-Type: multipart/signed; micalg=sha-256; boundary="sig";\r\n'
        b' protocol="application/pkcs7-signature"\r\n\r\n--sig\r\n'
        + inner
        + b"\r\n--sig\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + folded(signature) + b"\r\n" + more.encode() + b"--sig--\r\n"
    )


def pkcs7_mime(inner, identity):
    """An opaque signed-data entity."""
    return (
        b"From: nguoikythu.binhtan@tphcm.gov.vn\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + folded(cms(inner, identity, detached=False)) + b"\r\n"
    )


INNER = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nK\xc3\xadnh g\xe1\xbb\xadi anh, ch\xe1\xbb\x8b.\r\n"
