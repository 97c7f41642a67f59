"""A held mail in browsers: the clerk is told that it was not sent, two persons decide, it arrives as it was, and everybody sees it."""

import re
from email import message_from_bytes, policy

import pyotp
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.e2e.gateway_process import cli
from tests.e2e.test_console import Faults, decide, enrol, keep, visit
from tests.hold.world import AN, BINH, CANARY, HEAD, OUT, Town, held_mail, notices, reference_in, released, sha256, town
from tests.support.browser import CHROMIUM, launched

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]
SECOND = "so.hai"


async def by_mail(browser: Browser, here: Town, base: str, mailbox: str, path: str, faults: Faults) -> Page:
    """Enter by a code that is mailed to a mailbox."""
    page = await (await browser.new_context()).new_page()
    faults.watch(page, base)
    await visit(page, base + path)
    await page.fill("#mailbox", mailbox)
    before = len(here.sink.delivered)
    await page.click("form[action='/login/code'] button")
    await here.sink.wait_delivered(before + 1)
    words = message_from_bytes(here.sink.delivered[-1].content, policy=policy.default).get_content()
    await page.fill("#mail-code", re.search(r"\b\d{8}\b", words.replace(" ", ""))[0])
    await page.click("form[action='/login/mail'] button")
    await page.wait_for_url(f"**{path}")
    return page


def about(here: Town, reference: str) -> list[str]:
    """Notices to the clerk about a mail."""
    told = [one for one in notices(here.sink) if one.rcpt_lines == [f"RCPT TO:<{AN}>".encode()]]
    texts = [message_from_bytes(one.content, policy=policy.default).get_content() for one in told]
    return [text for text in texts if reference in text]


async def officer_of(browser: Browser, here: Town, base: str, faults: Faults) -> tuple[Page, pyotp.TOTP]:
    added = await cli("console", "account", "add", SECOND, "--display", "Lê Hai", "--role", "security_officer", "--data",
                      here.gateway.data)  # fmt: skip
    page = await (await browser.new_context()).new_page()
    faults.watch(page, base)
    return page, await enrol(page, base, SECOND, re.search(r"[A-Za-z0-9-]{14,}", added.out)[0])


async def test_a_held_mail_is_decided_by_two_persons_and_arrives_as_it_was(tmp_path):
    async with town(tmp_path) as here:
        reply = await here.send(1, parameters=" BODY=8BITMIME")
        assert reply.code == 250
        assert "CHƯA gửi" in reply
        reference = reference_in(reply)
        (told,) = about(here, reference)
        assert CANARY not in told
        host, port = here.gateway.address("console")
        base, faults = f"http://{host}:{port}", Faults()
        async with async_playwright() as playwright:
            browser = await launched(playwright)
            clerk = await by_mail(browser, here, base, AN, f"/mails/{reference}", faults)
            await expect(clerk.locator(".title")).to_contain_text(reference)
            await expect(clerk.locator("main")).to_contain_text("CHƯA gửi")
            assert await clerk.get_by_role("button", name="Duyệt và gửi").count() == 0
            head = await by_mail(browser, here, base, HEAD, "/requests", faults)
            officer, totp = await officer_of(browser, here, base, faults)
            await visit(officer, f"{base}/requests/held/{reference}")
            await expect(officer.locator("pre.told")).to_contain_text(CANARY)
            await decide(head, base, "Đồng ý")
            assert released(here.sink) == []
            await keep(head, "hold-endorsed")
            await visit(officer, base + "/requests")
            form = officer.locator("form[action='/requests/approve']").first
            await form.locator("[name=reason]").fill("đã đọc thư")
            await form.locator("[name=read]").check()
            await form.locator("[name=code]").fill("000000")
            await form.get_by_role("button").click()
            await expect(officer.locator(".alert.bad")).to_be_visible()
            assert released(here.sink) == []
            await decide(officer, base, "Duyệt và gửi", totp)
            await keep(officer, "hold-approved")
            (mail,) = released(here.sink)
            assert mail.mail_line == f"MAIL FROM:<{AN}> BODY=8BITMIME".encode()
            assert mail.rcpt_lines == [f"RCPT TO:<{BINH}>".encode(), f"RCPT TO:<{OUT}>".encode()]
            assert mail.content.endswith(held_mail(1))
            assert sha256(mail.content) == here.look(reference).held.octets
            await visit(officer, base + "/requests")
            done = officer.locator("section[aria-labelledby=done]")
            await expect(done).to_contain_text("queued as 4711")
            await expect(done).not_to_contain_text("CHƯA gửi")
            await here.sink.wait_for(lambda: len(about(here, reference)) == 2)
            assert "queued as 4711" in about(here, reference)[1]
            await visit(clerk, f"{base}/mails/{reference}")
            await expect(clerk.locator("main")).to_contain_text("queued as 4711")
            await expect(clerk.locator("section[aria-labelledby=told]")).to_contain_text("CHƯA gửi")
            await keep(clerk, "hold-sent")
            await browser.close()
        assert faults == []
        await here.gateway.terminate()
        await here.gateway.assert_audit_is_whole()
