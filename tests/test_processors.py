"""People's work and mail keep to processors of their own while both are there."""

import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from gateway.system.heart import Heart
from gateway.system.processors import MailProcessors, keep_to_peoples, peoples

EVERY = os.sched_getaffinity(0)
several = pytest.mark.skipif(len(EVERY) < 2, reason="needs two processors")


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        ({0}, {0}),
        ({0, 1}, {1}),
        ({2, 5, 7}, {7}),
        (set(range(8)), {6, 7}),
        (set(range(64)), set(range(48, 64))),
    ],
)
def test_people_have_the_last_quarter_of_the_processors_and_at_least_one(allowed, expected):
    assert peoples(allowed) == expected


def in_a_process(work):
    """Return what `work` returned in a process of its own: this one keeps its processors."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work)


def of_all_threads() -> list[set[int]]:
    return [os.sched_getaffinity(int(thread.name)) for thread in Path("/proc/self/task").iterdir()]


class Mail:
    """A process that mails wait for; its clock and what it wanted of the processors are set by hand."""

    def __init__(self):
        self.now, self.wanted_s, self.people = 100.0, 0.0, Heart()
        self.processors = MailProcessors(self.people, clock=lambda: self.now, wanted_s=lambda: self.wanted_s)

    def after(self, seconds, *, wanted=0.0, people=True) -> bool:
        """Let so many seconds pass, for a part of which it wanted to run; return whether it keeps off people's processors."""
        for _ in range(round(seconds * 4)):
            self.now += 0.25
            self.wanted_s += wanted * 0.25
            self.people.beat() if people else self.people.rest()
            self.processors.look()
        found = {frozenset(one) for one in of_all_threads()}
        assert len(found) == 1
        assert found <= {frozenset(EVERY), frozenset(EVERY - peoples(EVERY))}
        return found != {frozenset(EVERY)}


def quiet():
    thread_ends = threading.Event()
    threading.Thread(target=thread_ends.wait).start()
    mail = Mail()
    found = mail.after(2, people=False), mail.after(0.25), mail.after(5, wanted=0.6), mail.after(0.25, people=False)
    thread_ends.set()
    return found


@several
def test_mail_keeps_off_the_processors_of_people_only_while_they_are_at_work():
    assert in_a_process(quiet) == (False, True, True, False)


def crowded():
    mail = Mail()
    return mail.after(1), mail.after(1.25, wanted=0.9), mail.after(30, wanted=0.9), mail.after(8), mail.after(4)


@several
def test_mail_that_needs_all_processors_uses_all_for_ten_seconds_more():
    assert in_a_process(crowded) == (True, False, False, False, True)


def kept():
    keep_to_peoples()
    return os.sched_getaffinity(0)


def test_a_process_of_people_keeps_to_their_processors():
    assert in_a_process(kept) == peoples(EVERY)


def on_one_processor():
    os.sched_setaffinity(0, {min(EVERY)})
    mail = MailProcessors(people := Heart())
    people.beat()
    mail.look()
    return os.sched_getaffinity(0)


def test_mail_stays_where_it_is_on_one_processor():
    assert in_a_process(on_one_processor) == {min(EVERY)}
