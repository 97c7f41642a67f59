"""HTML to Document: visible and hidden text with its effective look, comments, alternative texts, embedded data.

The tokenizer is libxml2's in event mode, which has no limit of depth and builds no tree; styles are kept on a stack of
our own. Nothing is fetched, no script runs: what a script would write is unknown and reported as active content.
"""

from __future__ import annotations

import re

from gateway.documents.readers.base import Budget, Reading, Source
from gateway.documents.readers.markup.html_blocks import Builder
from gateway.documents.readers.markup.html_target import parse
from gateway.documents.readers.plain import decode

_ENRICHED = frozenset({"text/enriched", "text/richtext"})
_PARAMETER = re.compile(r"<param>([^<]*)</param>", re.IGNORECASE)
"""Name of a colour or font in enriched text; only programs that do not know the format show it."""
_LINE_ENDS = re.compile(r"\r?\n(?=\r?\n)|<n[lp]>", re.IGNORECASE)
"""Ends of lines in enriched text: a single one in the source is a blank (RFC 1896), `<nl>` and `<np>` are of RFC 1341."""
_META = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)


def read(source: Source, budget: Budget) -> Reading:
    """Read HTML; PARTIAL `charset` when bytes had no meaning in the declared charset."""
    budget.take_bytes(len(source.data))
    meta = _META.search(source.data[:8192])
    declared = source.charset or (meta[1].decode("ascii") if meta else None)
    decoded = decode(source.data, declared)
    builder = Builder(budget, source.beside)
    enriched = decoded.text if source.declared_type in _ENRICHED else ""
    parse(builder, _LINE_ENDS.sub("<br>", _PARAMETER.sub("", enriched)) or decoded.text)
    builder.hidden_view = True
    if parameters := _PARAMETER.findall(enriched):
        parse(builder, "<br>".join(parameters))
    if (outlook := _in_outlook(decoded.text)) is not None:
        parse(builder, outlook)
    if decoded.alternative and decoded.charset != "ascii":
        parse(builder, decoded.alternative)
    builder.hidden_view = False
    builder.finish()
    if decoded.lossy:
        builder.sink.note("charset")
    return builder.sink.reading(source, "html")


_EDGE = re.compile(
    r"<!(?:--)?\[if([^\]]{1,200})\](?:>\s*<!-->|-->|>-->|>)|<!(?:--\s*<!)?\[endif\](?:--)?>", re.IGNORECASE
)
"""Where words begin that are for some programs only, with the condition, and where they end."""
_NOT_MET = re.compile(r"\W*!\W*(?:mso|vml|support)", re.IGNORECASE)
"""A condition that Outlook, which shows pages as Word does, does not meet."""
_NO_WORDS = re.compile(
    r"<xml\b.*?(?:</xml|\Z)|<style\b.*?(?:</style|\Z)|<[^<>]*(?:>|\Z)|&\w+;", re.DOTALL | re.IGNORECASE
)


def _in_outlook(text: str) -> str | None:
    """Return a page with its conditional comments as Outlook takes them; None where they have no words."""
    first, *rest = _EDGE.split(text) if "[if" in text.lower() else [text]
    pieces = list(zip(rest[::2], rest[1::2], strict=True))
    if not any(asked and any(map(str.isalpha, _NO_WORDS.sub("", words))) for asked, words in pieces):
        return None
    return first + "".join(words for asked, words in pieces if not (asked and _NOT_MET.match(asked)))
