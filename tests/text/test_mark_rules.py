"""Each row of the rules of marks: what it finds is found by it, what looks like it is let go."""

import ast
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.model import Document, Run
from gateway.vietnamese.marks import Mark, Strength, find_in_document, find_in_filename, find_in_subject
from gateway.vietnamese.marks.rules import EXEMPTIONS, IDS, PARTS, RULES, Exemption, Rule, Where
from tests.text.marks_page import page

ROOT = Path(__file__).resolve().parent.parent.parent


def find(where: Where, text: str) -> tuple[Mark, ...]:
    match where:
        case Where.SUBJECT:
            return find_in_subject(text)
        case Where.FILENAME:
            return find_in_filename(text)
        case Where.TEXT:
            runs = tuple(
                Run(text=line, block=number, locator=f"paragraph:{number + 1}")
                for number, line in enumerate(text.split("\n"))
            )
            return find_in_document(Document(part="1", filename=None, format="docx", runs=runs))


def acted_on(where: Where, text: str) -> list[Mark]:
    return [mark for mark in find(where, text) if mark.strength is not Strength.NOTED]


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule in RULES for text in rule.found])
def test_a_rule_finds_its_texts_and_the_mark_names_it(rule: Rule, text: str):
    named = [mark for mark in find(rule.where, text) if rule.id in mark.evidence]
    assert {mark.strength is Strength.NOTED for mark in named} == {rule.noted}


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule in RULES for text in rule.others])
def test_what_looks_like_a_rule_and_is_none_is_let_go(rule: Rule, text: str):
    assert acted_on(rule.where, text) == []


@pytest.mark.parametrize("row", EXEMPTIONS, ids=lambda row: row.id)
def test_an_exemption_lets_its_texts_go_and_keeps_their_neighbours(row: Exemption):
    assert [text for text in row.let_go if acted_on(row.where, text)] == []
    assert [text for text in row.kept if not acted_on(row.where, text)] == []


def forms() -> Iterator[str]:
    """Every form that the modules give a hit."""
    for path in Path(str(files("gateway.vietnamese.marks"))).glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = {
            one.target.id: one.value.value
            for one in ast.walk(tree)
            if isinstance(one, ast.AnnAssign)
            and isinstance(one.target, ast.Name)
            and isinstance(one.value, ast.Constant)
        }
        for call in (one for one in ast.walk(tree) if isinstance(one, ast.Call)):
            made = getattr(call.func, "id", "") == "Hit" and call.args[2:3]
            for value in (*(made or ()), *(one.value for one in call.keywords if one.arg == "form")):
                for piece in ast.walk(value):
                    if isinstance(piece, ast.Constant) and isinstance(piece.value, str):
                        yield piece.value
                    elif isinstance(piece, ast.Name) and isinstance(names.get(piece.id), str):
                        yield str(names[piece.id])


def test_every_form_has_a_rule_and_every_rule_its_form():
    # A headline is judged by the lines around, which make it a headed line or record it.
    assert set(forms()) - {"headline"} == IDS - {"unjudged"}
    assert {rule.part for rule in RULES} <= PARTS.keys()


def test_the_page_of_rules_is_current():
    assert (ROOT / "docs/marks.md").read_text("utf-8") == page(), "run: python -m tests.text.marks_page > docs/marks.md"
