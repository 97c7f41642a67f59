"""A mail transaction is the next hop's: its answers reach the client, one for each recipient, and 250 only after its 250."""

import hashlib

import pytest

from gateway.errors import AuditError, CapacityError, PermanentError
from gateway.model import FrontEnd, Reply, ReplyCharset
from gateway.smtp.settings import ListenerKind
from tests.bench.contestants import free_port
from tests.support.client import RawClient
from tests.support.gateway import DirectEngine, RefusingEngine, conversation, listener, running
from tests.support.sink import EXTENSIONS, Act, Sink

CONTENT = b"Subject: x\r\n\r\nhello\r\n"


def at(stage, act, *, times=None):
    """Return a script that acts at one stage, always or the first few times."""
    left = [times]

    def script(now, session):
        if now != stage or left[0] == 0:
            return None
        if left[0] is not None:
            left[0] -= 1
        return act

    return script


async def test_one_mail_goes_through_with_the_next_hops_own_replies():
    async with Sink() as sink, running(sink.port) as gateway, RawClient(*gateway.address) as client:
        assert client.banner.startswith("220 gateway.test ESMTP")
        await client.ehlo()
        assert await client.cmd("MAIL FROM:<a@b>") == "250 2.1.0 City: sender ok"
        assert await client.cmd("RCPT TO:<c@d>") == "250 2.1.5 City: recipient ok"
        assert await client.data(CONTENT) == "250 2.0.0 City: queued as 4711"
        assert (await client.cmd("QUIT")).code == 221
        assert sink.delivered[0].content == CONTENT
        transaction = gateway.engine.transactions[0]
        assert transaction.envelope.reverse_path == "a@b"
        assert transaction.envelope.forward_paths == ("c@d",)
        assert transaction.size_bytes == len(CONTENT)
        assert transaction.sha256 == hashlib.sha256(CONTENT).hexdigest()
        assert transaction.session.front_end is FrontEnd.RELAY
        assert transaction.session.client_address == "127.0.0.1"
        assert transaction.session.helo == "client.test"
        assert transaction.received_at.tzinfo is not None
        assert gateway.engine.sending == 1


async def test_null_reverse_path_and_postmaster_go_through():
    async with conversation() as (sink, gateway, client):
        assert (await client.mail(CONTENT, sender="", recipients=["postmaster"])).code == 250
        assert sink.delivered[0].mail_line == b"MAIL FROM:<>"
        assert sink.delivered[0].rcpt_lines == [b"RCPT TO:<postmaster>"]
        assert gateway.engine.transactions[0].envelope.reverse_path == ""


async def test_parameters_arrive_unchanged():
    async with conversation() as (sink, gateway, client):
        await client.cmd("MAIL FROM:<a@b> SIZE=100 BODY=8BITMIME RET=HDRS ENVID=QQ3+2B")
        await client.cmd("RCPT TO:<c@d> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob@Example.ORG")
        await client.data(CONTENT)
        mail = sink.delivered[0]
        assert mail.mail_line == b"MAIL FROM:<a@b> SIZE=100 BODY=8BITMIME RET=HDRS ENVID=QQ3+2B"
        assert mail.rcpt_lines == [b"RCPT TO:<c@d> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob@Example.ORG"]
        envelope = gateway.engine.transactions[0].envelope
        assert envelope.mail_parameters == ("SIZE=100", "BODY=8BITMIME", "RET=HDRS", "ENVID=QQ3+2B")
        assert envelope.rcpt_parameters == (("NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;Bob@Example.ORG"),)


async def test_internationalised_mail_goes_through_and_is_answered_in_vietnamese():
    engine = RefusingEngine()
    async with conversation(engine=engine) as (sink, gateway, client):
        reply = await client.cmd("MAIL FROM:<nguyễn@thànhphố.vn>")
        assert reply.startswith("553 5.6.7")
        assert (await client.cmd("MAIL FROM:<nguyễn@thànhphố.vn> SMTPUTF8")).code == 250
        assert (await client.cmd("RCPT TO:<trần@thànhphố.vn>")).code == 250
        assert "Từ chối: thư có dấu MẬT" in await client.data(CONTENT)
        assert "MAIL FROM:<nguyễn@thànhphố.vn> SMTPUTF8".encode() in sink.sessions[-1].commands
        await client.envelope()
        assert "Tu choi: thu co dau MAT" in await client.data(CONTENT)


