"""Command lines, paths and parameters of SMTP (RFC 5321 §4.1.1, §4.1.2; RFC 6531, 1870, 6152, 3461, 4954); pure.

Strict full matches: an accepted command goes to the next hop unchanged, and policies read the same text. Source routes
are refused, not stripped; nothing is decoded or repaired.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from msgspec import Struct

_NON_ASCII = "\u00a0-\U0010ffff"  # UTF8-non-ascii of RFC 6531 §3.3 without the C1 controls
_ATOM = rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~{_NON_ASCII}-]+"
_LABEL = rf"[A-Za-z0-9{_NON_ASCII}](?:[A-Za-z0-9{_NON_ASCII}-]*[A-Za-z0-9{_NON_ASCII}])?"
_LOCAL = re.compile(rf'(?:{_ATOM}(?:\.{_ATOM})*|"(?:[\x20\x21\x23-\x5b\x5d-\x7e{_NON_ASCII}]|\\[\x20-\x7e])*")')
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LITERAL = re.compile(
    r"\[(?:IPv6:(?P<six>[0-9A-Fa-f:.]{2,45})|(?P<four>[0-9]{1,3}(?:\.[0-9]{1,3}){3}))\]", re.IGNORECASE
)
_HELO = re.compile(r"[^\s\x00-\x20\x7f]{1,255}")
_XTEXT = r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+"

_FORBIDDEN = re.compile("[\ud800-\udfff\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u0080-\u009f]")
"""Lone surrogates, line separators, direction marks: never in an address, and they can spoof a log or a screen."""

MAIL_PARAMETERS: dict[str, re.Pattern[str] | None] = {
    "SIZE": re.compile(r"[0-9]{1,20}"),
    "BODY": re.compile(r"7BIT|8BITMIME", re.IGNORECASE),
    "SMTPUTF8": None,
    "RET": re.compile(r"FULL|HDRS", re.IGNORECASE),
    "ENVID": re.compile(rf"(?=.{{1,100}}\Z){_XTEXT}"),
    "AUTH": re.compile(rf"(?=.{{1,500}}\Z){_XTEXT}"),
}
RCPT_PARAMETERS: dict[str, re.Pattern[str] | None] = {
    "NOTIFY": re.compile(r"NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY)){0,2}", re.IGNORECASE),
    "ORCPT": re.compile(rf"(?=.{{1,500}}\Z)[A-Za-z0-9-]+;(?:{_XTEXT}|[!-*,-<>-\[\]-~{_NON_ASCII}]+)"),
}
NEEDED_EXTENSION = {
    "SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8", "RET": "DSN", "ENVID": "DSN", "NOTIFY": "DSN",
    "ORCPT": "DSN", "AUTH": "AUTH",
}  # fmt: skip
"""EHLO keyword that each parameter requires."""


class CommandError(Exception):
    """A refused command; `text` is the key of the reply text in `gateway/texts/smtp.toml`."""

    def __init__(self, code: int, enhanced: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.enhanced = enhanced
        self.text = text


class Parameter(Struct, frozen=True):
    """One `KEYWORD` or `KEYWORD=value` of MAIL or RCPT."""

    keyword: str
    """Upper case."""
    value: str | None
    raw: str
    """As the client wrote it."""


class PathCommand(Struct, frozen=True):
    """Parsed argument of MAIL or RCPT."""

    path: str
    """Mailbox without angle brackets; empty for the null reverse-path."""
    parameters: tuple[Parameter, ...]

    @property
    def raw_parameters(self) -> tuple[str, ...]:
        """The parameters as the client wrote them."""
        return tuple(parameter.raw for parameter in self.parameters)

    def value(self, keyword: str) -> str | None:
        """Return a parameter's value, None when it is absent or has none."""
        return next((item.value for item in self.parameters if item.keyword == keyword), None)

    def has(self, keyword: str) -> bool:
        """Return whether the parameter was given."""
        return any(item.keyword == keyword for item in self.parameters)


