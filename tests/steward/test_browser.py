"""From the browser through the console to SQLite: who closes a page ends the query behind it."""

import asyncio
import socket
from contextlib import closing

import pytest
from playwright.async_api import Error, async_playwright

from gateway.console.process import ConsoleProcess
from gateway.console.settings import ConsoleSettings
from gateway.steward.roles import Role
from tests.steward.support import Office, served
from tests.steward.test_door import without_end
from tests.support.browser import CHROMIUM, launched

pytestmark = [pytest.mark.system, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]


async def test_who_closes_the_page_ends_the_query_in_the_database(tmp_path, monkeypatch):
    office = await asyncio.to_thread(Office, tmp_path)
    token = await asyncio.to_thread(office.session, "an.tt", Role.AUDITOR)
    begun, ended = without_end(office, monkeypatch)
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
