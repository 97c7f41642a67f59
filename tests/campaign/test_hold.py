"""kill -9 within holding and releasing, round after round: `HOLD_ROUNDS=1000 pytest tests/campaign/test_hold.py`."""

import os
import random
from contextlib import closing

import pytest

from tests.hold.steps import HOLD, RELEASE, Hall, hold_round, release_round

ROUNDS = int(os.environ.get("HOLD_ROUNDS", "1000"))


@pytest.mark.timeout(24 * 3600)
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_what_was_acknowledged_survives_and_nothing_is_sent_twice_unknown_to_people(tmp_path):
    """Places in turn, in an order by chance; one data folder for all rounds, so that what is left over would be met."""
    with closing(Hall(tmp_path, bytes=1 << 40, mails=10_000)) as hall:
        order = random.Random(7)
        for number in range(1, ROUNDS + 1):
            points = list(HOLD + RELEASE)
            order.shuffle(points)
            point = points[number % len(points)]
            (hold_round if point in HOLD else release_round)(hall, number, point)
            if number % 50 == 0:
                print(number, "rounds", flush=True)
