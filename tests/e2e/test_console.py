"""The console of a running gateway, in a browser: an account is made, enrolled and used; a sender reads why a mail was refused."""

import re
import time
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pyotp
import pytest
from playwright.async_api import Page, async_playwright, expect

from gateway.demo.mails import STAFF, samples
from tests.console.conftest import SCREENSHOTS
from tests.e2e.gateway_process import cli, serving
from tests.e2e.test_self_check import configuration
from tests.support.browser import CHROMIUM, launched
from tests.support.client import RawClient
from tests.support.sink import Sink

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]

PASSWORD = "Một câu dài, dễ nhớ."


class Faults(list):
    """What a browser complained about."""

    def watch(self, page: Page, base: str) -> None:
        page.on("console", lambda said: self.append(said.text) if "status of" not in said.text else None)
        page.on("pageerror", lambda error: self.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(base) else self.append(asked.url))


async def keep(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"real-{name}.png", full_page=True)


async def visit(page: Page, address: str) -> None:
    """Open a page; on a very busy machine the steward may seem to be away."""
    while (await page.goto(address)).status == 503:
        pass


async def enrol(page: Page, base: str, name: str, password: str) -> pyotp.TOTP:
    """Enter with a one-time password and set up the second factor."""
    await visit(page, base + "/")
    await page.fill("#name", name)
    await page.fill("#password", password)
    await page.click("form[action='/login'] button")
    await page.wait_for_url("**/enrol")
    await page.click("form[action='/enrol'] button")
    totp = pyotp.TOTP("".join((await page.inner_text(".key")).split()))
    await page.fill("#totp", totp.now())
    await page.fill("#password", PASSWORD)
    await page.fill("#again", PASSWORD)
    await page.click("form[action='/enrol/confirm'] button")
    await expect(page.locator(".codes li")).to_have_count(10)
    await page.click("main a.button")
    return totp


async def test_an_auditor_finds_and_explains_and_a_sender_reads_why(tmp_path):
    async with (
        Sink() as sink,
        serving(tmp_path / "gw", config=configuration(sink, tmp_path)) as gateway,
    ):
        for sample in samples(lambda octets: octets):
            async with RawClient(*gateway.address()) as client:
                await client.ehlo()
                content = sample.content(datetime.now(UTC))
                await client.mail(content, sender=sample.reverse_path, recipients=(sample.recipient,))
        added = await cli("console", "account", "add", "an.tt", "--display", "Trần Thị An", "--role", "auditor", "--role", "policy_admin",
                          "--data", gateway.data)  # fmt: skip
        assert added.code == 0, added.err
        password = re.search(r"[A-Za-z0-9-]{14,}", added.out)[0]
        host, port = gateway.address("console")
        base, faults = f"http://{host}:{port}", Faults()
        async with async_playwright() as playwright:
            browser = await launched(playwright)
            page = await browser.new_page()
            faults.watch(page, base)
            await enrol(page, base, "an.tt", password)
            for name, path in (
                ("overview", "/"),
                ("mails", "/mails"),
                ("policy", "/policy"),
                ("log", "/audit"),
                ("accounts", "/accounts"),
            ):
                await visit(page, base + path)
                await keep(page, name)
                assert await page.locator(".alert.bad[role=alert]").count() == 0 or name == "overview", name
            await visit(page, f"{base}/mails?result=reject&q=tu:{STAFF}+luat:SGN-08")
            reference = (await page.locator("[data-row]").first.get_attribute("href")).rpartition("/")[2]
            await page.locator("[data-row]").first.click()
            await expect(page.locator(".finding").first).to_be_visible()
            await keep(page, "explain")
            await visit(page, base + "/policy")
            await page.fill(
                "#text", "version: 1\nname: thu\nextends: binhtan-7600\npolicies:\n  opaque:\n    mode: moniter\n"
            )
            await page.click("form[action='/policy/try'] button")
            await expect(page.locator(".yaml li.bad")).to_have_count(1)
            await keep(page, "faulty")
            await page.click("summary >> nth=-1")
            await page.fill(
                "#text", "version: 1\nname: thu\nextends: binhtan-7600\npolicies:\n  opaque: {mode: monitor}\n"
            )
            await page.click("form[action='/policy/try'] button")
            await expect(page.locator("#changes")).to_be_visible()
            await keep(page, "tried")
            await visit(page, base + "/audit")
            await page.click("form[action='/audit/verify'] button")
            await expect(page.locator(".alert.good")).to_be_visible()
            await keep(page, "verified")
            # The sender, where the refusal leads him.
            page = await (await browser.new_context()).new_page()
            faults.watch(page, base)
            await visit(page, f"{base}/t/{reference}")
            before = len(sink.delivered)
            await page.fill("#mailbox", STAFF)
            await page.click("main button")
            await sink.wait_delivered(before + 1)
            words = message_from_bytes(sink.delivered[-1].content, policy=policy.default).get_content()
            code = re.search(r"\b\d{8}\b", words.replace(" ", ""))[0]
            await page.fill("#mail-code", code)
            await page.click("main button")
            await page.wait_for_url(f"**/t/{reference}")
            await expect(page.locator(".finding").first).to_be_visible()
            await keep(page, "letter")
            await visit(page, f"{base}/audit")
            await expect(page.locator("h1")).to_have_text("Không được phép")
            await browser.close()
        assert faults == []
        await gateway.assert_audit_is_whole()


