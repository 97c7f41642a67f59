"""AUTH is replayed at the next hop on the connection that then carries the mail; secrets stay between the two."""

import asyncio
import logging
from base64 import b64encode
from dataclasses import replace

import pytest

from gateway.nexthop.settings import NextHopTls, client_tls_context
from gateway.smtp import throttle
from gateway.smtp.settings import ListenerKind
from tests.bench.contestants import free_port
from tests.support.client import RawClient
from tests.support.gateway import QUICK, conversation, hop_settings, listener, running
from tests.support.sink import Act, Sink

USER, PASSWORD = "vanthu.bt@tphcm.gov.vn", "c4n4ry mật khẩu"
SUBMISSION = listener(ListenerKind.SUBMISSION, auth_without_tls=True)
CONTENT = b"Subject: x\r\n\r\nhello\r\n"


def b64(text):
    return b64encode(text.encode())


async def plain(client, user, password):
    return await client.cmd(b"AUTH PLAIN " + b64(f"\0{user}\0{password}"))


async def plain_two_step(client, user, password):
    assert await client.cmd("AUTH plain") == "334 "
    return await client.cmd(b64(f"\0{user}\0{password}"))


async def login(client, user, password):
    assert await client.cmd("AUTH LOGIN") == "334 VXNlcm5hbWU6"
    assert await client.cmd(b64(user)) == "334 UGFzc3dvcmQ6"
    return await client.cmd(b64(password))


async def login_with_user(client, user, password):
    assert await client.cmd(b"AUTH LOGIN " + b64(user)) == "334 UGFzc3dvcmQ6"
    return await client.cmd(b64(password))


async def xoauth2(client, user, password):
    reply = await client.cmd(b"AUTH XOAUTH2 " + b64(f"user={user}\x01auth=Bearer {password}\x01\x01"))
    return await client.cmd("") if reply.code == 334 else reply


WAYS = [plain, plain_two_step, login, login_with_user, xoauth2]


@pytest.mark.parametrize("way", WAYS)
async def test_accepted_login_carries_the_mail_on_the_same_connection(way):
    async with Sink(users={USER: PASSWORD}) as sink, running(sink.port, listeners=[SUBMISSION]) as gateway:
        async with RawClient(*gateway.address) as client:
            assert "AUTH XOAUTH2 PLAIN LOGIN" in await client.ehlo()
            assert await way(client, USER, PASSWORD) == "235 2.7.0 Welcome to the city"
            assert "AUTH" not in await client.ehlo()
            for _ in range(2):
                assert (await client.mail(CONTENT)).code == 250
        assert [mail.login for mail in sink.delivered] == [USER, USER]
        assert gateway.engine.transactions[0].session.auth_user == USER


@pytest.mark.parametrize("way", WAYS)
async def test_wrong_password_is_answered_in_the_next_hops_words(way):
    async with conversation(users={USER: PASSWORD}, listeners=[SUBMISSION]) as (sink, gateway, client):
        assert await way(client, USER, "wrong") == "535 5.7.8 City says: wrong password"
        assert (await client.cmd("MAIL FROM:<a@b>")).startswith("530 5.7.0")
        assert (await way(client, USER, PASSWORD)).code == 235
        assert (await client.mail(CONTENT)).code == 250


async def test_a_long_oauth_token_passes():
    token = "t" * 8000
    async with conversation(users={USER: token}, listeners=[SUBMISSION]) as (sink, gateway, client):
        assert (await xoauth2(client, USER, token)).code == 235
        assert b"AUTH XOAUTH2" in sink.sessions[-1].commands
        assert (await client.mail(CONTENT)).code == 250


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([b"AUTH"], 501),
        ([b"AUTH PLAIN a b"], 501),
        ([b"AUTH CRAM-MD5"], 504),
        ([b"AUTH PLAIN !!!"], 501),
        ([b"AUTH PLAIN ="], 501),
        ([b"AUTH PLAIN", b"*"], 501),
        ([b"AUTH LOGIN", b"*"], 501),
        ([b"AUTH LOGIN", b"YQ==", b"*"], 501),
        ([b"AUTH LOGIN", b"YQ==", b"not base64"], 501),
        ([b"AUTH XOAUTH2", b"YQ=="], 501),
        ([b"AUTH PLAIN", b""], 501),
        ([b"AUTH PLAIN " + b"A" * 13_000], 501),
        ([b"AUTH PLAIN", b"A" * 13_000], 500),
    ],
)
async def test_every_malformed_auth_has_exactly_one_reply_and_the_session_goes_on(lines, code):
    async with conversation(users={USER: PASSWORD}, listeners=[SUBMISSION]) as (sink, gateway, client):
        for line in lines[:-1]:
            assert (await client.cmd(line)).code == 334
        assert (await client.cmd(lines[-1])).code == code
        assert (await plain(client, USER, PASSWORD)).code == 235


