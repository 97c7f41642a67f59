"""The monthly report at the console is the report of the command, for whom it is."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from gateway.model import VIETNAM
from gateway.pipeline.rulebook import policies_of
from gateway.report.figures import Wanted
from gateway.report.labels import labels
from gateway.report.month import Month
from gateway.report.render import Format, render
from gateway.steward import questions as q
from gateway.steward.roles import Role
from tests.audit.support import running
from tests.report.support import make
from tests.steward.mail_world import Writer, evidence
from tests.steward.support import CLIENT, Office

AN, HEAD = "an.noivu@x.example", "truong.noivu@x.example"


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path)
    office.now = datetime.now(UTC).timestamp()
    asyncio.run(_write(office))
    return office


async def _write(office):
    async with running(office.data, policy="test") as log:
        writer = Writer(log, policies_of(office.desk.configuration))
        plain = {"text": "Kính gửi", "listed": office.directory}
        await writer.mail("BT-AN000001", evidence(AN, subject="a", filename="a.docx", **plain))


def file_of(office, token, question):
    asked = q.Asked(3, token, CLIENT, q.Language.VI, question)
    answers = [one.answer for one in office.answering.answers(asked)]
    return b"".join(one.octets for one in answers if isinstance(one, q.Piece)), answers[-1]


def test_the_page_and_the_file_are_those_of_the_command(office):
    auditor = office.session("au", Role.AUDITOR)
    month = f"{datetime.fromtimestamp(office.now, VIETNAM):%Y-%m}"
    view = office.ask(q.AskReport(), auditor)
    assert (view.month, view.every_unit) == (month, True)
    assert {choice.key for choice in view.units} == {"noivu", "tuphap"}
    assert {block.kind for block in view.blocks} == {"heading", "text", "table"}
    octets, last = file_of(office, auditor, q.GetReport(month, "", "json"))
    assert last == q.ExportEnd(1, whole=True)
    made = make(office.data, Wanted(month=Month.parse(month)), now=datetime.fromtimestamp(office.now, UTC))
    names = labels(made, office.desk.policies(), office.directory)
    assert json.loads(octets) == json.loads(render(made, names, Format.JSON))
    assert office.acts[-1].what == "get_report"


def test_a_unit_head_gets_the_own_unit_only(office):
    head = office.session(HEAD)
    view = office.ask(q.AskReport(), head)
    assert (view.unit, view.every_unit) == ("noivu", False)
    assert [choice.key for choice in view.units] == ["noivu"]
    assert office.kind(q.AskReport("", "tuphap"), head) == "forbidden"
    assert office.kind(q.GetReport(view.month, "tuphap", "csv"), head) == "forbidden"
    assert not [act for act in office.acts if act.what == "get_report"]


@pytest.mark.parametrize("month", ["2026-13", "x", "2026-11-01", "../2026-11"])
def test_a_month_that_is_none_is_refused_in_words(office, month):
    auditor = office.session("au", Role.AUDITOR)
    answer = office.ask(q.AskReport(month), auditor)
    assert (answer.kind, bool(answer.words)) == ("invalid", True)
    assert office.kind(q.GetReport(month, "", "csv"), auditor) == "invalid"


def test_a_format_that_is_none_is_refused(office):
    assert office.kind(q.GetReport("2026-11", "", "exe"), office.session("au", Role.AUDITOR)) == "invalid"
