"""Regular expressions: no text of a few lines keeps one busy, whatever it is made of.

A repeat inside a repeat may have exponentially many readings of one text, and the interpreter tries them all. Texts are made
from each such expression itself, by chance: its parts many times over, cut off or with a letter too many at the end.
"""

import ast
import importlib
import os
import pkgutil
import random
import re
import re._constants as op
import re._parser as parser
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import gateway
import policies

SAMPLES, LENGTH, LIMIT_S = 300, 300, 0.25
MANY = (12, 24, 60)
CATEGORIES = {
    op.CATEGORY_DIGIT: "07", op.CATEGORY_SPACE: " \t\n", op.CATEGORY_WORD: "a_0đ", op.CATEGORY_NOT_DIGIT: "a ",
    op.CATEGORY_NOT_SPACE: "a0.", op.CATEGORY_NOT_WORD: " .!",
}  # fmt: skip
REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)


def expressions() -> dict[re.Pattern, str]:
    """Every compiled expression of the modules and every literal one within their functions, with its name."""
    found: dict[re.Pattern, str] = {}

    def walk(value: object, name: str) -> None:
        if isinstance(value, re.Pattern):
            found.setdefault(value, name)
        elif isinstance(value, (tuple, list, set, frozenset)):
            for one in value:
                walk(one, name)
        elif isinstance(value, dict):
            for one in value.values():
                walk(one, name)

    for package in (gateway, policies):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("gateway", "policies"):
            for key, value in vars(module).items():
                walk(value, f"{name}.{key}")
    for path in (path for package in (gateway, policies) for path in Path(package.__path__[0]).rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            match call:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="re")), args=[ast.Constant(value=str() | bytes() as text), *_]
                ):
                    found.setdefault(re.compile(text), f"{path.name}:{call.lineno}")
    return found


def nested(items: object, *, inside: bool = False) -> bool:
    """Whether a repeat stands inside a repeat."""
    if isinstance(items, (parser.SubPattern, list, tuple)):
        if len(items) == 2 and type(items[0]) is type(op.LITERAL) and items[0] in REPEATS:
            return inside or nested(items[1][2], inside=items[1][1] > 2)
        return any(nested(one, inside=inside) for one in items)
    return False


class Maker:
    """Makes texts that an expression matches, or nearly so."""

    def __init__(self, pattern: re.Pattern, rng: random.Random) -> None:
        self.tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
        self.rng = rng
        self.groups: dict[int | None, str] = {}

    def texts(self) -> Iterator[str]:
        for _ in range(SAMPLES):
            text = self._of(self.tree, self.rng.choice(MANY))[:LENGTH]
            if not text:
                continue
            if self.rng.random() < 0.4:
                at, wide = self.rng.randrange(len(text)), self.rng.randint(1, 12)
                text = text[:at] + (text[at : at + wide] * 40)[: LENGTH - at]
            elif self.rng.random() < 0.3:
                text = text[: self.rng.randint(1, len(text))]
            yield text + self.rng.choice(("", "!", "x", "\n", "0", " ", "\0"))

    def _of(self, items: parser.SubPattern, many: int) -> str:
        text = ""
        for kind, value in items:
            text += self._one(kind, value, many)
            if len(text) > LENGTH:
                break
        return text

    def _one(self, kind: object, value: object, many: int) -> str:
        if kind is op.LITERAL:
            return chr(value)
        if kind in (op.NOT_LITERAL, op.ANY):
            return self.rng.choice("ax 0")
        if kind is op.IN:
            return self._member(value)
        if kind in REPEATS:
            least, most, sub = value
            most = min(most, least + many)
            count = self.rng.choice((least, most, most, min(most, least + 1), min(most, max(least, 3))))
            if self.rng.random() < 0.6:
                return self._of(sub, max(1, many // 4)) * count
            return "".join(self._of(sub, max(1, many // 4)) for _ in range(min(count, LENGTH)))
        if kind is op.SUBPATTERN:
            self.groups[value[0]] = self._of(value[3], many)
            return self.groups[value[0]]
        if kind is op.GROUPREF:
            return self.groups.get(value, "")
        if kind is op.ATOMIC_GROUP:
            return self._of(value, many)
        if kind is op.BRANCH:
            return self._of(self.rng.choice(value[1]), many)
        return ""

    def _member(self, choices: list) -> str:
        if choices[0][0] is op.NEGATE:
            return self.rng.choice("ax0 .-_:;(/\"'<=")
        kind, value = self.rng.choice(choices)
        if kind is op.LITERAL:
            return chr(value)
        if kind is op.RANGE:
            return chr(self.rng.choice((value[0], value[1], self.rng.randint(*value))))
        return self.rng.choice(CATEGORIES[value])


class TooLongError(Exception):
    """An expression used up its processor time."""


def stop(*_: object) -> None:
    raise TooLongError


def took_too_long(pattern: re.Pattern, text: str) -> bool:
    """Whether an expression needs more processor time for a text than any should; the machine's other work does not count."""
    given = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
    for search in (pattern.search, pattern.match, pattern.fullmatch):
        signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT_S)
        try:
            search(given)
        except TooLongError:
            return True
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return False


@pytest.fixture
def timer():
    before = signal.signal(signal.SIGVTALRM, stop)
    yield
    signal.signal(signal.SIGVTALRM, before)


def test_a_trap_is_found(timer):
    trap = re.compile(r"^(?:xin|[a-z]+ xin )*gui|^(?:(?:xin|[a-z]+ xin) )*gui")
    assert any(took_too_long(trap, text) for text in Maker(trap, random.Random(1)).texts())


def test_no_expression_has_too_many_readings(timer):
    warnings.simplefilter("ignore", FutureWarning)
    seed = time.time_ns() if "GATEWAY_EXPLORE" in os.environ else 1
    rng, slow, tried = random.Random(seed), {}, 0
    for pattern, name in expressions().items():
        maker = Maker(pattern, rng)
        if not nested(maker.tree):
            continue
        tried += 1
        found = next((text for text in maker.texts() if took_too_long(pattern, text)), None)
        if found is not None:
            slow[name] = found
    assert tried > 40
    assert not slow, f"seed {seed}: {slow}"
