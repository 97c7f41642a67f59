"""Mail addresses by the strict grammar (RFC 5321 §4.1.2, RFC 5322 §3.4.1, RFC 6531), and their normal form.

Pure and total: every text yields a reading, and `ambiguous` says what another reader could take differently. An
address with any code is read, never repaired.
"""

from __future__ import annotations

import encodings.punycode  # noqa: F401 - idna imports it and its tables late, and the sandboxed child can open no file
import re
import unicodedata
from functools import lru_cache

import idna
import idna.uts46data

from gateway.model import Address, AddressReading, Directory, Mailbox

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"@', re.DOTALL)
_BACKSLASH = re.compile(r"\\(.)", re.DOTALL)
_PLAIN = re.compile(
    r"(?=[^@]{1,64}@)[a-z0-9][a-z0-9_+-]*(?:\.[a-z0-9_+-]+)*@"
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+"
)
"""Addresses in normal form with which nothing can be wrong but their A-labels."""
_LONGEST_LOCAL = 64
_LONGEST_PATH = 254
_LONGEST_ROUTE = 8


def parse_path(text: str) -> AddressReading:
    """Return the reading of an addr-spec: a path of the envelope, a login, a line of the directory."""
    return _known_path(text) if len(text) <= _LONGEST_PATH else _path(text)


def _path(text: str) -> AddressReading:
    address, codes = parse_addr_spec(text)
    return AddressReading(mailboxes=(address,) if address else (), ambiguous=codes)


_known_path = lru_cache(maxsize=1024)(_path)
"""Each policy reads the sender, at RCPT and with the mail."""


def parse_addr_spec(text: str, display_name: str = "") -> tuple[Address | None, tuple[str, ...]]:
    """Return the address and what is wrong with it; no address when there is no `@` with something on both sides."""
    codes: list[str] = []
    if not text.isprintable() or any(_invisible(letter) for letter in text if letter > "\x7f"):
        codes.append("control-character")
    if "=?" in text and "?=" in text:
        codes.append("encoded-word-address")
    if text.startswith("@"):
        codes.append("source-route")
        text = text.rpartition(":")[2]
    quoted = _QUOTED.match(text)
    if quoted:
        local, domain = _BACKSLASH.sub(r"\1", quoted[1]), text[quoted.end() :]
        codes.append("quoted-local-address" if "@" in local else "quoted-local-part")
    else:
        local, _, domain = text.rpartition("@")
        if "@" in local:
            codes.append("two-at-signs")
        elif local and not _DOT_ATOM.fullmatch(local):
            codes.append("local-syntax")
    if not local or not domain:
        return None, (*codes, "no-domain" if "@" not in text or not domain else "local-syntax")
    if "%" in local or "!" in local:
        codes.append("percent-hack")
    if not local.isascii():
        if unicodedata.normalize("NFKC", local) != unicodedata.normalize("NFC", local) or "。" in local:
            codes.append("local-mapping")
        if _mixes_scripts(local):
            codes.append("mixed-script")
    if len(local.encode("utf-8", "replace")) > _LONGEST_LOCAL or len(text) > _LONGEST_PATH:
        codes.append("address-length")
    normal_domain, domain_codes = _domain(domain)
    normal = f"{unicodedata.normalize('NFC', local).lower()}@{normal_domain}"
    address = Address(local=local, domain=domain, display_name=display_name, normal=normal)
    return address, tuple(dict.fromkeys((*codes, *domain_codes)))


def normal_form(text: str) -> str:
    """Return the normal form of an address for comparison; a text that is no address, in lower case."""
    if len(text) <= _LONGEST_PATH and _PLAIN.fullmatch(text):
        return text
    address, _ = parse_addr_spec(text.strip())
    return address.normal if address else text.strip().lower()


def destinations(path: str) -> frozenset[str]:
    """Return the normal forms of the mailboxes, without tags, to which a mail server could deliver a forward-path.

    Many servers follow the old routes of a local part when the domain is theirs: `a%b@c` and `b!a@c` go to `a@b`
    (Postfix: `allow_percent_hack`, `swap_bangpath`). Full-width letters may be folded on the way.
    """
    return _known_destinations(path) if len(path) <= _LONGEST_PATH else _destinations(path)


