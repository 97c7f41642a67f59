"""Fire: the clock of the machine jumps, by days and by decades."""

import glob
from datetime import UTC, datetime

import pytest

import gateway
from gateway.pipeline import judge
from tests.fire.support import assert_nothing_was_lost, burning, send, service_again
from tests.support.sink import Sink

pytestmark = pytest.mark.slow
LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), "")


@pytest.mark.skipif(not LIBRARY, reason="libfaketime is not installed")
async def test_mail_goes_on_whatever_the_clock_says_and_the_jump_is_reported(tmp_path):
    stamp = tmp_path / "time"
    stamp.write_text("+0")
    env = {
        "LD_PRELOAD": LIBRARY,
        "FAKETIME_TIMESTAMP_FILE": str(stamp),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    async with Sink() as sink, burning(tmp_path, sink, env=env) as gateway:
        assert await send(gateway, 1) == 250
        for number, shift in enumerate(("+1d", "-1d", "@1996-02-29 08:00:00", "+400d", "+0"), start=2):
            stamp.with_suffix(".new").write_text(shift)
            stamp.with_suffix(".new").replace(stamp)  # who finds it empty has the true time
            code = await send(gateway, number)
            assert code == 250, f"{shift}\n{gateway.log}"
            await service_again(gateway, first=100 * number)
            if number == 2:
                await gateway.logged("the clock of this machine is wrong or was set")
        assert gateway.log.count("the clock of this machine is wrong or was set") == 1
        assert await gateway.terminate() == 0
        records = await gateway.records()
        assert {record["time"][:4] for record in records} >= {"1996"}
        assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
        outcomes = await assert_nothing_was_lost(gateway, sink, {b"thu-so-%d" % number for number in range(1, 7)})
        assert set(outcomes.values()) == {"relayed"}


def test_a_certificate_that_has_expired_is_not_made_valid_by_a_clock_that_was_set_back(monkeypatch):
    """Judging happens on the day of the release at the earliest."""
    year = [1996]

    class Now(datetime):
        @classmethod
        def now(cls, zone):
            return datetime(year[0], 2, 29, tzinfo=zone)

    monkeypatch.setattr(judge, "datetime", Now)
    assert judge.utc_now() == datetime(gateway.BUILT.year, gateway.BUILT.month, gateway.BUILT.day, tzinfo=UTC)
    year[0] = 2044
    assert judge.utc_now().year == 2044
