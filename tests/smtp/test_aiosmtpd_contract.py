"""What we use of aiosmtpd and of asyncio's streams that is not public. A failure here means: read their changes first.

`gateway/smtp/client.py` builds on the names below and on how they behave in aiosmtpd 1.4.6.
"""

import asyncio
import inspect
from importlib.metadata import requires, version

import pytest
from aiosmtpd import proxy_protocol
from aiosmtpd.smtp import SMTP
from packaging.requirements import Requirement

from gateway.smtp.client import ClientConnection


def test_the_version_is_the_pinned_one():
    assert version("aiosmtpd") == "1.4.6"
    pins = [Requirement(line) for line in requires("congvu-gateway") or []]
    assert [str(pin.specifier) for pin in pins if pin.name == "aiosmtpd"] == ["==1.4.6"]


def test_there_is_one_subclass():
    import gateway.smtp.server  # noqa: F401  imports everything

    ours = [cls for cls in SMTP.__subclasses__() if cls.__module__.startswith("gateway.")]
    assert ours == [ClientConnection]
    assert not ClientConnection.__subclasses__()


@pytest.mark.parametrize(
    ("method", "names"),
    [
        (
            "connection_made",
            {
                "_set_rset_state",
                "_create_session",
                "_reset_timeout",
                "_original_transport",
                "_handle_client",
                "_handler_coroutine",
            },
        ),
        ("connection_lost", {"session", "_timeout_handle", "_original_transport", "_handler_coroutine", "transport"}),
        ("_reset_timeout", {"_timeout_handle"}),
    ],
)
def test_what_runs_of_aiosmtpd_touches_only_what_we_set_up(method, names):
    code = getattr(SMTP, method).__code__
    assert names <= set(code.co_names)
    known = {"connection_made": 28, "connection_lost": 12, "_reset_timeout": 6}
    assert len(code.co_names) == known[method], f"{method} has changed: {code.co_names}"


def test_signatures_that_we_override_or_call():
    assert list(inspect.signature(SMTP._handle_client).parameters) == ["self"]
    assert list(inspect.signature(SMTP._reset_timeout).parameters) == ["self", "duration"]
    assert list(inspect.signature(SMTP.eof_received).parameters) == ["self"]
    assert list(inspect.signature(proxy_protocol.get_proxy).parameters) == ["reader_func"]
    assert {"valid", "command", "src_addr"} <= set(dir(proxy_protocol.ProxyData(version=1)))
    assert proxy_protocol.V2_CMD.LOCAL == 0


async def test_names_of_asyncio_streams():
    protocol = asyncio.StreamReaderProtocol(None)
    assert protocol._paused is False
    assert protocol._stream_reader is None
    protocol.connection_made(asyncio.Transport())
    protocol.connection_lost(None)
    assert inspect.iscoroutinefunction(asyncio.StreamReaderProtocol._drain_helper)
