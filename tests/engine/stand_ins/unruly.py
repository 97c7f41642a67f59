"""Misbehaves, as its settings say, over a document or subject with the word HON-LOAN."""

import os
import time
from collections.abc import Iterator

from msgspec import Struct
from pydantic import BaseModel, ConfigDict

from gateway.model import Disposition, Document, Facts, Finding, FindingOutcome, Looked, Need, Rule

RULES = (Rule(id="word", code="UNR-01", article="7600:4.1", disposition=Disposition.TAG),)
NEEDS = frozenset({Need.HEADERS, Need.DOCUMENTS})
WORD = "HON-LOAN"


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    how: str = "nothing"
    where: str = "look"


class Look(Struct, frozen=True):
    seen: bool


class Observation(Struct, frozen=True):
    looks: tuple[Look, ...]


def look(document: Document, settings: Settings) -> Look:
    found = any(WORD in run.text for run in document.runs)
    if found and settings.where == "look":
        misbehave(settings.how)
    return Look(found)


def observe(mail: Looked[Look], settings: Settings) -> Observation:
    if settings.where == "observe" and any(WORD in field.text for field in mail.message.fields):
        misbehave(settings.how)
    return Observation(mail.looks)


def judge(facts: Facts[Observation], settings: Settings) -> Iterator[Finding]:
    if facts.message is not None and any(one.seen for one in facts.seen.looks):
        if settings.where == "judge":
            misbehave(settings.how)
        yield Finding(rule="word", outcome=FindingOutcome.FAILED)


def misbehave(how: str) -> None:
    match how:
        case "spin":
            while True:
                pass
        case "sleep":
            while True:
                time.sleep(1)
        case "hoard":
            held = []
            while True:
                held.append(bytes(1 << 20))
        case "fail":
            raise ValueError(WORD)
        case "crash":
            os._exit(3)
