"""What a machine lacks for the readers is said at the start, and what follows from it."""

from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from gateway.config.sections import Configuration
from gateway.documents.wall.fork import Ready
from gateway.documents.wall.pool import WorkerPool
from gateway.documents.wall.sandbox import SandboxStatus
from gateway.errors import UserError
from gateway.serve import app

WHOLE = Ready(
    sandbox=SandboxStatus(landlock_abi=6, seccomp=True, root_dropped=True),
    scans="tesseract",
)


def test_a_whole_machine_lacks_nothing():
    assert list(app.shortcomings(WHOLE)) == []


@pytest.mark.parametrize(("ready", "subject", "words"), [
    (replace(WHOLE, sandbox=replace(WHOLE.sandbox, landlock_abi=0)), "sandbox", "landlock"),
    (replace(WHOLE, sandbox=None), "sandbox", "sandbox"),
    (replace(WHOLE, reads_scans=False, scans="apt install libtesseract5"), "scans", "apt install libtesseract5"),
    (replace(WHOLE, missing_readers=("gateway.documents.readers.x",)), "readers", "gateway.documents.readers.x"),
])  # fmt: skip
def test_what_is_missing_is_said(ready, subject, words):
    ((found, said),) = app.shortcomings(ready)
    assert found == subject
    assert words in said


class _Bare(WorkerPool):
    """A pool on a kernel without seccomp."""

    def __init__(self):
        self.closed = False
        self.process = SimpleNamespace(ready=replace(WHOLE, sandbox=replace(WHOLE.sandbox, seccomp=False)))

    def close(self):
        self.closed = True


def test_without_a_layer_nothing_starts_unless_this_is_known(monkeypatch, tmp_path):
    pool = _Bare()
    monkeypatch.setattr(app.WorkerPool, "start", lambda *_: pool)
    known = Configuration.model_validate({"inspection": {"require_sandbox": False}})
    assert app.start_workers(known) is pool
    with pytest.raises(UserError, match="require_sandbox: false"):
        app.start_workers(Configuration())
    assert pool.closed
