"""Self-check in a browser: a clerk logs in by a code, drops a file, reads why it would be refused, and checks the fixed copy."""

import base64
import re
from email import message_from_bytes, policy

import pytest
from playwright.async_api import Page, async_playwright, expect

from gateway.demo.mails import STAFF
from tests.e2e.gateway_process import serving
from tests.e2e.test_console import Faults, keep, visit
from tests.e2e.test_self_check import configuration, letter
from tests.support.browser import CHROMIUM, launched
from tests.support.sink import Sink

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]
DROP = """([name, content]) => {
  const octets = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
  const moved = new DataTransfer();
  moved.items.add(new File([octets], name));
  for (const kind of ["dragover", "drop"])
    document.querySelector("form[data-check]").dispatchEvent(new DragEvent(kind, {dataTransfer: moved, bubbles: true, cancelable: true}));
}"""


async def enter(page: Page, base: str, sink: Sink) -> None:
    await visit(page, f"{base}/check")
    await page.wait_for_url("**/login?to=/check")
    before = len(sink.delivered)
    await page.fill("#mailbox", STAFF)
    await page.click("form[action='/login/code'] button")
    await sink.wait_delivered(before + 1)
    words = message_from_bytes(sink.delivered[-1].content, policy=policy.default).get_content()
    await page.fill("#mail-code", re.search(r"\b\d{8}\b", words.replace(" ", ""))[0])
    await page.click("form[action='/login/mail'] button")
    await page.wait_for_url("**/check")


@pytest.mark.parametrize("script", [True, False], ids=["script", "without script"])
async def test_a_clerk_drops_a_file_and_checks_its_fixed_copy(tmp_path, script):
    (tmp_path / "policy.yaml").write_text(
        "version: 1\nname: thu\nextends: binhtan-7600\npolicies:\n  signed_documents: {mode: off}\n", "utf-8"
    )
    async with (
        Sink() as sink,
        serving(tmp_path / "gw", config=configuration(sink, tmp_path, policy=str(tmp_path / "policy.yaml"))) as gateway,
    ):
        host, port = gateway.address("console")
        base, faults = f"http://{host}:{port}", Faults()
        async with async_playwright() as playwright:
            browser = await launched(playwright)
            page = await (await browser.new_context(java_script_enabled=script)).new_page()
            faults.watch(page, base)
            await enter(page, base, sink)
            await expect(page.locator("#from")).to_have_value(STAFF)
            if script:
                await page.evaluate(DROP, ["công văn.docx", base64.b64encode(letter()).decode()])
            else:
                await page.set_input_files("#file", {"name": "công văn.docx", "mimeType": "", "buffer": letter()})
            await page.get_by_role("button", name="Kiểm tra", exact=True).click()
            await expect(page.locator("#result + .badge")).to_have_text("sẽ bị từ chối")
            await expect(page.locator("article.card h3").first).to_have_text("công văn.docx")
            await expect(page.locator(".finding .chip").first).to_have_text("TYP-02")
            if script:
                for width, theme in ((1280, "light"), (320, "light"), (1280, "dark"), (320, "dark")):
                    await page.set_viewport_size({"width": width, "height": 900})
                    await page.emulate_media(color_scheme=theme)
                    assert await page.evaluate("document.documentElement.scrollWidth") <= width
                    await keep(page, f"checked-{width}-{theme}")
            async with page.expect_download() as got:
                await page.get_by_role("link", name=re.compile("Tải bản đã sửa")).click()
            fixed = await got.value
            assert fixed.suggested_filename == "công văn-da-sua.docx"
            await page.set_input_files("#file", await fixed.path())
            await page.get_by_role("button", name="Kiểm tra", exact=True).click()
            await expect(page.locator("#result + .badge")).to_have_text("đạt, sẽ được chuyển")
            assert await page.locator(".finding").count() == 0
            await expect(page.locator("main")).to_contain_text("còn 8/10")
            await browser.close()
        assert faults == []
        assert len(sink.delivered) == 1
