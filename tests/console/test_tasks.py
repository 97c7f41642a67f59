"""Whole tasks in a browser: by keyboard alone, without script, with a session that ends, and back again."""

import hashlib
import re
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.console.browsing import kept, violations
from tests.console.conftest import System

pytestmark = pytest.mark.system


def be(page: Page, system: System, session: str) -> None:
    page.context.add_cookies(
        [{"name": "session", "value": session, "url": system.base, "httpOnly": True, "sameSite": "Strict"}]
    )


@pytest.fixture
def page(system, browser):
    """A page that nothing was looked at with."""
    with closing(browser.new_page()) as page:
        be(page, system, "auditor")
        yield page


def test_a_mail_is_found_and_explained_by_keyboard_alone(look, system):
    page = look("auditor")
    page.goto(system.base + "/")
    page.keyboard.press("/")
    page.wait_for_url("**/mails")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    with page.expect_response(lambda response: "q=k" in response.url):
        page.keyboard.type("kế hoạch")
        page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=k"))
    page.locator("#q").blur()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("[data-row]").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/mails/BT-7F3K2Q00")
    expect(page.locator("h1")).to_have_text("Kế hoạch quý IV")
    page.keyboard.press("?")
    page.wait_for_url("**/help")
    page.locator("button[value=off]").press("Enter")
    expect(page.locator("html")).to_have_attribute("data-keys", "off")
    page.keyboard.press("/")
    assert page.url.endswith("/help")
    page.locator("button[value=on]").press("Enter")
    expect(page.locator("html")).to_have_attribute("data-keys", "on")


def test_a_request_is_approved_and_an_explanation_printed_by_keyboard_alone(look, system):
    page = look("auditor")
    page.goto(system.base + "/requests")

    def tab_to(selector: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(selector)

    for field, typed in (("[id$=-approve]", "đã xem bản giấy"), ("[id$=-read2]", " "), ("[id$=-code]", "123456")):
        tab_to(field)
        page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect(page.locator(".alert.good")).to_be_visible()
    page.goto(system.base + "/mails/BT-7F3K2Q00")
    page.evaluate("() => { window.print = () => { document.title = 'printed'; }; }")
    tab_to("[data-print]")
    page.keyboard.press("Enter")
    expect(page).to_have_title("printed")


def test_everything_can_be_reached_with_the_tab_key_and_the_focus_is_seen(look, system):
    page = look("auditor")
    page.goto(system.base + "/mails")
    seen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("""() => { const at = document.activeElement, look = getComputedStyle(at);
            return [at.tagName, at.id || at.className || at.textContent.trim().slice(0, 20), look.outlineStyle !== 'none']; }""")
        )
    assert seen[0][1] == "skip"
    assert all(visible for _, _, visible in seen), seen
    assert "q" in [name for _, name, _ in seen]


def test_whole_tasks_are_done_without_script(system, browser):
    context = browser.new_context(java_script_enabled=False, accept_downloads=True)
    page = context.new_page()
    page.goto(system.base + "/mails")
    page.fill("#name", "an.nt")
    page.fill("#password", "right")
    page.fill("#code", "123456")
    page.click("form[action='/login'] button")
    page.wait_for_url("**/mails")
    page.fill("#q", "kế hoạch")
    page.click("#search button")
    page.wait_for_url(re.compile("q=k"))
    page.click("summary:has-text('Lọc')")
    page.set_input_files("#file", {"name": "a.bin", "mimeType": "application/octet-stream", "buffer": b"content"})
    page.click("form[data-digest] button")
    page.wait_for_url(f"**/mails?sha256={hashlib.sha256(b'content').hexdigest()}")
    with page.expect_download() as download:
        page.click("button[value=csv]")
    assert download.value.suggested_filename == "mails.csv"
    page.click(".pager a")
    page.click("[data-row] >> nth=0")
    expect(page.locator("h1")).to_be_visible()
    page.goto(system.base + "/requests/held/BT-9KD00000")
    with page.expect_download() as download:
        page.click("form[action$='/file'] button")
    assert download.value.suggested_filename == "thu.eml"
    page.goto(system.base + "/requests")
    page.fill("[id$=-release]", "máy chủ đã ổn")
    page.fill("[id$=-code3]", "123456")
    page.click("form[action='/requests/release'] button")
    expect(page.locator(".alert.good")).to_contain_text("đã gửi")
    page.goto(system.base + "/policy")
    page.click("form[action='/policy/try'] button")
    expect(page.locator("h1")).to_have_text("Kết quả thử")
    with page.expect_download() as download:
        page.click("form[action='/policy/export'] button")
    assert download.value.suggested_filename == "policy-diff.csv"
    page.fill("#reason", "thử")
    page.fill("#fresh", "123456")
    page.click("form[action='/policy/force'] button")
    expect(page.locator("h1")).to_have_text("Chính sách mới đã có hiệu lực")
    page.goto(system.base + "/audit")
    page.click("form[action='/audit/verify'] button")
    expect(page.locator(".alert.good")).to_be_visible()
    page.click(".menu summary")
    page.click("button[value=en]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.click(".menu summary")
    page.click("button[value=dark]")
    expect(page.locator("body")).to_have_css("background-color", "rgb(17, 22, 28)")
    page.click(".menu summary")
    page.click("form[action='/logout'] button")
    page.wait_for_url("**/login")
    page.goto(system.base + "/mails")
    page.wait_for_url("**/login?to=/mails")
    context.close()


def test_after_the_logout_the_back_button_shows_nothing(system, page):
    page.goto(system.base + "/mails/BT-7F3K2Q00")
    page.click(".menu summary")
    page.click("form[action='/logout'] button")
    page.wait_for_url("**/login")
    page.go_back()
    page.wait_for_url("**/login?to=**")
    assert "Kế hoạch" not in page.content()


def test_a_form_of_a_tab_does_nothing_after_a_logout_or_another_login_in_a_second_tab(system, browser):
    context = browser.new_context()
    page = context.new_page()

    def tried_after(session: str) -> int:
        context.add_cookies([{"name": "session", "value": "auditor", "url": system.base}])
        page.goto(system.base + "/policy")
        second = context.new_page()
        second.goto(system.base + "/account")
        second.click(".menu summary")
        second.click("form[action='/logout'] button")
        second.wait_for_url("**/login")
        if session:
            context.add_cookies([{"name": "session", "value": session, "url": system.base}])
        second.close()
        with page.expect_response("**/policy/try") as answer:
            page.click("form[action='/policy/try'] button")
        expect(page.locator("h1")).not_to_have_text("Kết quả thử")
        return answer.value.status

    assert [tried_after(session) for session in ("", "clerk")] == [403, 403]
    context.close()


def test_a_file_is_hashed_in_the_browser_and_goes_nowhere(look, system):
    page = look("auditor")
    page.goto(system.base + "/mails")
    page.click("summary:has-text('Lọc')")
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    page.set_input_files("#file", {"name": "a.bin", "mimeType": "application/octet-stream", "buffer": b"content"})
    page.wait_for_url(f"**/mails?sha256={hashlib.sha256(b'content').hexdigest()}")
    assert "POST" not in sent


def test_figures_are_renewed_and_not_while_the_page_is_hidden(system, page):
    page.clock.install()
    page.goto(system.base + "/")
    page.evaluate("document.getElementById('figures').dataset.old = 'yes'")
    with page.expect_response(lambda response: "days=30" in response.url):
        page.clock.run_for(31_000)
    expect(page.locator("#figures[data-old]")).to_have_count(0)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true})")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(200_000)
    page.evaluate("0")
    assert asked == []


