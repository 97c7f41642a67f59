"""Whose turn it is: processors, short mails, senders."""

import asyncio

from gateway.documents.wall.places import AGAIN_S, PATIENCE, Places, Turns

A, B, C = b"a", b"b", b"c"


def entered(places, *mails):
    for ticket, sender, cost_s, now in mails:
        places.enter(ticket, sender=sender, cost_s=cost_s, now=now)
    return [ticket for ticket, _ in places.admit()]


def after(places, ticket):
    places.leave(ticket)
    return [other for other, _ in places.admit()]


def test_as_many_mails_are_read_as_there_are_places_and_the_others_wait_in_order():
    places = Places(2)
    assert entered(places, (1, A, 1, 0.0), (2, B, 1, 0.1), (3, C, 1, 0.2), (4, C, 1, 0.3)) == [1, 2]
    assert after(places, 1) == [3]
    assert after(places, 2) == []  # 4 is of the sender of 3, who has all places but one
    assert after(places, 3) == [4]


def test_a_short_mail_passes_a_long_one_that_came_a_little_earlier():
    places = Places(1)
    assert entered(places, (1, A, 1, 0.0)) == [1]
    assert entered(places, (2, A, 10, 1.0), (3, B, 0.1, 2.0)) == []
    assert after(places, 1) == [3]


def test_nobody_passes_who_comes_later_than_patience_lasts():
    places = Places(1)
    assert entered(places, (1, A, 1, 0.0)) == [1]
    late = 1.0 + PATIENCE * 10
    assert entered(places, (2, A, 10, 1.0), (3, B, 0.0, late + 0.1), (4, B, 0.0, late - 0.1)) == []
    assert after(places, 1) == [4]
    assert after(places, 4) == [2]


def test_a_flood_of_one_sender_leaves_a_place_to_others():
    places = Places(3)
    assert entered(places, *((number, A, 1, 0.0) for number in range(50))) == [0, 1]
    assert entered(places, (100, B, 30, 1.0)) == [100]
    assert after(places, 0) == [2]


def test_an_idle_processor_is_lent_to_a_mail_that_is_read():
    places = Places(4)
    places.enter(1, sender=A, cost_s=1, now=0.0)
    assert places.admit() == [(1, 4)]
    places.enter(2, sender=B, cost_s=1, now=0.0)
    places.enter(3, sender=C, cost_s=1, now=0.0)
    assert places.admit() == [(2, 1), (3, 2)]


def test_a_mail_that_has_to_be_read_again_goes_first():
    places = Places(1)
    assert entered(places, (1, A, 1, 0.0)) == [1]
    assert entered(places, (2, B, 0.0, 1.0), (3, C, -AGAIN_S / PATIENCE, 300.0)) == []
    assert after(places, 1) == [3]


def test_who_leaves_while_waiting_is_forgotten():
    places = Places(1)
    entered(places, (1, A, 1, 0.0), (2, B, 1, 0.0), (3, C, 1, 0.0))
    assert after(places, 2) == []
    assert after(places, 1) == [3]


async def test_a_task_that_is_cancelled_gives_its_place_to_the_next():
    turns, order = Turns(1), []

    async def work(name):
        async with turns.turn(sender=name.encode()):
            order.append(name)
            await asyncio.sleep(3600)

    tasks = [asyncio.create_task(work(name)) for name in "abc"]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert order == ["a"]
    tasks[1].cancel()
    tasks[0].cancel()
    while len(order) < 2:
        await asyncio.sleep(0)
    assert order == ["a", "c"]
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
