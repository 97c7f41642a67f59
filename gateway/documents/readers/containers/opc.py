"""Content types of an Open Packaging package (ECMA-376-2 §7.2.3), as its reader and the checks of its signatures see them."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote

from gateway.documents.readers.base import ReadError
from gateway.model import ReadStatus

_TYPES: Final = "{http://schemas.openxmlformats.org/package/2006/content-types}"


def part_name(name: str) -> str:
    """Return a part name as packages store it: without leading slash, percent signs resolved."""
    return unquote(name.replace("\\", "/")).lstrip("/")


class ContentTypes:
    """The types that `[Content_Types].xml` gives; ReadError MALFORMED `content-types` when programs would find others."""

    def __init__(self, root: Any) -> None:
        self.overrides: dict[str, str] = {}
        """By part name in small letters, without leading slash."""
        self._defaults: dict[str, str] = {}
        for one in root:
            if not isinstance(one.tag, str):
                continue
            kind = (one.get("ContentType") or "").strip()
            if one.tag == f"{_TYPES}Override":
                _declare(self.overrides, part_name(one.get("PartName") or ""), kind)
            elif one.tag == f"{_TYPES}Default":
                _declare(self._defaults, one.get("Extension") or "", kind)
            else:
                # Office reads alternatives of markup compatibility here (§7.2.3.4).
                raise ReadError(ReadStatus.MALFORMED, "content-types")

    def of(self, name: str) -> str:
        """Return the type of a part by override, else by extension; empty when none is declared."""
        folded = part_name(name).casefold()
        return self.overrides.get(folded) or self._defaults.get(folded.rpartition(".")[2], "")


def _declare(kinds: dict[str, str], name: str, kind: str) -> None:
    """Two types of one part would be another document to another reader."""
    if kinds.setdefault(name.casefold(), kind).lower() != kind.lower():
        raise ReadError(ReadStatus.MALFORMED, "content-types")
