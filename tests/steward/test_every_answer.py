"""Every answer to every role crosses the wall whole, printable and without a word of a secret."""

import asyncio
import unicodedata

import msgspec
import pytest

from gateway.audit.acts import record_at_once
from gateway.audit.record import Act
from gateway.config.sections import Configuration
from gateway.engine import load_policy_set
from gateway.model import Language
from gateway.pipeline.rulebook import Rules
from gateway.steward import questions as q
from gateway.steward.desk import Desk
from gateway.steward.questions.refused import Refused
from gateway.steward.table import TABLE, may
from tests.steward.mail_world import CANARIES, EVERYBODY, HOSTILE, SECRET, directory, write

pytestmark = pytest.mark.slow

HOSTILE_POLICY = """\
version: 1
name: co-quan
extends: binhtan-7600
contact: {vi: "\\e[1m<script>alert(1)</script>\\u202e", en: "\\u200b=1+1"}
waivers:
  - {id: WV-1, policy: opaque, rule: encrypted, sender: "\\u202e<img src=x>@x.example", reason: "\\e[31m=cmd|calc",
     approved_by: "<script>\\u200b", expires: 2126-01-01}
"""
QUESTIONS = (
    q.Search(limit=100), q.Search(text="tu:gov"), q.Search(text="CANARYSUBJECT"), q.Search(text=HOSTILE[0]), q.Search(text="-x"),
    q.Explain(SECRET), q.Explain("BT-AN000002"), q.Explain("BT-HOST0006"), q.Explain("BT-HOST0007"), q.Explain("BT-CRLF0001"),
    q.Explain("BT-TROUBLE1"), q.Export(q.Search(), "csv"), q.Export(q.Search(), "jsonl"), q.Overview(), q.AskPolicy(), q.AskLog(),
    q.Verify(), q.TryPolicy(text=HOSTILE_POLICY + 'policies: {opaque: {mode: monitor}, classified: {mode: "\\e[1m"}}', since_days=3660),
    q.TryPolicy(text=HOSTILE_POLICY + "policies: {opaque: {mode: monitor}}", since_days=3660),
    q.ExportTrial(text=HOSTILE_POLICY + "policies: {opaque: {mode: monitor}}", since_days=3660),
)  # fmt: skip


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("every")
    policy, data = folder / "policy.yaml", folder / "data"
    policy.write_text(HOSTILE_POLICY, "utf-8")
    rules = Rules(load_policy_set(policy), directory())
    asyncio.run(write(data, load_policy_set("binhtan-7600"), directory()))
    for hostile in HOSTILE:
        record_at_once(data, Act(who=hostile, what=hostile, about=hostile, reason=hostile, client=hostile))
    configuration = Configuration(data=data, policy=str(policy))
    return Desk(configuration=configuration, rules=lambda: rules, record=lambda _act: 1)


def answers(at: Desk, person, question, language: Language):
    try:
        found = TABLE[type(question)].answer(at, person, question, language)
        yield from [found] if isinstance(found, msgspec.Struct) else found
    except Refused as refused:
        yield refused.refusal


@pytest.mark.parametrize("person", EVERYBODY, ids=lambda person: person.name)
def test_answers(at: Desk, person, caplog):
    caplog.set_level("DEBUG")
    asked = [question for question in QUESTIONS if may(person, type(question))]
    assert len(asked) >= 11
    for number, question in enumerate(asked):
        for answer in answers(at, person, question, Language.VI if number % 2 else Language.EN):
            answered = q.Answered(number, answer)
            crossed = msgspec.msgpack.decode(msgspec.msgpack.encode(answered), type=q.Answered)
            assert crossed == answered
            told = repr(msgspec.to_builtins(answer, builtin_types=(bytes,)))
            for canary in CANARIES:
                assert canary.casefold() not in told.casefold()
            for name, text in _strings(msgspec.to_builtins(answer, builtin_types=(bytes,))):
                lines = text.splitlines() if name == "text" else [text]
                for line in lines:
                    assert not any(unicodedata.category(one) in {"Cc", "Cf", "Cs", "Co"} for one in line), (name, line)
    for canary in CANARIES:
        assert canary.casefold() not in caplog.text.casefold()


def _strings(value: object, name: str = ""):
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _strings(one, key)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _strings(one, name)
