"""Many small mails through one gateway with its default settings: which rules refuse each of them."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.model import FindingOutcome
from tests.accuracy import wall

Mails = Iterable[tuple[str, bytes]]
"""Name and octets of each."""


@dataclass(frozen=True)
class Answer:
    """What the gateway decided on one mail."""

    disposition: str
    refused_by: tuple[str, ...]
    """`policy.rule` of every finding that refuses."""
    tagged_by: tuple[str, ...] = ()

    @property
    def marked(self) -> bool:
        """Whether a mark was found or suspected."""
        return any(rule in self.refused_by for rule in ("classified.marked", "classified.suspected"))

    @property
    def goes_out(self) -> bool:
        return self.disposition in ("relay", "tag")


def answers(mails: Mails) -> dict[str, Answer]:
    """The answer to each mail by its name."""
    found: dict[str, Answer] = {}

    async def all_of_them() -> None:
        for name, content in mails:
            assert name not in found, f"two mails are called {name}"
            _, verdict = await wall.judged(judge, content)
            failed = [one for one in verdict.findings if one.finding.outcome is not FindingOutcome.PASSED]
            found[name] = Answer(
                verdict.disposition.word,
                tuple(
                    f"{one.policy}.{one.finding.rule}"
                    for one in failed
                    if one.effective.word in ("reject", "defer", "hold")
                ),
                tuple(f"{one.policy}.{one.finding.rule}" for one in failed if one.effective.word == "tag"),
            )

    with wall.gateway() as judge:
        asyncio.run(all_of_them())
    return found


def missed(mails: Mails) -> list[str]:
    """The names of the mails in which no mark was found."""
    return [f"{name}: {answer}" for name, answer in answers(mails).items() if not answer.marked]


def stopped(mails: Mails) -> list[str]:
    """The names of the mails that do not go out."""
    return [f"{name}: {answer}" for name, answer in answers(mails).items() if not answer.goes_out]
