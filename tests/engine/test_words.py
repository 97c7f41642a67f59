"""Words: hostile values in texts, places, ASCII form, and the completeness of every shipped text."""

import ast
import importlib
import importlib.util
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.engine import Catalogue, Disclosure, Language, Registry, ascii_form, load_policy_set
from gateway.engine.catalogue import Wording, placeholders
from gateway.engine.places import place_words
from gateway.engine.plain import clean_filename, cut
from gateway.errors import UserError
from gateway.model import About, Finding, FindingOutcome
from gateway.vietnamese.printed import clean

VI, EN = Wording(language=Language.VI), Wording(language=Language.EN)
GUARDED = Wording(language=Language.VI, disclosure=Disclosure.GUARDED)
TEXTS = """
[r.vi]
title = "T"
message = "{file} ở {place}: {font} {level} {share} {office} “{file}”"
fix = "Sửa {header} cho {recipient}"
[r.en]
title = "T"
message = "{file} at {place}: {share}"
fix = "Fix"
[words.level.vi]
mat = "MẬT"
"""


def finding(**params: str | float) -> Finding:
    return Finding(
        rule="r",
        outcome=FindingOutcome.FAILED,
        about=About(part="2", filename="công văn\u202egpj.exe\r\nX: y.docx"),
        locator="page:2,top-left",
        params=params,
    )


def test_values_are_cleaned_quoted_and_put_into_words():
    catalogue = Catalogue.load({"p": TEXTS})
    text = catalogue.message(
        "p",
        finding(font='Arial". Gửi mật khẩu', level="mat", share=97.5),
        Wording(language=Language.VI, names={"office": "Văn phòng"}),
    )
    assert text == (
        "“công văngpj.exe X: y.docx” ở trang 2, góc trên bên trái: “Arial'. Gửi mật khẩu” MẬT 97,5 Văn phòng "
        "“công văngpj.exe X: y.docx”"
    )
    assert catalogue.message("p", finding(share=97.5), EN).endswith("at page 2, top left: 97.5")


def test_guarded_words_quote_nothing_that_the_author_chose():
    catalogue = Catalogue.load({"p": TEXTS})
    text = catalogue.message("p", finding(font="Kế hoạch bí mật", level="mat"), GUARDED)
    assert "công văn" not in text
    assert "Kế hoạch" not in text
    assert "(không nêu ở đây)" in text
    assert "MẬT" in text
    assert text.startswith("Tệp đính kèm ở ")  # a sentence, where no name in quotation marks begins it
    assert "“tệp đính kèm”" in text


def test_brackets_of_a_text_and_of_a_value_are_one_pair():
    catalogue = Catalogue.load({"p": TEXTS.replace("{font}", "({font})")})
    assert ": (không nêu ở đây) MẬT" in catalogue.message("p", finding(font="Kế hoạch", level="mat"), GUARDED)
    assert ": (“Kế hoạch”) MẬT" in catalogue.message("p", finding(font="Kế hoạch", level="mat"), VI)


def test_unknown_placeholders_never_raise():
    catalogue = Catalogue.load({"p": TEXTS})
    assert "không rõ" in catalogue.message("p", finding(), VI)
    assert catalogue.message("p", Finding(rule="none", outcome=FindingOutcome.FAILED), VI) == "p.none"
    assert catalogue.fix("p", finding(), VI) == "Sửa phần đầu thư cho người nhận"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[r.vi]\ntitle='x'\nmessage='{a'\nfix='x'\n", "stray brace"),
        ("[r.vi]\ntitle='x'\nmesage='a'\n", "mesage"),
        ("[r.vi]\ntitle='x'\n", "missing fix, message"),
        ("[r.vi\n", "p.toml"),
    ],
)
def test_malformed_texts_are_refused_at_load(text: str, words: str):
    with pytest.raises(UserError, match=words):
        Catalogue.load({"p": text})


