"""The pages in a browser: accessible, in both languages, at every width, without a request elsewhere or a violation of the policy."""

from __future__ import annotations

import hashlib
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.console.conftest import SCREENSHOTS

pytestmark = pytest.mark.system

AXE = Axe()
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}
PAGES = {
    "overview": ("auditor", "/"), "mails": ("auditor", "/mails"), "mails-filtered": ("auditor", "/mails?q=x&since=2026-11-01&result=reject&sha256=" + "ab" * 32),
    "mails-fault": ("auditor", "/mails?q=lỗi"), "mails-empty": ("empty", "/mails"), "explain": ("auditor", "/mails/BT-7F3K2Q00"), "letter": ("clerk", "/t/BT-7F3K2Q00"),
    "letter-code": ("", "/t/BT-7F3K2Q00"), "policy": ("auditor", "/policy"), "log": ("auditor", "/audit"), "accounts": ("auditor", "/accounts?name=binh.lv"), "requests": ("auditor", "/requests"), "requests-empty": ("empty", "/requests"),
    "account": ("auditor", "/account"), "login": ("", "/login"), "enrol": ("new", "/enrol"), "help": ("auditor", "/help"), "not-found": ("auditor", "/nope"),
    "refused": ("clerk", "/audit"), "overview-empty": ("empty", "/"), "policy-empty": ("empty", "/policy"), "log-empty": ("empty", "/audit"), "accounts-empty": ("empty", "/accounts"),
}  # fmt: skip
"""Session and address of each page and state."""
ACTS = {
    "code": ("", "/login", lambda page: (page.fill("#mailbox", "noivu.binhtan@tphcm.gov.vn"), page.click("form[action='/login/code'] button"))),
    "wrong-login": ("", "/login", lambda page: (page.fill("#name", "an.nt"), page.fill("#password", "no"), page.click("form[action='/login'] button"))),
    "enrol-qr": ("new", "/enrol", lambda page: page.click("form[action='/enrol'] button")),
    "tried": ("auditor", "/policy", lambda page: page.click("form[action='/policy/try'] button")),
    "tried-faulty": ("auditor", "/policy", lambda page: (page.fill("#text", "policies:\n  typography:\n\n    mode: moniter\n"), page.click("form[action='/policy/try'] button"))),
    "verified": ("auditor", "/audit", lambda page: page.click("form[action='/audit/verify'] button")),
    "menu": ("auditor", "/account", lambda page: page.click(".menu summary")),
}  # fmt: skip


@pytest.fixture(scope="module")
def look(system, browser):
    """Open a page; what it asks for elsewhere, and what its policy forbids, is a fault."""
    contexts = {}

    def opened(
        session: str, language: str = "vi", *, width: int = 1280, theme: str = "light", script: bool = True
    ) -> Page:
        key = (session, language, script)
        if key not in contexts:
            context = browser.new_context(java_script_enabled=script)
            cookies = [{"name": "language", "value": language, "url": system.base}]
            context.add_cookies(cookies + [{"name": "session", "value": session, "url": system.base}] * bool(session))
            page = context.new_page()
            page.faults = []
            page.on("console", lambda said: page.faults.append(said.text) if "status of" not in said.text else None)
            page.on("pageerror", lambda error: page.faults.append(str(error)))
            page.on(
                "request",
                lambda asked: None if asked.url.startswith(system.base + "/") else page.faults.append(asked.url),
            )
            contexts[key] = page
        page = contexts[key]
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        return page

    yield opened
    for page in contexts.values():
        page.context.close()


def violations(page: Page) -> list[str]:
    found = AXE.run(page, options=WCAG).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:200]}" for one in found for node in one["nodes"]
    ]


