"""Chromium for tests. It waits for what a page shows as long as for any other event: five seconds are little on a busy machine."""

import shutil

from playwright import async_api, sync_api
from playwright._impl import timeout_settings

CHROMIUM = shutil.which("chromium")
_PATIENCE_MS = 120_000

timeout_settings.DEFAULT_PLAYWRIGHT_TIMEOUT = _PATIENCE_MS
for _expect in (async_api.expect, sync_api.expect):
    _expect.set_options(timeout=_PATIENCE_MS)


def launched(playwright):
    """Start it; for the asynchronous interface this is awaited."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
