"""Product texts in both languages on one line, and the completeness of every file of them."""

import ast
import re
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.texts import catalogue as words
from gateway.texts.catalogue import both, one_language, product_texts


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch):
    table: dict[str, dict[str, str]] = {}
    monkeypatch.setattr(words, "product_texts", lambda _name: {"t": table})
    return table


@pytest.mark.parametrize(
    ("vi", "en", "line"),
    [
        ("{file}: không đọc được", "{file}: cannot be read", "/a.pem: không đọc được / cannot be read"),
        ("chưa có của: {name}", "none of: {name}", "chưa có của / none of: CN=x: y"),
        ("{file}: thiếu của: {name}", "{file}: none of: {name}", "/a.pem: thiếu của / none of: CN=x: y"),
        ("không ai", "nobody", "không ai / nobody"),
    ],
)
def test_what_both_languages_begin_or_end_with_is_said_once(texts, vi: str, en: str, line: str):
    texts["k"] = {"vi": vi, "en": en}
    assert both("f", "t", "k", file="/a.pem", name="CN=x: y") == line


@pytest.mark.parametrize(
    "name", sorted(path.name[:-5] for path in (files("gateway") / "texts").iterdir() if path.name.endswith(".toml"))
)
def test_each_text_has_both_languages_and_vietnamese_no_field_of_its_own(name: str):
    def entries(table, way):
        for key, value in table.items():
            if not isinstance(value, dict):
                continue
            if any(isinstance(value.get(language), str) for language in ("vi", "en")):
                yield (*way, key), value
            else:
                yield from entries(value, (*way, key))

    for way, entry in entries(product_texts(name), ()):
        assert entry.keys() - {"examples"} == {"vi", "en"}, way
        vietnamese, english = (set(re.findall(r"\{(\w+)\}", str(entry[language]))) for language in ("vi", "en"))
        assert vietnamese <= english, way


def _named(source: str):
    """Yield line, file, table, key and fields of each text that code names in full."""
    tree, begun = ast.parse(source), {}
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom("gateway.texts.catalogue", names):
                begun |= {one.name: [] for one in names if one.name in ("both", "pair", "said")}
            case ast.Assign([ast.Name(name)], ast.Call(ast.Name("partial"), [ast.Name(of), *first])) if of in begun:
                begun[name] = first
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Name(function), arguments, keywords) if function in begun:
                match [*begun[function], *arguments]:
                    case [ast.Constant(file), ast.Constant(table), ast.Constant(str(key)), *_]:
                        fields = {keyword.arg for keyword in keywords}
                        yield node.lineno, file, table, key, None if None in fields else fields


def test_each_text_that_code_names_is_there_and_gets_all_its_fields():
    sources = {path: path.read_text("utf-8") for path in Path("gateway").rglob("*.py")}
    for path, source in sources.items():
        for line, file, table, key, fields in _named(source) if "gateway.texts.catalogue" in source else ():
            assert key in product_texts(file).get(table, {}), f"{path}:{line}"
            wanted = set(re.findall(r"\{(\w+)\}", str(product_texts(file)[table][key]["en"])))
            assert fields is None or wanted <= fields, f"{path}:{line}"


def test_a_field_that_is_a_pair_has_its_own_words_in_each_language(texts):
    texts["k"] = {"vi": "{file}: không đọc được: {reason}", "en": "{file}: cannot be read: {reason}"}
    line = both("f", "t", "k", file="/a.pem", reason=("không có tệp", "no such file"))
    assert line == "/a.pem: không đọc được: không có tệp / cannot be read: no such file"


@pytest.mark.parametrize(("text", "vi", "en"), [
    ("không có khóa “x” / unknown key “x”", "không có khóa “x”", "unknown key “x”"),
    ("khóa “a / b” thừa / no key “a / b”", "khóa “a / b” thừa", "no key “a / b”"),
    ("as it is", "as it is", "as it is"),
    ("một / one\nhai / two", "một\nhai", "one\ntwo"),
])  # fmt: skip
def test_one_language_of_a_text_in_both(text: str, vi: str, en: str):
    assert (one_language(text, "vi"), one_language(text, "en")) == (vi, en)


def test_what_a_value_holds_is_no_field(texts):
    texts["k"] = {"vi": "{name}: {size}", "en": ""}
    assert words.said("f", "t", "k", "vi", name="{size}", size=3) == "{size}: 3"
