"""DKIM key records (RFC 6376 §3.6.1, RFC 8463): which are valid for mail, and for what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_KINDS: Final = frozenset({"rsa", "ed25519"})


@dataclass(frozen=True)
class KeyRecord:
    """A key that may be used for mail."""

    public: str
    """In base64."""
    kind: str
    hashes: frozenset[str]
    """Hash algorithms that it is good for; empty when it does not say."""
    forbids_subdomains: bool
    """Whether the identity of the signature must be of the very domain (`t=s`)."""

    def bare(self) -> bytes:
        """Return the record without what has been judged here."""
        return f"v=DKIM1; k={self.kind}; p={self.public}".encode("ascii", "replace")


def usable_key(records: Iterable[bytes]) -> KeyRecord | None:
    """Return the first record that is a key for mail; None when there is none, or it was withdrawn (`p=`)."""
    return next((key for raw in records if (key := _key(raw)) is not None), None)


def _key(raw: bytes) -> KeyRecord | None:
    text = raw.decode("ascii", "replace")
    tags = _tags(text)
    kind = tags.get("k", "rsa")
    # §3.6.1: the version, if there, is DKIM1 and comes first; other records are not for DKIM.
    sound = tags.get("v", "DKIM1") == "DKIM1" and ("v" not in tags or text.partition("=")[0].strip() == "v")
    for_mail = bool({"*", "email"} & _words(tags.get("s", "*")))
    if not (sound and for_mail and tags.get("p") and kind in _KINDS):
        return None
    hashes = frozenset(_words(tags["h"])) if "h" in tags else frozenset[str]()
    return KeyRecord(tags["p"], kind, hashes, "s" in _words(tags.get("t", "")))


def _tags(text: str) -> dict[str, str]:
    """Return the tags of a record; of two the last counts, as for the library that uses the key."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip(): "".join(value.split()) for name, equals, value in pairs if equals}


def _words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.split(":")}