async def decide(page: Page, base: str, button: str, totp: pyotp.TOTP | None = None) -> None:
    """Give a reason, say that the file was read, and press a button of the first request."""
    await visit(page, base + "/requests")
    form = page.locator("form", has=page.get_by_role("button", name=button, exact=True)).first
    await form.locator("[name=reason]").fill("đã xem bản giấy")
    await form.locator("[name=read]").check()
    if totp is not None:
        await form.locator("[name=code]").fill(
            totp.at(int(time.time()) + totp.interval)
        )  # the next one: each counts once
    await form.get_by_role("button", name=button, exact=True).click()
    await expect(page.locator(".alert.good")).to_be_visible()


async def test_two_persons_let_a_refused_file_pass_and_one_takes_it_back(tmp_path):
    sample = next(one for one in samples(lambda octets: octets) if one.key == "unsigned_letter")
    content = sample.content(datetime.now(UTC))
    async with (
        Sink() as sink,
        serving(tmp_path / "gw", config=configuration(sink, tmp_path)) as gateway,
    ):

        async def sent() -> int:
            async with RawClient(*gateway.address()) as client:
                await client.ehlo()
                return (await client.mail(content, sender=sample.reverse_path, recipients=(sample.recipient,))).code

        assert await sent() == 550
        passwords = {}
        for name, role in (("op", "operator"), ("so", "security_officer")):
            added = await cli(
                "console", "account", "add", name, "--display", name, "--role", role, "--data", gateway.data
            )
            passwords[name] = re.search(r"[A-Za-z0-9-]{14,}", added.out)[0]
        host, port = gateway.address("console")
        base, faults = f"http://{host}:{port}", Faults()
        async with async_playwright() as playwright:
            browser = await launched(playwright)
            operator, officer = [await (await browser.new_context()).new_page() for _ in range(2)]
            for page in (operator, officer):
                faults.watch(page, base)
            await enrol(operator, base, "op", passwords["op"])
            totp = await enrol(officer, base, "so", passwords["so"])
            await visit(operator, f"{base}/mails?result=reject")
            await operator.locator("[data-row]").first.click()
            await operator.fill("#request-reason", "văn bản giấy đã phát hành")
            await operator.get_by_role("button", name="Gửi yêu cầu").click()
            await expect(operator.locator(".alert.good")).to_be_visible()
            await visit(operator, base + "/requests")
            assert await operator.get_by_role("button", name="Đồng ý", exact=True).count() == 0, (
                "who asks does not decide"
            )
            await decide(officer, base, "Đồng ý")
            assert await officer.get_by_role("button", name="Duyệt", exact=True).count() == 0, "nor one person twice"
            assert await sent() == 550
            added = await cli(
                "console",
                "account",
                "add",
                "hai",
                "--display",
                "Hai",
                "--role",
                "security_officer",
                "--data",
                gateway.data,
            )
            second = await (await browser.new_context()).new_page()
            totp = await enrol(second, base, "hai", re.search(r"[A-Za-z0-9-]{14,}", added.out)[0])
            await keep(second, "requests")
            await decide(second, base, "Duyệt", totp)
            assert await sent() == 250
            await keep(second, "approved")
            await visit(second, base + "/requests")
            await second.locator("summary", has_text="Thu hồi miễn trừ").click()
            form = second.locator("form", has=second.get_by_role("button", name="Thu hồi miễn trừ"))
            await form.locator("[name=reason]").fill("xong việc")
            await form.get_by_role("button").click()
            await expect(second.locator(".alert.good")).to_be_visible()
            content = content.replace(b"\r\n\r\n", b"\r\nX-Again: 1\r\n\r\n", 1)  # no repetition
            assert await sent() == 550
            await browser.close()
        assert faults == []
        await gateway.assert_audit_is_whole()
