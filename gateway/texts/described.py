"""JSON Schema with texts of the catalogue: descriptions and examples for editors.

A table holds the words of a model or an enumeration by its name, for each key or value `vi`, `en` and perhaps
`examples`; the table `sections` has words for a model as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.texts.catalogue import product_texts

_REFERENCE = re.compile(r"#/\$defs/(\w+)")


class Described(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of a key, a value or a section."""

    vi: str
    en: str
    examples: tuple[Any, ...] = ()

    @property
    def both(self) -> str:
        """Both languages, Vietnamese first."""
        return f"{self.vi} / {self.en}"


Tables = Mapping[str, Mapping[str, Described]]


def tables_of(parsed: object) -> Tables:
    """Return tables of words as they were parsed; msgspec.ValidationError where one is malformed."""
    return msgspec.convert(parsed, dict[str, dict[str, Described]])


def product_tables(name: str) -> Tables:
    """Return the tables of one file of product texts."""
    return tables_of(product_texts(name))


def describe(schema: Any, known: Tables) -> None:
    """Put words and examples into a schema, in place, instead of what models say of themselves to programmers."""
    match schema:
        case dict():
            name = schema.get("title")
            words = known.get(name, {}) if isinstance(name, str) else {}
            if "properties" in schema:
                _put(schema, known.get("sections", {}).get(str(name)))
                for key, value in schema["properties"].items():
                    value.pop("title", None)
                    _put(value, words.get(key) or _section(value, known))
            elif "enum" in schema and words:
                schema.pop("description", None)
                schema["enumDescriptions"] = [words[value].both if value in words else "" for value in schema["enum"]]
            for below in schema.values():
                describe(below, known)
        case list():
            for below in schema:
                describe(below, known)
        case _:
            pass


def _put(schema: dict[str, Any], words: Described | None) -> None:
    if words is not None:
        schema["description"] = words.both
        if words.examples:
            schema["examples"] = list(words.examples)


def _section(value: Mapping[str, Any], known: Tables) -> Described | None:
    """Return the words of the section that a key without words of its own holds."""
    sections = known.get("sections", {})
    return next((sections[name] for name in _REFERENCE.findall(str(value)) if name in sections), None)
