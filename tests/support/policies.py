"""Shipped presets, loaded once, and single policy modules on one mail without an engine."""

import functools
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from msgspec import structs

from gateway.engine import PolicySet, load_policy_set
from gateway.model import Evidence, Facts, Finding, Looked, wordless


@functools.cache
def preset(name: str = "binhtan-7600") -> PolicySet:
    """Return an installed preset."""
    return load_policy_set(name)


def looked(policy: ModuleType, evidence: Evidence, settings: Any) -> Looked[Any]:
    """Run a policy's `look` on the documents of a mail."""
    assert evidence.message is not None
    return Looked(
        now=evidence.now,
        session=evidence.session,
        envelope=evidence.envelope,
        message=evidence.message,
        documents=wordless(evidence).documents,
        signatures=evidence.signatures,
        look=lambda: tuple(policy.look(document, settings) for document in evidence.documents),
    )


def findings(policy: ModuleType, evidence: Evidence, settings: Any = None) -> Iterator[Finding]:
    """Run a policy's `observe` on a mail, then evaluate the result without the mail's text."""
    settings = settings if settings is not None else policy.Settings()
    observe = getattr(policy, "observe", None)
    bare = wordless(evidence)
    seen = None
    if observe is not None and evidence.message is not None:
        seen = observe(looked(policy, evidence, settings), settings)
    fields = {field.name: getattr(bare, field.name) for field in structs.fields(Evidence)}
    return iter(policy.judge(Facts(**fields, seen=seen), settings))
