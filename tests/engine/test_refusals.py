"""Every refusal as it reaches a sender: whole in both languages and letters, and each line good by itself."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.commands.refusals import refusals, verdicts
from gateway.engine import Language, PolicySet, load_policy_set
from gateway.engine.catalogue import Wording
from gateway.engine.reply import LIMIT_LINE, LIMIT_REPLY, reply
from gateway.smtp.replies import render

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
PAGE = Path(__file__).parents[2] / "docs" / "refusals.md"
VI, EN = Language.VI, Language.EN


@pytest.fixture(scope="module")
def office() -> PolicySet:
    return load_policy_set("binhtan-7600")


def test_the_page_of_refusals_is_what_the_code_says(office: PolicySet):
    assert PAGE.read_text("utf-8") == refusals(office, NOW), "run: .venv/bin/gateway policy refusals > docs/refusals.md"


def in_letters(wire: bytes, *, utf8: bool) -> list[str]:
    lines = wire.decode("utf-8" if utf8 else "ascii").split("\r\n")
    assert lines.pop() == ""
    return lines


@pytest.mark.parametrize("languages", [(VI,), (EN,), (VI, EN), (EN, VI)])
@pytest.mark.parametrize("utf8", [False, True])
def test_every_refusal_keeps_within_its_lines_and_the_first_has_the_way_out(
    office: PolicySet, languages: tuple[Language, ...], utf8: bool
):
    for policy in office.policies:
        for rule, variant, verdict in verdicts(policy, office):
            answer = reply(verdict, office, reference="BT-7F3K2Q9X", now=NOW, languages=languages)
            lines = in_letters(render(answer, utf8=utf8), utf8=utf8)
            whole = f"{policy.name}.{rule} {variant}: {lines}"
            assert len(lines) == len(answer.lines), whole
            assert all(len(line) <= LIMIT_LINE for line in lines), whole
            assert sum(map(len, lines)) <= LIMIT_REPLY, whole
            assert not any("..." in line for line in answer.lines), whole  # nothing had to be cut
            (judged,) = verdict.findings
            fix = office.catalogue.fix(policy.name, judged.finding, Wording(language=languages[0]))
            way_out = fix.partition(". ")[0].rstrip(".")
            # Outlook shows the first line only, Thunderbird all of them.
            assert way_out[1:] in answer.lines[0], whole
            assert "BT-7F3K2Q9X" in lines[-1], whole


def test_no_way_out_follows_a_mark(office: PolicySet):
    policy = office.policy("classified")
    assert policy is not None
    verdict = next(verdict for rule, _, verdict in verdicts(policy, office) if rule == "marked")
    words = "\n".join(reply(verdict, office, reference="BT-7F3K2Q9X", now=NOW, languages=(VI, EN)).lines).lower()
    assert "không gửi lại" in words
    for way_out in ("mở cho đúng tệp", "rồi gửi", "gửi lại thư", "cần hỗ trợ", "released", "send again", "help:"):
        assert way_out not in words


def test_two_faults_in_the_same_words_are_said_once(office: PolicySet):
    policy = office.policy("signed_documents")
    assert policy is not None
    one = next(verdict for rule, _, verdict in verdicts(policy, office) if rule == "broken")
    two = replace(one, findings=one.findings * 2)
    lines = reply(two, office, reference="BT-7F3K2Q9X", now=NOW).lines
    assert lines == reply(one, office, reference="BT-7F3K2Q9X", now=NOW).lines
