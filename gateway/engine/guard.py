"""Legal limits on every policy file.

Article 4.1 of the Decision forbids sending classified documents, and the Law on the Protection of State Secrets forbids
keeping them on a connected machine: a found mark is always refused, nothing of it is held, and a mere suspicion may be
lifted for the exact file only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.engine.layers import Layers
from gateway.engine.registry import PolicyModule
from gateway.engine.schema import Action
from gateway.errors import Fault
from gateway.model import Mode
from gateway.texts.catalogue import both

_ALWAYS = "classified"
MARKED = "marked"
"""The rule of a confidential policy that speaks of a mark beyond doubt."""


def guard_faults(layers: Layers, modules: dict[str, PolicyModule], *, installed: Mapping[str, str]) -> Iterator[Fault]:
    """Yield a fault for everything that a policy set says against the law; `installed` are the policies by name."""
    if _ALWAYS in installed and _ALWAYS not in modules:
        yield layers.fault(
            "phải có chính sách “classified”: tài liệu mật luôn bị từ chối (Điều 4.1); thêm dòng extends: binhtan-7600 / "
            "the policy “classified” must be listed: classified documents are always refused (Article 4.1); "
            "add the line extends: binhtan-7600",
            "policies",
        )
    for layer in layers.waiving:
        for name, section in layer.value.policies.items():
            module = modules.get(name)
            if module is None or not module.confidential:
                continue
            here = ("policies", name)
            if name == _ALWAYS and section.module not in {None, installed.get(name, section.module)}:
                yield layer.fault(both("start", "policy", "always_own", policy=name), *here, "module")
            for place, level in section.levels():
                if level.mode not in {None, Mode.ENFORCE}:
                    yield layer.fault(_mode_message(name), *here, *place, "mode")
                for rule, action in level.rules.items():
                    for message in _action_messages(module, rule, action):
                        yield layer.fault(message, *here, *place, "rules", rule)
        for index, waiver in enumerate(layer.value.waivers):
            module = modules.get(waiver.policy)
            if module is None or not module.confidential:
                continue
            if waiver.rule == MARKED:
                yield layer.fault(
                    f"không được miễn trừ {waiver.policy}.{MARKED}: tài liệu có dấu mật không được gửi (Điều 4.1) / "
                    f"{waiver.policy}.{MARKED} cannot be waived: a marked document must not be sent (Article 4.1)",
                    *("waivers", index, "rule"),
                )
            elif waiver.sha256 is None and waiver.rule in module.confidential_rules:
                yield layer.fault(
                    f"{waiver.policy} chỉ được miễn trừ cho đúng một tệp: thêm sha256 / "
                    f"{waiver.policy} is waived for one exact file only: add sha256",
                    *("waivers", index),
                )


def _mode_message(policy: str) -> str:
    return (
        f"“{policy}” luôn ở chế độ enforce (Điều 4.1); bỏ khóa này / “{policy}” is always enforced (Article 4.1); "
        "remove this key"
    )


def _action_messages(module: PolicyModule, rule: str, action: Action) -> Iterator[str]:
    policy = module.name
    words = {action.failed, action.indeterminate}
    if rule == MARKED and words != {"reject"}:
        yield (f"{policy}.{rule} chỉ có thể là reject (Điều 4.1) / {policy}.{rule} can only be reject (Article 4.1)")
    elif "hold" in words and rule in module.confidential_rules:
        yield (
            f"{policy}.{rule}: không được giữ lại (hold) nội dung có thể là mật; dùng reject / "
            f"{policy}.{rule}: content that may be classified must not be held; use reject"
        )
