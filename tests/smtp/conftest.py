"""Every asynchronous test here runs on asyncio's loop and on uvloop: the two differ in how connections end."""

import asyncio

import pytest
import uvloop

from tests.support.certificates import Pki


def pytest_asyncio_loop_factories(config, item):
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))
