"""What the next hop says of a released mail is what becomes of it; who had it gets it once, and nobody else ever."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from gateway.hold.seal import SealBrokenError
from gateway.hold.state import HoldState
from gateway.steward.requests.request import State
from tests.hold.steps import RECIPIENTS, Hall
from tests.hold.world import AN, SERVICE, city, held_mail, released
from tests.support.sink import Act

REFERENCE = "BT-00000001"
TO = [f"RCPT TO:<{address}>".encode() for address in RECIPIENTS]


@asynccontextmanager
async def held(tmp_path, *, content=b"", parameters=()):
    async with city() as sink:
        hall = Hall(tmp_path, sink.port)
        assert await hall.hold_here(1, content=content, parameters=parameters)
        yield sink, hall


async def sent(hall, *, tended=False):
    await asyncio.to_thread(hall.tend if tended else lambda: hall.release(REFERENCE))
    return hall.look(REFERENCE)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "reply", "delivery"),
    [
        ("auth", b"535 5.7.8 no\r\n", "not_sent"),
        ("mail", b"550 5.7.60 not allowed to send as this user\r\n", "not_sent"),
        ("rcpt", b"450 4.2.1 later\r\n", "upstream_deferred"),
        ("rcpt", b"550 5.7.1 relaying denied\r\n", "not_sent"),
        ("data", b"451 4.3.0 later\r\n", "upstream_deferred"),
        ("dot", b"452 4.2.2 mailbox full\r\n", "upstream_deferred"),
        ("banner", b"554 no\r\n", "not_sent"),
    ],
)
async def test_a_mail_that_was_not_taken_can_be_sent_again_under_the_same_approval(tmp_path, stage, reply, delivery):
    async with held(tmp_path) as (sink, hall):
        script = sink.script
        if stage in {"auth", "banner"}:
            sink.script = lambda at, _session: Act(reply=reply) if at == stage else None
        else:
            script.released[stage] = reply
        await asyncio.to_thread(hall.approve, REFERENCE)
        mail = await sent(hall, tended=True)
        assert (mail.state, mail.outcome.delivery.value) == (HoldState.FAILED, delivery)
        assert str(mail.outcome.code) == reply[:3].decode()
        assert released(sink) == []
        again = await sent(hall, tended=True)
        assert again.outcome == mail.outcome, "nothing sends it again by itself"
        sink.script = script
        script.released.clear()
        assert (await sent(hall)).state is HoldState.RELEASED
        (one,) = released(sink)
        assert one.content == hall.octets(1)
        assert one.rcpt_lines == TO
        assert not hall.holds().store.has(REFERENCE)


async def test_a_content_that_is_refused_for_good_ends_it(tmp_path):
    async with held(tmp_path) as (sink, hall):
        sink.script.released["dot"] = b"550 5.7.1 spam\r\n"
        mail = await sent(hall)
        assert (mail.state, mail.outcome.code, mail.outcome.text) == (HoldState.RETURNED, 550, "spam")
        assert not hall.holds().store.has(REFERENCE)
        with pytest.raises(FileNotFoundError):
            hall.release(REFERENCE)


async def test_a_recipient_that_is_refused_for_good_is_left_out_and_named(tmp_path):
    async with held(tmp_path) as (sink, hall):
        script = sink.script

        def one_refused(stage, session):
            if stage == "rcpt" and session.login == SERVICE and session.commands[-1] == TO[0]:
                return Act(reply=b"550 5.1.1 unknown\r\n")
            return script(stage, session)

        sink.script = one_refused
        mail = await sent(hall)
        assert (mail.state, mail.outcome.left_out) == (HoldState.RELEASED, (RECIPIENTS[0],))
        (one,) = released(sink)
        assert one.rcpt_lines == TO[1:]


async def test_of_a_connection_that_is_lost_behind_the_final_dot_nobody_knows(tmp_path):
    async with held(tmp_path) as (sink, hall):
        sink.script.acts["dot"] = Act(reply=None, close=True)
        await asyncio.to_thread(hall.approve, REFERENCE)
        assert (await sent(hall, tended=True)).state is HoldState.UNKNOWN
        sink.script.acts.clear()
        await asyncio.to_thread(hall.settle)
        assert len(released(sink)) == 1, "nothing sends it again by itself"
        assert hall.holds().request(REFERENCE).state is State.UNKNOWN
        assert (await sent(hall)).state is HoldState.RELEASED, "somebody asked the next hop and had it sent again"
        assert len(released(sink)) == 2


async def test_a_next_hop_that_is_away_or_takes_no_8_bit_is_not_sent_to(tmp_path):
    content = held_mail(1, more="kính gửi\r\n")
    async with held(tmp_path, content=content, parameters=("BODY=8BITMIME",)) as (sink, hall):
        sink.extensions = ("SIZE 1000000",)
        mail = await sent(hall)
        assert mail.state is HoldState.FAILED
        assert "8bitmime" in mail.outcome.text
        sink.extensions = ("8BITMIME",)
        sink.server.close()
        mail = await sent(hall)
        assert (mail.state, mail.outcome.code) == (HoldState.FAILED, 0)
    assert [one for one in sink.delivered if one.login == SERVICE] == []


async def test_a_file_that_is_not_what_was_sealed_is_not_sent(tmp_path):
    async with held(tmp_path) as (sink, hall):
        path = hall.configuration.data / "hold" / f"{REFERENCE}.age"
        whole = path.read_bytes()
        for octets in (whole[:-1], whole[:-5] + bytes(5), b""):
            path.write_bytes(octets)
            with pytest.raises(SealBrokenError):
                hall.release(REFERENCE)
        assert hall.look(REFERENCE).state is HoldState.HELD
        assert released(sink) == []


async def test_a_mail_that_nobody_decided_on_expires_and_leaves_a_record_and_no_file(tmp_path):
    async with held(tmp_path) as (sink, hall):
        later = hall.holds(clock=lambda: time.time() + 7 * 86_400 + 1)
        later.adopt()
        await asyncio.to_thread(hall.holds(clock=lambda: time.time() + 6 * 86_400).tend)
        assert later.store.has(REFERENCE)
        await asyncio.to_thread(hall.holds(clock=later._clock, patience_s=3600).tend)
        assert later.store.has(REFERENCE), "the clock may be wrong"
        await asyncio.to_thread(later.tend)
        assert hall.look(REFERENCE).state is HoldState.EXPIRED
        assert hall.files() == []
        assert later.request(REFERENCE).state is State.EXPIRED
        assert released(sink) == []


@pytest.mark.parametrize("state", [State.REFUSED, State.WITHDRAWN, State.REVOKED])
async def test_a_decision_that_a_crash_kept_from_its_end_is_gone_on_with(tmp_path, state):
    async with held(tmp_path) as (sink, hall):
        await asyncio.to_thread(hall.approve, REFERENCE)
        hall.holds()._requests.change(REFERENCE, lambda kept: replace(kept, state=state))
        assert (await sent(hall, tended=True)).state is HoldState.REFUSED
        assert hall.files() == []
        assert released(sink) == []


async def test_the_mail_goes_as_it_was_held(tmp_path):
    async with held(tmp_path, parameters=("BODY=8BITMIME", "RET=HDRS")) as (sink, hall):
        assert (await sent(hall)).state is HoldState.RELEASED
        (one,) = released(sink)
        assert one.mail_line == f"MAIL FROM:<{AN}> BODY=8BITMIME RET=HDRS".encode()
        assert one.content == hall.octets(1)