@pytest.mark.parametrize(
    ("kind", "charset", "utf8"),
    [
        (ListenerKind.RELAY, ReplyCharset.AUTO, False),
        (ListenerKind.RELAY, ReplyCharset.UTF8, True),
        (ListenerKind.SUBMISSION, ReplyCharset.AUTO, True),
        (ListenerKind.SUBMISSION, ReplyCharset.ASCII, False),
    ],
)
async def test_mail_programs_are_answered_with_diacritics_and_servers_without(kind, charset, utf8):
    one = listener(kind, charset=charset, auth_without_tls=kind is ListenerKind.SUBMISSION)
    async with conversation(listeners=[one], language="vi") as (sink, gateway, client):
        assert ("Lệnh không được nhận biết" if utf8 else "Lenh khong duoc nhan biet") in await client.cmd("XWHAT")


async def test_each_recipient_gets_the_next_hops_own_answer():
    def script(stage, session):
        if stage == "rcpt" and b"nobody" in session.commands[-1]:
            return Act(b"550 5.1.1 City: no such user\r\n")
        return None

    async with conversation(script) as (sink, gateway, client):
        replies = await client.envelope(recipients=["good@city", "nobody@city"])
        assert [reply.code for reply in replies] == [250, 250, 550]
        assert replies[2] == "550 5.1.1 City: no such user"
        assert (await client.data(CONTENT)).code == 250
        assert sink.delivered[0].rcpt_lines == [b"RCPT TO:<good@city>"]
        assert gateway.engine.transactions[0].envelope.forward_paths == ("good@city",)


async def test_a_recipient_refused_by_the_engine_never_reaches_the_next_hop():
    class Engine(DirectEngine):
        def refuse_recipient(self, path):
            if path == "office@city":
                return Reply(code=550, enhanced="5.7.1", lines=("Không phải địa chỉ công vụ",))
            return None

    async with conversation(engine=Engine()) as (sink, gateway, client):
        replies = await client.envelope(recipients=["office@city", "b@city"])
        assert replies[1] == "550 5.7.1 Khong phai dia chi cong vu"
        assert (await client.data(CONTENT)).code == 250
        assert not any(b"office" in command for session in sink.sessions for command in session.commands)
        assert [envelope.forward_paths for _, envelope in gateway.engine.recipients] == [("office@city",), ("b@city",)]


async def test_only_refused_recipients_leave_nothing_to_send():
    script = at("rcpt", Act(b"450 4.2.1 later\r\n"))
    async with conversation(script) as (sink, gateway, client):
        await client.envelope()
        assert (await client.cmd("DATA")).startswith("503 5.5.1")
        assert (await client.cmd("RSET")).code == 250


@pytest.mark.parametrize("code", [b"421", b"450", b"451", b"452", b"550", b"552", b"554"])
@pytest.mark.parametrize("stage", ["banner", "ehlo", "mail", "rcpt", "data", "dot"])
async def test_refusals_of_the_next_hop_are_passed_on(stage, code):
    enhanced = code[:1] + b".7.9"
    script = at(stage, Act(code + b" " + enhanced + b" City: not today\r\n"))
    async with conversation(script) as (sink, gateway, client):
        replies = await client.envelope()
        refused = next((reply for reply in replies if reply.code != 250), None)
        if stage in {"data", "dot"}:
            refused = await client.data(CONTENT)
        if stage in {"banner", "ehlo"} and code.startswith(b"5"):
            # It has seen no mail: its refusal is of us, and a clerk's mail must not be lost by it.
            assert refused.startswith("451 4.3.5 ")
            assert code.decode() in refused
            assert "City" in gateway.events[-1].detail, "the administrator is told its words"
        else:
            assert refused == f"{code.decode()} {enhanced.decode()} City: not today"
        if code == b"421":
            assert await client.closed() == b""
        else:
            assert (await client.cmd("NOOP")).code == 250
        assert not gateway.errors


MALFORMED = {
    "no code": b"hello\r\n",
    "99": b"99 x\r\n",
    "600": b"600 x\r\n",
    "letters": b"2x0 x\r\n",
    "bare LF": b"250 ok\n",
    "NUL": b"250 o\0k\r\n",
    "CR in text": b"250 o\rk\r\n",
    "code changes": b"250-a\r\n550 b\r\n",
    "10 MB of lines": b"250-" + b"x" * 70 + b"\r\n" + b"250-y\r\n" * 100_000,
    "endless line": b"250 " + b"x" * 100_000,
    "354": b"354 go on\r\n",
    "closed": b"",
}


