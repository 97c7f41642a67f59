"""A system that has no room for another process does not end the supervisor: it tries again."""

import errno
import os
import subprocess
from contextlib import closing
from unittest.mock import Mock

import pytest

from gateway.documents.wall.supervise import ZygoteProcess
from gateway.errors import TemporaryError
from gateway.serve.supervisor import _Supervisor
from gateway.system.supervised import SupervisedProcess


def no_room(*_arguments: object, **_options: object) -> None:
    raise OSError(errno.EAGAIN, "Resource temporarily unavailable")


def test_a_process_that_cannot_be_forked_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    process = SupervisedProcess("probe", lambda: None)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fork", no_room)
        assert not process.supervise()
    assert process.pid == 0


def test_a_front_end_that_cannot_be_forked_leaves_no_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    inherited = Mock(rulebook=Mock(current=Mock(policies=Mock(observers=()))))
    inherited.configuration.console = None
    supervisor = _Supervisor(inherited, Mock(), Mock(), Mock())
    supervisor._due = [0.0]
    before = set(os.listdir("/proc/self/fd"))
    with monkeypatch.context() as patched:
        patched.setattr(os, "fork", no_room)
        supervisor._replace()
    assert supervisor._due > [0.0]
    assert set(os.listdir("/proc/self/fd")) == before


def test_readers_that_cannot_be_started_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(ZygoteProcess(certs=None)) as process:
        monkeypatch.setattr(subprocess, "Popen", no_room)
        process._started = float("-inf")
        assert not process.revive()
        origin = process.origin
        with pytest.raises(TemporaryError):
            process.renew()
        assert process.origin == origin
