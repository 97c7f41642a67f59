"""Layers of YAML to a policy set; all faults are collected before one is raised."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from gateway.engine.catalogue import Catalogue
from gateway.engine.guard import guard_faults
from gateway.engine.layers import Layers
from gateway.engine.policy import Action, Addresses, Policy, Scope, Stance, Waiver
from gateway.engine.policy_set import PolicySet
from gateway.engine.registry import PolicyModule, Registry
from gateway.engine.schema import PolicySection, RuleAction, ScopeSection, WaiverSection, Words
from gateway.errors import ConfigError, Fault, UserError
from gateway.model import Mode
from gateway.vietnamese.unit_names import fold_unit
from gateway.yaml.file import nearest, schema_faults


class Compiler:
    """Turns the layers of a file into a policy set and gathers every fault on the way."""

    def __init__(self, layers: Layers, registry: Registry) -> None:
        self._layers = layers
        self._registry = registry
        self._faults: list[Fault] = list(layers.faults)

    def compile(self) -> PolicySet:
        """Return the policy set; ConfigError with all faults."""
        layers = self._layers
        modules = self._modules()
        self._faults.extend(guard_faults(layers, modules, installed=self._registry.modules))
        waivers = self._waivers(modules)
        settings = {
            name: valid for name, module in modules.items() if (valid := self._settings(name, module)) is not None
        }
        self._check_rules(modules)
        self._check_shared(modules)
        self._check_articles(modules)
        catalogue = Catalogue({}, {})
        try:
            catalogue = Catalogue.load({name: module.texts for name, module in modules.items()})
        except UserError as error:
            self._faults.append(layers.fault(str(error), "policies"))
        if self._faults:
            raise ConfigError(*_in_order(self._faults))
        policies = tuple(self._policy(module, settings[name], waivers) for name, module in modules.items())
        names: dict[str, tuple[Words, ...]] = {}
        citations: dict[str, tuple[Words, ...]] = {}
        contact: tuple[Words, ...] = ()
        for layer in layers.files:
            names |= layer.value.names
            citations |= layer.value.citations
            contact = layer.value.contact or contact
        canonical = _canonical(
            {
                "name": layers.top.value.name,
                "policies": {policy.name: _policy_content(policy) for policy in policies},
                "names": {key: _dump(words) for key, words in names.items()},
                "citations": {key: _dump(words) for key, words in citations.items()},
                "contact": _dump(contact),
                "waivers": _dump(waivers),
            }
        )
        return PolicySet(
            name=layers.top.value.name,
            digest=hashlib.sha256(canonical.encode()).hexdigest(),
            canonical=canonical,
            policies=policies,
            catalogue=catalogue,
            names=names,
            citations=citations,
            contact=contact,
            waivers=waivers,
            _by_name={policy.name: policy for policy in policies},
        )

    def _modules(self) -> dict[str, PolicyModule]:
        modules: dict[str, PolicyModule] = {}
        for name in self._layers.policies():
            module = self._last(name, "module")
            if module is None and name not in self._registry.modules:
                self._fault_key(_unknown_policy(name, self._registry.modules), "policies", name)
                continue
            try:
                modules[name] = self._registry.load(name, module)
            except UserError as error:
                self._fault_key(str(error), "policies", name)
        return modules

    def _fault_key(self, message: str, *location: str | int) -> None:
        self._faults.append(self._layers.fault(message, *location))

    def _last(self, policy: str, name: str) -> Any:
        found = None
        for section in self._sections(policy):
            given = getattr(section, name)
            found = given if given is not None else found
        return found

    def _sections(self, policy: str) -> Iterable[PolicySection]:
        for layer in self._layers.files:
            section = layer.value.policies.get(policy)
            if section is not None:
                yield section

    def _settings(self, name: str, module: PolicyModule) -> BaseModel | None:
        model = module.settings_model
        try:
            return model.model_validate(self._layers.settings(name, model.model_fields))
        except ValidationError as error:
            for key in dict.fromkeys(details["loc"][0] if details["loc"] else "" for details in error.errors()):
                layer, place = self._layers.settings_place(name, str(key))
                faults = schema_faults(error, model, layer.raw, layer.places, layer.path, prefix=place, only=key)
                self._faults.extend(faults)
            return None

    def _check_shared(self, modules: Mapping[str, PolicyModule]) -> None:
        """Report shared settings that no policy of the set has."""
        known = {key for module in modules.values() for key in module.settings_model.model_fields}
        for layer in self._layers.files:
            for key in layer.value.settings.keys() - known:
                vietnamese, english = nearest(key, sorted(known)) or ("", "")
                message = (
                    f"không chính sách nào có cài đặt “{key}”{vietnamese} / no policy has a setting “{key}”{english}"
                )
                self._faults.append(layer.fault(message, "settings", key))

    def _check_articles(self, modules: Mapping[str, PolicyModule]) -> None:
        """Report rules that cite a document without words: a refusal would quote a bare key."""
        known = {key for layer in self._layers.files for key in layer.value.citations}
        for name, module in modules.items():
            for rule in module.rules.values():
                if rule.article not in known and rule.article.partition(":")[0] not in known:
                    self._fault_key(
                        f"{name}.{rule.id} viện dẫn “{rule.article}” nhưng citations không có / "
                        f"{name}.{rule.id} cites “{rule.article}”, which citations does not have",
                        *("policies", name),
                    )

    def _check_rules(self, modules: Mapping[str, PolicyModule]) -> None:
        for layer in self._layers.files:
            for name, section in layer.value.policies.items():
                if name not in modules:
                    continue
                known = modules[name].rules
                for place, level in section.levels():
                    for rule in level.rules.keys() - known.keys():
                        message = _unknown_rule(name, rule, known)
                        self._faults.append(layer.fault(message, "policies", name, *place, "rules", rule))

    def _waivers(self, modules: Mapping[str, PolicyModule]) -> tuple[WaiverSection, ...]:
        waivers: dict[str, WaiverSection] = {}
        for layer in self._layers.waiving:
            decided = layer in self._layers.decided
            for index, waiver in enumerate(layer.value.waivers):
                module = modules.get(waiver.policy)
                if decided and (module is None or waiver.rule not in module.rules):
                    continue  # decisions under other policies waive nothing under these
                if waiver.id in waivers:
                    message = f"mã miễn trừ “{waiver.id}” bị lặp / the waiver id “{waiver.id}” is given twice"
                    self._faults.append(layer.fault(message, "waivers", index, "id"))
                waivers[waiver.id] = waiver
                if module is None:
                    message = _unknown_policy(waiver.policy, modules)
                    self._faults.append(layer.fault(message, "waivers", index, "policy"))
                elif waiver.rule not in module.rules:
                    message = _unknown_rule(waiver.policy, waiver.rule, module.rules)
                    self._faults.append(layer.fault(message, "waivers", index, "rule"))
        return tuple(waivers.values())

    def _policy(self, module: PolicyModule, settings: BaseModel, waivers: Iterable[WaiverSection]) -> Policy:
        actions = {rule.id: Action(rule.disposition, rule.disposition) for rule in module.rules.values()}
        scopes: list[Scope] = []
        for section in self._sections(module.name):
            actions |= _actions(section.rules)
            scopes.extend(_scope(scope) for scope in section.scopes)
        by_rule: dict[str, list[Waiver]] = {}
        for waiver in waivers:
            if waiver.policy == module.name:
                by_rule.setdefault(waiver.rule, []).append(_waiver(waiver))
        mode = self._last(module.name, "mode") or Mode.ENFORCE
        return Policy(
            **module.code(),
            mode=mode,
            settings=settings,
            confidential_rules=module.confidential_rules,
            text_digest=_text_digest(module, settings),
            foreign=module.module not in self._registry.own,
            stance=Stance(mode, actions),
            scopes=tuple(scopes),
            waivers={rule: tuple(found) for rule, found in by_rule.items()},
        )


def _text_digest(module: PolicyModule, settings: BaseModel) -> str:
    if not module.text_settings:
        return ""
    content = json.dumps(settings.model_dump(mode="json", include=set(module.text_settings)), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Return faults in the order of each file, the files in the order in which they first have one; each once."""
    found = list(dict.fromkeys(faults))
    files = list(dict.fromkeys(fault.path for fault in found))
    return sorted(found, key=lambda fault: (files.index(fault.path), fault.line, fault.column))