@pytest.mark.parametrize("octets", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("stage", ["banner", "ehlo", "mail", "rcpt", "data", "dot"])
async def test_nonsense_of_the_next_hop_becomes_451_and_ends_its_connection(stage, octets):
    if stage == "data" and octets.startswith(b"354"):
        octets = b"354 go\r\n354 go again\r\n"
    script = at(stage, Act(octets or None, close=not octets, as_usual=stage == "data" and octets.startswith(b"354")))
    async with conversation(script) as (sink, gateway, client):
        replies = await client.envelope()
        refused = next((reply for reply in replies if reply.code != 250), None)
        if stage in {"data", "dot"}:
            refused = await client.data(CONTENT)
        assert refused.code == 451
        assert len(refused.raw) <= 512
        await sink.wait_for(lambda: sink.sessions[-1].closed.is_set())
        assert not gateway.errors
        sink.script = lambda stage, session: None
        await client.cmd("RSET")
        assert (await client.mail(CONTENT)).code == 250


async def test_a_connection_lost_after_the_final_dot_is_451_and_not_tried_again():
    script = at("dot", Act(None, close=True))
    async with conversation(script) as (sink, gateway, client):
        reply = await client.mail(CONTENT)
        assert reply.startswith("451 4.4.2")
        assert len(sink.delivered) == 1
        assert gateway.engine.outcomes[0].after_final_dot


async def test_a_recipient_after_the_next_hop_was_lost_gets_the_same_451():
    script = at("rcpt", Act(None, close=True), times=1)
    async with conversation(script) as (sink, gateway, client):
        replies = await client.envelope(recipients=["a@b", "c@d"])
        assert [reply.code for reply in replies] == [250, 451, 451]
        assert (await client.cmd("DATA")).code == 451
        assert (await client.mail(CONTENT)).code == 250


async def test_a_refusal_within_the_content_is_passed_on_and_nothing_is_delivered():
    def script(stage, session):
        return Act(b"354 go\r\n552 5.3.4 City: too much\r\n", stop_reading=True) if stage == "data" else None

    async with conversation(script) as (sink, gateway, client):
        reply = await client.mail(CONTENT * 100_000)
        assert reply == "552 5.3.4 City: too much"
        assert not sink.delivered


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("canary /etc/secret"), "451 4.3.0"),
        (AuditError("canary"), "451 4.3.0"),
        (CapacityError("canary"), "452 4.3.1"),
        (PermanentError("canary"), "554 5.3.0"),
    ],
)
@pytest.mark.parametrize("where", ["process", "before_final_dot"])
async def test_an_exception_of_the_engine_is_a_temporary_reply_with_a_reference(error, expected, where):
    class Engine(DirectEngine):
        async def before_final_dot(self):
            if where == "before_final_dot":
                raise error

        async def process(self, transaction, spool, relay):
            if where == "process":
                raise error
            return await super().process(transaction, spool, relay)

    async with conversation(engine=Engine()) as (sink, gateway, client):
        reply = await client.mail(CONTENT)
        assert reply.startswith(expected)
        assert "canary" not in reply
        if not isinstance(error, CapacityError):
            assert gateway.errors[0][0] in reply
            assert gateway.errors[0][1] is error
        assert not sink.delivered
        assert (await client.cmd("NOOP")).code == 250


async def test_an_exception_at_rcpt_is_451_with_a_reference():
    class Engine(DirectEngine):
        def refuse_recipient(self, path):
            raise ValueError("canary")

    async with conversation(engine=Engine()) as (sink, gateway, client):
        reply = (await client.envelope())[1]
        assert reply.startswith("451 4.3.0")
        assert gateway.errors[0][0] in reply
        assert "canary" not in reply


def resets(sink):
    return sum(session.commands.count(b"RSET") for session in sink.sessions)


async def test_a_refused_mail_is_ended_at_the_next_hop_by_rset_and_the_connection_is_used_again():
    engine = RefusingEngine(Reply(code=550, enhanced="5.7.1", lines=("x\r\n250 OK",)))
    async with conversation(engine=engine) as (sink, gateway, client):
        for expected in (1, 2):
            reply = await client.mail(CONTENT)
            assert reply == "550 5.7.1 x  250 OK"
            await sink.wait_for(lambda expected=expected: resets(sink) == expected)
        assert not sink.delivered


