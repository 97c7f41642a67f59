"""Forged signatures on mails and beside files (G16): what a mail program shows is not what the signature is over."""

import re
from collections.abc import Callable, Iterator

from asn1crypto import cms as asn1_cms
from asn1crypto import core

from tests.pki import cms
from tests.pki.tree import tree

_TEXT = "Kính gửi anh, số tiền 1.000.000 đồng.\r\n"
_TYPE = b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"


def _mail() -> bytes:
    return cms.multipart_signed(cms.INNER, tree().g2_person)


def holding(signature: bytes, content: bytes) -> bytes:
    """A detached signature that is given a content of its own, which nothing in it is over."""
    info = asn1_cms.ContentInfo.load(signature)
    info["content"]["encap_content_info"]["content"] = core.OctetString(content)
    return bytes(info.dump(force=True))


def _held(content: bytes) -> bytes:
    def sign(inner: bytes, who: object) -> bytes:
        return holding(cms.cms(inner, who), content)

    return cms.multipart_signed(cms.INNER, tree().g2_person, sign=sign)


def _swap(old: bytes, new: bytes) -> Callable[[], bytes]:
    def make() -> bytes:
        assert old in _mail()
        return _mail().replace(old, new, 1)

    return make


def _parts_swapped() -> bytes:
    head, first, second, end = _mail().split(b"--sig")
    return b"--sig".join((head, second, first, end))


def _alternatives() -> bytes:
    """A signed part beside another one in a multipart, which is what the second delimiter makes of it."""
    inner = b'Content-Type: multipart/alternative; boundary="in"\r\n\r\n--in\r\n' + cms.INNER + b"\r\n--in--\r\n"
    whole = cms.multipart_signed(inner, tree().g2_person)
    other = b"--in\r\nContent-Type: text/html\r\n\r\n<p>9.000.000</p>\r\n--in--"
    return whole.replace(b"--in--", other, 1)


def _opaque(change: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    def make() -> bytes:
        whole = cms.pkcs7_mime(cms.INNER, tree().g2_person)
        head, _, _ = whole.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n" + cms.folded(change(cms.cms(cms.INNER, tree().g2_person, detached=False))) + b"\r\n"

    return make


def _other_content(data: bytes) -> bytes:
    return holding(data, cms.INNER.replace(b"anh", b"ong"))


def _nobody(data: bytes) -> bytes:
    info = asn1_cms.ContentInfo.load(data)
    info["content"]["certificates"] = asn1_cms.CertificateSet([])
    return bytes(info.dump(force=True))


MAILS: dict[str, Callable[[], bytes]] = {
    "content-in-signature": lambda: _held(cms.INNER.replace(b"anh", b"ong")),
    "header-in-signature": lambda: _held(b"Subject: khac\r\n\r\nkhac\r\n"),
    "parts-swapped": _parts_swapped,
    "alternative-added": _alternatives,
    "blank-added": _swap(b"\xc3\xadnh", b"\xc3\xadnh "),
    "line-ends-added": _swap(b"\r\n--sig\r\n" + _TYPE, b"\r\n\r\n--sig\r\n" + _TYPE),
    "header-added-to-part": _swap(b"Content-Type: text/plain", b"Content-Language: en\r\nContent-Type: text/plain"),
    "part-made-html": _swap(b"text/plain; charset=utf-8", b"text/html; charset=utf-8"),
    "encoding-changed": _swap(b"Encoding: 8bit", b"Encoding: quoted-printable"),
    "disposition-added": _swap(b"8bit\r\n", b"8bit\r\nContent-Disposition: attachment\r\n"),
    "two-signature-parts": lambda: _mail().replace(b"--sig--", b"--sig\r\n" + _TYPE + b"\r\nMAA=\r\n--sig--"),
    "part-twice": lambda: _mail().replace(b"--sig\r\n", b"--sig\r\n" + cms.INNER + b"\r\n--sig\r\n", 1),
    "signature-of-other-type": _swap(b"application/pkcs7-signature; name", b"application/octet-stream; name"),
    "signature-truncated": lambda: re.sub(rb"(?s)(name=smime\.p7s.*?\r\n\r\n.{200}).*?\r\n--sig--", rb"\1\r\n--sig--", _mail()),
    "opaque-other-content": _opaque(_other_content),
    "opaque-without-certificate": _opaque(_nobody),
    "opaque-twice": _opaque(lambda data: data + data),
    "opaque-by-stranger": lambda: cms.pkcs7_mime(cms.INNER, tree().person(tree().rogue_root)),
}  # fmt: skip
"""Makers of signed mails by name."""


def beside() -> Iterator[tuple[str, bytes, bytes]]:
    """Name, detached signature and a file beside it that the signature is not over."""
    plain = _TEXT.encode()
    good = cms.cms(plain, tree().g2_person)
    for codec in ("utf-16", "utf-16-le", "utf-8-sig", "utf-7"):
        yield f"as {codec}", good, _TEXT.encode(codec)
    yield "other line ends", good, plain.replace(b"\r\n", b"\n")
    yield "composed otherwise", good, plain.replace("í".encode(), "i\u0301".encode())
    yield "blank behind", good, plain + b"\n"
    yield "zero behind", good, plain + b"\0"
    yield "nothing", good, b""
    yield "another content within", holding(good, b"khac"), plain
    yield "shown content within", holding(cms.cms(b"khac", tree().g2_person), plain), plain
    yield "by stranger", cms.cms(plain, tree().person(tree().rogue_root)), plain
    yield "tail", good + good, plain
