"""Invariant: whatever arrives, in whatever pieces, the decoder yields the same commands or its own ProtocolError."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.milter import protocol
from gateway.milter.protocol import Action, Decoder, ProtocolError, Step
from gateway.model import Reply

CONVERSATION = b"".join(
    (
        protocol.packet(b"O", struct.pack(">III", 6, 0x1FF, 0x1FFFFF)),
        protocol.packet(b"D", b"C{client_addr}\x00192.0.2.1\x00j\x00mail.example\x00"),
        protocol.packet(b"C", b"client.example\x004\x00\x19192.0.2.1\x00"),
        protocol.packet(b"H", b"client.example\x00"),
        protocol.packet(b"D", b"M{auth_authen}\x00an.binhtan@tphcm.gov.vn\x00"),
        protocol.packet(b"M", b"<an.binhtan@tphcm.gov.vn>\x00SIZE=100\x00BODY=8BITMIME\x00"),
        protocol.packet(b"R", b"<binh.binhtan@tphcm.gov.vn>\x00"),
        protocol.packet(b"T"),
        protocol.packet(b"L", b"Subject\x00 B\xc3\xa1o c\xc3\xa1o\x00"),
        protocol.packet(b"N"),
        protocol.packet(b"B", b"body\r\n"),
        protocol.packet(b"E"),
        protocol.packet(b"Q"),
    )
)


def commands(data: bytes) -> list[protocol.Command]:
    return list(Decoder().feed(data))


def test_a_conversation_is_read_as_typed_commands():
    read = commands(CONVERSATION)
    assert read[1] == protocol.Macros(b"C", b"{client_addr}\x00192.0.2.1\x00j\x00mail.example\x00")
    assert read[2] == protocol.Connect("client.example", "192.0.2.1")
    assert read[5] == protocol.Mail("an.binhtan@tphcm.gov.vn", ("SIZE=100", "BODY=8BITMIME"))
    assert read[6] == protocol.Rcpt("binh.binhtan@tphcm.gov.vn", ())
    assert read[8] == protocol.Header(b"Subject", " Báo cáo".encode())
    assert read[-2:] == [protocol.EndOfMessage(b""), protocol.Plain(b"Q")]


def test_a_macro_has_the_first_value_that_is_not_empty():
    lists = (b"{i}\x00\x00{auth_authen}\x00an\x00", b"", b"i\x00S1\x00auth_authen\x00chi\x00")
    assert protocol.macros(lists) == {"auth_authen": "an", "i": "S1"}


def test_one_byte_at_a_time_gives_the_same_commands():
    decoder = Decoder()
    read = [command for byte in CONVERSATION for command in decoder.feed(bytes([byte]))]
    assert read == commands(CONVERSATION)


@given(st.binary(max_size=400))
def test_garbage_raises_nothing_but_a_protocol_error(data):
    with suppress(ProtocolError):
        commands(data)


@given(st.sampled_from(sorted(b"ODCHMRLBETNAKQU")), st.binary(max_size=60))
def test_garbage_inside_a_packet_raises_nothing_but_a_protocol_error(command, data):
    with suppress(ProtocolError):
        commands(protocol.packet(bytes([command]), data))


def test_a_packet_over_the_limit_is_refused_before_it_is_stored():
    with pytest.raises(ProtocolError):
        commands(struct.pack(">I", protocol.LIMIT_PACKET_BYTES + 1))


def test_the_null_reverse_path_is_empty():
    assert commands(protocol.packet(b"M", b"<>\x00")) == [protocol.Mail("", ())]


def test_a_percent_sign_is_doubled_and_lines_carry_the_code():
    reply = Reply(code=550, enhanced="5.7.1", lines=("100% sai", "dong hai"))
    assert protocol.reply_code(reply)[4:] == b"y550-5.7.1 100%% sai\r\n550 5.7.1 dong hai\x00"


def test_a_reply_that_does_not_refuse_cannot_be_made():
    with pytest.raises(ValueError):
        protocol.reply_code(Reply(code=250, enhanced="2.0.0", lines=("ok",)))


def test_only_what_the_mta_offers_is_taken():
    offer = protocol.OptionNegotiation(6, Action.QUARANTINE, Step.SILENT_BODY)
    answer, actions, steps = protocol.accept_options(offer)
    assert (actions, steps) == (Action.QUARANTINE, Step.SILENT_BODY)
    assert struct.unpack(">III", answer[5:17]) == (6, 0x20, 0x80000)


def test_an_old_mta_is_refused():
    with pytest.raises(ProtocolError):
        protocol.accept_options(protocol.OptionNegotiation(1, Action(0), Step(0)))


def test_macros_are_asked_for_when_the_mta_lets_us():
    offer = protocol.OptionNegotiation(6, Action.SET_MACROS, Step(0))
    answer, _, _ = protocol.accept_options(offer)
    assert b"{auth_authen}" in answer
