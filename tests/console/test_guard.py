"""Every route against everybody who should not get through, and the limits on clients."""

import ast
import hashlib
import html
import re
import socket
from pathlib import Path

import pytest

from gateway.console.guard import Rates
from gateway.console.routes import ROUTES
from gateway.steward import questions as q
from tests.support.certificates import Pki

READING = {
    "WhoAmI", "Search", "Explain", "Overview", "AskHealth", "AskPolicy", "AskLog", "GetCheckpoint", "AskAccounts",
    "AskRequests", "AskReport", "AskCheck", "GetFixed", "ReadHeld",
}  # fmt: skip
"""Questions that change nothing."""


def address(path: str) -> str:
    return (
        path.replace("{reference}", "BT-7F3K2Q00")
        .replace("{digest}", "0")
        .replace("{name}", "20261127T020000Z.json")
        .replace("{number}", "0")
    )


GETS = [row for row in ROUTES if row.method == "GET"]
POSTS = [row for row in ROUTES if row.method == "POST" and not row.program]


def test_every_question_has_a_route_and_is_asked_by_a_get_only_when_it_changes_nothing():
    asked = {kind.__name__ for row in ROUTES for kind in row.asks} | {"WhoAmI"}
    assert asked == {kind.__name__ for kind in q.Question.__args__}
    assert {kind.__name__ for row in GETS for kind in row.asks} <= READING
    assert len({(row.method, row.path) for row in ROUTES}) == len(ROUTES)


def test_the_console_imports_nothing_that_holds_data():
    own = ("gateway.console", "gateway.model", "gateway.texts", "gateway.system.door", "gateway.system.interpreter", "gateway.system.supervised", "gateway.system.levels", "gateway.system.logs", "gateway.system.processors",
           "gateway.system.tls", "gateway.system.uninterrupted",
           "gateway.documents.wall.sandbox", "gateway.documents.wall.syscalls", "gateway.steward.questions", "gateway.steward.roles")  # fmt: skip
    for file in Path("gateway/console").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                assert not name.startswith(("gateway.", "policies")) or name.startswith(own), (file, name)
                assert not name.startswith("sqlite3"), file


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: f"{row.method} {row.path}")
def test_without_a_session_no_page_of_one_answers(system, row):
    status, headers, text = system.ask(
        row.method, address(row.path), form={"csrf": "x"} if row.method == "POST" else None
    )
    if row.session:
        assert status == (303 if row.method == "GET" else 403)
        assert row.method == "POST" or headers["Location"].startswith("/login")
        assert "BT-7F3K2Q01" not in text
        assert "noivu" not in text
    else:
        assert status in (200, 403, 404) if not row.program else status == (401 if row.asks else 200)


@pytest.mark.parametrize("row", POSTS, ids=lambda row: row.path)
def test_a_form_without_the_token_or_from_elsewhere_does_nothing(system, row):
    path, good = address(row.path), {"csrf": "c-auditor", "code": "123456", "name": "binh.lv", "mailbox": "a@b.vn"}
    before = [name for name in system.asked() if name not in READING]
    for form, headers in (
        (good | {"csrf": ""}, {}),
        (good | {"csrf": "c-clerk"}, {}),
        (good | {"csrf": "\u00e9"}, {}),
        (good, {"Origin": "https://evil.example"}),
        (good, {"Sec_Fetch_Site": "cross-site"}),
        (good, {"Sec_Fetch_Site": "same-site"}),
        (good, {"Sec_Fetch_Site": ""}),
        (good, {"Sec_Fetch_Site": "", "Origin": "null"}),
        (good, {"Sec_Fetch_Site": "same-origin", "Origin": f"http://127.0.0.1:{system.port + 1}"}),
    ):
        status, _, _ = system.ask("POST", path, session="auditor", form=form, **headers)
        assert status == 403, (form, headers)
    status, _, _ = system.ask("POST", path, session="auditor", form=good, Host="evil.example")
    assert status == 421
    assert [name for name in system.asked() if name not in READING] == before
    # An old browser that tells its origin only is believed; a proxy that ends TLS has another scheme.
    for origin in (system.base, system.base.replace("http:", "https:")):
        status, _, _ = system.ask("POST", path, session="auditor", form=good, Sec_Fetch_Site="", Origin=origin)
        assert status in (200, 303, 422)


