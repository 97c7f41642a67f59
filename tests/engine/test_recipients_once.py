"""A forward-path that our own policies accepted at RCPT is judged once a day and sender, until other rules are in force."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import structs

from gateway.engine import PolicySet, evaluate_recipient, load_policy_set
from gateway.errors import blame
from gateway.model import VIETNAM, Envelope, Evidence, FrontEnd, Session
from gateway.pipeline import judge as pipeline
from tests.engine.support import NOW, REGISTRY
from tests.support.policies import preset

SESSION = Session(front_end=FrontEnd.SUBMISSION, client_address="10.0.0.1", auth_user="an.binhtan")
ENVELOPE = Envelope(reverse_path="an.binhtan@tphcm.gov.vn", forward_paths=("binh.binhtan@tphcm.gov.vn",))
STRANGER = structs.replace(ENVELOPE, reverse_path="admin@xn--tphcm-gov-abc.vn")


class Desk:
    """A judge of forward-paths that counts how often policies are asked."""

    def __init__(self, policies: PolicySet, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self.now = NOW
        self.rulebook = SimpleNamespace(current=SimpleNamespace(policies=policies, directory=None))
        self.judge = pipeline.Judge(rulebook=self.rulebook, workers=None, clock=lambda: self.now)  # type: ignore[arg-type]
        monkeypatch.setattr(pipeline, "evaluate_recipient", self._evaluate)

    def _evaluate(self, evidence: Evidence, policies: PolicySet) -> Any:
        self.asked += 1
        return evaluate_recipient(evidence, policies)

    def times(self, *mails: tuple[Session, Envelope]) -> int:
        """Return how often policies are asked for these."""
        before = self.asked
        for session, envelope in mails:
            self.judge.judge_recipient(session, envelope)
        return self.asked - before


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(preset(), monkeypatch)


def test_what_was_accepted_is_not_judged_again(desk: Desk):
    declared = structs.replace(ENVELOPE, mail_parameters=("SIZE=1000",))
    later = structs.replace(SESSION, helo="other", queue_id="4Q1")
    assert desk.times((SESSION, ENVELOPE), (SESSION, ENVELOPE), (later, declared)) == 1


def test_another_sender_login_recipient_or_day_is_judged(desk: Desk):
    desk.times((SESSION, ENVELOPE))
    assert desk.times((structs.replace(SESSION, auth_user="binh.binhtan"), ENVELOPE)) == 1
    assert desk.times((SESSION, structs.replace(ENVELOPE, reverse_path=""))) == 1
    assert desk.times((SESSION, structs.replace(ENVELOPE, forward_paths=("chi.binhtan@tphcm.gov.vn",)))) == 1
    desk.now += timedelta(days=1)
    assert desk.times((SESSION, ENVELOPE)) == 1


def test_under_other_rules_it_is_judged_again(desk: Desk):
    desk.times((SESSION, ENVELOPE))
    desk.rulebook.current = SimpleNamespace(policies=preset("strict"), directory=None)
    assert desk.times((SESSION, ENVELOPE)) == 1


def test_a_refusal_is_judged_each_time(desk: Desk):
    refused = structs.replace(ENVELOPE, reverse_path="an.binhtan@tphcm-gov.vn")
    assert desk.times((SESSION, refused), (SESSION, refused)) == 2
    assert desk.judge.judge_recipient(SESSION, refused) is not None


def test_policies_of_others_are_asked_each_time(monkeypatch: pytest.MonkeyPatch):
    desk = Desk(load_policy_set("office", registry=REGISTRY), monkeypatch)
    accepted = Envelope(reverse_path="an@gov.example", forward_paths=("binh@gov.example",))
    assert desk.times((SESSION, accepted), (SESSION, accepted)) == 2


@pytest.mark.parametrize("sender", ["spin@bad.example", "sleep@bad.example"])
def test_a_policy_of_others_without_end_is_ended_and_named(monkeypatch: pytest.MonkeyPatch, sender: str):
    monkeypatch.setattr(pipeline, "LIMIT_ENVELOPE_S", 0.2)
    desk = Desk(load_policy_set("office", registry=REGISTRY), monkeypatch)
    with pytest.raises(ExceptionGroup) as raised:
        desk.times((SESSION, structs.replace(ENVELOPE, reverse_path=sender)))
    assert blame(raised.value).startswith("chính sách senders (tests.engine.stand_ins.senders) hỏng / ")


@pytest.mark.parametrize("name", ["binhtan-7600", "strict"])
@pytest.mark.parametrize("envelope", [ENVELOPE, STRANGER])
def test_our_policies_heed_nothing_else_at_rcpt(name: str, envelope: Envelope):
    """Neither the time of the day, nor parameters, nor more of the session than front end and login."""
    morning = datetime(2026, 11, 28, 0, 1, tzinfo=VIETNAM)
    other = Session(front_end=SESSION.front_end, auth_user=SESSION.auth_user, helo="x", tls="TLSv1.3", queue_id="4Q1")
    full = structs.replace(envelope, mail_parameters=("SIZE=9", "SMTPUTF8"), rcpt_parameters=(("NOTIFY=NEVER",),))
    one = Evidence(now=morning, session=SESSION, envelope=envelope)
    two = Evidence(now=morning.replace(hour=23, minute=59), session=other, envelope=full)
    assert evaluate_recipient(one, preset(name)) == evaluate_recipient(two, preset(name))
