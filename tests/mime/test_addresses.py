"""Address fields: 330 values with their reading, agreement with two other parsers, and what no text may do.

`addresses.json` holds `value`, `mailboxes` (every mailbox that a reader could find, in normal form) and `codes` (what
two readers could take differently; empty for what honest clients write). `--update-golden` is not offered: each row was
read by a person.
"""

import email
import email.policy
import email.utils
import inspect
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mime import addresses
from gateway.mime.addresses import parse_from_field, parse_path
from gateway.vietnamese.addresses import normal_form, without_tag
from gateway.vietnamese.homographs import one_edit_apart, skeletons
from tests.support.cases import examples
from tests.support.cost import least_cost

ROWS = json.loads((Path(__file__).parent / "addresses.json").read_text("utf-8"))
WORDS = tomllib.loads((Path(__file__).parents[2] / "policies" / "texts" / "sender_identity.toml").read_text("utf-8"))[
    "words"
]["cause"]["vi"]
# Codes that a rule of their own puts into words.
OWN_RULE = {
    "several-addresses", "two-addresses", "group", "display-name-address", "mixed-script", "domain-mapping", "local-mapping",
}  # fmt: skip


# Newer Pythons refuse whole fields by default (CVE-2023-27043); the parser itself has stayed.
_NOT_STRICT = {"strict": False} if "strict" in inspect.signature(email.utils.getaddresses).parameters else {}


def test_the_table_is_large_and_has_no_row_twice():
    assert len({row["value"] for row in ROWS}) == len(ROWS) >= 300


def test_each_value_is_read_as_its_row_says():
    wrong = []
    for row in ROWS:
        reading = parse_from_field(row["value"])
        found = [address.normal for address in reading.mailboxes], sorted(reading.ambiguous)
        if found != (row["mailboxes"], row["codes"]):
            wrong.append((row["value"], found))
    assert wrong == []
    assert {code for row in ROWS for code in row["codes"]} - OWN_RULE <= set(WORDS)


def first_parser(value: str) -> list[str] | None:
    """`email.utils.getaddresses`: the old parser of the standard library, as it reads without its newer strictness."""
    return [normal_form(address) for _, address in email.utils.getaddresses([value], **_NOT_STRICT) if address]


def second_parser(value: str) -> list[str] | None:
    """`email.headerregistry`: the grammar of RFC 5322 as the standard library reads it since 3.3."""
    field = f"From: {value}".replace("\r", "").replace("\n", " ")
    message = email.message_from_string(field + "\n\n", policy=email.policy.default)
    try:
        return [normal_form(one.addr_spec) for one in message["from"].addresses if one.addr_spec not in {"", "<>"}]
    except Exception:
        return None


