"""TLS on our side: STARTTLS without injection, implicit TLS, nothing older than TLS 1.2."""

import asyncio
import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from gateway.smtp.settings import ListenerKind, ListenerSettings
from gateway.system.tls import server_tls_context
from tests.support.client import RawClient
from tests.support.gateway import conversation, listener, running
from tests.support.sink import Sink


async def test_implicit_tls_serves_login_and_mail(pki):
    tls = listener(ListenerKind.SUBMISSIONS, tls_context=server_tls_context(*pki.issue("gateway.test")))
    async with Sink(users={"u": "p"}) as sink, running(sink.port, listeners=[tls]) as gateway:
        async with RawClient(*gateway.address, tls=pki.client()) as client:
            reply = await client.ehlo()
            assert "AUTH" in reply
            assert "STARTTLS" not in reply
            assert (await client.cmd("STARTTLS")).startswith("503 5.5.1")
            assert (await client.login("u", "p")).code == 235
            assert (await client.mail(b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n" * 100_000)).code == 250


async def test_relay_with_starttls_forgets_what_was_said_before(pki):
    relay = listener(tls_context=pki.server("gateway.test"))
    async with conversation(listeners=[relay]) as (sink, gateway, client):
        await client.envelope()
        await client.starttls(pki.client())
        assert (await client.cmd("RCPT TO:<a@b>")).startswith("503")
        assert (await client.cmd("STARTTLS")).startswith("503")
        await client.ehlo()
        assert (await client.mail()).code == 250
        assert gateway.engine.transactions[0].session.tls.startswith("TLSv1.")


async def test_a_login_from_before_starttls_is_void(pki):
    both = listener(ListenerKind.SUBMISSION, tls_context=pki.server("gateway.test"), auth_without_tls=True)
    async with Sink(users={"u": "p"}) as sink, running(sink.port, listeners=[both]) as gateway:
        async with RawClient(*gateway.address) as client:
            await client.ehlo()
            assert (await client.login("u", "p")).code == 235
            await client.starttls(pki.client())
            assert "AUTH" in await client.ehlo()
            assert (await client.cmd("MAIL FROM:<a@b>")).code == 530
            assert (await client.login("u", "p")).code == 235
            assert (await client.mail()).code == 250


@pytest.mark.parametrize(
    "injected", [b"MAIL FROM:<evil@x>\r\n", b"NOOP\r\n", b"x", b"EHLO x\r\nMAIL FROM:<evil@x>\r\n"]
)
async def test_plaintext_behind_starttls_is_never_obeyed(pki, injected):
    relay = listener(tls_context=pki.server("gateway.test"))
    async with Sink() as sink, running(sink.port, listeners=[relay]) as gateway:
        async with RawClient(*gateway.address) as client:
            await client.ehlo()
            client.send(b"STARTTLS\r\n" + injected)
            assert (await client.reply()).code == 503
            assert await client.closed() == b""
        assert not any(b"evil" in command for session in sink.sessions for command in session.commands)


async def test_a_failed_handshake_ends_the_connection_and_harms_nobody(pki):
    relay = listener(tls_context=pki.server("gateway.test"))
    async with Sink() as sink, running(sink.port, listeners=[relay]) as gateway:
        async with RawClient(*gateway.address) as client:
            assert (await client.cmd("STARTTLS")).code == 220
            client.send(b"this is no TLS\r\n" * 10)
            await client.closed()
        async with RawClient(*gateway.address) as client:
            assert (await client.cmd("STARTTLS")).code == 220
        async with RawClient(*gateway.address) as client:
            await client.ehlo()
            assert (await client.mail()).code == 250
        assert not gateway.errors
        assert any(event.kind.name == "TLS_FAILED" for event in gateway.events)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_old_tls_versions_are_refused(pki):
    context = server_tls_context(*pki.issue("gateway.test"))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    tls = listener(ListenerKind.SUBMISSIONS, tls_context=context)
    old = pki.client()
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    async with Sink() as sink, running(sink.port, listeners=[tls]) as gateway:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection(*gateway.address, ssl=old, server_hostname="gateway.test")


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": ListenerKind.SUBMISSIONS},
        {"kind": ListenerKind.SUBMISSION},
        {"kind": ListenerKind.SUBMISSION, "auth_without_tls": True, "host": "0.0.0.0"},
    ],
)
def test_unsafe_listeners_cannot_be_configured(wrong):
    with pytest.raises(ValueError):
        ListenerSettings(**{"host": "127.0.0.1", "sockets": (), "banner_hostname": "x", **wrong})


_LOADED = """
import fcntl, sys, termios
from pathlib import Path
from gateway.console.process import server_tls
from gateway.console.settings import ConsoleSettings
from gateway.system.tls import server_tls_context
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
certificate, key = map(Path, sys.argv[1:3])
settings = ConsoleSettings(names=("localhost",), certificate=certificate, key=key)
for load in (lambda: server_tls_context(certificate, key), lambda: server_tls(settings)):
    try:
        load()
    except OSError:
        print("refused")
"""


def test_a_key_with_a_passphrase_is_refused_and_nobody_at_a_terminal_is_asked_for_it(pki, tmp_path):
    certificate, key = pki.issue("gateway.test")
    plain = serialization.load_pem_private_key(Path(key).read_bytes(), None)
    locked = tmp_path / "locked.key"
    encryption = serialization.BestAvailableEncryption(b"secret")
    locked.write_bytes(plain.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    command = [sys.executable, "-c", _LOADED, certificate, locked]
    terminal, ours = os.openpty()
    try:
        done = subprocess.run(
            command, stdin=ours, capture_output=True, text=True, timeout=60, check=True, start_new_session=True
        )
    finally:
        os.close(terminal)
        os.close(ours)
    assert done.stdout.split() == ["refused", "refused"]
