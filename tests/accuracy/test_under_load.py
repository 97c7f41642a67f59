"""A verdict does not depend on the load: the small version of `tests.accuracy.under_load`."""

import asyncio

import pytest

from gateway.demo.documents import Paragraph, word_file, zip_archive
from tests.accuracy import wall
from tests.accuracy.under_load import differing
from tests.readers import scan_makers

pytestmark = pytest.mark.slow


def test_documents_are_judged_the_same_beside_busy_processes():
    sheets = [scan_makers.Sheet(seed=seed, machine=machine) for seed, machine in ((1, "scanner jpeg"), (2, "phone"))]
    files = [scan_makers.make(sheet) for sheet in sheets]
    files += [
        ("công văn.docx", word_file([Paragraph("Kính gửi: các phòng ban")])),
        ("a.zip", zip_archive(("a.txt", "x" * 9000))),
    ]
    with wall.gateway() as judge:
        assert asyncio.run(differing(judge, files, 6)) == []
