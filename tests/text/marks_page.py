"""`docs/marks.md`, made from the rules of marks: `python -m tests.text.marks_page > docs/marks.md`."""

from collections.abc import Iterator

from gateway.vietnamese.marks.rules import EXEMPTIONS, PARTS, RULES


def page() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Secrecy marks: the rules"
    yield ""
    yield "Made from `gateway/vietnamese/marks/rules.py` by `python -m tests.text.marks_page`; tests run each text below and check that"
    yield "the page is current. A finding of `classified` names its rule as `mark_rule` (`gateway check --json`, `gateway audit show"
    yield "--json`) and in `evidence` what was known of the letters as well: `stamp-line,red,boxed`. The words of the"
    yield "document are never kept. The words beside which a level is another word (honey, names, films ...) are data:"
    yield "`gateway/vietnamese/marks/lexicon.toml`."
    yield ""
    yield "## The specification"
    yield ""
    for part, says in PARTS.items():
        yield f"* **{part}** {says}."
    yield ""
    yield "## Rules that find a mark"
    yield ""
    yield "| rule | part | finds | stands in | found | not found | source |"
    yield "|---|---|---|---|---|---|---|"
    for rule in RULES:
        noted = "; recorded only" if rule.noted else ""
        cells = (rule.id, rule.part, f"{rule.says}{noted}", rule.where.value, _texts(rule.found), _texts(rule.others), rule.source)  # fmt: skip
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield "`extra-mark` is a mark that the policy adds (`extra_marks`), `unjudged` says that there were more lines than are judged."
    yield ""
    yield "## Why nothing is found"
    yield ""
    yield "| reason | says | stands in | let go | its neighbour that is found |"
    yield "|---|---|---|---|---|"
    for row in EXEMPTIONS:
        yield f"| {row.id} | {row.says} | {row.where.value} | {_texts(row.let_go)} | {_texts(row.kept)} |"


def _texts(texts: tuple[str, ...]) -> str:
    return "<br>".join(f"`{text.replace(chr(10), ' ⏎ ').replace('|', '¦')}`" for text in texts) or "-"


if __name__ == "__main__":
    print(page(), end="")