# Where both agree with each other and not with us, and why ours is the safer reading. All of them are refused.
EXPLAINED = {
    "a": "a word without @ is no mailbox",
    "A": "a word without @ is no mailbox",
    "c.vn!a": "a bang path is no mailbox",
    "a\u00a0b@c.vn": "a no-break space ends a word, as it does for the eye",
    "A, B <a@b.vn>": "the word before the comma is no mailbox",
    "Nguyen, A <a@b.vn>": "the word before the comma is no mailbox",
    "A a@b.vn": "an address holds no blank",
    "a\\@b.vn": "a backslash outside quotes has no meaning",
    "\\a@b.vn": "a backslash outside quotes has no meaning",
    "A＠b.vn": "a full-width @ is no @",
    "a＠b.vn": "a full-width @ is no @",
    "A <a＠b.vn>": "a full-width @ is no @",
    "A <an.binhtan＠tphcm.gov.vn>": "a full-width @ is no @",
    "A, B <an.binhtan@tphcm.gov.vn>": "the word before the comma is no mailbox",
    "A an.binhtan@tphcm.gov.vn>": "an address holds no blank",
    'A <"an.binhtan@tphcm.gov.vn"@evil.com,x@evil.com>': "what stands in quotes may be all of the local part",
    "A (B <an.binhtan@tphcm.gov.vn>": "a comment that does not end holds no mailbox",
}
# Where we see one reading and one of them does not.
CLEAR_TO_US = {
    "[Phòng] A <a@b.vn>": "brackets in a name hold no address; the standard library loses the mailbox",
    "a.binhtan@tphcm.gov.vn <a.binhtan@tphcm.gov.vn>": "the same address as name and as address",
    "'a.binhtan@tphcm.gov.vn' <a.binhtan@tphcm.gov.vn>": "the same, as Outlook quotes it",
    "x@evil.com.\t\t<x@evil.com>": "the same address as name and as address",
    "A [B] <an.binhtan@tphcm.gov.vn>": "brackets in a name hold no address; the standard library loses the mailbox",
    "A] <an.binhtan@tphcm.gov.vn>": "a bracket in a name holds no address; the standard library loses the mailbox",
    "=?utf-8?Q?[A]?= <an.binhtan@tphcm.gov.vn>": "brackets in a name hold no address",
    ".A <an.binhtan@tphcm.gov.vn>": "a dot before a name holds no address",
    "=?utf-8?Q?A,_B?= <an.binhtan@tphcm.gov.vn>": "the standard library cuts the encoded word; its half is no mailbox",
    "=?utf-8?Q?A;B?= <an.binhtan@tphcm.gov.vn>": "the standard library cuts the encoded word; its half is no mailbox",
    "=?utf-8?Q?A_(B),_C?= =?utf-8?Q?,D?= <an.binhtan@tphcm.gov.vn>": "as before",
    "=?utf-8?Q?A,?= =?utf-8?Q?B?= <an.binhtan@tphcm.gov.vn>": "as before",
}


def test_two_other_parsers_agree_or_it_is_explained():
    for row in ROWS:
        value = row["value"]
        one, two = first_parser(value), second_parser(value)
        if one is not None and one == two and one != row["mailboxes"]:
            assert value in EXPLAINED
            assert row["codes"], value
        if not row["codes"] and value not in CLEAR_TO_US:
            assert one == two == row["mailboxes"], value


def test_every_explanation_is_still_needed():
    values = {row["value"]: row for row in ROWS}
    for value in EXPLAINED:
        assert first_parser(value) == second_parser(value) != values[value]["mailboxes"]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="newer parsers of the standard library read some as we do")
def test_every_value_that_is_clear_to_us_alone_is_still_one():
    values = {row["value"]: row for row in ROWS}
    for value in CLEAR_TO_US:
        assert not first_parser(value) == second_parser(value) == values[value]["mailboxes"]


@given(st.text(alphabet='a@.<>(),:;"\\ []=?%!\u0430\uff20\u202e\n', max_size=60))
def test_no_text_makes_reading_raise_and_an_unambiguous_one_has_one_mailbox(value):
    reading = parse_from_field(value)
    if not reading.ambiguous:
        (address,) = reading.mailboxes
        assert address.normal.count("@") == 1
        assert parse_path(address.normal).ambiguous == ()
        assert normal_form(address.normal) == address.normal


_WORD = st.text("aB.?=_'/+- ", max_size=12) | st.sampled_from(["=?utf-8?Q?a=40b.vn?=", "=?utf-8?B?AA==?=", "=?", "?="])
_ATOM = st.text("aB1_+-.", min_size=1, max_size=9)


@pytest.mark.slow
@examples(500)
@given(st.lists(_WORD, max_size=3).map("".join), _ATOM, st.text("aB1-.", min_size=1, max_size=9), st.booleans())
def test_the_usual_form_is_read_as_the_grammar_reads_it(words, local, domain, brackets):
    value = f"{words} <{local}@{domain}.vn>" if brackets else f"{local}@{domain}.vn"
    assert parse_from_field(value) == addresses._by_grammar(value, "from")


