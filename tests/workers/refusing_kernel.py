"""Stands in for a kernel that refuses a layer of the sandbox: no child can lock itself in."""

from gateway.documents.wall import sandbox

PROBE = "tests.workers.refusing_kernel"


def _refuse(*_, **__):
    raise PermissionError(1, "sandbox layer landlock: refused")


sandbox.enter = _refuse
