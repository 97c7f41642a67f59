"""A browser that looks at pages: what axe finds, what is kept."""

import os

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.console.conftest import SCREENSHOTS

AXE = Axe()
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


def violations(page: Page) -> list[str]:
    found = AXE.run(page, options=WCAG).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:200]}" for one in found for node in one["nodes"]
    ]


def kept(page: Page, name: str) -> None:
    """Keep a picture of a page where GATEWAY_SCREENSHOTS is set."""
    if "GATEWAY_SCREENSHOTS" not in os.environ:
        return
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
