"""The month that most tests of files are about, written once and only read; and the wall that reads reports."""

import asyncio
from pathlib import Path

import pytest

from gateway.commands import looking
from tests.report.support import Office
from tests.report.test_count import sixty


@pytest.fixture(scope="session")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("counted")

    async def write(patch: pytest.MonkeyPatch) -> None:
        office = await Office.open(data, patch)
        await sixty(office)
        await office.close()

    with pytest.MonkeyPatch.context() as patch:
        asyncio.run(write(patch))
    return data


@pytest.fixture
def one_wall(lent_wall, monkeypatch: pytest.MonkeyPatch) -> None:
    """All commands have the wall that is warm already."""
    monkeypatch.setattr(looking, "start_workers", lambda _configuration: lent_wall())
