"""What we use of aiosmtpd, the parser of PROXY headers, and how it behaves in the pinned version."""

import inspect
from importlib.metadata import requires, version

from aiosmtpd import proxy_protocol
from packaging.requirements import Requirement


def test_the_version_is_the_pinned_one():
    assert version("aiosmtpd") == "1.4.6"
    pins = [Requirement(line) for line in requires("congvu-gateway") or []]
    assert [str(pin.specifier) for pin in pins if pin.name == "aiosmtpd"] == ["==1.4.6"]


def test_names_that_we_call():
    assert list(inspect.signature(proxy_protocol.get_proxy).parameters) == ["reader_func"]
    assert {"valid", "command", "src_addr"} <= set(dir(proxy_protocol.ProxyData(version=1)))
    assert proxy_protocol.V2_CMD.LOCAL == 0
