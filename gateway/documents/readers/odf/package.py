"""OpenDocument packages (ODF 1.3 Part 2): a zip with a manifest, encrypted or not, or one flat XML file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.containers.zip import Zip
from gateway.documents.readers.odf.crypto import Lock, parse_lock, unlock
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, parse
from gateway.model import ReadStatus

_MANIFEST: Final = "META-INF/manifest.xml"
_WHOLE: Final = "encrypted-package"
_PATH, _TYPE = clark("manifest:full-path"), clark("manifest:media-type")
_PLAIN_DOCTYPE: Final = re.compile(rb"^(\s*(?:<\?xml[^>]{0,200}\?>)?\s*)<!DOCTYPE[^\[<>]{1,400}>")
_LIMIT_PASSWORDS: Final = 24


class OdfPackage:
    """A zipped package, opened with the first password that fits."""

    def __init__(self, data: bytes, budget: Budget, passwords: Iterable[str] = ()) -> None:
        self._zip = Zip(data, budget)
        self._budget = budget
        self._types: dict[str, str] = {}
        self._locks: dict[str, Lock] = {}
        self._plain: dict[str, bytes] = {}
        self._key_info = False
        self.opened_with_password = False
        """Whether a password was needed and found."""
        if _MANIFEST in self._zip.entries:
            self._load_manifest(parse(without_doctype(self._zip.read(_MANIFEST))))
        self._password: str | None = None
        if self._locks:
            self._open(passwords)
        self.names: tuple[str, ...] = tuple(self._zip.entries)

    def _load_manifest(self, root: Element) -> None:
        for entry in root:
            if NAMES[entry.tag] != "manifest:file-entry":
                self._key_info = self._key_info or entry.tag.endswith("keyinfo")
                continue
            path = entry.get(_PATH) or ""
            self._types[path] = (entry.get(_TYPE) or "").lower()
            for child in entry:
                if NAMES[child.tag] == "manifest:encryption-data":
                    self._locks[path] = parse_lock(child)

    def _open(self, passwords: Iterable[str]) -> None:
        if self._key_info:
            raise ReadError(ReadStatus.ENCRYPTED, "openpgp")
        probe = next((name for name in (_WHOLE, "content.xml", *self._locks) if name in self._locks), None)
        if probe is None or probe not in self._zip.entries:
            raise ReadError(ReadStatus.MALFORMED, "no-main-part")
        data = self._zip.read(probe)
        for password in ("", *list(passwords)[:_LIMIT_PASSWORDS]):
            plain = unlock(data, self._locks[probe], password, self._budget)
            if plain is None:
                continue
            self.opened_with_password = True
            self._password = password
            if probe == _WHOLE:
                self._replace(plain)
            else:
                self._plain[probe] = plain
            return
        raise ReadError(ReadStatus.ENCRYPTED, "password")

    def _replace(self, plain: bytes) -> None:
        """Go on with the package that was inside (ODF 1.4 draft: `encrypted-package`)."""
        self._zip = Zip(plain, self._budget)
        self._types.clear()
        self._locks.clear()
        if _MANIFEST in self._zip.entries:
            self._load_manifest(parse(without_doctype(self._zip.read(_MANIFEST))))
        if self._locks:
            raise ReadError(ReadStatus.ENCRYPTED, "password")

    def read(self, name: str) -> bytes:
        """Return the bytes of an entry, decrypted; raises `ReadError`."""
        known = self._plain.get(name)
        if known is not None:
            return known
        data = self._zip.read(name)
        lock = self._locks.get(name)
        if lock is None:
            return data
        plain = unlock(data, lock, self._password or "", self._budget)
        if plain is None:
            raise ReadError(ReadStatus.ENCRYPTED, "password")
        return plain

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
