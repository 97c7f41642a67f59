"""Components, rendered by themselves."""

import functools
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.console.pages.letter import kept_back, steps
from gateway.console.render import Renderer
from gateway.console.words import words
from gateway.model import Language
from gateway.steward.questions import Badge
from tests.console.answers import EXPLAINED

LET, TAGGED, REFUSED, HELD = (
    Badge("chuyển", "good"),
    Badge("ghi chú", "warn"),
    Badge("từ chối", "bad"),
    Badge("giữ", "warn", "hold"),
)
RELAYED, CITY, LATER = Badge("đã chuyển", "good"), Badge("thành phố từ chối", "bad"), Badge("thành phố hoãn", "warn")


@functools.cache
def renderer() -> Renderer:
    return Renderer(Path("none"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("result", "state", "shown", "beside"),
    [
        (LET, RELAYED, LET, RELAYED), (LET, CITY, CITY, LET), (LET, LATER, LATER, LET), (TAGGED, CITY, CITY, TAGGED),
        (TAGGED, RELAYED, TAGGED, RELAYED), (REFUSED, REFUSED, REFUSED, None), (HELD, LATER, HELD, LATER), (HELD, RELAYED, RELAYED, HELD),
    ],
)  # fmt: skip
def test_a_mail_that_did_not_arrive_bears_no_good_badge(result, state, shown, beside):
    template = '{% import "macros.html" as m %}{{ m.outcome({"result": result, "state": state}) }}'
    page = renderer()._environment.from_string(template).render(result=result, state=state)
    assert re.findall(r'class="badge (\w+)">.*?</svg>(.*?)</span>', page) == [(shown.tone, shown.text)]
    assert re.findall(r'class="note">(.*?)<', page) == ([beside.text] if beside else [])


def letter(
    rule: str, effect: Badge, *, name: str = "a.docx", kind: str = "", confidential: bool = False
) -> tuple[str, ...]:
    (found,) = EXPLAINED.files[0].findings
    file = replace(EXPLAINED.files[0], name=name, type=kind, findings=(replace(found, rule=rule, effect=effect),))
    return steps(kept_back(replace(EXPLAINED, files=(file,), confidential=confidential)))


def test_a_letter_says_how_to_fix_what_keeps_the_mail_back_and_nothing_else():
    no, yes = Badge("từ chối", "bad", "reject"), Badge("chuyển", "good", "relay")
    assert letter("classified.marked", no, confidential=True) == ("marked",)  # which is never waived
    assert letter("classified.suspected", no, confidential=True) == ("secret",)
    assert letter("classified.unread_content", no) == ("open",)  # a file that nobody could read bears no mark
    assert letter("classified.unread_content", yes) == ()
    assert letter("opaque.film", no) == ()  # neither Word nor a scanner helps
    assert letter("opaque.unreadable", no) == ("open",)


@pytest.mark.parametrize(
    ("rule", "name", "kind", "expected"),
    [
        ("opaque.encrypted", "a.docx", "", ("password",)),
        ("opaque.encrypted", "a.pdf", "application/pdf", ("locked_pdf",)),
        ("opaque.encrypted", "a.zip", "application/zip", ()),
        ("opaque.encrypted", "", "application/zip", ()),
        ("opaque.unreadable", "a.7z", "application/x-7z-compressed", ()),
        ("opaque.unreadable", "a.pdf", "application/pdf", ("open",)),
        ("opaque.unreadable", "a.jpg", "image/jpeg", ("open",)),
        ("opaque.unsupported", "a.xyz", "", ("open",)),
    ],
)
def test_a_letter_has_steps_for_files_that_programs_and_scanners_write(rule, name, kind, expected):
    assert letter(rule, Badge("từ chối", "bad", "reject"), name=name, kind=kind) == expected


@pytest.mark.parametrize("language", Language)
def test_instructions_stand_under_their_program(language):
    known = vars(words(language).steps)
    for step in (one for one in known.values() if not isinstance(one, str)):
        assert hasattr(step, "any") != hasattr(step, "word")
