"""Policy sets from YAML, their evaluation on evidence, and explanations; independent of the rules.

policies = load_policy_set("binhtan-7600")          # or a path; ConfigError with all faults
verdict = evaluate(evidence, policies)             # pure; ExceptionGroup when a policy failed
answer = reply(verdict, policies, reference=transaction.id, now=evidence.now)
"""

from gateway.engine.catalogue import Catalogue, Disclosure, ascii_form
from gateway.engine.evaluate import evaluate, evaluate_facts, evaluate_recipient
from gateway.engine.explain import (
    check_json,
    explanation,
    received_field,
    reply,
    reply_text,
    verdict_fields,
)
from gateway.engine.loading import load_policy_set
from gateway.engine.observing import observe
from gateway.engine.policy_set import PolicySet
from gateway.engine.registry import Registry
from gateway.model import Language

__all__ = [
    "Catalogue", "Disclosure", "Language", "PolicySet", "Registry", "ascii_form", "check_json", "evaluate",
    "evaluate_facts", "evaluate_recipient", "explanation", "load_policy_set", "observe", "received_field", "reply",
    "reply_text", "verdict_fields",
]  # fmt: skip
