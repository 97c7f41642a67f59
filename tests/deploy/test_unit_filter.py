"""The gateway under the system call filter of its own unit, where a call that it denies answers EPERM."""

import asyncio
import shutil
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime

import pytest

from gateway.demo.mails import samples
from tests.bench.contestants import free_port
from tests.deploy.test_deploy import UNIT
from tests.e2e.gateway_process import cli, configured, serving
from tests.support.loops import until
from tests.support.sink import Sink

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="make system-test installs it"),
]


async def test_documents_are_read_and_the_console_answers(tmp_path):
    """The children lower their priority and give up capabilities; denied that, each mail with a document was answered 451."""
    launcher = (sys.executable, "-m", "tests.support.unit_filter", str(UNIT))
    settings = {"workers": 1, "console": {"listen": "127.0.0.1:0"}}
    letter = next(one for one in samples(lambda octets: octets) if one.key == "word_file")
    async with (
        Sink() as sink,
        serving(tmp_path / "gw", config=configured(sink, **settings), launcher=launcher) as gateway,
    ):
        reply = await gateway.send(letter.content(datetime.now(UTC)))
        assert reply.code == 250, (reply, gateway.log)
        host, port = gateway.address("console")
        answer = await asyncio.to_thread(urllib.request.urlopen, f"http://{host}:{port}/healthz", timeout=60)
        assert answer.status == 200
        assert "Operation not permitted" not in gateway.log


async def test_the_doctor_before_the_start_says_that_no_file_can_be_read(tmp_path):
    tight = tmp_path / "tight.service"
    tight.write_text(UNIT.read_text().replace(" capset", ""))
    config = tmp_path / "gateway.yaml"
    config.write_text(f"data: {tmp_path / 'data'}\n")
    for unit, fit in ((tight, False), (UNIT, True)):
        launcher = (sys.executable, "-m", "tests.support.unit_filter", str(unit))
        told = await cli("doctor", "--config", config, launcher=launcher)
        assert ("không đọc được tệp nào" in told.out) is not fit, told.out


async def test_readers_that_cannot_begin_are_a_trouble(tmp_path):
    """Mail with a document is answered 451, mail of text goes on."""
    unit, metrics = tmp_path / "gateway.service", f"127.0.0.1:{free_port()}"
    unit.write_text(UNIT.read_text().replace("setpriority capset", "capset"))
    launcher = (sys.executable, "-m", "tests.support.unit_filter", str(unit))
    word, plain = (
        next(one for one in samples(lambda octets: octets) if one.key == key).content(datetime.now(UTC))
        for key in ("word_file", "plain")
    )
    async with (
        Sink() as sink,
        serving(tmp_path / "gw", config=configured(sink, workers=1, metrics=metrics), launcher=launcher) as gateway,
    ):
        assert [(await gateway.send(mail)).code for mail in (word, word, plain, word)] == [451, 451, 250, 451]
        await until(lambda: "cannot begin" in gateway.log)
        assert gateway.log.count("cannot begin: mails") == 1
        with pytest.raises(urllib.error.HTTPError, match="503") as refused:
            await asyncio.to_thread(urllib.request.urlopen, f"http://{metrics}/ready", timeout=60)
        assert "the process that reads a mail" in refused.value.read().decode()
        gateway.faults_expected = True
