"""`docs/marks.md`, made from the rules of marks: `python -m tests.text.marks_page > docs/marks.md`."""

from collections.abc import Iterator

from gateway.vietnamese.marks.rules import EXEMPTIONS, PARTS, RULES


def page() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Secrecy marks: the rules"
    yield ""
    yield "Generated from `gateway/vietnamese/marks/rules.py` by `python -m tests.text.marks_page`; tests run each text below and check"
    yield "that the page is current. A finding of `classified` has its rule as `mark_rule` (`gateway check --json`, `gateway audit show"
    yield "--json`) and the rule with the appearance of the letters as `evidence`: `stamp-line,red,boxed`. The text of the document is"
    yield "never kept. Words that give a level another meaning (honey, names, films ...) are data:"
    yield "`gateway/vietnamese/marks/lexicon.toml`."
    yield ""
    yield "## The specification"
    yield ""
    for part, says in PARTS.items():
        yield f"* **{part}** {says}."
    yield ""
    yield "## Rules that find a mark"
    yield ""
    yield "| rule | part | finds | place | found | not found | source |"
    yield "|---|---|---|---|---|---|---|"
    for rule in RULES:
        noted = "; recorded only" if rule.noted else ""
        cells = (rule.id, rule.part, f"{rule.says}{noted}", rule.where.value, _texts(rule.found), _texts(rule.others), rule.source)  # fmt: skip
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield "`extra-mark`: a mark added by the policy (`extra_marks`). `unjudged`: more lines than are judged."
    yield ""
    yield "## Exemptions"
    yield ""
    yield "| reason | meaning | place | not found | similar text that is found |"
    yield "|---|---|---|---|---|"
    for row in EXEMPTIONS:
        yield f"| {row.id} | {row.says} | {row.where.value} | {_texts(row.let_go)} | {_texts(row.kept)} |"


def _texts(texts: tuple[str, ...]) -> str:
    return "<br>".join(f"`{text.replace(chr(10), ' ⏎ ').replace('|', '¦')}`" for text in texts) or "-"


if __name__ == "__main__":
    print(page(), end="")