def _unknown_policy(name: str, known: Iterable[str]) -> str:
    vietnamese, english = nearest(name, sorted(known), otherwise="there_are") or ("", "")
    return f"không có chính sách “{name}”{vietnamese} / there is no policy “{name}”{english}"


def _unknown_rule(policy: str, rule: str, known: Iterable[str]) -> str:
    vietnamese, english = nearest(rule, sorted(known), otherwise="there_are") or ("", "")
    return f"{policy} không có quy tắc “{rule}”{vietnamese} / {policy} has no rule “{rule}”{english}"


def _actions(rules: Mapping[str, RuleAction]) -> dict[str, Action]:
    return {rule: Action(*action.of()) for rule, action in rules.items()}


def _scope(section: ScopeSection) -> Scope:
    return Scope(
        days=section,
        units={fold_unit(unit): unit for unit in section.units},
        senders=Addresses(section.senders),
        recipients=Addresses(section.recipients),
        mode=section.mode,
        actions=_actions(section.rules),
    )


def _waiver(section: WaiverSection) -> Waiver:
    return Waiver(
        id=section.id,
        rule=section.rule,
        sha256=section.sha256,
        sender=Addresses((section.sender,)) if section.sender is not None else None,
        recipient=Addresses((section.recipient,)) if section.recipient is not None else None,
        expires=section.expires,
    )


def _canonical(content: Mapping[str, Any]) -> str:
    """Return rules and texts as JSON with sorted keys, without cases."""
    return json.dumps({"version": 1, **content}, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _policy_content(policy: Policy) -> dict[str, Any]:
    return {
        "module": policy.module,
        "mode": policy.mode.value,
        "rules": _rules_content(policy.stance.actions),
        "settings": policy.settings.model_dump(mode="json"),
        "scopes": [
            {
                "from": scope.days.since.isoformat() if scope.days.since else None,
                "until": scope.days.until.isoformat() if scope.days.until else None,
                "units": sorted(unit.casefold() for unit in scope.units.values()),
                "senders": list(scope.senders.patterns),
                "recipients": list(scope.recipients.patterns),
                "mode": scope.mode.value if scope.mode else None,
                "rules": _rules_content(scope.actions),
            }
            for scope in policy.scopes
        ],
    }


def _rules_content(actions: Mapping[str, Action]) -> dict[str, Any]:
    return {
        rule: {"failed": action.failed.word, "indeterminate": action.indeterminate.word}
        for rule, action in actions.items()
    }


def _dump(models: Iterable[BaseModel]) -> list[Any]:
    return [model.model_dump(mode="json", by_alias=True) for model in models]
