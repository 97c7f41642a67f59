"""Asyncio's loop and uvloop, which differ in how connections end; the quick check runs on the one that is in service."""

import asyncio

import pytest
import uvloop

from tests.support.certificates import Pki


def pytest_asyncio_loop_factories(config, item):
    loops = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    if "not slow" in config.option.markexpr:
        del loops["asyncio"]
    return loops


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))