@pytest.mark.parametrize(
    "octets", [b"454 4.7.0 City: try later\r\n", b"421 4.3.2 City: closing\r\n", b"534 5.7.9 City: app password\r\n"]
)
async def test_other_answers_to_auth_are_passed_on(octets):
    script = lambda stage, session: Act(octets) if stage == "auth" else None
    async with conversation(script, users={USER: PASSWORD}, listeners=[SUBMISSION]) as (sink, gateway, client):
        assert (await plain(client, USER, PASSWORD)).raw == octets
        if octets.startswith(b"421"):
            assert await client.closed() == b""


@pytest.mark.parametrize("octets", [None, b"hello\r\n", b"334 more\r\n", b"250 fine\r\n", b"354 go\r\n"])
async def test_nonsense_in_answer_to_auth_is_454(octets):
    script = lambda stage, session: Act(octets, close=octets is None) if stage == "auth" else None
    async with conversation(script, users={USER: PASSWORD}, listeners=[SUBMISSION]) as (sink, gateway, client):
        assert (await plain(client, USER, PASSWORD)).code == 454
        assert (await client.cmd("MAIL FROM:<a@b>")).code == 530
        sink.script = lambda stage, session: None
        assert (await plain(client, USER, PASSWORD)).code == 235


@pytest.mark.parametrize("stage", ["banner", "ehlo"])
async def test_a_next_hop_that_refuses_us_is_no_wrong_password(stage):
    def script(at, session):
        return Act(b"554 5.7.1 no mail from there\r\n") if at == stage else None

    async with conversation(script, users={USER: PASSWORD}, listeners=[SUBMISSION]) as (sink, gateway, client):
        assert (await plain(client, USER, PASSWORD)).startswith("454 4.3.5")
        assert not any(event.kind.name == "AUTH_FAILED" for event in gateway.events)
        sink.script = lambda stage, session: None
        await client.ehlo()
        assert (await plain(client, USER, PASSWORD)).code == 235


async def test_next_hop_down_is_454():
    async with running(free_port(), listeners=[SUBMISSION]) as gateway, RawClient(*gateway.address) as client:
        assert "AUTH PLAIN LOGIN" in await client.ehlo()
        assert (await plain(client, USER, PASSWORD)).startswith("454 4.4.1")


@pytest.mark.parametrize("said", [None, b"421 4.4.2 idle for too long\r\n"])
@pytest.mark.parametrize("way", [plain, login, xoauth2])
async def test_a_kept_connection_that_died_is_replaced_at_a_login(said, way):
    def script(stage, session):
        died = stage == "auth" and session is sink.sessions[0]
        return Act(said, close=True) if died else None

    users = {USER: PASSWORD}
    async with Sink(script, users=users) as sink, running(sink.port, listeners=[SUBMISSION]) as gateway:
        async with RawClient(*gateway.address) as client:
            await client.ehlo()
            assert (await way(client, USER, PASSWORD)).code == 235
            assert (await client.mail(CONTENT)).code == 250
        assert [session.login for session in sink.sessions] == [None, USER]


@pytest.mark.parametrize("offered", [("PLAIN",), ("LOGIN",), ("XOAUTH2", "CRAM-MD5"), ()])
async def test_only_mechanisms_of_the_next_hop_are_offered(offered):
    async with (
        Sink(users={USER: PASSWORD}, auth=offered) as sink,
        running(sink.port, listeners=[SUBMISSION]) as gateway,
        RawClient(*gateway.address) as client,
    ):
        reply = await client.ehlo()
        ours = [mechanism for mechanism in offered if mechanism != "CRAM-MD5"]
        assert (f"AUTH {' '.join(ours)}" in reply) if ours else ("AUTH" not in reply)
        if "PLAIN" not in offered:
            assert (await plain(client, USER, PASSWORD)).code == 504


