"""ZIP and ASiC containers to members (APPNOTE.TXT 6.3.10, WinZip AE-2, ETSI EN 319 162-1).

Every member that any unzip program could see is handed on: those of the central directory, those only behind
local headers, and the local side of an entry whose two headers differ. Structural problems make the container
MALFORMED even though its members were read. Nothing is ever written to disk, so names cannot lead anywhere.
"""

from __future__ import annotations

import zlib

from gateway.documents.readers.archives.zip_crypto import (
    AES_METHOD,
    AesField,
    aes_field,
    decrypt_aes,
    decrypt_traditional,
)
from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.documents.readers.containers import (
    Contents,
    caught,
    password_candidates,
    password_octets,
)
from gateway.documents.readers.containers.zip_directory import survey
from gateway.documents.readers.containers.zip_headers import (
    END_SIZE,
    FLAG_STRONG,
    UNICODE_COMMENT,
    Entry,
    extra_field,
    find_end,
)
from gateway.documents.readers.containers.zip_streams import inflate
from gateway.mime.charsets import guess
from gateway.model import ReadStatus, Role, Run


def read(source: Source, budget: Budget) -> Reading:
    """Return the members of a zip; encrypted ones are opened when a candidate password fits."""
    contents = Contents(source, "asic" if "etsi.asic" in source.detected_type else "zip", budget)
    contents.runs += _words(source.data)
    found = survey(source.data, budget)
    for problem in found.problems:
        contents.fault(ReadStatus.MALFORMED, problem)
    if found.volumes:
        contents.fault(ReadStatus.UNSUPPORTED, "multi-volume")
    if found.hidden_names:
        contents.fault(ReadStatus.ENCRYPTED, "password")
    reader = _MemberReader(source, budget, contents)
    with contents.filling():
        for entry in found.entries:
            _entry_words(contents, entry)
            if entry.folder:
                contents.name(entry.name)  # an empty folder has nothing but its name to carry words
                continue
            try:
                data = reader.data(entry)
            except ReadError as error:
                contents.name(entry.name)
                caught(contents, error)
                continue
            if not data and entry.name.endswith(("/", "\\")):
                contents.name(entry.name)
                continue  # some packers deflate the nothing in a folder
            relation = "link" if entry.link else "member"
            contents.add(Member(name=entry.name or "unnamed", data=data, relation=relation))
    return contents.reading()


def _words(data: bytes) -> list[Run]:
    """Return the comment of the archive, which WinRAR and 7-Zip show when it is opened."""
    end = find_end(data)
    comment = data[end.position + END_SIZE : end.finish] if end else b""
    return [
        Run(text=line, block=block, role=Role.PROPERTY, locator="property:comment")
        for block, line in enumerate(guess(comment).splitlines())
        if line.strip()
    ]


def _entry_words(contents: Contents, entry: Entry) -> None:
    """Give the comments of a member, and its name as bytes when it is in a legacy charset."""
    for comment in (entry.comment, (extra_field(entry.extra, UNICODE_COMMENT) or b"")[5:]):
        contents.words(guess(comment), "comment")
    contents.octets_of_name(entry.raw_name)


class _MemberReader:
    """Reads members one by one and remembers the password that worked."""

    def __init__(self, source: Source, budget: Budget, contents: Contents) -> None:
        self._source = source
        self._budget = budget
        self._contents = contents
        self._good: list[bytes] = []

    def data(self, entry: Entry) -> bytes:
        """Return the bytes of a member; ReadError says why not."""
        if entry.data < 0 or entry.compressed < 0 or entry.data + entry.compressed > len(self._source.data):
            raise ReadError(ReadStatus.MALFORMED, "zip-truncated")
        packed = self._source.data[entry.data : entry.data + entry.compressed]
        if entry.encrypted:
            return self._decrypted(entry, packed)
        return self._checked(entry, inflate(packed, entry.method, entry.size, self._budget))

    def _decrypted(self, entry: Entry, packed: bytes) -> bytes:
        if entry.flags & FLAG_STRONG:
            raise ReadError(ReadStatus.ENCRYPTED, "zip-strong-encryption")
        field = aes_field(entry) if entry.method == AES_METHOD else None
        if entry.method == AES_METHOD and field is None:
            raise ReadError(ReadStatus.MALFORMED, "zip-aes-field")
        for password in self._passwords():
            self._budget.check_time()
            if field is not None:
                plain = decrypt_aes(packed, field, password)
            else:
                plain = decrypt_traditional(packed, entry, password, self._budget)
            if plain is None:
                continue
            method = entry.method if field is None else field.method
            try:
                data = inflate(plain, method, entry.size, self._budget)
                if field is None or field.version == 1:
                    data = self._checked(entry, data)
            except ReadError as error:
                if error.status is ReadStatus.MALFORMED and field is None:
                    continue  # one in 256 wrong passwords gets this far with the traditional cipher
                raise
            if password not in self._good:
                self._good.insert(0, password)
            self._contents.opened_with_password = True
            return data
        raise ReadError(ReadStatus.ENCRYPTED, "password")

    def _passwords(self) -> list[bytes]:
        octets = [form for password in password_candidates(self._source) for form in password_octets(password)]
        return list(dict.fromkeys((*self._good, *octets)))

    def _checked(self, entry: Entry, data: bytes) -> bytes:
        """Return the data when it is what the header promised."""
        if zlib.crc32(data) != entry.crc:
            raise ReadError(ReadStatus.MALFORMED, "zip-crc")
        if len(data) != entry.size and entry.size != 0xFFFFFFFF:
            raise ReadError(ReadStatus.MALFORMED, "zip-size")
        return data


def warm_up() -> None:
    """Load the libraries of rare methods and of AES."""
    import inflate64  # noqa: F401
    import pyppmd  # noqa: F401

    decrypt_aes(bytes(64), AesField(2, 3, 8), b"warm")
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: F401
