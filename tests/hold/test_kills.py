"""kill -9 at each place of holding and releasing: nothing acknowledged is lost, nothing is sent twice unknown to people."""

import os

import pytest

from tests.hold.steps import HOLD, RELEASE, Hall, hold_round, release_round
from tests.support.cases import first_quick

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    hall = Hall(tmp_path_factory.mktemp("hall"))
    yield hall
    hall.close()


@pytest.mark.parametrize("number", first_quick(range(len(HOLD)), 2))
def test_killed_while_it_holds_a_mail(hall, number):
    hold_round(hall, 100 + number, HOLD[number])


@pytest.mark.parametrize("number", first_quick(range(len(RELEASE)), 2))
def test_killed_while_it_sends_one(hall, number):
    release_round(hall, 200 + number, RELEASE[number])


@pytest.mark.slow
def test_two_processes_send_a_mail_once(hall):
    numbers = range(300, 310)
    for number in numbers:
        assert hall.step(lambda: hall.hold(number)) == 0
        assert hall.step(lambda: hall.approve(f"BT-{number:08d}")) == 0
    pids = []
    for _ in range(2):
        pids.append(os.fork())
        if pids[-1] == 0:
            for _ in range(3):
                hall.tend()
            os._exit(0)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids] == [0, 0]
    assert [len(hall.copies(number)) for number in numbers] == [1] * 10