async def test_auth_twice_or_within_a_transaction_is_refused():
    async with Sink(users={USER: PASSWORD}) as sink, running(sink.port, listeners=[SUBMISSION]) as gateway:
        async with RawClient(*gateway.address) as client:
            assert (await plain(client, USER, PASSWORD)).startswith("503 5.5.1")
            await client.ehlo()
            await plain(client, USER, PASSWORD)
            assert (await plain(client, USER, PASSWORD)).startswith("503 5.5.1")


async def test_three_failures_close_the_connection_and_many_are_throttled(monkeypatch):
    monkeypatch.setattr(throttle, "PATIENCE_S", (0.0,))
    limits = replace(QUICK, auth_failures_per_login=6)
    async with Sink(users={USER: PASSWORD, "other": "p"}) as sink:
        async with running(sink.port, listeners=[SUBMISSION], limits=limits) as gateway:
            for _ in range(2):
                async with RawClient(*gateway.address) as client:
                    await client.ehlo()
                    for _ in range(3):
                        assert (await plain(client, USER, "wrong")).code == 535
                    assert (await plain(client, USER, PASSWORD)).startswith("421 4.7.0")
                    assert await client.closed() == b""
            async with RawClient(*gateway.address) as client:
                await client.ehlo()
                asked = sum(len(session.commands) for session in sink.sessions)
                assert (await plain(client, USER, PASSWORD)).startswith("454 4.7.0")
                assert sum(len(session.commands) for session in sink.sessions) == asked
                assert (await plain(client, "other", "p")).code == 235
            kinds = [event.kind.name for event in gateway.events]
            assert kinds.count("AUTH_FAILED") == 6
            assert "AUTH_THROTTLED" in kinds
            assert kinds[-1] == "AUTH_SUCCEEDED"


async def test_only_what_the_next_hop_judged_counts_against_a_login(monkeypatch):
    monkeypatch.setattr(throttle, "PATIENCE_S", (0.0,))
    limits = replace(QUICK, auth_failures_per_login=2)
    token = b"AUTH XOAUTH2 " + b64(f"user={USER}\x01auth=Bearer wrong\x01\x01")
    async with Sink(users={USER: PASSWORD}, auth=("PLAIN",)) as sink:
        async with running(sink.port, listeners=[SUBMISSION], limits=limits) as gateway:
            async with RawClient(*gateway.address) as client:
                await client.ehlo()
                for _ in range(3):
                    assert (await client.cmd(token)).code == 504
                assert (await plain(client, USER, PASSWORD)).code == 235
    async with conversation(users={USER: PASSWORD}, listeners=[SUBMISSION], limits=limits) as (sink, gateway, client):
        for _ in range(2):
            assert (await client.cmd(token)).code == 334
            assert (await client.cmd("*")).code == 535
        assert [event.kind.name for event in gateway.events] == ["AUTH_FAILED"] * 2
        assert (await plain(client, USER, PASSWORD)).startswith("454 4.7.0")


async def test_failures_are_answered_later_and_later():
    limits = replace(QUICK, auth_failure_delay_s=0.05)
    async with conversation(users={}, listeners=[SUBMISSION], limits=limits) as (sink, gateway, client):
        loop = asyncio.get_running_loop()
        for least in (0.05, 0.1, 0.2):
            begun = loop.time()
            assert (await plain(client, USER, "x")).code == 535
            assert loop.time() - begun >= least - 0.01


async def test_authenticated_connections_are_never_shared():
    async with Sink(users={USER: PASSWORD}) as sink, running(sink.port, listeners=[SUBMISSION, listener()]) as gateway:
        async with RawClient(*gateway.server.addresses[0]) as client:
            await client.ehlo()
            await plain(client, USER, PASSWORD)
            await client.mail(CONTENT)
            await client.cmd("QUIT")
            await client.closed()
        async with RawClient(*gateway.server.addresses[1]) as client:
            await client.ehlo()
            await client.mail(CONTENT)
        assert [mail.login for mail in sink.delivered] == [USER, None]
        async with RawClient(*gateway.server.addresses[0]) as client:
            await client.ehlo()
            await plain(client, USER, "wrong")
            await client.cmd("QUIT")
            await client.closed()
        async with RawClient(*gateway.server.addresses[1]) as client:
            await client.ehlo()
            await client.mail(CONTENT)
        assert len(sink.delivered) == 3
        for session in sink.sessions:
            verbs = [command[:4] for command in session.commands]
            assert b"AUTH" not in verbs or b"MAIL" not in verbs[verbs.index(b"AUTH") :] or session.login == USER


