"""Escaped letters of every language are turned back, and what is no escape stays as it is."""

import time

import pytest

from gateway.vietnamese.escapes import unescape, unescaped_lines

ESCAPED = {
    "JSON": r"T\u1ed0I M\u1eacT",
    "all letters": r"\u0054\u1ED0\u0049\u0020\u004D\u1EAC\u0054",
    "Rust": r"T\u{1ed0}I M\u{1eac}T",
    "Python": r"T\U00001ed0I M\U00001eacT",
    "names of letters": r"T\N{LATIN CAPITAL LETTER O WITH CIRCUMFLEX AND ACUTE}I M\N{LATIN CAPITAL LETTER A WITH CIRCUMFLEX AND DOT BELOW}T",
    "octets of C": r"T\xe1\xbb\x90I M\xe1\xba\xacT",
    "octal": r"T\341\273\220I M\341\272\254T",
    "Perl": r"T\x{1ed0}I M\x{1eac}T",
    "CSS": r"T\1ed0 I M\1eac T",
    "address": "T%E1%BB%90I%20M%E1%BA%ACT",
    "escape()": "T%u1ED0I M%u1EACT",
    "quoted-printable": "T=E1=BB=90I M=E1=BA=ACT",
    "quoted-printable with a soft break": "T=E1=BB=90I M=E1=BA=\n=ACT",
    "quoted-printable, Windows-1258": "T=D4=ECI M=C2=F2T",
    "HTML": "T&#7888;I M&#x1eac;T",
    "HTML, names": "T&#7888;I M&Acirc;&#803;T",
    "UTF-7": "T+HtA-I M+Hqw-T",
    "IMAP": "T&HtA-I M&Hqw-T",
    "RTF": r"T\u7888?I M\u7852?T",
    "TeX": r"T\'{\^O}I M\d{\^A}T",
    "TeX without braces": r"T\'{\^O}I M\d\^AT",
    "TeX, grouped": r"T{\'{\^O}}I M{\d{\^A}}T",
    "vntex": r"T\'{\Ocircumflex}I M\d{\Acircumflex}T",
    "code points within words": "TU+1ED0I M<U+1EAC>T",
    "code points": "U+0054 U+1ED0 U+0049 U+0020 U+004D U+1EAC U+0054",
    "surrogates": r"\ud835\udc13ỐI MẬT",
}  # fmt: skip


@pytest.mark.parametrize("name", ESCAPED)
def test_escaped_letters_are_turned_back(name):
    turned = unescape(ESCAPED[name])
    assert turned.replace("\U0001d413", "T") == "TỐI MẬT"


@pytest.mark.parametrize(
    "text",
    [r"C:\huong dan\don vi", "tăng 100% so với cùng kỳ", "a = b + c & d", "AT&T", "E=mc2", "1+1=2", r"\section{Mở đầu}", "5%", "", "Kế hoạch 10%/năm",
     "SL2+GVm", "qYBT+Hqx-g3C", "x+HtAA-y", "OqwuU+4CFCjy5qY"],
)  # fmt: skip
def test_what_is_no_escape_stays(text):
    assert unescape(text) == text


def test_only_lines_with_escapes_are_given_with_the_line_before():
    assert unescaped_lines("a\nb\nM\\u1eacT\nc") == "b\nMẬT"


def test_a_letter_in_one_literal_has_its_lines_again():
    assert unescaped_lines(r'{"text": "UBND\nT\u1ed0I M\u1eacT\r\nSo 15"}').splitlines()[1:2] == ["TỐI MẬT"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "bomb", ["\\" * 500_000, "%41" * 150_000, "=41" * 150_000, "+aaa" * 100_000, "\\d{" * 150_000, "U+0041 " * 75_000,
             "\\u{" * 150_000, "&a" * 200_000, "+" + "a" * 500_000, "{" * 500_000, "\\d{A" * 100_000, "a=\n" * 150_000, "\\ud835" * 80_000],
)  # fmt: skip
def test_unescaping_is_linear_and_never_fails(bomb):
    started = time.process_time()
    unescape(bomb)
    assert time.process_time() - started < 1.0
