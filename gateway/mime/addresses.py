"""Address fields of a header by the strict grammar (RFC 5322 §3.4, RFC 6532, RFC 2047 §5).

A reading holds every mailbox that any mail reader could take for the author, and says by stable codes what two readers
could read differently. Nothing is repaired and nothing raises; the time is linear in the length of the field.

Codes: `empty`, `two-addresses`, `several-addresses`, `group`, `comment`, `source-route`, `encoded-word-address`,
`quoted-local-part`, `quoted-local-address`, `display-name-address`, `missing-brackets`, `junk-after-address`,
`unquoted-comma`, `unterminated`, `backslash`, `space-in-address`, `control-character`, `two-at-signs`, `no-domain`,
`local-syntax`, `local-mapping`, `domain-syntax`, `domain-literal`, `domain-mapping`, `mixed-script`, `trailing-dot`, `percent-hack`,
`address-length`, `unknown-charset`, `limit`.
"""

from __future__ import annotations

import re
import unicodedata

from msgspec import structs

from gateway.mime.address_lists import elements
from gateway.mime.charsets import is_utf8
from gateway.mime.words import has_encoded_word, header_text
from gateway.model import Address, AddressReading, HeaderField
from gateway.vietnamese.addresses import normal_form, parse_addr_spec, parse_path

__all__ = ["Address", "AddressReading", "parse_addr_spec", "parse_from_field", "parse_path", "read_field"]

_LIMIT_LENGTH = 32 << 10
_LIMIT_MAILBOXES = 100
_LIMIT_USUAL = 200
_ATOMS = r"[A-Za-z0-9_+-]{1,20}(?:\.[A-Za-z0-9_+-]{1,20}){0,2}"
_HOST = r"(?:[A-Za-z0-9]{1,30}\.){1,4}[A-Za-z]{2,20}"
# What nearly every mail has: `Words <address>` or `address` of plain ASCII, in which there is nothing to weigh.
_USUAL = re.compile(rf"(?:([A-Za-z0-9 .?=_'/+-]*) ?<({_ATOMS})@({_HOST})>|({_ATOMS})@({_HOST}))")
_QUOTED_SPEC = re.compile(r'"(?:[^"\\]|\\.)*"@[^\s"]+', re.DOTALL)
_NAME_BEHIND = re.compile(r"[^()\",;:]*\(([^()]*)\)\s*")
"""`address (Name)`, as mail was written before RFC 822; readers show the comment as the name."""
_LOOSE = re.compile(r"\s*([.@])\s*")
_BACKSLASH = re.compile(r"\\(.)", re.DOTALL)
# With a dot on one side it is an address to the eye: `a@b.vn`, `an.binhtan@tphcm`; `VP@BinhTan` is a name.
_ADDRESS_IN_NAME = re.compile(
    r"[^\s<>()\[\]\",;:@]{1,64}@[^\s<>()\[\]\",;:@.]{0,253}\.[^\s<>()\[\]\",;:@]{0,253}"
    r"|[^\s<>()\[\]\",;:@.]{1,64}\.[^\s<>()\[\]\",;:@]{1,64}@[^\s<>()\[\]\",;:@]{1,253}"
)
_SPELT_ADDRESS = re.compile(
    r"(?<![\w.+-])([a-z0-9_+-]{1,30}(?:\.[a-z0-9_+-]{1,30}){1,3})(?: *@ *| *[\[({] ?at ?[\])}] *)((?:[a-z0-9-]{1,60}\.){1,4}[a-z]{2,20})(?![\w@-])"
)
"""An address with blanks around its sign, or the word for it in brackets."""
# What shows nothing and means no harm: the joiners of an emoji, and the byte order mark that some programs write before
# each encoded word of UTF-16.
_HARMLESS = frozenset("\u200c\u200d\ufeff")


