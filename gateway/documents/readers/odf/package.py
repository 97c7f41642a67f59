"""OpenDocument packages (ODF 1.3 Part 2): a zip with a manifest, encrypted or not."""

from __future__ import annotations

import re
from typing import Final

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.containers.zip import Zip
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, parse
from gateway.model import ReadStatus

_MANIFEST: Final = "META-INF/manifest.xml"
_PATH, _TYPE = clark("manifest:full-path"), clark("manifest:media-type")
_PLAIN_DOCTYPE: Final = re.compile(rb"^(\s*(?:<\?xml[^>]{0,200}\?>)?\s*)<!DOCTYPE[^\[<>]{1,400}>")


class OdfPackage:
    """A zipped package; an encrypted one is ENCRYPTED, `openpgp` where it is for the holders of keys, else `password`."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._zip = Zip(data, budget)
        self._types: dict[str, str] = {}
        if _MANIFEST in self._zip.entries:
            self._load_manifest(parse(without_doctype(self._zip.read(_MANIFEST))))
        self.names: tuple[str, ...] = tuple(self._zip.entries)

    def _load_manifest(self, root: Element) -> None:
        if next(root.iter(clark("manifest:encryption-data")), None) is not None:
            to_keys = any(NAMES[entry.tag] != "manifest:file-entry" and entry.tag.endswith("keyinfo") for entry in root)
            raise ReadError(ReadStatus.ENCRYPTED, "openpgp" if to_keys else "password")
        for entry in root.iterchildren(clark("manifest:file-entry")):
            self._types[entry.get(_PATH) or ""] = (entry.get(_TYPE) or "").lower()

    def read(self, name: str) -> bytes:
        """Return the bytes of an entry; raises `ReadError`."""
        return self._zip.read(name)

    def has(self, name: str) -> bool:
        """Whether there is such an entry."""
        return name in self._zip.entries

    def media_type(self, name: str) -> str:
        """Return the media type that the manifest states, empty when none."""
        return self._types.get(name, "")


def without_doctype(data: bytes) -> bytes:
    """Return XML without a document type declaration that names only an external subset.

    OpenOffice writes one into manifests, macro libraries and dialogs. It declares nothing by itself and is never
    fetched; one with an internal subset stays, and is refused by the parser.
    """
    return _PLAIN_DOCTYPE.sub(rb"\1", data, count=1)
