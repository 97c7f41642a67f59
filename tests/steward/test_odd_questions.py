"""Questions with any values in their fields, in everybody's sessions: each has an answer, and none of them is a bug."""

import random
from dataclasses import replace
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from msgspec import Struct, msgpack

from gateway.engine import load_policy_set
from gateway.model import Language
from gateway.pipeline.rulebook import Rules
from gateway.steward import questions as q
from gateway.steward.answering import Answering
from gateway.steward.roles import Role
from tests.steward import mail_world
from tests.steward.support import Office

pytestmark = pytest.mark.slow

WORDS = (
    "", "a", mail_world.SECRET, "tu:", "-x", '"', "'", "*", "NEAR(", "tu:a@b -luat:x", "2026-11-27", "9999-12-31", "0000-00-00",
    "reject", "x" * 3000, "\x00", "\u202e", "ﷺ" * 50, "csv", "xlsx", "jsonl", "../../etc/passwd", "f" * 64, "{", "&a *a", "٣", "%s{0}",
    "version: 1\nname: x\n",
)  # fmt: skip
NUMBERS = (0, 1, -1, 50, 10**6, 2**63 - 1, -(2**63), 2**64 - 1)
KINDS = [kind for kind in get_args(q.Question) if kind not in {q.Logout, q.TryPolicy}]


def value(chance: random.Random, wanted: Any) -> Any:
    if wanted is str:
        return chance.choice((mail_world.SECRET, chance.choice(WORDS)))
    if wanted is int:
        return chance.choice(NUMBERS)
    if wanted is bytes:
        return chance.choice((b"", b"PK\x03\x04", b"x" * (q.PIECE_BYTES + 1)))
    if wanted is bool:
        return chance.random() < 0.5
    if get_origin(wanted) is tuple:
        return tuple(value(chance, get_args(wanted)[0]) for _ in range(chance.randint(0, 3)))
    if isinstance(wanted, type) and issubclass(wanted, Struct):
        return make(chance, wanted)
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return chance.choice(list(wanted))
    return value(chance, chance.choice([one for one in get_args(wanted) if one is not type(None)]))


def make(chance: random.Random, kind: type[Struct]) -> Any:
    hints = get_type_hints(kind)
    return kind(**{name: value(chance, hints[name]) for name in kind.__struct_fields__})


@pytest.fixture
async def office(tmp_path, monkeypatch):
    office, policies = Office(tmp_path), load_policy_set("binhtan-7600")
    office.desk = replace(office.desk, rules=lambda: Rules(policies, office.directory))
    office.answering = Answering(office.desk)
    await mail_world.write(tmp_path, policies, mail_world.directory())
    return office


async def test_no_question_meets_a_bug(office, caplog):
    # Each kind has chances of its own, so that a new kind leaves those of the others as they were.
    chances = {kind: random.Random(f"27112026 {kind.__name__}") for kind in KINDS}
    tokens = [office.session(role.value, role) for role in Role if role not in {Role.CLERK, Role.UNIT_HEAD}]
    tokens += [office.session("an.noivu@x.example"), office.session("truong.noivu@x.example"), "", "x"]
    answered = set()
    for number, kind in enumerate(KINDS * 50):
        chance = chances[kind]
        if not number % 20:  # so that wrong codes do not end all else
            office.people.addresses._tries.clear()
            office.people.book._writer.execute("DELETE FROM failure")
        question = make(chance, kind)
        asked = q.Asked(
            number, chance.choice(tokens), f"192.0.2.{number % 250}", chance.choice(list(Language)), question
        )
        answers = list(office.answering.answers(asked))
        assert [one.last for one in answers] == [False] * (len(answers) - 1) + [True]
        assert len(msgpack.encode(answers[-1])) < 1 << 20
        answer = answers[-1].answer
        assert not (isinstance(answer, q.Refusal) and answer.kind == "unavailable"), (question, caplog.text)
        answered.add(type(answer))
    assert answered >= {
        q.Found,
        q.Explained,
        q.OverviewView,
        q.PolicyView,
        q.LogView,
        q.AccountsView,
        q.Me,
    }
    acts = {act.what for act in office.acts if act.ok}
    assert acts <= {"login", "mail_login", "enrol", "open_mail", "export", "get_checkpoint"}
