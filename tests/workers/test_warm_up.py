"""The warm-up of the zygote: in the sandbox nothing can be imported any more, so everything must be there before."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

PROBE = """
import importlib, pkgutil, sys
from gateway.documents import readers
from gateway.documents import signatures
from gateway import vietnamese as text
from gateway.documents.wall import child

done = []
for package in (readers, signatures, text):
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(found.name)
        prepare = getattr(module, "warm_up", None)
        if prepare is not None:
            module.warm_up = lambda name=found.name, prepare=prepare: (done.append(name), prepare())
            print("has", found.name)
child.warm_up(None)
for name in done:
    print("did", name)
"""


def test_every_module_that_can_warm_itself_is_warmed_however_deep_it_lies():
    said = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True).stdout
    able = {line.removeprefix("has ") for line in said.splitlines() if line.startswith("has ")}
    done = {line.removeprefix("did ") for line in said.splitlines() if line.startswith("did ")}
    assert any(name.count(".") > 2 for name in able), "no module lies in a package of a family: the test asks nothing"
    assert done == able
