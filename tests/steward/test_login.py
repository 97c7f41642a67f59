"""Login, enrolment, second factors, sessions."""

from __future__ import annotations

import pytest

from gateway.steward import questions as q
from gateway.steward.roles import Role
from tests.steward.support import PASSWORD, Office


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


def test_an_account_enrols_and_logs_in(office):
    one_time = office.add("an.tt", Role.AUDITOR)
    done = office.enrol("an.tt", one_time)
    assert len(done.recovery_codes) == 10
    assert not done.person.must_enrol
    assert office.kind(q.Login("an.tt", one_time)) == "bad_login"
    answer = office.ask(q.Login("An.TT ", PASSWORD, office.code("an.tt")))
    assert isinstance(answer, q.LoggedIn)
    assert "verify" in answer.person.may
    assert "add_account" not in answer.person.may
