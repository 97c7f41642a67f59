"""`gateway policy case BT-...`: a recorded mail as a case for a policy file, from its kept facts."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs
from ruamel.yaml import YAML

from gateway.audit import record as r
from gateway.audit.query import unknown
from gateway.audit.replay import KeptMail, kept_mails
from gateway.engine.loading import load_policy_set
from gateway.engine.registry import Registry
from gateway.errors import UserError
from gateway.model import Observed
from gateway.model.reference import standard
from gateway.texts.catalogue import both

_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+", re.ASCII)


def case(data: Path, reference: str, *, addresses: bool) -> int:
    """Print the case; UserError when the log does not know the mail or kept no facts of it."""
    mail = _found(data, reference)
    record = mail.record
    judged = record.findings if isinstance(record, r.RecipientRefused) else record.mail.findings
    disposition = "reject" if isinstance(record, r.RecipientRefused) else record.mail.disposition
    assert mail.observed is not None
    facts = _plain(mail.observed)
    if not addresses:
        facts = _Pseudonyms().replace(facts)
    content = {
        "name": reference,
        "facts": facts,
        "expect": {
            "disposition": disposition,
            "findings": sorted({f"{one.policy}.{one.rule}" for one in judged if one.outcome != "passed"}),
        },
    }
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_unicode = True
    yaml.width = 120
    text = io.StringIO()
    yaml.dump({"tests": [content]}, text)
    print(text.getvalue(), end="")
    return 0


def _found(data: Path, reference: str) -> KeptMail:
    wanted = standard(reference) or reference
    policies = load_policy_set("binhtan-7600", registry=Registry.installed())
    types = {policy.name: policy.observation for policy in policies.policies}
    for mail in kept_mails(data, types):
        if mail.record.id == wanted:
            if mail.observed is None:
                raise UserError(f"{reference}: {both('start', 'untold', mail.reason)}")
            return mail
    raise UserError(" / ".join(unknown(reference)))


def _plain(observed: Observed) -> dict[str, Any]:
    bare = structs.replace(observed.bare, directory=observed.bare.directory)
    plain = {"evidence": bare, "seen": dict(observed.seen), "texts": dict(observed.texts)}
    return msgspec.json.decode(msgspec.json.encode(plain))  # type: ignore[no-any-return]


class _Pseudonyms:
    """Replaces the names in addresses, each by the same; what stands behind the first dot, and domains, decide and stay."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def replace(self, value: Any) -> Any:
        """Return plain values with every address replaced."""
        if isinstance(value, str):
            return _ADDRESS.sub(self._address, value)
        if isinstance(value, list):
            return [self.replace(one) for one in value]
        if isinstance(value, dict):
            local = value.get("local")
            replaced = {
                self.replace(key): "" if key == "display_name" else self.replace(one) for key, one in value.items()
            }
            if isinstance(local, str) and "domain" in value:
                replaced["local"] = self._local(local)
            return replaced
        return value

    def _address(self, found: re.Match[str]) -> str:
        local, _, domain = found[0].rpartition("@")
        return f"{self._local(local)}@{domain}"

    def _local(self, local: str) -> str:
        name, dot, rest = local.partition(".")
        alias = self._names.setdefault(name.casefold(), f"nguoi{len(self._names) + 1}")
        return f"{alias}{dot}{rest}"
