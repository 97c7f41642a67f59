"""The month that most tests of files are about."""

from __future__ import annotations

import pytest

from tests.report.support import Office
from tests.report.test_count import sixty


@pytest.fixture
async def counted(tmp_path, monkeypatch):
    office = await Office.open(tmp_path, monkeypatch)
    await sixty(office)
    await office.close()
    return tmp_path
