"""The pages in a browser: accessible, in both languages, at every width, without a request elsewhere or a violation of the policy."""

import pytest
from playwright.sync_api import Page, expect

from tests.console.browsing import kept, violations
from tests.console.conftest import SCREENSHOTS

pytestmark = pytest.mark.system

PAGES = {
    "overview": ("auditor", "/"), "overview-year": ("auditor", "/?days=365"), "mails": ("auditor", "/mails"), "mails-filtered": ("auditor", "/mails?q=x&since=2026-11-01&result=reject&sha256=" + "ab" * 32),
    "mails-fault": ("auditor", "/mails?q=lỗi"), "mails-empty": ("empty", "/mails"), "explain": ("auditor", "/mails/BT-7F3K2Q00"), "letter": ("clerk", "/t/BT-7F3K2Q00"),
    "letter-secret": ("clerk", "/t/BT-SECRET00"), "explain-unread": ("auditor", "/mails/BT-UNREAD00"), "letter-unread": ("clerk", "/t/BT-UNREAD00"), "letter-code": ("", "/t/BT-7F3K2Q00"), "policy": ("auditor", "/policy"), "log": ("auditor", "/audit"), "accounts": ("auditor", "/accounts?name=binh.lv"), "requests": ("auditor", "/requests"), "requests-empty": ("empty", "/requests"), "held": ("auditor", "/requests/held/BT-9KD00000"), "reports": ("auditor", "/reports"), "check": ("auditor", "/check"), "check-empty": ("empty", "/check"), "check-record": ("auditor", "/mails/BT-CHECK001"),
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
    "unforced": ("auditor", "/policy", lambda page: (page.click("form[action='/policy/try'] button"), page.fill("#reason", "vì sao"), page.fill("#fresh", "000000"), page.click("form[action='/policy/force'] button"), expect(page.locator(".alert.bad")).to_be_visible())),
    "forced": ("auditor", "/policy", lambda page: (page.click("form[action='/policy/try'] button"), page.fill("#reason", "vì sao"), page.fill("#fresh", "123456"), page.click("form[action='/policy/force'] button"), expect(page.locator("a[href='/policy'].button")).to_be_visible())),
    "one-time": ("auditor", "/accounts", lambda page: (page.click("details:has(form[action='/accounts/add']) > summary"), page.fill("#add-name", "hoa.tt"), page.fill("#display", "Hoa"), page.fill("#add-code", "123456"), page.click("form[action='/accounts/add'] button"), expect(page.locator(".key")).to_be_visible())),
    "verified": ("auditor", "/audit", lambda page: page.click("form[action='/audit/verify'] button")),
    "checked": ("auditor", "/check", lambda page: (page.set_input_files("#file", [{"name": "ke-hoach.docx", "mimeType": "x/y", "buffer": b"PK"}]), page.click("form[data-check] button"), expect(page.locator("#result")).to_be_visible())),
    "new-token": ("auditor", "/accounts", lambda page: (page.click("details:has(form[action='/accounts/tokens/add']) > summary"), page.fill("#token-name", "qlvb"), page.fill("#token-code", "123456"), page.click("form[action='/accounts/tokens/add'] button"), expect(page.locator(".key")).to_be_visible())),
    "menu": ("auditor", "/account", lambda page: page.click(".menu summary")),
}  # fmt: skip


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


@pytest.mark.parametrize("name", ["explain-unread", "letter-unread"])
def test_a_mail_that_was_refused_unread_is_not_said_to_be_in_order(look, system, name):
    words = show(look, system, name, "en").inner_text("main")
    assert "552 5.3.4" in words
    assert "not judged" in words
    assert "Nothing was found" not in words
    assert "nothing to fix" not in words


def test_acts_turn_to_newer_and_older_pages(look, system):
    page = show(look, system, "log", "vi")
    assert [link.get_attribute("href") for link in page.locator(".pager a").all()] == [
        "/audit?after=481190", "/audit?before=481100",
    ]  # fmt: skip


def test_an_act_of_someone_without_a_role_names_the_machine_alone(look, system):
    below = show(look, system, "log", "vi").locator("tbody tr td:nth-child(2) span.small").all_inner_texts()
    assert {"kiểm tra · 10.1.20.7", "10.1.20.7"} <= set(below)


@pytest.mark.parametrize(
    ("session", "name"), [("auditor", "Requests 3 waiting for your decision"), ("empty", "Requests")]
)
def test_the_navigation_says_how_much_waits_for_this_person(look, system, session, name):
    page = look(session, "en")
    page.goto(system.base + "/mails")
    expect(page.locator(".nav [href='/requests']")).to_have_accessible_name(name)


def test_a_year_is_a_chart_of_twelve_months(look, system):
    page = show(look, system, "overview-year", "vi")
    assert page.locator(".chart g").count() == 12
    assert page.locator(".axis span").last.inner_text() == "11/2026"
    assert page.locator(".title [aria-current]").inner_text() == "12 tháng"
    assert "since=2025-12-01" in page.locator(".figure a").first.get_attribute("href")


@pytest.mark.parametrize(
    "name",
    ["overview", "mails", "explain", "letter", "policy", "log", "accounts", "requests", "reports", "tried", "checked"],
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
    "address",
    [
        "/",
        "/mails",
        "/mails/BT-1",
        "/mails/BT-CHECK1",
        "/t/BT-1",
        "/policy",
        "/audit",
        "/accounts",
        "/requests",
        "/reports",
        "/check",
    ],
)
def test_long_and_hostile_words_break_neither_layout_nor_policy(look, system, session, address):
    page = look(session, width=320)
    page.goto(system.base + address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    kept(page, f"{session}{address.replace('/', '-')}")
    assert page.faults == []


@pytest.mark.parametrize("width", [1280, 768, 320])
def test_no_time_of_a_list_is_cut_off(look, system, width):
    page = look("auditor", width=width)
    page.goto(system.base + "/mails")
    cut = "(cells) => cells.filter((cell) => cell.scrollWidth > cell.clientWidth).length"
    assert page.eval_on_selector_all(".mails .num", cut) == 0


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


def test_the_explanation_prints_without_the_frame(look, system):
    page = look("auditor")
    page.goto(system.base + "/mails/BT-7F3K2Q00")
    page.emulate_media(media="print")
    expect(page.locator(".top")).to_be_hidden()
    expect(page.locator(".finding").first).to_be_visible()
    SCREENSHOTS.mkdir(exist_ok=True)
    assert page.pdf(path=SCREENSHOTS / "explain.pdf", prefer_css_page_size=True)
    page.emulate_media(media="screen")


def test_all_components_are_accessible_in_the_light_and_in_the_dark(start, browser):
    system = start(begin="tests.console.showing")
    page = browser.new_page()
    page.goto(system.base + "/components")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert violations(page) == []
        kept(page, f"components-{theme}")
    page.context.close()
