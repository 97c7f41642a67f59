"""The Authentication-Results field (RFC 8601): written from our results, read from an MTA that is trusted.

Only ASCII domain names and known words are ever written, so nothing of a hostile mail can add a field or a result.
"""

from __future__ import annotations

import re

from gateway.model import AuthenticationResults, AuthResult, HeaderField

_PROPERTY = {"dkim": "header.d", "spf": "smtp.mailfrom", "dmarc": "header.from", "arc": "header.d"}
_RESULTS = frozenset({"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror", "policy"})
_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")
_CLAUSE = re.compile(r"\s*([a-z0-9-]+)\s*=\s*([a-z]+)\b")
_LIMIT_FIELDS = 20


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
    """Tell whether a field claims to come from `authserv_id`: in a mail from outside it is forged (RFC 8601 §5)."""
    return field.name.lower() == "authentication-results" and _author(field.value) == authserv_id.lower()


def read(fields: tuple[HeaderField, ...], authserv_id: str) -> AuthenticationResults | None:
    """Return the results that a trusted MTA wrote, None when it wrote none.

    The caller vouches that the MTA removes foreign fields of that name. Only the topmost field of that MTA counts.
    """
    for field in fields[:_LIMIT_FIELDS]:
        if is_own(field, authserv_id):
            return AuthenticationResults(tuple(_read_clauses(_without_comments(field.value).split(";")[1:])))
    return None


def _author(value: str) -> str:
    return _without_comments(value).partition(";")[0].split(" ")[0].strip().lower()


def _read_clauses(clauses: list[str]) -> list[AuthResult]:
    found = []
    for clause in clauses:
        match = _CLAUSE.match(clause.lower())
        if match is None or match[1] not in _PROPERTY or match[2] not in _RESULTS:
            continue
        value = re.search(rf"{re.escape(_PROPERTY[match[1]])}\s*=\s*\"?([^\s;\"]+)", clause.lower())
        domain = value[1].rpartition("@")[2] if value else None
        found.append(AuthResult(method=match[1], result=match[2], domain=domain))
    return found


def _without_comments(value: str) -> str:
    """Return a field body without comments, however deep."""
    kept, depth = [], 0
    for letter in value.replace("\t", " "):
        if letter == "(":
            depth += 1
        elif letter == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(letter)
    return "".join(kept).strip()
