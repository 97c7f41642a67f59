"""The reference and the schemas of `gateway.yaml` and of policy files are made from the code; each key is read by somebody."""

import ast
import functools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from gateway.commands.reference import keys, reference, schema
from gateway.config.sections import Configuration
from gateway.engine import json_schema
from gateway.engine.catalogue import Catalogue
from gateway.engine.registry import Registry
from gateway.engine.schema import PolicyFile
from gateway.texts.catalogue import product_texts
from gateway.texts.described import Tables, product_tables

ROOT = Path(__file__).resolve().parent.parent
KEYS = tuple(keys())


def test_the_reference_in_the_documentation_is_current():
    assert (ROOT / "docs/configuration.md").read_text("utf-8") == reference(), (
        "run: .venv/bin/gateway config reference > docs/configuration.md"
    )


def test_the_schema_that_the_sample_configuration_names_is_current():
    named = (ROOT / "deploy/gateway.yaml").read_text("utf-8").partition("$schema=")[2].split()[0]
    assert (ROOT / "deploy" / named).read_text("utf-8") == schema() + "\n", (
        "run: .venv/bin/gateway config schema > deploy/gateway.schema.json"
    )


def sections(value: object, name: str = "") -> Iterator[tuple[str, dict]]:
    """Yield every mapping that a schema describes, with where it stands."""
    if isinstance(value, dict):
        if isinstance(value.get("properties"), dict):
            yield name, value
        for key, below in value.items():
            yield from sections(below, f"{name}.{key}")
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from sections(below, f"{name}[{number}]")


@pytest.mark.parametrize("made", [schema, lambda: json_schema.schema().text], ids=["gateway.yaml", "policy file"])
def test_a_schema_describes_each_key_in_vietnamese_then_english_and_refuses_unknown_ones(made):
    for place, section in sections(json.loads(made())):
        if not place.endswith(("properties.policies", "properties.settings")):
            assert section["additionalProperties"] is False, place
        for key, value in section["properties"].items():
            vietnamese, _, english = value.get("description", key).partition(" / ")
            assert english, f"{place}: no words for {key}"
            assert vietnamese != english, f"{place}: no words for {key}"
            assert not vietnamese.isascii(), f"{place}.{key}: {vietnamese}"


@pytest.mark.parametrize("made", [schema, lambda: json_schema.schema().text], ids=["gateway.yaml", "policy file"])
def test_a_schema_gives_an_example_where_neither_default_nor_values_show_what_to_write(made):
    whole = json.loads(made())
    for place, section in sections(whole):
        for key, value in section["properties"].items():
            told = json.dumps(
                [value, *(whole["$defs"][name] for name in re.findall(r"#/\$defs/([\w.]+)", json.dumps(value)))]
            )
            shown = value.get("default") or any(
                word in told for word in ('"examples"', '"enum"', '"const"', '"properties"')
            )
            plain = {value.get("type"), *(one.get("type") for one in value.get("anyOf", ()))} & {
                "boolean",
                "integer",
                "number",
            }
            assert shown or plain or key == "facts", f"{place}.{key}"


def models(model: type[BaseModel], words: Tables) -> Iterator[tuple[type[BaseModel], str, FieldInfo, Tables]]:
    """Yield each field of a model and of the models below it."""
    for name, field in model.model_fields.items():
        yield model, field.alias or name, field, words
        for kind in re.findall(r"[\w.]+", str(field.annotation)):
            module, _, last = kind.rpartition(".")
            inner = getattr(sys.modules.get(module), last, None)
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from models(inner, words)


@functools.cache
def described() -> tuple[tuple[type[BaseModel], str, FieldInfo, Tables], ...]:
    registry = Registry.installed()
    found = [*models(Configuration, product_tables("configuration")), *models(PolicyFile, product_tables("policy"))]
    for name in registry.modules:
        module = registry.load(name)
        found += models(module.settings_model, Catalogue.load({name: module.texts}).settings[name])
    return tuple(found)


def test_each_example_is_a_value_that_its_key_takes():
    tried = 0
    for model, key, field, words in described():
        told = words[model.__name__].get(key)
        for example in told.examples if told else ():
            TypeAdapter(field.rebuild_annotation()).validate_python(example)
            tried += 1
    assert tried > 60


def test_no_words_are_left_of_a_setting_that_is_gone():
    known = {(id(words), model.__name__, key) for model, key, _, words in described()}
    for words in {id(words): words for *_, words in described()}.values():
        models_of = {name for number, name, _ in known if number == id(words)}
        for table in words.keys() & models_of:
            assert words[table].keys() <= {key for number, name, key in known if (number, name) == (id(words), table)}


@pytest.mark.parametrize(("path", "section", "name"), KEYS, ids=[path for path, *_ in KEYS])
def test_each_key_has_words_and_is_read_where_the_gateway_is_put_together(path, section, name):
    assert name in product_texts("configuration").get(section.__name__, {}), f"no words for {path}"
    assert name not in _unread(), f"{path} is accepted and nobody reads it"


@functools.cache
def _unread() -> set[str]:
    """Names of keys that no code reads as an attribute, validators and the reference aside; readers and text know no settings."""
    left = {name for _, _, name in KEYS}
    for path in (ROOT / "gateway").rglob("*.py"):
        if path.name != "reference.py" and not {"readers", "signatures", "vietnamese"} & set(path.parts):
            source = path.read_text("utf-8")
            if any(f".{name}" in source for name in left):
                left.difference_update(_reads(ast.parse(source)))
    return left


def _reads(tree: ast.Module) -> Iterator[str]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef) and any("validator" in ast.unparse(one) for one in node.decorator_list):
            continue
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr
        waiting.extend(ast.iter_child_nodes(node))
