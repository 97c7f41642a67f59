"""The reference and the schema of `gateway.yaml` are made from the code, and each key is read by somebody."""

from __future__ import annotations

import ast
import functools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.commands.reference import keys, reference, schema
from gateway.texts.catalogue import product_texts

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


def test_the_schema_describes_each_key_in_both_languages_and_refuses_unknown_ones():
    whole = json.loads(schema())
    for section in (whole, *whole["$defs"].values()):
        if "properties" in section:
            assert section["additionalProperties"] is False
            assert all(value["description"] for value in section["properties"].values())


@pytest.mark.parametrize(("path", "section", "name"), KEYS, ids=[path for path, *_ in KEYS])
def test_each_key_has_words_and_is_read_where_the_gateway_is_put_together(path, section, name):
    assert name in product_texts("configuration").get(section.__name__, {}), f"no words for {path}"
    assert name in _attributes_read(), f"{path} is accepted and nobody reads it"


def test_no_words_are_left_of_a_key_that_is_gone():
    known = {(section.__name__, name) for _, section, name in KEYS}
    given = {
        (table, key) for table, words in product_texts("configuration").items() if table != "sections" for key in words
    }
    assert given <= known


@functools.cache
def _attributes_read() -> frozenset[str]:
    """Names of attributes that the code reads, validators and the reference aside."""
    found: set[str] = set()
    for path in (ROOT / "gateway").rglob("*.py"):
        if path.name != "reference.py":
            found.update(_reads(ast.parse(path.read_text("utf-8"))))
    return frozenset(found)


def _reads(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef) and any("validator" in ast.unparse(one) for one in node.decorator_list):
        return
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        yield node.attr
    for below in ast.iter_child_nodes(node):
        yield from _reads(below)
