"""What the running console may still do, asked from inside; and what it does when the steward is away."""

import json
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest


def test_the_wall_holds_from_inside(start):
    system = start(begin="tests.console.probing", patience_s=1.0)
    for _ in range(2):  # also after it has served
        status, _, text = system.ask("GET", "/probe")
        assert status == 200
        results = json.loads(text)
        assert results.pop("uid") != 0 or os.geteuid() != 0
        assert set(results.values()) == {"EPERM"}, results
        assert len(results) == 13
        system.ask("GET", "/mails", session="auditor")


def test_without_an_answer_of_the_steward_a_page_is_503(start):
    paths = ("/mails", "/", "/policy", "/t/BT-1", "/healthz")
    system = start(begin="tests.console.probing", patience_s=1.0)  # the one of the test above
    os.kill(system.steward, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(len(paths)) as clients:
            answers = list(clients.map(lambda path: system.ask("GET", path, session="auditor"), paths))
    finally:
        os.kill(system.steward, signal.SIGCONT)
    for path, (status, headers, text) in zip(paths, answers, strict=True):
        assert status == 503, path
        if path != "/healthz":
            assert "Thư vẫn được chuyển bình thường" in text, path
            assert headers["Retry-After"], path
    while system.ask("GET", "/mails", session="auditor")[0] != 200:
        pass


@pytest.mark.slow
def test_another_steward_is_found_after_the_first_has_died(start):
    system = start(fresh=True, here="dies")
    assert system.ask("GET", "/mails", session="auditor")[0] == 200
    os.kill(system.steward, signal.SIGKILL)
    while True:
        told = system.told()
        if told["steward"] != system.steward and told["console"] != system.console:
            break
    assert system.ask("GET", "/mails", session="auditor")[0] == 200


@pytest.mark.slow
def test_a_page_that_was_under_way_when_the_steward_died_is_503(start):
    system = start(fresh=True, here="dies under way")
    system.ask("GET", "/mails", session="auditor")
    os.kill(system.steward, signal.SIGSTOP)
    connection = system.connection()
    connection.request("GET", "/mails", headers={"Cookie": "session=auditor"})
    # Asked once more on another connection: when that is answered, the first is under way.
    os.kill(system.steward, signal.SIGKILL)
    assert connection.getresponse().status in (200, 503)
    connection.close()


APPROVAL = {"csrf": "c-late", "request": "YC-4F2A91BC", "reason": "đã đọc", "read": "yes", "code": "123456"}


@pytest.mark.slow
def test_who_sends_a_form_or_asks_for_a_report_sees_what_became_of_it_however_long_it_takes(start):
    """The steward lives, and answers late; a page that can be asked for again is given up."""
    system = start(begin="tests.console.hasty", patience_s=1.0)
    assert system.ask("GET", "/mails", session="late")[0] == 503
    assert system.ask("GET", "/reports", session="late")[0] == 200
    assert system.ask("POST", "/requests/approve", session="late", form=APPROVAL)[0] == 200


@pytest.mark.slow
def test_an_act_of_which_nobody_knows_says_so_and_leads_to_the_page_that_shows_it(start):
    system = start(fresh=True, here="dies with an act")
    status, _, text = system.ask("POST", "/requests/approve", session="dies", form=APPROVAL | {"csrf": "c-dies"})
    assert status == 503
    assert "Chưa rõ việc vừa gửi đã xong hay chưa" in text
    assert '<a class="button main" href="/requests">' in text


def test_an_act_that_is_sent_twice_says_how_far_its_request_is(start):
    system = start()
    for request, told in (("YC-00000004", ["YC-00000004 hiện: đã duyệt."]), ("YC-4F2A91BC", [])):
        form = APPROVAL | {"csrf": "c-auditor", "request": request, "code": "999999"}
        status, _, text = system.ask("POST", "/requests/approve", session="auditor", form=form)
        assert (status, re.findall(r"YC-\w+ hiện: [^.]+\.", text)) == (422, told)