async def test_prepended_header_lines_stand_before_the_content():
    class Engine(DirectEngine):
        def prepend(self, transaction):
            return b"X-Policy: tagged\r\nX-Ref: " + transaction.id.encode() + b"\r\n"

    async with conversation(engine=Engine()) as (sink, gateway, client):
        for content in (CONTENT, b"." + CONTENT * 30_000, b""):
            await client.mail(content)
            reference = gateway.engine.transactions[-1].id.encode()
            assert sink.delivered[-1].content == b"X-Policy: tagged\r\nX-Ref: " + reference + b"\r\n" + content


async def test_reset_and_new_greeting_forget_the_envelope():
    async with conversation() as (sink, gateway, client):
        for forget in ("RSET", "EHLO again", "HELO again"):
            await client.envelope()
            assert (await client.cmd(forget)).code == 250
            assert (await client.cmd("RCPT TO:<a@b>")).startswith("503 5.5.1")
            assert (await client.cmd("DATA")).startswith("503 5.5.1")
        assert (await client.mail(CONTENT)).code == 250


async def test_commands_out_of_order_and_unknown_ones_are_refused():
    async with Sink() as sink, running(sink.port) as gateway, RawClient(*gateway.address) as client:
        assert (await client.cmd("MAIL FROM:<a@b>")).startswith("503 5.5.1")
        assert (await client.cmd("EHLO")).startswith("501 5.5.4")
        await client.ehlo()
        assert (await client.cmd("RCPT TO:<a@b>")).startswith("503 5.5.1")
        assert (await client.cmd("AUTH PLAIN AAAA")).startswith("502 5.5.1")
        assert (await client.cmd("XAUTH PLAIN c2VjcmV0")).startswith("500 5.5.1")
        assert (await client.cmd("VRFY root")).code == 252
        assert (await client.cmd("EXPN all")).startswith("502 5.5.1")
        assert (await client.cmd("HELP")).code == 214
        assert (await client.cmd("QUIT now")).startswith("501 5.5.4")
        await client.cmd("MAIL FROM:<a@b>")
        assert (await client.cmd("MAIL FROM:<a@b>")).startswith("503 5.5.1")


async def test_capabilities_are_the_intersection_with_the_next_hops():
    async with Sink(extensions=("SIZE 1000000",), auth=()) as sink, running(sink.port) as gateway:
        async with RawClient(*gateway.address) as client:
            reply = await client.ehlo()
            assert "SIZE 1000000" in reply
            for missing in ("8BITMIME", "SMTPUTF8", "DSN", "PIPELINING", "AUTH", "STARTTLS", "CHUNKING"):
                assert missing not in reply
            assert "ENHANCEDSTATUSCODES" in reply
            assert (await client.cmd("MAIL FROM:<a@b> SMTPUTF8")).startswith("554 5.6.7")
            assert (await client.cmd("MAIL FROM:<a@b> BODY=8BITMIME")).startswith("554 5.6.3")
            assert (await client.cmd("MAIL FROM:<a@b> RET=HDRS")).startswith("555 5.5.4")
            assert (await client.cmd("MAIL FROM:<a@b> SIZE=1000001")).startswith("552 5.3.4")
            assert (await client.mail(b"Subject: x\r\n\r\n\xc3\xa1\r\n")).startswith("554 5.6.3")
            assert (await client.mail(b"x" * 998 + b"\r\n")).code == 250
    async with Sink(extensions=EXTENSIONS) as sink, running(sink.port) as gateway:
        async with RawClient(*gateway.address) as client:
            reply = await client.ehlo()
            for offered in ("SIZE 36700160", "8BITMIME", "SMTPUTF8", "DSN"):
                assert offered in reply


async def test_size_parameter_is_not_sent_to_a_next_hop_that_does_not_know_it():
    async with conversation(extensions=()) as (sink, gateway, client):
        assert (await client.cmd("MAIL FROM:<a@b> SIZE=100 BODY=7BIT")).code == 250
        assert sink.sessions[-1].commands[-1] == b"MAIL FROM:<a@b>"


async def test_helo_clients_are_served_without_extensions():
    async with Sink() as sink, running(sink.port) as gateway, RawClient(*gateway.address) as client:
        assert await client.cmd("HELO old") == "250 gateway.test"
        assert (await client.cmd("MAIL FROM:<a@b> SIZE=1")).startswith("555")
        assert (await client.mail(CONTENT)).code == 250


async def test_next_hop_down_is_451_and_ehlo_still_answers():
    async with running(free_port()) as gateway, RawClient(*gateway.address) as client:
        assert (await client.ehlo()).code == 250
        assert (await client.cmd("MAIL FROM:<a@b>")).startswith("451 4.4.1")
        assert (await client.cmd("NOOP")).code == 250