@pytest.mark.parametrize("row", GETS, ids=lambda row: row.path)
def test_a_get_changes_nothing_and_a_foreign_host_gets_nothing(system, row):
    path = address(row.path)
    before = len(system.asked())
    for _ in range(2):
        system.ask("GET", path + "?csrf=c-auditor&code=123456&name=binh.lv", session="auditor")
        system.ask("HEAD", path, session="auditor")
    assert set(system.asked()[before:]) <= READING
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "", "[::1"):
        status, _, text = system.ask("GET", path, session="auditor", Host=host or " ")
        assert status in (400, 421), host
        assert "noivu" not in text
        assert "c-auditor" not in text


def test_answers_carry_the_header_fields_of_the_design(system):
    for path in ("/", "/login", "/nope", "/mails?q=x", "/healthz"):
        _, headers, _ = system.ask("GET", path, session="auditor")
        assert headers["Content-Security-Policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Strict-Transport-Security"] is None
        assert headers["Server"] is None


def test_with_a_certificate_cookies_are_host_cookies_and_https_is_demanded(start, tmp_path_factory):
    certificate, key = Pki(tmp_path_factory.mktemp("tls")).issue("127.0.0.1")
    system = start(certificate=str(certificate), key=str(key))
    status, headers, text = system.ask("GET", "/login")
    assert status == 200
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    (cookie,) = headers.get_all("Set-Cookie")
    assert cookie.startswith("__Host-login=")
    assert {"Secure", "HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; ")[1:])
    form = {
        "csrf": text.split('name="csrf" value="')[1].split('"')[0],
        "name": "an.nt",
        "password": "right",
        "code": "123456",
    }
    status, headers, _ = system.ask("POST", "/login", form=form, Cookie=cookie.split(";")[0])
    assert status == 303
    assert any(
        one.startswith("__Host-session=auditor; HttpOnly; Path=/; SameSite=strict; Secure")
        for one in headers.get_all("Set-Cookie")
    )
    status, _, _ = system.ask("GET", "/mails", Cookie="__Host-session=auditor")
    assert status == 200
    assert system.ask("GET", "/mails", Cookie="session=auditor")[0] == 303  # a cookie that a neighbour may have set
    with socket.create_connection(("127.0.0.1", system.port), timeout=300) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert b"200" not in plain.recv(100)


def test_a_wrong_login_begins_no_session_and_a_login_form_needs_its_cookie(system):
    _, headers, text = system.ask("GET", "/login")
    cookie = headers["Set-Cookie"].split(";")[0]
    form = {
        "csrf": text.split('name="csrf" value="')[1].split('"')[0],
        "name": "an.nt",
        "password": "wrong",
        "code": "1",
    }
    status, headers, text = system.ask("POST", "/login", form=form, Cookie=cookie)
    assert status == 422
    assert "không đúng" in text
    assert "session=" not in str(headers.get_all("Set-Cookie"))
    assert 'value="an.nt"' in text
    assert "wrong" not in text
    assert system.ask("POST", "/login", form=form)[0] == 403
    assert system.ask("POST", "/login", form=form, Cookie="login=other")[0] == 403


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example"]
)
def test_after_the_login_nobody_is_sent_elsewhere(system, to):
    _, headers, text = system.ask("GET", "/login")
    form = {
        "csrf": text.split('name="csrf" value="')[1].split('"')[0],
        "name": "an.nt",
        "password": "right",
        "code": "123 456",
        "to": to,
    }
    status, headers, _ = system.ask("POST", "/login", form=form, Cookie=headers["Set-Cookie"].split(";")[0])
    assert (status, headers["Location"]) == (303, "/")


def test_before_the_second_factor_there_is_only_the_enrolment(system):
    for row in GETS:
        status, headers, _ = system.ask("GET", address(row.path), session="new")
        if row.session and not row.enrolling:
            assert (status, headers["Location"]) == (303, "/enrol"), row.path


