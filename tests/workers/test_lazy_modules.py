"""What the readers' libraries import late is there before the wall closes."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def test_calls_of_numpy_import_nothing_after_the_warm_up() -> None:
    pytest.importorskip("numpy")
    code = (
        "import sys; from gateway.documents.wall import child; child.warm_up(None); import numpy; before = set(sys.modules); "
        "numpy.unique(numpy.arange(9)); numpy.ma.array([1]); sys.exit(bool(set(sys.modules) - before))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=300).returncode == 0
