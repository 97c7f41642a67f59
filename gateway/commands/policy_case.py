"""`gateway policy case BT-...`: a test case for a policy file from the kept facts of a recorded mail."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from ruamel.yaml import YAML

from gateway.audit import record as r
from gateway.audit.query import unknown
from gateway.audit.replay import KeptMail, kept_mails
from gateway.commands.common import EXIT_REFUSED
from gateway.engine import PolicySet, evaluate_facts
from gateway.engine.cases import facts_of
from gateway.engine.loading import load_policy_set
from gateway.engine.registry import Registry
from gateway.engine.what_if import first_missing
from gateway.errors import UserError
from gateway.model import Disposition, FindingOutcome, Observed
from gateway.model.reference import standard
from gateway.texts.catalogue import both
from gateway.vietnamese.homographs import name_keys, shown_domains

_PERMANENT = 500
_NAME = re.compile(r"[^.+]*")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+", re.ASCII)


def case(data: Path, reference: str, *, addresses: bool) -> int:
    """Print the case; UserError when the log does not know the mail or kept no facts of it."""
    policies = load_policy_set("binhtan-7600", registry=Registry.installed())
    mail = _found(data, reference, policies)
    record = mail.record
    if isinstance(record, r.RecipientRefused):
        disposition = "reject" if record.code >= _PERMANENT else "defer"
    else:
        disposition = record.mail.disposition
    assert mail.observed is not None
    facts = _plain(mail.observed)
    differs = False
    if not addresses:
        renamed = _Pseudonyms((facts["evidence"].get("directory") or {}).get("names", {})).replace(facts)
        differs = _verdict(facts, policies) != _verdict(renamed, policies)
        facts = renamed
    content = {
        "name": reference,
        "facts": facts,
        "expect": {
            "disposition": disposition,
            "findings": sorted(
                {f"{one.policy}.{one.rule}" for one in r.judged(record).findings if one.outcome != "passed"}
            ),
        },
    }
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_unicode = True
    yaml.width = 120
    text = io.StringIO()
    yaml.dump({"tests": [content]}, text)
    print(text.getvalue(), end="")
    if differs:
        print(both("start", "policy", "case_differs", reference=reference), file=sys.stderr)
    return EXIT_REFUSED if differs else 0


_Found = tuple[Disposition, list[tuple[str, str, FindingOutcome]]]


def _verdict(facts: dict[str, Any], policies: PolicySet) -> _Found | None:
    """Return what is found in the facts of a case; None where the preset would need others."""
    try:
        verdict = evaluate_facts(facts_of(facts, policies), policies)
    except ExceptionGroup as group:
        if first_missing(group) is None:
            raise
        return None
    found = [(judged.policy, judged.finding.rule, judged.finding.outcome) for judged in verdict.findings]
    return verdict.disposition, found


def _found(data: Path, reference: str, policies: PolicySet) -> KeptMail:
    wanted = standard(reference) or reference
    types = {policy.name: policy.observation for policy in policies.policies}
    for mail in kept_mails(data, types):
        if mail.record.id == wanted:
            if mail.observed is None:
                raise UserError(f"{reference}: {both('start', 'indeterminate', mail.reason)}")
            return mail
    raise UserError(" / ".join(unknown(reference)))


def _plain(observed: Observed) -> dict[str, Any]:
    plain = {"evidence": observed.bare, "seen": dict(observed.seen), "texts": dict(observed.texts)}
    return msgspec.json.decode(msgspec.json.encode(plain))  # type: ignore[no-any-return]


class _Pseudonyms:
    """Replaces names, each by the same; the rest of an address from the first dot or plus on, and domains, decide and stay."""

    def __init__(self, listed: Iterable[str]) -> None:
        """Prepare; `listed` are the names of the directory that the mail shows, as `name_keys` gives them."""
        self._names: dict[str, str] = {}
        self._people = {key: f"Nguoi Thu {number}" for number, key in enumerate(sorted(listed), 1)}

    def replace(self, value: Any) -> Any:
        """Return plain values with every address replaced."""
        if isinstance(value, str):
            return _ADDRESS.sub(self._address, value)
        if isinstance(value, list):
            return [self.replace(one) for one in value]
        if isinstance(value, dict):
            local = value.get("local")
            replaced = {self.replace(key): self._field(key, one) for key, one in value.items()}
            if (
                "address" in value and "name" in value
            ):  # a mailbox of the directory; policies look its name up in `names`
                replaced["name"] = ""
            if isinstance(local, str) and "domain" in value:
                replaced["local"] = self._local(local)
            return replaced
        return value

    def _field(self, key: str, value: Any) -> Any:
        if key == "display_name":  # what policies compare: names of the directory, and domains
            known = [self._people[name] for name in sorted(name_keys(value)) if name in self._people]
            return " - ".join((*known, *(f"@{domain}" for domain in shown_domains(value))))
        if key == "names" and isinstance(value, dict):
            return {max(name_keys(self._people[name]), key=len): self.replace(one) for name, one in value.items()}
        if key == "auth_user" and isinstance(value, str) and "@" not in value:
            domain, backslash, login = value.rpartition("\\")
            return f"{domain}{backslash}{self._local(login)}"
        return self.replace(value)

    def _address(self, found: re.Match[str]) -> str:
        local, _, domain = found[0].rpartition("@")
        return f"{self._local(local)}@{domain}"

    def _local(self, local: str) -> str:
        name = _NAME.match(local)[0]  # type: ignore[index]  # it matches anything
        alias = self._names.setdefault(name.casefold(), f"nguoi{len(self._names) + 1}")
        return f"{alias}{local[len(name) :]}"
