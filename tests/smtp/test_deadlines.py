"""Deadlines of many with one timer: each comes in its time, moved or not, and only once."""

import asyncio

from gateway.system.deadlines import Deadline, Deadlines


async def test_each_comes_in_its_order_and_a_moved_one_when_it_was_moved_to():
    deadlines, passed = Deadlines(), asyncio.Queue()

    def deadline(name, seconds):
        made = Deadline(deadlines, lambda: passed.put_nowait(name))
        made.within(seconds)
        return made

    kept = [deadline("late", 0.15), deadline("early", 0.02), deadline("moved", 0.01)]
    gone, off = deadline("gone", 0.03), deadline("off", 0.03)
    kept[2].within(0.08)
    gone.end()
    off.off()
    async with asyncio.timeout(300):
        assert [await passed.get() for _ in kept] == ["early", "moved", "late"]
    await asyncio.sleep(0.05)
    assert passed.empty()
    assert gone not in deadlines.kept


async def test_one_that_came_can_be_set_again_by_its_caller():
    deadlines, count, done = Deadlines(), [0], asyncio.Event()

    def again():
        count[0] += 1
        if count[0] == 3:
            done.set()
        else:
            deadline.within(0.01)

    deadline = Deadline(deadlines, again)
    deadline.within(0.01)
    await asyncio.wait_for(done.wait(), 300)


async def test_moving_deadlines_away_sets_no_further_timer():
    deadlines = Deadlines()
    deadline = Deadline(deadlines, lambda: None)
    deadline.within(60)
    fires_at = deadlines.fires_at
    for _ in range(100):
        deadline.within(60)
    assert deadlines.fires_at == fires_at
