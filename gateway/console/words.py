"""Texts of the console in one language, and formats of times and numbers in Viet Nam."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

from gateway.model import VIETNAM, Language
from gateway.texts.catalogue import product_texts

_KIB = 1024


@cache
def words(language: Language) -> SimpleNamespace:
    """Return the texts of the console as attributes, in one language."""
    return _namespace(product_texts("console"), language)


def _namespace(table: Mapping[str, Any], language: str) -> SimpleNamespace:
    return SimpleNamespace(
        **{key: entry[language] if "vi" in entry else _namespace(entry, language) for key, entry in table.items()}
    )


def when(time: str, *, seconds: bool = False) -> str:
    """Write a time as dd/MM/yyyy HH:mm of Viet Nam; what is no time stays as it is."""
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        return time
    if moment.tzinfo is None:
        return time
    return moment.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S" if seconds else "%d/%m/%Y %H:%M")


def day(date: str) -> str:
    """Write a date YYYY-MM-DD as dd/MM, a month YYYY-MM as MM/yyyy."""
    parts = date.split("-")
    return "/".join(parts[:0:-1] if len(parts) == 3 else parts[::-1])


def number(value: int, language: Language) -> str:
    """Write a whole number with groups of three."""
    grouped = f"{value:,}"
    return grouped.replace(",", ".") if language is Language.VI else grouped


def octets(value: int | None, language: Language) -> str:
    """Write a size."""
    if value is None:
        return ""
    size, unit = float(value), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):  # noqa: B007
        if size < _KIB:
            break
        size /= _KIB
    text = f"{size:.0f}" if unit == "B" or size >= 10 else f"{size:.1f}"
    return f"{text.replace('.', ',') if language is Language.VI else text} {unit}"
