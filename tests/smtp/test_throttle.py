"""Password guessing is slowed down; an honest user beside it is not. All workers of a machine count together."""

import asyncio
import os

import pytest

from gateway.smtp.settings import SmtpLimits
from gateway.smtp.throttle import AuthThrottle
from gateway.system.levels import Levels
from tests.support.loops import Clock

LIMITS = SmtpLimits(auth_failures_per_address=30, auth_failures_per_login=10, auth_window_s=900)


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch):
    monkeypatch.setattr("gateway.smtp.throttle.PATIENCE_S", ())


async def guess(throttle, address="10.0.0.1", login="a@x", times=1):
    """Return how many wrong passwords reach the next hop."""
    tried = 0
    for _ in range(times):
        if not await throttle.wait_s(address, login):
            tried += 1
            await throttle.failed(address, login)
    return tried


async def test_a_login_is_refused_after_its_limit_and_again_allowed_later():
    clock = Clock()
    throttle = AuthThrottle(LIMITS, Levels(clock))
    assert await guess(throttle, login="A@x", times=10) == 10
    wait = await throttle.wait_s("10.0.0.1", "a@x")
    assert 0 < wait <= 90
    assert await throttle.wait_s("10.0.0.1", "b@x") == 0
    assert await throttle.wait_s("10.0.0.2", "a@x") == 0
    clock.now = wait
    assert await throttle.wait_s("10.0.0.1", "a@x") == 0


async def test_spraying_from_one_address_is_refused_for_all_logins():
    throttle = AuthThrottle(LIMITS, Levels(Clock()))
    for number in range(40):
        await guess(throttle, login=f"user{number}")
    assert await throttle.wait_s("10.0.0.1", "anybody") > 0


@pytest.mark.parametrize(("network", "refused"), [("2001:db8:0:1", True), ("2001:db8:0:2", False)])
async def test_the_addresses_of_one_customer_count_as_one_and_those_of_another_do_not(network, refused):
    throttle = AuthThrottle(LIMITS, Levels(Clock()))
    for number in range(10):
        await guess(throttle, f"2001:db8:0:1::{number}", "a@x")
    assert (await throttle.wait_s(f"{network}::ffff", "a@x") > 0) is refused
    for number in range(40):
        await guess(throttle, f"2001:db8:0:1:{number}::", f"user{number}")
    assert (await throttle.wait_s(f"{network}::ffff", "anybody") > 0) is refused


async def test_success_forgives_mistyping_and_what_the_next_hop_did_not_answer_counts_for_nothing():
    throttle = AuthThrottle(LIMITS, Levels(Clock()))
    for _ in range(2):
        assert await guess(throttle, times=9) == 9
        await throttle.succeeded("10.0.0.1", "a@x")
    for _ in range(30):
        assert await throttle.wait_s("10.0.0.1", "a@x") == 0
        await throttle.untried("10.0.0.1", "a@x")


async def test_tries_at_one_time_do_not_all_pass_and_wait_for_those_that_succeed(monkeypatch):
    throttle = AuthThrottle(LIMITS, Levels(Clock()))
    assert sum([await throttle.wait_s("10.0.0.1", "a@x") == 0 for _ in range(20)]) == 10
    monkeypatch.setattr("gateway.smtp.throttle.PATIENCE_S", (0.01,) * 500)
    waiting = asyncio.create_task(throttle.wait_s("10.0.0.1", "a@x"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await throttle.succeeded("10.0.0.1", "a@x")
    assert await waiting == 0


async def test_a_machine_that_has_only_a_share_holds_at_least_one():
    for share, allowed in ((1 / 3, 3), (1 / 40, 1)):
        assert await guess(AuthThrottle(LIMITS, Levels(Clock()), share=lambda: share), times=20) == allowed


async def test_memory_is_bounded_and_new_keys_find_a_place():
    clock = Clock()
    throttle = AuthThrottle(LIMITS, Levels(clock, places=64))
    for number in range(1000):
        clock.now += 0.001
        await guess(throttle, f"10.0.{number // 256}.{number % 256}", "x")
    clock.now += 0.001
    assert await guess(throttle, "10.9.9.9", "y", times=20) == 10


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_processes_count_together_and_one_that_dies_within_a_count_holds_up_nobody():
    levels = Levels(Clock())
    children = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            try:
                os._exit(sum(levels.add(b"one", 0.0, most=50) for _ in range(40)))
            finally:
                os._exit(255)
        children.append(pid)
    assert sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children) == 50
    pid = os.fork()
    if pid == 0:
        levels._locked().__enter__()
        os._exit(0)
    os.waitpid(pid, 0)
    assert levels.level(b"one", 0.0) == 50
