"""Location of the corpus of real files for tests that read it; it is never part of the project."""

import os
from pathlib import Path

import pytest

CORPUS = Path(os.environ.get("GATEWAY_CORPUS", Path(__file__).resolve().parents[2].parent / "shared" / "corpus"))
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus at {CORPUS}; set GATEWAY_CORPUS")
