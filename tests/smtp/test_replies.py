"""One builder: whatever goes in, what comes out is a well-formed reply."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Language, Reply
from gateway.smtp.replies import Texts, from_next_hop, render
from gateway.vietnamese.latin import to_ascii

LINES = st.lists(st.text(max_size=700), min_size=1, max_size=4)


@given(LINES, st.sampled_from(["5.7.1", ""]), st.booleans())
def test_any_text_becomes_a_well_formed_reply(lines, enhanced, utf8):
    wire = render(Reply(code=550, enhanced=enhanced, lines=tuple(lines)), utf8=utf8)
    assert wire.endswith(b"\r\n")
    rows = wire[:-2].split(b"\r\n")
    for number, row in enumerate(rows):
        assert len(row) + 2 <= 512
        assert row.startswith(b"550 " if number == len(rows) - 1 else b"550-")
        assert row[4:].startswith(enhanced.encode())
        assert b"\r" not in row
        assert b"\n" not in row
        assert all(octet >= 32 for octet in row)
        if utf8:
            row.decode()
        else:
            assert row.isascii()


def test_line_breaks_cannot_split_a_reply():
    wire = render(Reply(code=550, enhanced="5.7.1", lines=("a\r\n250 OK b.pdf\x00\x1b[2J",)))
    assert wire == b"550 5.7.1 a  250 OK b.pdf  [2J\r\n"


def test_vietnamese_is_stripped_of_diacritics_unless_smtputf8():
    reply = Reply(code=550, enhanced="5.7.1", lines=("Từ chối: thư có dấu MẬT ở đoạn 3 – “Đề nghị”",))
    assert render(reply) == b'550 5.7.1 Tu choi: thu co dau MAT o doan 3 - "De nghi"\r\n'
    assert "Từ chối" in render(reply, utf8=True).decode()


def test_decomposed_and_composed_letters_give_the_same():
    assert to_ascii("Mật Đường") == to_ascii("Ma\u0323\u0302t Đu\u031bo\u031b\u0300ng") == "Mat Duong"


def test_long_reason_is_wrapped_at_spaces_and_keeps_all_words():
    text = " ".join(f"word{n}" for n in range(300))
    rows = render(Reply(code=550, enhanced="5.7.1", lines=(text,))).decode().splitlines()
    assert " ".join(row[len("550 5.7.1 ") :] for row in rows) == text


def test_next_hop_status_code_is_taken_apart():
    assert from_next_hop(550, ("5.1.1 no such user", "5.1.1 sorry")) == Reply(
        code=550, enhanced="5.1.1", lines=("no such user", "sorry")
    )
    assert from_next_hop(450, ("5.1.1 lies",)).enhanced == "4.0.0"
    assert from_next_hop(250, ("ok",)).enhanced == "2.0.0"


@pytest.mark.parametrize("language", list(Language))
def test_every_text_has_words_in_each_language(language):
    texts = Texts((language,))
    values = {
        "reference": "BT-1", "limit": 1, "size": 2, "seconds": 1, "answer": 554, "minutes": 2, "node": "binhtan-1",
        "ending": ".zip", "file": 3, "address": "a@b@c",
    }  # fmt: skip
    for key, (message,) in texts._messages.items():
        fields = {name for _, name, _, _ in string.Formatter().parse(message) if name}
        assert fields <= set(values), key
        rows = render(texts.reply(451, "4.0.0", key, **values)).splitlines()
        assert len(rows) == 1, f"{key} does not fit on one line"
    assert texts._messages.keys() == Texts((Language.EN,))._messages.keys()
