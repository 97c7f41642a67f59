"""A running gateway has its checkpoints cosigned, and says once that it cannot."""

import asyncio

import pytest

from gateway.audit.notes import VerifierKey
from gateway.audit.verify import verify
from tests.e2e.clients import Clients
from tests.e2e.gateway_process import configured, serving
from tests.support.sink import Sink
from tests.support.witness import Served

pytestmark = pytest.mark.slow


async def test_checkpoints_are_cosigned_while_mail_flows_and_a_witness_that_is_away_costs_two_lines(tmp_path):
    (keys := tmp_path / "keys").write_text("")
    witness = Served(tmp_path / "witness", keys)
    async with Sink() as sink:
        config = configured(sink, workers=1, audit={"witnesses": [{"url": witness.url, "key": witness.key}]})
        async with serving(tmp_path, config=config) as gateway:
            clients = Clients(gateway.address)
            task = asyncio.create_task(clients.run())
            await gateway.logged("the witness")  # does not know the log yet: 404
            assert witness.stop() == 0
            keys.write_text((gateway.data / "checkpoints" / "public-key.txt").read_text())
            witness = Served(tmp_path / "witness", keys, witness.url)
            try:
                await gateway.until(lambda: [*(gateway.data / "checkpoints").glob("*-witnessed.notes")])
                await gateway.logged("the trouble is over after")
            finally:
                witness.stop()
            clients.stopping = True
            await task
            assert gateway.log.count("new checkpoints of the log have no cosignature") == 1
            assert clients.tries == len(clients.acknowledged)
            await gateway.terminate()
    result = verify(gateway.data, witnesses=[VerifierKey.parse(witness.key)])
    assert result.exit_code == 0
    assert result.witnessed[0].size > 0
