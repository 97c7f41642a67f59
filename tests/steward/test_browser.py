"""From the browser through the console to SQLite: who closes a page ends the query behind it."""

import asyncio
import socket
import threading
from contextlib import closing

import pytest
from msgspec import structs
from playwright.async_api import Error, async_playwright

from gateway.audit.acts import record_at_once
from gateway.audit.record import Act
from gateway.console.process import ConsoleProcess
from gateway.console.settings import ConsoleSettings
from gateway.steward import desk, table
from gateway.steward import questions as q
from gateway.steward.roles import Role
from tests.steward.support import Office, served
from tests.steward.test_door import ENDLESS
from tests.support.browser import CHROMIUM, launched

pytestmark = [pytest.mark.system, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]


async def test_who_closes_the_page_ends_the_query_in_the_database(tmp_path, monkeypatch):
    office = await asyncio.to_thread(Office, tmp_path)
    token = await asyncio.to_thread(office.session, "an.tt", Role.AUDITOR)
    record_at_once(office.data, Act(who="machine", what="begin"))
    monkeypatch.setattr(desk, "LIMIT_S", 600.0)
    begun, ended = threading.Event(), threading.Event()

    def search(desk_, _person, _question, _language):
        with desk_.reader() as reader, reader.index() as index:
            begun.set()
            try:
                index.execute(ENDLESS).fetchone()
            finally:
                ended.set()

    monkeypatch.setitem(table.TABLE, q.Search, structs.replace(table.TABLE[q.Search], answer=search))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = ConsoleSettings(names=("127.0.0.1",), patience_s=60.0)
        async with served(office.answering.answers) as door, async_playwright() as playwright:
            with closing(ConsoleProcess([listener], door, settings, lambda: None)) as console:
                console.start()
                browser = await launched(playwright)
                context = await browser.new_context()
                await context.add_cookies([{"name": "session", "value": token, "url": base}])
                page = await context.new_page()
                opening = asyncio.create_task(page.goto(f"{base}/mails?q=an"))
                assert await asyncio.to_thread(begun.wait, 60)
                assert not ended.is_set()
                await page.close()
                assert await asyncio.to_thread(ended.wait, 60)
                with pytest.raises(Error):
                    await opening
                await browser.close()
