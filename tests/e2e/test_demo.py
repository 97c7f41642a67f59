"""`gateway demo --once`: the whole office on this machine, every verdict the expected one."""

import re

import pytest

from tests.e2e.gateway_process import cli


@pytest.mark.system
@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_every_verdict_of_the_demonstration_is_the_expected_one():
    run = await cli("demo", "--once", timeout=150)
    assert run.code == 0, run.out + run.err
    right, of = re.search(r"(\d+)/(\d+) kết luận đúng", run.out).groups()
    assert right == of == "13"
    assert "Traceback" not in run.out + run.err
    assert "deprecated" not in run.out + run.err
