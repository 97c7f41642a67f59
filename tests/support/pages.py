"""Tables that programs put into pages of the documentation, between marks."""

from pathlib import Path


def put(page: Path, name: str, content: str) -> None:
    """Replace what stands between `<!-- name begin -->` and `<!-- name end -->`; at the end where the page has no such marks."""
    begin, end = f"<!-- {name} begin -->", f"<!-- {name} end -->"
    text = page.read_text("utf-8")
    if begin not in text:
        text = f"{text.rstrip()}\n\n{begin}\n{end}\n"
    before, rest = text.split(begin, 1)
    page.write_text(f"{before}{begin}\n{content}{end}{rest.split(end, 1)[1]}", "utf-8")