async def test_lost_connection_of_a_login_ends_the_session_with_421():
    drop = Act(None, close=True)
    script = lambda stage, session: drop if stage == "mail" and session.login and len(sink.delivered) else None
    async with conversation(script, users={USER: PASSWORD}, listeners=[SUBMISSION]) as (sink, gateway, client):
        await plain(client, USER, PASSWORD)
        assert (await client.mail(CONTENT)).code == 250
        assert (await client.cmd("MAIL FROM:<a@b>")).startswith("451 4.4.2")
        assert (await client.cmd("MAIL FROM:<a@b>")).startswith("421 4.4.2")
        assert await client.closed() == b""


async def test_auth_is_neither_offered_nor_taken_before_tls(pki):
    submission = listener(ListenerKind.SUBMISSION, tls_context=pki.server("gateway.test"))
    async with Sink(users={USER: PASSWORD}) as sink, running(sink.port, listeners=[submission]) as gateway:
        async with RawClient(*gateway.address) as client:
            reply = await client.ehlo()
            assert "STARTTLS" in reply
            assert "AUTH" not in reply
            assert (await plain(client, USER, PASSWORD)).startswith("538 5.7.11")
            assert (await client.cmd("MAIL FROM:<a@b>")).startswith("530 5.7.0")
            await client.starttls(pki.client())
            assert (await client.cmd("MAIL FROM:<a@b>")).startswith("503")
            reply = await client.ehlo()
            assert "AUTH" in reply
            assert "STARTTLS" not in reply
            assert (await plain(client, USER, PASSWORD)).code == 235
            assert (await client.mail(CONTENT)).code == 250
            assert gateway.engine.transactions[0].session.tls.startswith("TLSv1.")


async def test_credentials_are_not_sent_when_the_next_hop_has_no_trusted_tls(pki):
    hop = {"tls": NextHopTls.STARTTLS, "tls_context": client_tls_context(pki.ca_file), "server_name": "city.test"}
    for how in (
        {"tls": None},
        {"tls": pki.server("city.test"), "offer_starttls": False},
        {"tls": pki.server("else.test")},
    ):
        async with Sink(users={USER: PASSWORD}, **how) as sink:
            async with running(sink.port, listeners=[SUBMISSION], hop=hop_settings(sink.port, **hop)) as gateway:
                async with RawClient(*gateway.address) as client:
                    await client.ehlo()
                    assert (await plain(client, USER, PASSWORD)).startswith("454 4.7.5")
                    assert (await client.cmd("MAIL FROM:<a@b>")).code == 530
            assert not any(b"AUTH" in command for session in sink.sessions for command in session.commands)


@pytest.mark.parametrize("way", [*WAYS, "typo", "abort"])
async def test_a_canary_password_shows_nowhere(way, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    drop = lambda stage, session: Act(None, close=True) if stage == "auth" else None
    for script in (None, drop):
        async with conversation(script, users={USER: PASSWORD}, listeners=[SUBMISSION]) as (sink, gateway, client):
            if way == "typo":
                await client.cmd(b"XAUTH PLAIN " + b64(f"\0{USER}\0{PASSWORD}"))
                await client.cmd(b"AUHT LOGIN " + b64(PASSWORD))
            elif way == "abort":
                await client.cmd("AUTH LOGIN")
                await client.cmd(b64(USER))
                client.send(b64(PASSWORD))
            else:
                await way(client, USER, PASSWORD)
        shown = caplog.text + repr(gateway.events) + repr(gateway.errors) + "".join(capfd.readouterr())
        for secret in (PASSWORD, "c4n4ry", b64(PASSWORD).decode(), b64(f"\0{USER}\0{PASSWORD}").decode()):
            assert secret not in shown
