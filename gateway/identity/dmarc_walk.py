"""DMARC records and the organisational domain, found by asking the DNS upwards (RFC 9989 §4.10, the DNS Tree Walk).

No list of public suffixes has to be kept. A name under which strangers register (`gov.vn`) may say that it is one
(`psd=y`); a record there that does not say so is no organisation's, since a registry is not the organisation of all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from gateway.identity.resolver import Lookups

_DEEPEST: Final = 8
# RFC 9989 §4.7: the version comes first, and its value alone is case-sensitive.
_VERSION: Final = re.compile(r"[ \t]*[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)")
_URI: Final = re.compile(r"[ \t]*(?:mailto:[^\s@,]+@[^\s@,]+|https?://\S+)[ \t]*", re.IGNORECASE)
_POLICIES: Final = frozenset({"none", "quarantine", "reject"})
# Second levels under which everybody registers (`gov.vn`, `com.vn`).
_SHARED: Final = frozenset({
    "ac", "ai", "biz", "co", "com", "edu", "go", "gob", "gouv", "gov", "health", "id", "info", "int", "io", "mil", "name",
    "ne", "net", "nic", "nom", "or", "org", "pro", "sch",
})  # fmt: skip


@dataclass(frozen=True)
class DmarcRecord:
    """A record and its domain."""

    domain: str
    tags: dict[str, str]

    @property
    def usable(self) -> bool:
        """Return whether it asks for a policy, or for reports, which then counts as `p=none` (RFC 9989 §4.10.1)."""
        wanted = {self.tags[name] for name in ("p", "sp", "np") if name in self.tags}
        if "p" in self.tags and wanted <= _POLICIES:
            return True
        return any(_URI.fullmatch(uri) for uri in self.tags.get("rua", "").split(","))

    def strict(self, tag: str) -> bool:
        """Return whether `adkim` or `aspf` asks for the very same domain; everything else means relaxed."""
        return self.tags.get(tag) == "s"


def walk(domain: str, lookups: Lookups) -> list[DmarcRecord]:
    """Return the records from the domain upwards, as far as one ends the walk; DnsOutage on temporary DNS failure."""
    labels = domain.split(".")
    names = [domain]
    if len(labels) >= _DEEPEST:
        labels = labels[-_DEEPEST + 1 :]
        names.append(".".join(labels))
    names += [".".join(labels[number:]) for number in range(1, len(labels))]
    found = []
    for name in names:
        record = record_at(name, lookups)
        if record is None or (record.tags.get("psd") != "y" and name != domain and _is_shared(name)):
            continue
        found.append(record)
        if record.tags.get("psd") in {"n", "y"}:
            break
    return found


def organisation(domain: str, records: list[DmarcRecord]) -> str:
    """Return the organisational domain by the records of the walk from the domain (RFC 9989 §4.10.2)."""
    if not records:
        return domain
    last = records[-1]
    if last.tags.get("psd") == "y" and last.domain != domain:
        # A public suffix: the organisation is one label below it.
        return ".".join(domain.split(".")[-last.domain.count(".") - 2 :])
    return last.domain


def policy_record(domain: str, records: list[DmarcRecord]) -> DmarcRecord | None:
    """Return the record that holds for an author's domain: its own, its organisation's, or the public suffix's."""
    wanted = (domain, organisation(domain, records), *(one.domain for one in records if one.tags.get("psd") == "y"))
    return next((one for name in wanted for one in records if one.domain == name), None)


def record_at(name: str, lookups: Lookups) -> DmarcRecord | None:
    """Return the record of one name; several are as good as none (RFC 9989 §4.10)."""
    texts = (raw.decode("utf-8", "replace") for raw in lookups.texts(f"_dmarc.{name}"))
    records = [text for text in texts if _VERSION.match(text)]
    return DmarcRecord(name, _tags(records[0])) if len(records) == 1 else None


def _tags(text: str) -> dict[str, str]:
    """Return the tags of a record; what is no tag is skipped, a tag that occurs twice makes the record invalid (RFC 6376 §3.2)."""
    pairs = [part.partition("=") for part in text.split(";") if "=" in part]
    tags = {name.strip(" \t").lower(): value.strip(" \t").lower() for name, _, value in pairs}
    return tags if len(tags) == len(pairs) else {}


def _is_shared(name: str) -> bool:
    """Return whether a name is one under which strangers register."""
    labels = name.split(".")
    return len(labels) < 2 or (len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _SHARED)
