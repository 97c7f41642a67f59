"""Whose a reference is, where several records stand under one, and where one mail repeats another."""

import asyncio

import pytest
from msgspec.structs import replace

from gateway.engine import load_policy_set
from gateway.model import Disposition, Envelope, FrontEnd, Language, Reply, Session
from gateway.pipeline.rulebook import Rules
from gateway.steward import questions as q
from gateway.steward.explain import explain
from gateway.steward.mails import search
from gateway.steward.questions.refused import Refused
from gateway.steward.roles import Role
from tests.audit.support import REFUSAL, running, verdict
from tests.steward.mail_world import (
    AN,
    AUDITOR,
    BINH,
    CLERK_AN,
    CLERK_BINH,
    OFFICER,
    OPERATOR,
    Writer,
    desk,
    directory,
    evidence,
    person,
    write,
)


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory):
    data = tmp_path_factory.mktemp("whose")
    policies, listed = load_policy_set("binhtan-7600"), directory()

    async def more() -> None:
        await write(data, policies, listed)
        async with running(data) as log:
            session = Session(front_end=FrontEnd.SUBMISSION, client_address="192.0.2.7", auth_user=AN)
            # One transaction: a recipient that was refused, then a mail with a secret.
            await log.recipient_refused(
                session, AN, "y@gov.example", verdict(Disposition.REJECT), REFUSAL, "BT-BOTH0001"
            )
            await log.recipient_refused(
                session, AN, "y@gov.example", verdict(Disposition.REJECT), REFUSAL, "BT-RCPT0001"
            )
            secret = evidence(AN, subject="x", filename="x.docx", text="TUYỆT MẬT", listed=listed)
            assert await Writer(log, policies).mail("BT-BOTH0001", secret) is Disposition.REJECT
            await log.duplicate("BT-AGAIN001", "BT-AN000001")
            # Sent with the login of one clerk in the name of another: both see it.
            other = evidence(BINH, subject="y", filename="y.docx", text="y", listed=listed)
            session = Session(front_end=FrontEnd.SUBMISSION, client_address="192.0.2.7", auth_user="An@Gov.Example")
            envelope = Envelope(reverse_path=BINH, forward_paths=("b@gov.example",))
            await Writer(log, policies).mail("BT-NAMED001", replace(other, session=session, envelope=envelope))

    asyncio.run(more())
    rules = Rules(policies, listed)
    return desk(data, lambda: rules)


def opened(at, who, reference: str) -> q.Explained | None:
    try:
        return explain(at, who, q.Explain(reference), Language.EN)
    except Refused as refused:
        if refused.refusal != q.Refusal(kind="not_found"):
            raise
        return None


def test_a_refused_recipient_is_shown_with_the_whole_reply_that_its_client_got(at):
    shown = opened(at, CLERK_AN, "BT-RCPT0001")
    assert shown.answer == "550 5.7.1 [BT] Tu choi"
    assert shown.events[0].detail.endswith("-> y@gov.example: 550 5.7.1 [BT] Tu choi")


def test_a_reference_with_a_secret_is_hidden_whole_from_who_may_not_see_secrets(at):
    assert opened(at, OPERATOR, "BT-BOTH0001") is None
    for who in (OFFICER, AUDITOR, CLERK_AN):
        seen = opened(at, who, "BT-BOTH0001")
        assert seen is not None
        assert seen.confidential
        assert {address: badge.key for address, badge in seen.recipients}["y@gov.example"] == "reject"
    assert opened(at, CLERK_BINH, "BT-BOTH0001") is None


def test_a_repetition_is_shown_as_the_mail_that_it_repeats_to_its_sender_alone(at):
    for who in (CLERK_AN, OPERATOR):
        seen = opened(at, who, "bt-again001")
        assert seen is not None
        assert seen.reference == "BT-AN000001"
        assert "BT-AN000001" in {event.detail for event in seen.events}
    assert opened(at, CLERK_BINH, "BT-AGAIN001") is None


def test_a_mail_in_anothers_name_is_seen_by_both(at):
    for who in (CLERK_AN, CLERK_BINH):
        seen = opened(at, who, "BT-NAMED001")
        assert seen is not None
        assert seen.own


@pytest.mark.parametrize("name", ["", "%", "@gov.example", "gov.example", "an", "AN@GOV.EXAMPLE.", "*"])
def test_a_name_that_only_resembles_an_address_opens_nothing(at, name: str):
    stranger = person(name, Role.CLERK, Role.UNIT_HEAD, units=("", "Phòng", "*", "%"))
    rows = search(at, stranger, q.Search(limit=100), Language.EN).rows
    assert rows == ()
    assert opened(at, stranger, "BT-AN000001") is None


def test_an_account_without_a_role_for_mails_sees_none(at):
    assert search(at, person("x", Role.ACCOUNT_ADMIN), q.Search(), Language.EN).rows == ()
    assert opened(at, person(AN), "BT-AN000001") is None


def test_the_answer_to_a_deferred_mail_is_the_last_one(at):
    seen = opened(at, CLERK_AN, "BT-AN000001")
    assert seen is not None
    assert seen.answer == "250 2.0.0 queued"
    assert Reply(code=250, enhanced="2.0.0", lines=("queued",)).lines[0] in seen.answer