def _destinations(path: str) -> frozenset[str]:
    whole = {normal_form(path), normal_form(unicodedata.normalize("NFKC", path))}
    found = set(whole)
    for address in whole:
        local = address.rpartition("@")[0]
        for _ in range(_LONGEST_ROUTE):
            if "!" in local:
                domain, _, user = local.partition("!")
            elif "%" in local:
                user, _, domain = local.rpartition("%")
            else:
                break
            found.add(normal_form(f"{user}@{domain}"))
            local = user
    return frozenset(map(without_tag, found))


_known_destinations = lru_cache(maxsize=1024)(_destinations)


def without_tag(address: str) -> str:
    """Return a normal form without the sub-address (`a+x@d` is a mailbox of `a@d`, RFC 5233)."""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}" if local.partition("+")[0] else address


def listed(directory: Directory | None, address: str) -> Mailbox | None:
    """Return the mailbox of a normal form, also under its sub-addresses (`a+x@d`)."""
    return None if directory is None else directory.find(address) or directory.find(without_tag(address))


def ways_to_write(path: str, directory: Directory | None) -> frozenset[str]:
    """Return the normal forms by which rules may name the mailbox of a path: its own, without its tag, those that the directory has."""
    normal = normal_form(path)
    mailbox = listed(directory, normal)
    return frozenset((normal, without_tag(normal), *(() if mailbox is None else (mailbox.address, *mailbox.aliases))))


def _domain(domain: str) -> tuple[str, list[str]]:
    """Return the A-label form of a domain and what is wrong with it."""
    codes: list[str] = []
    if domain.startswith("["):
        return domain.lower(), ["domain-literal"]
    if domain.endswith((".", "。", "．", "｡")):
        codes.append("trailing-dot")
        domain = domain[:-1]
    lower = unicodedata.normalize("NFC", domain).lower()
    if not lower.isascii():
        if len(lower) > _LONGEST_PATH:
            return lower, [*codes, "domain-syntax"]
        if any(dot in lower for dot in "。．｡"):
            codes.append("domain-mapping")
        if any(_mixes_scripts(label) for label in lower.split(".")):
            codes.append("mixed-script")
        lower = _a_label(lower, codes)
    elif "xn--" in lower:
        labels = [label for label in lower.split(".") if label.startswith("xn--")]
        if any(u_label(label) == label for label in labels):
            codes.append("domain-syntax")
        if any(_mixes_scripts(u_label(label)) for label in labels):
            codes.append("mixed-script")
    if lower.isascii() and not _is_host_name(lower):
        codes.append("domain-syntax")
    return lower, codes


def _is_host_name(domain: str) -> bool:
    """Return whether a domain is one of RFC 5321 §4.1.2; a last label of digits would be an address (RFC 3696 §2)."""
    labels = domain.split(".")
    return len(domain) <= 253 and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()


def _a_label(domain: str, codes: list[str]) -> str:
    """Return the A-labels of a U-label domain; note when readers could map its letters differently."""
    try:
        return idna.encode(domain).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        codes.append("domain-mapping")
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        codes.append("domain-syntax")
        return domain


def u_label(label: str) -> str:
    """Return the letters behind an A-label, the label itself when it is none."""
    try:
        return idna.decode(label)
    except (idna.IDNAError, UnicodeError):
        return label


def _invisible(letter: str) -> bool:
    """Return whether a letter shows nothing or turns the text around."""
    return unicodedata.category(letter) in {"Cc", "Cf", "Zs", "Zl", "Zp", "Co", "Cn"} or letter in "͏ᅟᅠㅤﾠ"


_TOGETHER = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "BOPOMOFO", "HANGUL"})


def _mixes_scripts(label: str) -> bool:
    """Return whether the letters of a label come from scripts that no one language mixes (UTS 39 §5.2)."""
    scripts = {_script(letter) for letter in label if letter.isalpha()}
    return len(scripts - _TOGETHER) > 1


def _script(letter: str) -> str:
    """Return the script of a letter as the first word of its name says it."""
    return unicodedata.name(letter, "UNKNOWN").split(" ", 1)[0] if letter > "\x7f" else "LATIN"