def kept(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def show(look, system, name: str, language: str, **how: object) -> Page:
    session, address, act = (*PAGES[name], None) if name in PAGES else ACTS[name]
    page = look(session, language, **how)
    page.goto(system.base + address)
    if act is not None:
        act(page)
        page.wait_for_load_state()
    return page


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", [*PAGES, *ACTS])
def test_a_page_is_accessible_fits_320_px_and_asks_nobody_else(look, system, name, language):
    page = show(look, system, name, language)
    assert page.locator("html").get_attribute("lang") == language
    assert violations(page) == []
    if language == "vi":
        kept(page, f"{name}-1280")
    page.set_viewport_size({"width": 320, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    if language == "vi":
        page.emulate_media(color_scheme="dark")
        assert violations(page) == []
        kept(page, f"{name}-320-dark")
    assert page.faults == []


@pytest.mark.parametrize(
    "name", ["overview", "mails", "explain", "letter", "policy", "log", "accounts", "requests", "tried"]
)
def test_pages_are_right_at_768_px_in_the_dark_and_at_200_percent(look, system, name):
    page = show(look, system, name, "vi", width=768, theme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 768
    kept(page, f"{name}-768-dark")
    # 1280 px at 200 % are 640 CSS pixels.
    page = show(look, system, name, "vi", width=640)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640


@pytest.mark.parametrize("session", ["long", "hostile"])
@pytest.mark.parametrize(
    "address", ["/", "/mails", "/mails/BT-1", "/t/BT-1", "/policy", "/audit", "/accounts", "/requests"]
)
def test_long_and_hostile_words_break_neither_layout_nor_policy(look, system, session, address):
    page = look(session, width=320)
    page.goto(system.base + address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    kept(page, f"{session}{address.replace('/', '-')}")
    assert page.faults == []


def test_a_page_weighs_less_than_60_kb_with_all_it_needs(system, browser):
    context = browser.new_context()
    context.add_cookies([{"name": "session", "value": "auditor", "url": system.base}])
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    for address in ("/mails", "/", "/mails/BT-1"):
        sizes.clear()
        page.goto(system.base + address, wait_until="networkidle")
        assert 0 < sum(sizes) < 60_000, (address, sizes)
    context.close()


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
    page.goto(system.base + "/policy")
    page.click("form[action='/policy/try'] button")
    expect(page.locator("h1")).to_have_text("Kết quả thử")
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


def test_after_the_logout_the_back_button_shows_nothing(system, browser):
    context = browser.new_context()
    context.add_cookies(
        [{"name": "session", "value": "auditor", "url": system.base, "httpOnly": True, "sameSite": "Strict"}]
    )
    page = context.new_page()
    page.goto(system.base + "/mails/BT-7F3K2Q00")
    page.click(".menu summary")
    page.click("form[action='/logout'] button")
    page.wait_for_url("**/login")
    page.go_back()
    page.wait_for_url("**/login?to=**")
    assert "Kế hoạch" not in page.content()
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


def test_figures_come_anew_and_not_while_the_page_is_hidden(system, browser):
    context = browser.new_context()
    context.add_cookies([{"name": "session", "value": "auditor", "url": system.base}])
    page = context.new_page()
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
    context.close()


def test_a_session_that_ends_leads_to_the_login_also_from_a_search_in_place(system, browser):
    context = browser.new_context()
    context.add_cookies([{"name": "session", "value": "auditor", "url": system.base}])
    page = context.new_page()
    page.goto(system.base + "/mails")
    context.clear_cookies()
    page.fill("#q", "x")
    page.press("#q", "Enter")
    page.wait_for_url("**/login?to=/mails")
    context.close()


def test_the_explanation_prints_without_the_frame(look, system):
    page = look("auditor")
    page.goto(system.base + "/mails/BT-7F3K2Q00")
    page.emulate_media(media="print")
    expect(page.locator(".top")).to_be_hidden()
    expect(page.locator(".finding").first).to_be_visible()
    SCREENSHOTS.mkdir(exist_ok=True)
    assert page.pdf(path=SCREENSHOTS / "explain.pdf", prefer_css_page_size=True)
    page.emulate_media(media="screen")


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


def test_all_components_are_accessible_in_the_light_and_in_the_dark(start, browser):
    system = start(begin="tests.console.showing")
    page = browser.new_page()
    page.goto(system.base + "/components")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert violations(page) == []
        kept(page, f"components-{theme}")
    page.context.close()


def test_a_search_in_place_that_is_refused_shows_why_and_a_reference_leads_to_its_mail(system, browser):
    context = browser.new_context()
    context.add_cookies([{"name": "session", "value": "auditor", "url": system.base}])
    page = context.new_page()
    page.goto(system.base + "/mails")
    context.add_cookies([{"name": "session", "value": "busy", "url": system.base}])
    page.fill("#q", "x")
    page.press("#q", "Enter")
    expect(page.locator("h1")).to_have_text("Quá nhiều yêu cầu")
    context.add_cookies([{"name": "session", "value": "auditor", "url": system.base}])
    page.goto(system.base + "/mails")
    page.fill("#q", "bt-7f3k2q00")
    page.press("#q", "Enter")
    page.wait_for_url("**/mails/BT-7F3K2Q00")
    context.close()


def test_figures_that_cannot_be_renewed_say_so(system, browser):
    context = browser.new_context()
    context.add_cookies([{"name": "session", "value": "auditor", "url": system.base}])
    page = context.new_page()
    page.clock.install()
    page.goto(system.base + "/")
    context.add_cookies([{"name": "session", "value": "busy", "url": system.base}])
    expect(page.locator("[data-stale]")).to_be_hidden()
    page.clock.run_for(31_000)
    expect(page.locator("[data-stale]")).to_be_visible()
    context.close()


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


def test_the_language_is_changed_where_one_is_after_a_search_in_place(system, browser):
    context = browser.new_context()
    context.add_cookies([{"name": "session", "value": "auditor", "url": system.base}])
    page = context.new_page()
    page.goto(system.base + "/mails")
    page.fill("#q", "x")
    page.press("#q", "Enter")
    page.wait_for_url(re.compile("q=x"))
    page.click(".menu summary")
    page.click("button[value=en]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert "q=x" in page.url
    context.close()
