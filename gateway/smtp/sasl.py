"""SASL messages of the mechanisms that can be replayed: PLAIN (RFC 4616), LOGIN, XOAUTH2; pure.

Secrets are decoded only to check their form and to learn the login. A `Credentials` never shows its secret.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

_XOAUTH2 = re.compile(r"user=([^\x00-\x1f\x7f]{1,255})\x01auth=[A-Za-z]+ [^\x00-\x1f\x7f]+\x01\x01")
_LOGIN_LIMIT = 255


class Mechanism(Enum):
    """Mechanisms that we can replay, strongest first; one is offered only when the next hop offers it."""

    XOAUTH2 = "XOAUTH2"
    PLAIN = "PLAIN"
    LOGIN = "LOGIN"


class SaslError(Exception):
    """The message is not well formed. Holds nothing of it."""


@dataclass(frozen=True)
class Credentials:
    """Credentials sent by a client."""

    mechanism: Mechanism
    login: str
    responses: tuple[bytes, ...] = field(repr=False)
    """Base64 lines to send to the next hop, in order."""


def password_meets(credentials: Credentials, rule: Callable[[str], bool]) -> bool | None:
    """Return whether the password in accepted credentials is what a rule asks for, None when they hold a token instead.

    Only the answer leaves this function. A rule that raises gives None: its exception could show what it was given.
    """
    if credentials.mechanism is Mechanism.XOAUTH2:
        return None
    octets = decode(credentials.responses[-1])
    if credentials.mechanism is Mechanism.PLAIN:
        octets = octets.rpartition(b"\0")[2]
    try:
        return rule(octets.decode("utf-8", "replace"))
    except Exception:  # noqa: BLE001 - the wall around the rule: what an exception holds could be the password
        return None


def decode(line: bytes) -> bytes:
    """Return the bytes of a base64 line, strictly (RFC 4954 §4); `=` means no bytes."""
    if line == b"=":
        return b""
    try:
        return binascii.a2b_base64(line, strict_mode=True)
    except binascii.Error:
        raise SaslError from None  # the cause could show what was sent


def parse_plain(line: bytes) -> Credentials:
    """Return the credentials of a PLAIN message (base64)."""
    parts = _text(decode(line)).split("\0")
    if len(parts) != 3 or not parts[1] or not parts[2]:
        raise SaslError
    return Credentials(Mechanism.PLAIN, _login(parts[1]), (line,))


def parse_login(user: bytes, password: bytes) -> Credentials:
    """Return the credentials of the two LOGIN messages (base64)."""
    login = _login(_text(decode(user)))
    if not decode(password):
        raise SaslError
    return Credentials(Mechanism.LOGIN, login, (b64encode(login.encode()), password))


def parse_xoauth2(line: bytes) -> Credentials:
    """Return the credentials of an XOAUTH2 message (base64)."""
    match = _XOAUTH2.fullmatch(_text(decode(line)))
    if match is None:
        raise SaslError
    return Credentials(Mechanism.XOAUTH2, _login(match[1]), (line,))


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise SaslError from None


def _login(text: str) -> str:
    if not text or len(text) > _LOGIN_LIMIT or not text.isprintable():
        raise SaslError
    return text
