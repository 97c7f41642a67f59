"""What the readers' libraries import or open late is there before the wall closes."""

import io
import subprocess
import sys

import pikepdf
import pytest

pytestmark = pytest.mark.slow


def test_calls_of_numpy_import_nothing_after_the_warm_up() -> None:
    code = (
        "import sys; from gateway.documents.wall import child; child.warm_up(None); import numpy; before = set(sys.modules); "
        "numpy.unique(numpy.arange(9)); numpy.ma.array([1]); sys.exit(bool(set(sys.modules) - before))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=300).returncode == 0


def test_a_pdf_locked_with_aes_256_is_opened_without_another_file() -> None:
    file = io.BytesIO()
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.save(file, encryption=pikepdf.Encryption(owner="owner", R=6))
    code = (
        "import resource, sys; from gateway.documents.readers.base import Budget, Source; "
        "from gateway.documents.readers.pdf import reader; from gateway.documents.wall import child; "
        "child.warm_up(None); data = sys.stdin.buffer.read(); "
        "resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0)); "
        "print(reader.read(Source(data=data, part='1', filename='a.pdf'), Budget()).document.status.value)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, input=file.getvalue(), capture_output=True)
    assert done.stdout == b"ok\n"
