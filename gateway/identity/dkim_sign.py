"""DKIM signing of outbound mail (RFC 6376, RFC 8463) with `cryptography`: 0.3 ms where pure Python needs 8.

The signature covers the whole body and the fields that decide what is read, each of them once more than it occurs, so
that none can be added. A mail that bears a valid signature of its author's domain is left alone unless configured otherwise.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from gateway.errors import UserError
from gateway.mime.fields import read_block
from gateway.mime.limits import DEFAULT
from gateway.model import AuthenticationResults, HeaderField
from gateway.texts.catalogue import reason

Algorithm = Literal["rsa-sha256", "ed25519-sha256"]
PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

_SIGNED: Final = (
    "from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references",
    "mime-version", "content-type", "content-transfer-encoding", "content-disposition",
)  # fmt: skip
_LABEL = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_BLANKS = re.compile(rb"[ \t]+")
_SHORTEST_RSA = 1024


@dataclass(frozen=True)
class Signer:
    """A key with the selector and domain under which its public half is published."""

    domain: str
    selector: str
    key: PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm of the key."""
        return "rsa-sha256" if isinstance(self.key, rsa.RSAPrivateKey) else "ed25519-sha256"

    def sign(self, content: bytes | memoryview, at: datetime) -> bytes:
        """Return the DKIM-Signature field with its final CRLF, to be prepended."""
        with memoryview(content) as view:
            head = bytes(view[: DEFAULT.header_bytes + 4])
            block = read_block(head, 0, len(head), path="", limits=DEFAULT)
            body_hash = _body_hash(view[block.body_start :])
        names, canonical = _covered(block.fields)
        tags = (
            f"v=1; a={self.algorithm}; c=relaxed/simple; d={self.domain}; s={self.selector};\r\n"
            f"\tt={int(at.timestamp())}; h={_wrapped(names)};\r\n\tbh={body_hash};\r\n\tb="
        ).encode("ascii")
        digest = hashlib.sha256(canonical + b"dkim-signature:" + _relaxed(b" " + tags)).digest()
        signature = base64.b64encode(self._signature(digest))
        pieces = b"\r\n\t".join(signature[start : start + 72] for start in range(0, len(signature), 72))
        return b"DKIM-Signature: " + tags + pieces + b"\r\n"

    def _signature(self, digest: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

            return self.key.sign(digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
        # RFC 8463 §3: Ed25519 signs the SHA-256 digest.
        return self.key.sign(digest)

    def record(self) -> str:
        """Return the TXT record to publish at `<selector>._domainkey.<domain>`."""
        return f"v=DKIM1; k={'rsa' if isinstance(self.key, rsa.RSAPrivateKey) else 'ed25519'}; p={public_key(self.key)}"


def sign_all(
    content: bytes,
    signers: Sequence[Signer],
    *,
    author_domain: str,
    at: datetime,
    already: AuthenticationResults | None = None,
    again: bool = False,
) -> bytes:
    """Return the fields of every signer of the author's domain.

    Empty when no signer is of that domain, or when `already` holds a passed signature of it and `again` is not set.
    """
    results = already.results if already is not None else ()
    if not again and any(
        one.method == "dkim" and one.result == "pass" and one.domain == author_domain for one in results
    ):
        return b""
    return b"".join(signer.sign(content, at) for signer in signers if signer.domain == author_domain)


def _covered(fields: Sequence[HeaderField]) -> tuple[list[str], bytes]:
    """Return the names for `h=` and the canonical fields they stand for (RFC 6376 §5.4.2: from the bottom up)."""
    by_name: dict[str, list[HeaderField]] = {}
    for one in fields:
        by_name.setdefault(one.name.lower(), []).append(one)
    names: list[str] = []
    canonical = bytearray()
    for name in _SIGNED:
        for one in reversed(by_name.get(name, [])):
            names.append(name)
            canonical += name.encode() + b":" + _relaxed(one.raw.partition(b":")[2]) + b"\r\n"
        names.append(name)
    return names, bytes(canonical)


def _relaxed(body: bytes) -> bytes:
    """Return a field body in the relaxed form of RFC 6376 §3.4.2."""
    return _BLANKS.sub(b" ", _FOLD.sub(b"", body).removesuffix(b"\r\n")).strip(b" \t")


def _body_hash(body: memoryview) -> str:
    """Return the hash of the body in the simple form: empty lines at the end do not count (RFC 6376 §3.4.3)."""
    end = len(body)
    while end >= 2 and bytes(body[end - 2 : end]) == b"\r\n":
        end -= 2
    digest = hashlib.sha256(body[:end])
    digest.update(b"\r\n")
    return base64.b64encode(digest.digest()).decode()


def _wrapped(names: list[str]) -> str:
    """Return the list for `h=` in lines that fit."""
    lines = [names[start : start + 6] for start in range(0, len(names), 6)]
    return ":\r\n\t ".join(":".join(line) for line in lines)


def public_key(key: PrivateKey) -> str:
    """Return the value of `p=` (RFC 6376 §3.6.1, RFC 8463 §4.2)."""
    public = key.public_key()
    if isinstance(public, ed25519.Ed25519PublicKey):
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    else:
        raw = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(raw).decode()


def load_signer(domain: str, selector: str, path: Path) -> Signer:
    """Return the signer of a PEM key file; UserError says what is wrong with the file or the names."""
    for word in (domain, selector):
        if not _LABEL.fullmatch(word):
            raise UserError(f"tên không hợp lệ “{word}” / not a domain name or selector: “{word}”")
    try:
        if os.name == "posix" and path.stat().st_mode & 0o007:
            raise UserError(f"{path}: mọi người đọc được khóa, hãy chmod 640 / readable by everybody: chmod 640")
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise UserError(f"không đọc được {path} / cannot read {path}: {reason(error)}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UserError(f"{path}: không phải khóa PEM không mật khẩu / not a PEM key without passphrase") from None
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _SHORTEST_RSA:
        return Signer(domain.lower(), selector, key)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return Signer(domain.lower(), selector, key)
    raise UserError(
        f"{path}: cần khóa RSA từ {_SHORTEST_RSA} bit hoặc Ed25519 / an RSA key of {_SHORTEST_RSA} bits or Ed25519 is needed"
    )


def new_key(algorithm: Algorithm) -> PrivateKey:
    """Return a fresh key: RSA of 2048 bits, or Ed25519."""
    if algorithm == "rsa-sha256":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ed25519.Ed25519PrivateKey.generate()


def pem(key: PrivateKey) -> bytes:
    """Return a key as PKCS #8 without passphrase; the file's mode protects it."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