def read_field(one: HeaderField) -> AddressReading:
    """Return the reading of an address field of a header."""
    reading = parse_from_field(one.value, one.name.lower())
    if is_utf8(one.raw) or all(address.normal.isascii() for address in reading.mailboxes):
        return reading
    # RFC 6532 §3: an address is ASCII or UTF-8. In a display name the old bytes are a guess that costs nothing.
    return structs.replace(reading, ambiguous=(*reading.ambiguous, "unknown-charset"))


def parse_from_field(value: str, name: str = "from") -> AddressReading:
    """Return the reading of the unfolded, undecoded body of an address field."""
    usual = _USUAL.fullmatch(value) if len(value) <= _LIMIT_USUAL else None
    return _by_grammar(value, name) if usual is None else _usual(usual, name)


def _usual(match: re.Match[str], name: str) -> AddressReading:
    """Return the reading of a field in the usual form; it is that of the grammar, sooner."""
    local, domain = match[2] or match[4], match[3] or match[5]
    address = Address(
        local=local,
        domain=domain,
        display_name=header_text((match[1] or "").strip()),
        normal=f"{local}@{domain}".lower(),
    )
    codes: list[str] = []
    _check_display(address, codes)
    return AddressReading(field=name, mailboxes=(address,), ambiguous=tuple(codes))


def _by_grammar(value: str, name: str) -> AddressReading:
    """Return the reading of any field."""
    codes: list[str] = []
    if len(value) > _LIMIT_LENGTH:
        codes.append("limit")
        value = value[:_LIMIT_LENGTH]
    if not (value.isascii() and value.isprintable()) and _hides(value.replace("\t", " ")):
        codes.append("control-character")
    mailboxes: list[Address] = []
    for tokens in elements(value, codes):
        mailboxes += _mailboxes(tokens, codes)
        if len(mailboxes) > _LIMIT_MAILBOXES:
            codes.append("limit")
            break
    if not mailboxes:
        codes.append("empty")
    if mailboxes and "no-domain" in codes:
        # `Nguyen A, Noi vu <a@b.vn>` is a list by the grammar, and its first member has no domain. A server on the way may
        # give it its own (Postfix: append_at_myorigin), which would make an author of a word; others drop it or the mail.
        codes[codes.index("no-domain")] = "unquoted-comma"
    if len(mailboxes) > 1 and "two-addresses" not in codes:
        codes.append("several-addresses")
    behind = _NAME_BEHIND.fullmatch(value) if len(mailboxes) == 1 else None
    if behind is not None and not mailboxes[0].display_name:
        mailboxes = [structs.replace(mailboxes[0], display_name=header_text(behind[1].strip()))]
    return AddressReading(field=name, mailboxes=tuple(mailboxes), ambiguous=tuple(dict.fromkeys(codes)))


def _mailboxes(tokens: list[str], codes: list[str]) -> list[Address]:
    """Read one element of the list."""
    if not "".join(tokens).strip():
        return []
    if "<" not in tokens:
        if ">" in tokens:
            codes.append("unterminated")
        return _without_brackets([lexeme for lexeme in tokens if lexeme != ">"], codes)
    start = tokens.index("<")
    end = tokens.index(">", start) if ">" in tokens[start:] else len(tokens)
    if end == len(tokens):
        codes.append("unterminated")
    phrase, inside, after = tokens[:start], tokens[start + 1 : end], tokens[end + 1 :]
    faults: list[str] = []
    found = _outside(phrase, faults)
    angle = _angle("".join(inside), _display(phrase), codes)
    # `a@b <a@b>` and `'a@b' <a@b>` have one reading, however sloppy.
    if not (len(angle) == 1 and all(address.normal.strip("'") == angle[0].normal for address in found)):
        codes += faults
        found += angle
    else:
        found = angle
    for address in angle:
        _check_display(address, codes)
    rest = "".join(after).strip()
    if rest:
        codes.append("junk-after-address")
        found += _outside(after, codes)
    if len(found) > 1:
        codes.append("two-addresses")
    return found


