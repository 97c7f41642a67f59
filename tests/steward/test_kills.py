"""kill -9 of the steward at each step of a request: log, requests and waivers agree after a start, and nothing is decided twice."""

import os
import signal
import traceback

import pytest

from gateway.audit import failpoints
from gateway.audit.acts import newest_acts, record_at_once
from gateway.audit.record import Act
from gateway.engine.layers import DECIDED
from gateway.errors import AuditError
from gateway.model import Disposition
from gateway.pipeline.rulebook import policies_of
from gateway.steward import questions as q
from gateway.steward.requests import decided as decided_waivers
from gateway.steward.requests.answers import settle
from gateway.steward.requests.corrections import correct
from gateway.steward.requests.request import State
from gateway.steward.roles import Role
from tests.steward.request_world import AN, HEAD, LOCKED, approved, decided, disposition, opened, with_refused_mails
from tests.steward.support import Office
from tests.support.cases import slow

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
STEPS = ("open", "endorse", "approve", "revoke")
KEPT = ("request.recorded", "request.kept")
WAIVERS = ("waivers.written", "waivers.loaded")
POINTS = [("approve", point) for point in KEPT + WAIVERS]
POINTS += [("revoke", point) for point in KEPT + WAIVERS]
POINTS += [(step, point) for step in STEPS[:2] for point in KEPT]


class RealOffice(Office):
    """A steward whose acts are in the log."""

    def record(self, act: Act) -> int:
        if self.failing is not None:
            raise self.failing
        return record_at_once(self.data, act)


class Tokens:
    """Sessions of the three who have to do with a request."""

    def __init__(self, office: Office) -> None:
        self.clerk, self.head = office.session(AN), office.session(HEAD)
        self.officer = office.session("so", Role.SECURITY_OFFICER)


def request_of(office):
    return next(iter(office.people.requests.of(LOCKED)), None)


def take(office: Office, tokens: Tokens, step: str) -> None:
    """Take a step; AssertionError when it is refused."""
    if step == "open":
        opened(office, tokens.clerk)
        return
    name = request_of(office).id
    if step == "approve":
        answer = approved(office, tokens.officer, name)
    else:
        answer = decided(office, {"endorse": tokens.head, "revoke": tokens.officer}[step], name, step)
    assert isinstance(answer, q.Done), answer


def killed(office: Office, tokens: Tokens, step: str, point: str) -> int:
    """Take a step in a steward of its own that is killed at a point; return how it ended."""
    office.people.book.close()  # no database is open over a fork
    pid = os.fork()
    if pid == 0:
        try:
            office.open()
            failpoints.hit = failpoints._armed({point: ("kill", 1)})
            take(office, tokens, step)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    office.now += 60  # the code that it used is not used again
    office.open()
    return ended


@pytest.fixture
def office(tmp_path, monkeypatch) -> Office:
    """A steward beside front ends that judge by the rules whose digest stands in a file."""
    office = with_refused_mails(tmp_path, RealOffice)

    def loads(data, digest):
        (data / "front-ends").write_text(digest)
        return "in_force"

    monkeypatch.setattr(decided_waivers, "reload", loads)
    loads(office.data, policies_of(office.desk.configuration).digest)
    return office


def started(office: Office) -> None:
    correct(office.desk, 0)
    settle(office.desk)


def assert_all_agree(office: Office) -> None:
    """What the log says was done is what the book has, and the waivers are those of approved requests."""
    done: dict[tuple[str, str], int] = {}
    for act in newest_acts(office.data, 0)[1]:
        if act.about.startswith("YC-"):
            key = (act.what, act.about.partition(" ")[0])
            done[key] = done.get(key, 0) + (1 if act.ok else -1)
    request = request_of(office)
    kept = {(one.step.value, request.id): 1 for one in request.decisions} if request is not None else {}
    kept |= {("open_request", request.id): 1} if request is not None else {}
    assert {key: times for key, times in done.items() if times} == kept
    file = office.data / DECIDED
    assert (file.read_bytes() if file.exists() else b"") == decided_waivers._rendered(office.people.requests.approved())
    assert (office.data / "front-ends").read_text() == policies_of(office.desk.configuration).digest
    passes = request is not None and request.state is State.APPROVED
    assert (disposition(office) is not Disposition.REJECT) is passes


@pytest.mark.parametrize(("step", "point"), [*POINTS[:4], *(slow(*point) for point in POINTS[4:])])
def test_a_steward_killed_at_a_step_leaves_log_requests_and_waivers_that_agree(office, step, point):
    tokens = Tokens(office)
    for each in STEPS:
        if each == step:
            assert killed(office, tokens, each, point) == -signal.SIGKILL
            started(office)
            assert_all_agree(office)
            if point != "request.recorded":
                continue  # it was decided, and is not decided again
        take(office, tokens, each)
        started(office)
        assert_all_agree(office)
    assert request_of(office).state is State.REVOKED


def test_an_act_that_was_not_kept_is_corrected_once_and_as_soon_as_it_can_be(office):
    tokens = Tokens(office)
    killed(office, tokens, "open", "request.recorded")
    office.failing = AuditError("full")
    with pytest.raises(AuditError):
        correct(office.desk, 0)
    office.failing = None
    place = correct(office.desk, 0)
    corrections = [act for act in newest_acts(office.data, 0)[1] if not act.ok]
    assert [(act.who, act.what, act.about.partition(" ")[2]) for act in corrections] == [(AN, "open_request", LOCKED)]
    assert corrections[0].reason == ""
    assert correct(office.desk, place) == place + 1
    assert correct(office.desk, 0) == place + 1, "nothing more is owed"


def test_a_disk_that_is_full_at_the_last_moment_leaves_no_act_that_was_not_done(office):
    tokens = Tokens(office)
    connection = office.people.book._writer
    full = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {full}")
    answer, name = q.Done(), ""
    while isinstance(answer, q.Done):
        if name:
            answer, name = decided(office, tokens.head, name, "refuse"), ""
        else:
            answer = office.ask(q.OpenRequest(reference=LOCKED, reason="x" * 500), tokens.clerk)
            name = next((one.id for one in office.ask(q.AskRequests(LOCKED), tokens.clerk).waiting), "")
    assert answer.kind == "unavailable"
    connection.execute(f"PRAGMA max_page_count = {full + 100}")
    correct(office.desk, 0)
    *_, done, last = newest_acts(office.data, 0)[1]
    assert (last.what, last.about, last.ok) == (done.what, done.about, False)
