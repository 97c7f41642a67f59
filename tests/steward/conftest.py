"""Hashes of passwords that cost nothing: what they cost is tested where it matters."""

from collections.abc import Iterator

import pytest

from gateway.steward.accounts import hashes

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