def _without_brackets(tokens: list[str], codes: list[str]) -> list[Address]:
    """Read an element that has no angle brackets: one addr-spec and nothing else."""
    joined = "".join(tokens).strip()
    if _QUOTED_SPEC.fullmatch(joined):
        return _read([joined], codes)
    if not any(lexeme.startswith('"') for lexeme in tokens):
        closed = _LOOSE.sub(r"\1", joined)
        if closed != joined and "@" in closed:
            codes.append("space-in-address")
            tokens = [closed]
    chunks = _chunks(tokens)
    if len(chunks) == 1 and "@" in chunks[0]:
        return _read(chunks, codes)
    text = "".join(tokens).strip()
    found = _outside(tokens, codes)
    if found:
        codes.append("two-addresses" if len(found) > 1 else "missing-brackets")
        return found
    if has_encoded_word(text):
        decoded = header_text(text)
        if "@" in decoded:
            codes.append("encoded-word-address")
            return [address for address in (parse_addr_spec(piece)[0] for piece in decoded.split()) if address]
    codes.append("no-domain")
    return []


def _chunks(tokens: list[str]) -> list[str]:
    """Join tokens between white space."""
    return [chunk for chunk in "".join(" " if lexeme.isspace() else lexeme for lexeme in tokens).split(" ") if chunk]


def _outside(tokens: list[str], codes: list[str]) -> list[Address]:
    """Return addresses in places where only words are allowed."""
    chunks = _chunks([lexeme for lexeme in tokens if not lexeme.startswith('"') and lexeme not in {"<", ">"}])
    return _read([chunk for chunk in chunks if "@" in chunk.strip("@")], codes)


def _read(specs: list[str], codes: list[str], display: str = "") -> list[Address]:
    """Return the addresses of texts, each one addr-spec."""
    found = [parse_addr_spec(spec, display) for spec in specs]
    codes += [code for _, faults in found for code in faults]
    return [address for address, _ in found if address is not None]


def _angle(text: str, display: str, codes: list[str]) -> list[Address]:
    """Read the text between angle brackets: one addr-spec, perhaps with a route before it."""
    if text != text.strip() or any(letter.isspace() for letter in text if '"' not in text):
        codes.append("space-in-address")
        text = text.strip() if '"' in text else "".join(text.split())
    if not text:
        codes.append("empty")
        return []
    if "<" in text:
        codes.append("unterminated")
        text = text.rpartition("<")[2]
    pieces = [text] if text.startswith(("@", '"')) else [piece for piece in re.split(r"[,;]", text) if piece]
    if len(pieces) > 1:
        codes.append("two-addresses")
    elif pieces != [text]:
        codes.append("unquoted-comma")
    return _read(pieces, codes, display)


def _display(tokens: list[str]) -> str:
    """Return the display name as people see it."""
    words = [_BACKSLASH.sub(r"\1", lexeme[1:-1]) if lexeme.startswith('"') else lexeme for lexeme in tokens]
    return header_text("".join(words).replace("\t", " ").strip())


def _check_display(address: Address, codes: list[str]) -> None:
    """Note a display name that shows another address, or invisible letters."""
    name = unicodedata.normalize("NFKC", address.display_name)
    if _hides(name):
        codes.append("control-character")
    if "@" not in name and "at" not in name:
        return
    # What shows nothing hides no address either.
    name = "".join(letter for letter in name if unicodedata.category(letter) != "Cf")
    shown = {normal_form(match[0].strip(".'`")) for match in _ADDRESS_IN_NAME.finditer(name)}
    shown |= {f"{found[1]}@{found[2]}" for found in _SPELT_ADDRESS.finditer(name)}
    if shown - {address.normal}:
        codes.append("display-name-address")


def _hides(text: str) -> bool:
    """Return whether a text holds controls, invisible letters or marks that turn its direction."""
    return any(unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"} and letter not in _HARMLESS for letter in text)
