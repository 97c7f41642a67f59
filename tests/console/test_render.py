"""Components, rendered by themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.console.render import Renderer
from gateway.steward.questions import Badge

LET, TAGGED, REFUSED, HELD = (
    Badge("chuyển", "good"),
    Badge("ghi chú", "warn"),
    Badge("từ chối", "bad"),
    Badge("giữ", "warn"),
)
RELAYED, CITY, LATER = Badge("đã chuyển", "good"), Badge("thành phố từ chối", "bad"), Badge("thành phố hoãn", "warn")


@pytest.mark.parametrize(
    ("result", "state", "shown", "beside"),
    [
        (LET, RELAYED, LET, RELAYED), (LET, CITY, CITY, LET), (LET, LATER, LATER, LET), (TAGGED, CITY, CITY, TAGGED),
        (TAGGED, RELAYED, TAGGED, RELAYED), (REFUSED, REFUSED, REFUSED, None), (HELD, LATER, HELD, LATER),
    ],
)  # fmt: skip
def test_a_mail_that_did_not_arrive_bears_no_good_badge(result, state, shown, beside):
    template = '{% import "macros.html" as m %}{{ m.outcome({"result": result, "state": state}) }}'
    page = Renderer(Path("none"))._environment.from_string(template).render(result=result, state=state)
    assert re.findall(r'class="badge (\w+)">.*?</svg>(.*?)</span>', page) == [(shown.tone, shown.text)]
    assert re.findall(r'class="note">(.*?)<', page) == ([beside.text] if beside else [])