@given(st.text(max_size=80))
def test_a_path_is_read_without_raising(value):
    parse_path(value)
    normal_form(value)


@pytest.mark.slow
@pytest.mark.parametrize(
    "bomb", ["(" * 30_000, "a:" * 15_000, '"' + "\\" * 30_000, "<" * 30_000, "@" * 30_000, "a@b," * 8_000, " a" * 15_000,
             "\\" * 30_000, "[" * 30_000, " ." * 15_000, "=?" * 15_000, 'a"' * 15_000]
)  # fmt: skip
def test_reading_is_linear(bomb):
    assert least_cost(lambda: parse_from_field(bomb)) < 0.1


@pytest.mark.parametrize(
    ("text", "normal"),
    [("A@B.vn", "a@b.vn"), ("a@B.VN.", "a@b.vn"), (" a@b.vn ", "a@b.vn"), ('"a"@b.vn', "a@b.vn"),
     ("a@Việtnam.vn", "a@xn--vitnam-jk8b.vn"), ("a@Vie\u0323\u0302tnam.vn", "a@xn--vitnam-jk8b.vn"), ("root", "root")],
)  # fmt: skip
def test_normal_form(text, normal):
    assert normal_form(text) == normal


def test_a_sub_address_is_a_mailbox_of_the_address():
    assert without_tag("a+x+y@b.vn") == "a@b.vn"
    assert without_tag("+x@b.vn") == "+x@b.vn"


OFFICIAL = skeletons("tphcm.gov.vn")


@pytest.mark.parametrize(
    "domain",
    ["tphcm.g0v.vn", "tphсm.gov.vn", "xn--tphm-n6d.gov.vn", "TPHCM.GOV.VN", "tphcrn.gov.vn", "tphcm.ǵov.vn",
     # Letters of one script throughout, which look Latin as capitals only; the same as A-label.
     "ТРНСМ.GOV.VN", "трнсм.gov.vn", "ΤΡΗϹΜ.gov.vn", "xn--l1abifc.gov.vn", "ᎢᏢᎻᏟᎷ.gov.vn", "ꓔꓑꓧꓚꓟ.gov.vn", "ᴛᴘʜᴄᴍ.gov.vn",
     "tþhcm.gov.vn", "ȶphcm.gov.vn", "tphcm.gov.ʋn", "tphcm.goν.vn", "tphcm.ցov.vո", "tphcm.ɡov.vn", "ṭphcm.gọv.vn"],
)  # fmt: skip
def test_look_alikes_share_a_skeleton(domain):
    assert skeletons(domain) & OFFICIAL


@pytest.mark.parametrize(
    "domain", ["hanoi.gov.vn", "trường.vn", "пример.рф", "例え.jp", "한국.kr", "tphue.gov.vn", "παράδειγμα.ελ"]
)
def test_other_domains_share_none(domain):
    assert not skeletons(domain) & OFFICIAL


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_one_edit_apart_is_what_it_says(one, other):
    edits = {one[:i] + one[i + 1 :] for i in range(len(one))}
    edits |= {one[:i] + letter + one[i:] for i in range(len(one) + 1) for letter in "abc"}
    edits |= {one[:i] + letter + one[i + 1 :] for i in range(len(one)) for letter in "abc"}
    edits |= {one[:i] + one[i + 1] + one[i] + one[i + 2 :] for i in range(len(one) - 1)}
    assert one_edit_apart(one, other) == (other in edits - {one})


def test_reading_loads_no_module():
    # The process that parses hostile files can open none.
    script = (
        "import sys, gateway.mime as m; before = set(sys.modules)\n"
        "for value in ('a@v\\u00ed-d\\u1ee5.vn', 'a@\\uff54.vn', 'a@xn--tphm-n6d.vn', 'a@b\\u00ad.vn', 'a@xn--a.vn'):\n"
        "    m.addresses.parse_from_field(value)\n"
        "assert set(sys.modules) == before, set(sys.modules) - before"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
