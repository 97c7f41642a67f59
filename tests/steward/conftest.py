"""A steward; and hashes of passwords that cost nothing: what they cost is tested where it matters."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.steward import candidate
from gateway.steward.accounts import hashes
from gateway.steward.candidate_process import answers
from tests.steward.mail_world import directory, write
from tests.steward.support import Office
from tests.support.policies import preset

IN_SERVICE = hashes._HASHER


@pytest.fixture(autouse=True, scope="session")
def cheap_hashes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashes, "_HASHER", hashes.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture
def dear_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in service."""
    monkeypatch.setattr(hashes, "_HASHER", IN_SERVICE)


@pytest.fixture(scope="session")
def mail_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log as `mail_world` writes it; whoever changes it takes a copy."""
    data = tmp_path_factory.mktemp("mails")
    asyncio.run(write(data, preset(), directory()))
    return data


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def unwalled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Candidates are tried in this process, for speed; the process that the product gives them is tried elsewhere."""
    monkeypatch.setattr(candidate, "_tried", lambda trial, _language, _go_on: answers(trial))
