"""Words out of mails, policies, certificates and search boxes stay words, on every page."""

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from gateway.console.routes import ROUTES
from tests.console.answers import HOSTILE
from tests.console.test_guard import address

VOID = {"meta", "link", "input", "br", "hr", "use", "rect", "path"}


class Page(HTMLParser):
    """Elements and attributes of a page, as a browser sees them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag


def check(text: str) -> None:
    for tag, attributes in Page(text).elements:
        for name, value in attributes.items():
            assert not name.startswith(("on", "hx-on")), (tag, name)
            assert name not in ("style", "srcdoc", "formaction"), (tag, name)
            if name in ("href", "src", "action", "hx-get", "xlink:href"):
                assert (value.startswith("/") and not value.startswith("//")) or value.startswith(("#", "?")), (
                    tag,
                    name,
                    value,
                )
            if name == "content" and attributes.get("http-equiv"):
                pytest.fail("a meta element that acts")
        if tag == "script":
            assert attributes["src"].startswith("/static/")
            assert "defer" in attributes
        assert tag not in ("img", "iframe", "object", "embed", "base", "style", "audio", "video", "animate"), tag


@pytest.mark.parametrize("row", [row for row in ROUTES if row.method == "GET"], ids=lambda row: row.path)
def test_hostile_answers_and_questions_stay_words(system, row):
    path = address(row.path)
    payload = quote(HOSTILE)
    for session in ("hostile", ""):
        for query in (
            "",
            f"?q={payload}&since={payload}&unit={payload}&sha256={payload}&to=/{payload}&name={payload}&days={payload}&before=1",
        ):
            _, headers, text = system.ask("GET", path + query, session=session)
            if headers.get_content_type() == "text/html":
                check(text)
                text = re.sub("<textarea.*?</textarea>", "", text, flags=re.DOTALL)  # a policy file is shown as it is
                assert "\u202e" not in text
                assert "\u2066" not in text
                if row.template and session and "{{" in text:
                    assert "{{7*7}}" in text


@pytest.mark.parametrize("row", [row for row in ROUTES if row.method == "POST"], ids=lambda row: row.path)
def test_what_is_sent_by_a_form_stays_words(system, row):
    form = dict.fromkeys(
        ("name", "mailbox", "to", "text", "reason", "display", "back", "uri", "secret", "password", "again", "q"),
        HOSTILE,
    )
    for session in ("hostile", "auditor"):
        for code in ("123456", HOSTILE):
            _, headers, text = system.ask(
                "POST", address(row.path), session=session, form=form | {"csrf": f"c-{session}", "code": code}
            )
            if headers.get_content_type() == "text/html":
                check(text)
                if row.path == "/policy/try":
                    assert "\u202e" in text  # a candidate comes back as it was sent
            assert "evil.example" not in str(headers)


@pytest.mark.parametrize("path", ["/mails/", "/t/", "/", "/audit/checkpoints/"])
def test_a_hostile_address_stays_words(system, path):
    for session in ("auditor", ""):
        status, headers, text = system.ask("GET", path + quote(HOSTILE, safe=""), session=session)
        assert status in (200, 303, 404)
        check(text)
        assert "<script>alert" not in text
        assert "\n" not in str(headers["Location"])
        assert not str(headers["Location"]).startswith("http")


def test_a_line_end_in_an_address_adds_no_header_field(system):
    _, headers, _ = system.ask("GET", "/t/BT%0d%0aX-Evil:%201")
    assert headers["X-Evil"] is None
    _, headers, _ = system.ask("GET", "/mails/BT%0d%0aX-Evil:%201")
    assert headers["X-Evil"] is None
    assert headers["Location"] == "/login?to=/mails/BTX-Evil%253A%25201"  # an address, escaped as a value