def test_roles_decide_what_is_shown_and_the_steward_what_is_answered(system):
    assert system.ask("GET", "/", session="clerk")[1]["Location"] == "/mails"
    assert system.ask("GET", "/", session="accounts")[1]["Location"] == "/accounts"
    assert system.ask("GET", "/accounts", session="accounts")[0] == 200
    _, _, text = system.ask("GET", "/mails", session="clerk")
    assert 'href="/policy"' not in text
    assert "/mails/export" not in text
    for path in ("/policy", "/audit", "/accounts", "/requests", "/reports"):
        assert system.ask("GET", path, session="clerk")[0] == 403


def test_errors_are_pages_in_both_languages_with_a_reference(system):
    for path, session, expected in (
        ("/nope", "auditor", 404),
        ("/mails/none", "auditor", 404),
        ("/mails", "busy", 429),
        ("/audit", "clerk", 403),
    ):
        for language, word in (("vi", "Mã lỗi"), ("en", "Reference")):
            status, headers, text = system.ask("GET", path, Cookie=f"session={session}; language={language}")
            assert status == expected
            assert word in text
            assert "Traceback" not in text
            assert status != 429 or headers["Retry-After"] == "7"
    assert system.ask("PUT", "/mails", session="auditor")[0] == 405
    assert system.ask("POST", "/mails/digest", session="auditor", body=b"x", Content_Type="text/plain")[0] == 422
    for path, limit in (("/policy/try", 1 << 20), ("/mails/digest", 60_000_000)):
        connection = system.connection()
        connection.putrequest("POST", path)
        for name, value in (("Cookie", "session=auditor"), ("Sec-Fetch-Site", "same-origin"), ("Content-Type", "multipart/form-data; boundary=x"),
                            ("Content-Length", str(limit + 1))):  # fmt: skip
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.getresponse().status == 413
        connection.close()


@pytest.mark.parametrize(
    ("code", "status", "said"), [("000000", 422, "Mã không đúng hoặc đã dùng"), ("123456", 200, "có hiệu lực")]
)
def test_a_candidate_stays_on_the_page_until_it_is_in_force(system, code, status, said):
    form = {"csrf": "c-auditor", "text": "name: x # <b>", "reason": "vì <i>", "code": code, "against": "3f2a"}
    found, _, text = system.ask("POST", "/policy/force", session="auditor", form=form)
    assert (found, said in text) == (status, True)
    assert text.count("name: x # &lt;b&gt;") == (2 if status == 422 else 0)
    assert ('value="vì &lt;i&gt;"' in text, 'name="against" value="3f2a"' in text) == (status == 422,) * 2


def test_a_page_of_a_refusal_says_which(system):
    _, _, text = system.ask("GET", "/mails/none", session="auditor")
    assert "không phải của anh/chị" in text
    _, _, text = system.ask("GET", "/mails", session="busy")
    assert "Quá nhiều lần." in text


def test_a_letter_about_a_secret_says_nowhere_how_to_send_it_again(system):
    plain, secret = (system.ask("GET", f"/t/BT-{name}", session="clerk")[2] for name in ("7F3K2Q00", "SECRET00"))
    for way in ("cách gửi lại", "Trong Word", "gửi lại thư như thường lệ"):
        assert way in plain
        assert way not in secret
    assert "Khi thư có dấu chỉ độ mật" in secret


def test_a_letter_says_to_send_again_only_what_was_not_sent_and_is_not_held(system):
    titles = {
        "7F3K2Q00": "Vì sao thư chưa đi, và cách gửi lại",
        "RELAYED0": "Thư đã đi",
        "HELD0000": "Vì sao thư chưa đi",
    }
    for name, title in titles.items():
        page = system.ask("GET", f"/t/BT-{name}", session="clerk")[2]
        assert f"<h1>{title}</h1>" in page
        assert ("gửi lại thư như thường lệ" in page) is (name == "7F3K2Q00")
        assert ("Trong Word" in page) is (name != "RELAYED0")


def test_a_letter_leads_to_a_request_only_where_one_may_be_made(system):
    for name, may in (("7F3K2Q00", True), ("SECRET00", False)):
        assert (f"/mails/BT-{name}#request" in system.ask("GET", f"/t/BT-{name}", session="auditor")[2]) is may