def decode_line(line: bytes) -> str:
    """Return a command line as text; CommandError for control characters or invalid UTF-8."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise CommandError(500, "5.5.2", "bad_octets") from None
    if not text.isprintable() and any(character < " " or character == "\x7f" for character in text):
        raise CommandError(501, "5.5.2", "bad_octets")
    return text


def parse_mail(argument: str) -> PathCommand:
    """Return reverse-path and parameters of `FROM:<...> ...`; CommandError when malformed."""
    return _parse_path_command(argument, "FROM:", MAIL_PARAMETERS, "mail_syntax", null_allowed=True)


def parse_rcpt(argument: str) -> PathCommand:
    """Return forward-path and parameters of `TO:<...> ...`; CommandError when malformed."""
    return _parse_path_command(argument, "TO:", RCPT_PARAMETERS, "rcpt_syntax", null_allowed=False)


@lru_cache(1024)
def is_mailbox(text: str) -> bool:
    """Return whether a text is a Mailbox of RFC 5321 §4.1.2 with the lengths of §4.5.3.1, internationalised by RFC 6531."""
    if text.isascii():
        if len(text) > 254:
            return False
    elif len(text.encode(errors="replace")) > 254 or _FORBIDDEN.search(text):
        return False
    local = _LOCAL.match(text)
    if local is None or len(local[0].encode()) > 64 or not text.startswith("@", local.end()):
        return False
    domain = text[local.end() + 1 :]
    if domain.startswith("["):
        return _is_address_literal(domain)
    return _DOMAIN.fullmatch(domain) is not None and (
        len(domain) <= 63 or all(len(label) <= 63 for label in domain.split("."))
    )


def is_helo_name(text: str) -> bool:
    """Return whether a text is accepted as the client's name in EHLO; looser than RFC 5321, for real clients send PC names."""
    return _HELO.fullmatch(text) is not None and not _FORBIDDEN.search(text)


def parameters_for(command: PathCommand, extensions: Collection[str]) -> str:
    """Return the parameters to send to a server with these EHLO keywords, unchanged, each with a space before it.

    CommandError when the server does not support one that matters. Dropped when unsupported, without effect: SIZE
    (RFC 1870 §5), AUTH (RFC 4954 §5) and BODY=7BIT.
    """
    kept = []
    for parameter in command.parameters:
        keyword = parameter.keyword
        if NEEDED_EXTENSION[keyword] in extensions:
            kept.append(f" {parameter.raw}")
        elif keyword == "SMTPUTF8":
            raise CommandError(554, "5.6.7", "no_smtputf8")
        elif keyword == "BODY" and parameter.raw.upper() != "BODY=7BIT":
            raise CommandError(554, "5.6.3", "no_8bitmime")
        elif NEEDED_EXTENSION[keyword] == "DSN":
            raise CommandError(555, "5.5.4", "no_dsn")
    return "".join(kept)


def _parse_path_command(
    argument: str,
    keyword: str,
    allowed: dict[str, re.Pattern[str] | None],
    syntax: str,
    *,
    null_allowed: bool,
) -> PathCommand:
    if argument[: len(keyword)].upper() != keyword:
        raise CommandError(501, "5.5.4", syntax)
    rest = argument[len(keyword) :].removeprefix(" ")  # "FROM: <a@b>" is wrong but widely sent
    if not rest.startswith("<"):
        raise CommandError(501, "5.5.4", syntax)
    end = _closing_bracket(rest)
    if end < 0:
        raise CommandError(501, "5.1.7" if null_allowed else "5.1.3", "bad_address")
    path, tail = rest[1:end], rest[end + 1 :]
    special = path == "" if null_allowed else path.lower() == "postmaster"  # RFC 5321 §4.5.1
    if not special and not is_mailbox(path):
        raise CommandError(553, "5.1.7" if null_allowed else "5.1.3", "bad_address")
    if tail and not tail.startswith(" "):
        raise CommandError(501, "5.5.4", syntax)
    return PathCommand(path, _parse_parameters(tail, allowed))


def _closing_bracket(text: str) -> int:
    """Return the index of the path's ">" outside a quoted local part, -1 when there is none."""
    if not text.startswith('<"'):
        return text.find(">")
    local = _LOCAL.match(text, 1)
    return -1 if local is None else text.find(">", local.end())


def _parse_parameters(text: str, allowed: dict[str, re.Pattern[str] | None]) -> tuple[Parameter, ...]:
    if not text:
        return ()
    parameters: list[Parameter] = []
    seen: set[str] = set()
    for raw in text.split():
        name, equals, value = raw.partition("=")
        keyword = name.upper()
        if keyword not in allowed:
            raise CommandError(555, "5.5.4", "unknown_parameter")
        pattern = allowed[keyword]
        well_formed = not equals if pattern is None else pattern.fullmatch(value) is not None
        if not well_formed or keyword in seen:
            raise CommandError(501, "5.5.4", "bad_parameter")
        seen.add(keyword)
        parameters.append(Parameter(keyword, value if equals else None, raw))
    return tuple(parameters)


def _is_address_literal(domain: str) -> bool:
    match = _LITERAL.fullmatch(domain)
    if match is None:
        return False
    try:
        if match["six"] is not None:
            IPv6Address(match["six"])
        else:
            IPv4Address(match["four"])
    except AddressValueError:
        return False
    return True
