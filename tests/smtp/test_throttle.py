"""Password guessing is slowed down; an honest user beside it is not."""

from gateway.smtp.settings import SmtpLimits
from gateway.smtp.throttle import AuthThrottle

LIMITS = SmtpLimits(auth_failures_per_address=30, auth_failures_per_login=10, auth_window_s=900)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_login_is_refused_after_its_limit_and_again_allowed_later():
    clock = Clock()
    throttle = AuthThrottle(LIMITS, clock)
    for _ in range(10):
        assert throttle.wait_s("10.0.0.1", "a@x") == 0
        throttle.failed("10.0.0.1", "A@x")
    wait = throttle.wait_s("10.0.0.1", "a@x")
    assert 0 < wait <= 90
    assert throttle.wait_s("10.0.0.1", "b@x") == 0
    assert throttle.wait_s("10.0.0.2", "a@x") == 0
    clock.now = wait
    assert throttle.wait_s("10.0.0.1", "a@x") == 0


def test_spraying_from_one_address_is_refused_for_all_logins():
    throttle = AuthThrottle(LIMITS, Clock())
    for number in range(30):
        throttle.failed("10.0.0.1", f"user{number}")
    assert throttle.wait_s("10.0.0.1", "anybody") > 0


def test_success_forgives_mistyping():
    throttle = AuthThrottle(LIMITS, Clock())
    for _ in range(9):
        throttle.failed("10.0.0.1", "a@x")
    throttle.succeeded("10.0.0.1", "a@x")
    for _ in range(9):
        throttle.failed("10.0.0.1", "a@x")
    assert throttle.wait_s("10.0.0.1", "a@x") == 0


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr("gateway.smtp.throttle._ENTRIES_LIMIT", 100)
    throttle = AuthThrottle(LIMITS, Clock())
    for number in range(1000):
        throttle.failed(f"10.0.{number // 256}.{number % 256}", "x")
    assert len(throttle._buckets) <= 101
