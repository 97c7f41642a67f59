"""What the readers' libraries import late is there before the wall closes."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("call", ["numpy.unique(numpy.arange(9))", "numpy.ma.array([1])"])
def test_a_call_of_numpy_imports_nothing_after_the_warm_up(call: str) -> None:
    pytest.importorskip("numpy")
    code = (
        "import sys; from gateway.documents.wall import child; child.warm_up(None); import numpy; before = set(sys.modules); "
        f"{call}; sys.exit(bool(set(sys.modules) - before))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0
