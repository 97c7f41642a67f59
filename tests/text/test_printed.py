"""What a sender controls reaches a terminal, a table or JSON without steering it."""

import json

import pytest

from gateway.vietnamese.printed import cell, clean, printed_json

HOSTILE = "a\x1b[31mb\x9b1mc\u202ed\u2066e\u200bf\u2028g\x7fh\ud800i"


@pytest.mark.parametrize("way", [clean, cell, printed_json])
def test_no_way_out_lets_a_control_or_a_mark_of_direction_pass(way):
    out = way(HOSTILE)
    assert out.isprintable()
    assert all(letter in out for letter in "abcdefghi")
    out.encode()


def test_json_says_the_same_value():
    value = HOSTILE.replace("\ud800", "")
    assert json.loads(printed_json({"x": value})) == {"x": value}
    assert "ộ" in printed_json("Nội vụ")


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "\u200b=1", "＝1"])
def test_no_cell_is_a_formula(formula):
    assert cell(formula).startswith("'")
    assert cell("Báo cáo") == "Báo cáo"
