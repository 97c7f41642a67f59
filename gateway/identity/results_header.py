"""The Authentication-Results field (RFC 8601): written from the gateway's results, recognised when forged.

Only ASCII domain names and known words are ever written, so nothing of a hostile mail can add a field or a result.
"""

from __future__ import annotations

import re

from gateway.model import AuthenticationResults, AuthResult, HeaderField

_PROPERTY = {"dkim": "header.d", "spf": "smtp.mailfrom", "dmarc": "header.from", "arc": "header.d"}
_RESULTS = frozenset({"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror", "policy"})
_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_BACKSLASH = re.compile(r"\\(.)")
_END_OF_NAME = re.compile(r"[;\s(/]")


def build(authserv_id: str, results: AuthenticationResults) -> bytes:
    """Return the field with its final CRLF, to be prepended."""
    if not _DOMAIN.fullmatch(authserv_id):
        raise ValueError(f"not a host name: {authserv_id!r}")
    clauses = [clause for one in results.results if (clause := _clause(one))]
    return "".join(
        (f"Authentication-Results: {authserv_id};\r\n\t", ";\r\n\t".join(clauses or ["none"]), "\r\n")
    ).encode("ascii")


def _clause(one: AuthResult) -> str:
    if one.method not in _PROPERTY or one.result not in _RESULTS:
        return ""
    if one.domain is None or not _DOMAIN.fullmatch(one.domain):
        return f"{one.method}={one.result}"
    return f"{one.method}={one.result} {_PROPERTY[one.method]}={one.domain}"


def is_own(field: HeaderField, authserv_id: str) -> bool:
    """Return whether a field claims to come from `authserv_id`: in a mail from outside it is forged (RFC 8601 §5).

    However it is written: in capitals, in quotes, between comments, with a final dot, with a version behind it (RFC 5451: `/1`).
    """
    return field.name.lower() == "authentication-results" and authserv_id.lower().rstrip(".") in {
        _author(_without_comments(field.value)),
        _author(field.value),
    }


def _author(value: str) -> str:
    """Return the name that a field gives for its author (RFC 8601 §2.2: a token or a quoted string)."""
    value = value.strip()
    quoted = _QUOTED.match(value)
    word = _BACKSLASH.sub(r"\1", quoted[1]) if quoted else _END_OF_NAME.split(value, maxsplit=1)[0]
    return word.strip().lower().rstrip(".")


def _without_comments(value: str) -> str:
    """Return a field body without comments, however deep; brackets in quotes and behind a backslash are none."""
    kept, depth, quoted, position = [], 0, False, 0
    while position < len(value):
        letter = value[position : position + 2] if value[position] == "\\" else value[position]
        position += len(letter)
        if letter == '"' and not depth:
            quoted = not quoted
        if letter == "(" and not quoted:
            depth += 1
        elif letter == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(letter)
    return "".join(kept)