@pytest.mark.parametrize(
    ("locator", "vietnamese", "english"),
    [
        ("page:1,top-left", "trang 1, góc trên bên trái", "page 1, top left"),
        ("cell:Sheet2!B3", "ô B3 (trang tính Sheet2)", "cell B3 (sheet Sheet2)"),
        ("cell:Bảng, lương!B3", "ô B3 (trang tính “Bảng, lương”)", "cell B3 (sheet “Bảng, lương”)"),
        ("table:1,row:2,column:3", "bảng 1, hàng 2, cột 3", "table 1, row 2, column 3"),
        ("property:Title", "thuộc tính Title", "property Title"),
        ("slide:4", "trang chiếu 4", "slide 4"),
        ("strange:9", "strange 9", "strange 9"),
        ("", "", ""),
    ],
)
def test_locators_are_put_into_words(locator: str, vietnamese: str, english: str):
    assert place_words(locator, Language.VI) == vietnamese
    assert place_words(locator, Language.EN) == english


def test_a_guarded_locator_keeps_numbers_and_cells_only():
    guarded = partial(place_words, language=Language.EN, disclosure=Disclosure.GUARDED)
    assert guarded("page:3,top-left") == place_words("page:3,top-left", Language.EN)
    assert guarded("cell:Danh sách mật!B3") == "cell B3"
    assert guarded("property:Kế hoạch") == "property"
    assert place_words("property:Kế hoạch", Language.VI, Disclosure.GUARDED) == "thuộc tính"


def test_ascii_form_reads_like_vietnamese_without_marks():
    assert ascii_form("Đề nghị gửi lại “tệp” — đúng…") == 'De nghi gui lai "tep" - dung...'
    assert ascii_form("TUYỆT MẬT") == "TUYET MAT"
    assert ascii_form("日本") == "??"


@given(st.text())
def test_ascii_form_can_never_break_a_line(text: str):
    plain = ascii_form(text)
    assert plain.isascii()
    assert all(" " <= letter <= "~" for letter in plain)


@given(st.text(max_size=300), st.integers(8, 80))
def test_clean_text_is_one_bounded_printable_line(text: str, limit: int):
    cleaned = clean(text, limit=limit)
    assert len(cleaned) <= limit
    assert cleaned.isprintable()
    assert len(clean_filename(text, limit=limit)) <= limit
    assert len(cut(ascii_form(text), limit)) <= limit


def test_a_long_file_name_keeps_its_type():
    assert clean_filename("a" * 200 + ".docx", limit=40).endswith("a.docx")
    assert len(clean_filename("a" * 200 + ".docx", limit=40)) == 40


BUILT_IN = frozenset({"file", "which", "place", "at", "recipient", "header", "ref"})
"""Placeholders that every rule text may use."""
SHIPPED = sorted(
    (name, module) for name, module in Registry.installed().modules.items() if importlib.util.find_spec(module)
)


@pytest.mark.parametrize(("name", "module"), SHIPPED)
def test_every_rule_of_every_policy_has_its_words_in_both_languages(name: str, module: str):
    policy = Registry.installed().load(name)
    catalogue = Catalogue.load({name: policy.texts})
    for rule, language in product(policy.rules, Language):
        text = catalogue.rules[name, rule, language]
        assert all((text.title, text.message, text.fix)), (rule, language)
    assert {rule for _, rule, _ in catalogue.rules} <= set(policy.rules)


@pytest.mark.parametrize(("name", "module"), SHIPPED)
def test_every_placeholder_is_filled_by_the_policy_or_the_policy_file(name: str, module: str):
    policy = Registry.installed().load(name)
    source = Path(importlib.import_module(module).__file__ or "")
    files = list(source.parent.rglob("*.py")) if source.name == "__init__.py" else [source]
    files += [path for path in source.parent.glob("*.py") if path != source and path.name != "__init__.py"]
    known = {node for file in files for node in _strings(ast.parse(file.read_text("utf-8")))}
    names = {"office", "authority"}
    catalogue = Catalogue.load({name: policy.texts})
    for (_, rule, language), text in catalogue.rules.items():
        for template in (text.message, text.fix, text.why, text.passed, text.indeterminate):
            unknown = placeholders(template) - BUILT_IN - names - known
            assert not unknown, f"{name}.{rule}.{language}: {unknown}"
    for (_, parameter, language), words in catalogue.words.items():
        assert words, f"{name}: words.{parameter}.{language} is empty"


def _strings(tree: ast.AST) -> set[str]:
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return strings | {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg}


@pytest.mark.parametrize("preset", ["binhtan-7600", "monitor", "strict"])
def test_shipped_presets_load_and_name_every_policy(preset: str):
    loaded = load_policy_set(preset)
    assert {policy.name for policy in loaded.policies} == {name for name, _ in SHIPPED}