def test_a_mail_refused_before_its_content_has_no_subject_no_parts_and_no_file_to_ask_for(system):
    for path, words in (("/mails", "Thành phần: "), ("/t", "yêu cầu xem xét")):
        whole, refused = (
            system.ask("GET", f"{path}/BT-{name}", session="auditor")[2] for name in ("7F3K2Q00", "RCPT0001")
        )
        assert words in whole
        assert words not in refused
    assert "(từ chối trước khi nhận nội dung)" in system.ask("GET", "/mails/BT-RCPT0001", session="auditor")[2]


def test_the_login_leads_to_what_was_asked_for(system):
    status, headers, _ = system.ask("GET", "/mails?q=k%E1%BA%BF+ho%E1%BA%A1ch&state=refused")
    assert (status, headers["Location"]) == (
        303,
        "/login?to=/mails%3Fq%3Dk%25E1%25BA%25BF%2Bho%25E1%25BA%25A1ch%26state%3Drefused",
    )
    _, headers, text = system.ask("GET", headers["Location"])
    form = {
        "csrf": re.search(r'name="csrf" value="([^"]+)', text)[1],
        "to": html.unescape(re.search(r'name="to" value="([^"]+)', text)[1]),
        "name": "an.nt", "password": "right", "code": "123456",
    }  # fmt: skip
    status, headers, _ = system.ask("POST", "/login", form=form, Cookie=headers["Set-Cookie"].split(";")[0])
    assert (status, headers["Location"]) == (303, "/mails?q=k%E1%BA%BF+ho%E1%BA%A1ch&state=refused")


def multipart(csrf: str, content: bytes) -> bytes:
    return (b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n' + csrf.encode() +
            b'\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n' + content + b"\r\n--x--\r\n")  # fmt: skip


def hashed(system, body: bytes) -> tuple[int, str]:
    """Send a form with a file; return the status and where the answer leads."""
    kind = "multipart/form-data; boundary=x"
    status, headers, _ = system.ask("POST", "/mails/digest", session="auditor", body=body, Content_Type=kind)
    return status, headers["Location"]


def test_an_uploaded_file_is_hashed_on_the_way(system):
    content = bytes(range(256)) * 80_000
    found = f"/mails?sha256={hashlib.sha256(content).hexdigest()}"
    assert hashed(system, multipart("c-auditor", content)) == (303, found)
    assert hashed(system, multipart("no", b"x"))[0] == 403
    for broken in (
        b"",
        b"--x",
        multipart("c-auditor", b"x")[:-9],
        b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--\r\n",
        b"\xff" * 500,
    ):
        assert hashed(system, broken)[0] == 422
    (most_kb,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{system.console}/status").read_text())
    assert int(most_kb) < 200_000, "a file is never held"


def test_exports_and_checkpoints_come_as_files(system):
    status, headers, text = system.ask(
        "POST", "/mails/export", session="auditor", form={"csrf": "c-auditor", "format": "csv"}
    )
    assert status == 200
    assert headers["Content-Disposition"] == 'attachment; filename="mails.csv"'
    assert text.count("\n") == 200
    status, headers, _ = system.ask("GET", "/audit/checkpoints/20261127T020000Z.json", session="auditor")
    assert status == 200
    assert headers["Content-Disposition"].startswith("attachment")
    assert system.ask("GET", "/audit/checkpoints/..%2Fkey", session="auditor")[0] == 404
    assert system.ask("GET", "/audit/checkpoints/a%0d%0ab", session="auditor")[0] == 404


def test_health_is_shown_to_anybody_without_detail(system):
    assert system.ask("GET", "/healthz")[::2] == (200, "ok\n")


def test_mail_in_the_queue_of_an_mta_is_listed_with_its_queue_id_and_command(system):
    _, _, text = system.ask("GET", "/requests", session="auditor")
    queued = text[text.index('id="queued"') :]
    assert re.findall(r'href="/mails/(BT-\w+)".*?<p class="told">(.*?)</p>', queued, re.DOTALL) == [
        ("BT-9KD00002", "postsuper -H 4F2A91BC")
    ]


def test_the_requests_of_one_customers_addresses_are_counted_together():
    rates = Rates(1.0)
    assert sum(rates.admit(f"2001:db8::{number:x}") for number in range(20)) == 3
    assert rates.admit("2001:db8:0:1::1")
