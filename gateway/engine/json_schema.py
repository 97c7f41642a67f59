"""JSON Schema of policy files, with settings, rules and texts of the catalogue for editors."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from gateway.engine.catalogue import Catalogue
from gateway.engine.lint import CommandResult
from gateway.engine.registry import PolicyModule, Registry
from gateway.engine.schema import PolicyFile
from gateway.errors import UserError
from gateway.model import Language
from gateway.texts.described import describe, product_tables
from gateway.yaml.file import closest, printable

_DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def schema(policy: str | None = None, *, registry: Registry | None = None) -> CommandResult:
    """Return the JSON Schema of policy files, or of one policy's settings."""
    registry = registry or Registry.installed()
    if policy is None:
        found = full_schema(registry)
    elif policy in registry.modules:
        found = _DIALECT | settings_schema(registry.load(policy))
    else:
        guess = closest(policy, registry.modules)
        hint = f"; có phải / did you mean “{guess}”?" if guess else ""
        return CommandResult(f"không có chính sách / no policy “{printable(policy)}”{hint}", 2)
    return CommandResult(json.dumps(found, ensure_ascii=False, indent=2), 0)


def settings_schema(module: PolicyModule) -> dict[str, Any]:
    """Return the JSON Schema of the settings of a policy."""
    found = module.settings_model.model_json_schema(by_alias=True)
    describe(found, Catalogue.load({module.name: module.texts}).settings[module.name])
    return found


def full_schema(registry: Registry) -> dict[str, Any]:
    """Return the JSON Schema of a policy file in which each installed policy has its own settings and rules."""
    whole = PolicyFile.model_json_schema(by_alias=True)
    describe(whole, product_tables("policy"))
    definitions = whole["$defs"]
    section = definitions["PolicySection"]
    properties: dict[str, Any] = {}
    for name in sorted(registry.modules):
        try:
            module = registry.load(name)
            settings = settings_schema(module)
        except UserError:
            continue
        definitions |= {f"{name}.{key}": value for key, value in settings.pop("$defs", {}).items()}
        settings = json.loads(json.dumps(settings).replace('"#/$defs/', f'"#/$defs/{name}.'))
        keys = section["properties"]
        settings["description"] = keys["settings"]["description"]
        rules = {"type": "object", "properties": _rules(module, keys["rules"]), "additionalProperties": False}
        rules["description"] = keys["rules"]["description"]
        properties[name] = {**section, "title": name, "properties": {**keys, "settings": settings, "rules": rules}}
    settings_of = [one["properties"]["settings"]["properties"] for one in properties.values()]
    shared = Counter(key for settings in settings_of for key in settings)
    whole["properties"]["settings"]["properties"] = {
        key: value for settings in settings_of for key, value in settings.items() if shared[key] > 1
    }
    whole["properties"]["policies"] |= {"properties": properties}
    return {**_DIALECT, **whole, "title": "Gateway policy file"}


def _rules(module: PolicyModule, any_rule: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of what each rule of a policy may be set to, with its title and own disposition."""
    texts = Catalogue.load({module.name: module.texts})
    return {
        rule.id: {
            **any_rule["additionalProperties"],
            "description": " / ".join(texts.title(module.name, rule.id, language) for language in Language)
            + f" ({rule.code})",
            "default": rule.disposition.word,
        }
        for rule in module.rules.values()
    }