def test_a_session_that_ends_leads_to_the_login_also_from_a_search_in_place(system, page):
    page.goto(system.base + "/mails")
    page.context.clear_cookies()
    page.fill("#q", "x")
    page.press("#q", "Enter")
    page.wait_for_url("**/login?to=/mails%3Fq%3Dx*")


def test_enrolment_shows_recovery_codes_once(system, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(system.base + "/login")
    page.fill("#name", "moi.tv")
    page.fill("#password", "first")
    page.click("form[action='/login'] button")
    page.wait_for_url("**/enrol")
    page.click("form[action='/enrol'] button")
    for code, again in (("000000", "mot hai ba bon"), ("123456", "khac")):
        page.fill("#totp", code)
        page.fill("#password", "mot hai ba bon")
        page.fill("#again", again)
        page.click("form[action='/enrol/confirm'] button")
        expect(page.locator(".alert.bad")).to_be_visible()
        expect(page.locator("svg.qr")).to_be_visible()
    page.fill("#totp", "123 456")
    page.fill("#password", "mot hai ba bon")
    page.fill("#again", "mot hai ba bon")
    page.click("form[action='/enrol/confirm'] button")
    expect(page.locator(".codes li")).to_have_count(10)
    assert violations(page) == []
    kept(page, "recovery")
    context.close()


def test_a_search_in_place_that_is_refused_shows_why_and_a_reference_leads_to_its_mail(system, page):
    page.goto(system.base + "/mails")
    be(page, system, "busy")
    page.fill("#q", "x")
    page.press("#q", "Enter")
    expect(page.locator("h1")).to_have_text("Quá nhiều yêu cầu")
    be(page, system, "auditor")
    page.goto(system.base + "/mails")
    page.fill("#q", "bt-7f3k2q00")
    page.press("#q", "Enter")
    page.wait_for_url("**/mails/BT-7F3K2Q00")


def test_figures_that_cannot_be_renewed_say_so(system, page):
    page.clock.install()
    page.goto(system.base + "/")
    be(page, system, "busy")
    expect(page.locator("[data-stale]")).to_be_hidden()
    page.clock.run_for(31_000)
    expect(page.locator("[data-stale]")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_link_in_a_mail_leads_to_the_page_when_there_is_a_session(system, browser, script):
    context = browser.new_context(java_script_enabled=script)
    context.add_cookies(
        [{"name": "session", "value": "auditor", "url": system.base, "sameSite": "Strict", "httpOnly": True}]
    )
    page = context.new_page()
    link = f"{system.base}/mails/BT-7F3K2Q00?x=%22%0a"
    page.route(
        "http://mail.example/",
        lambda route: route.fulfill(content_type="text/html", body=f"<a href='{link}'>BT-7F3K2Q00</a>"),
    )
    page.goto("http://mail.example/")
    page.click("a")
    expect(page.locator("h1")).to_have_text("Kế hoạch quý IV")
    context.close()


def test_the_language_is_changed_where_one_is_after_a_search_in_place(system, page):
    page.goto(system.base + "/mails")
    page.fill("#q", "x")
    page.press("#q", "Enter")
    page.wait_for_url(re.compile("q=x"))
    page.click(".menu summary")
    page.click("button[value=en]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert "q=x" in page.url
