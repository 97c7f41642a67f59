"""Encrypted Office files (MS-OFFCRYPTO): OOXML packages inside OLE, and password-protected DOC, XLS and PPT.

`read` opens an encrypted package and hands the plain one on as its only member. `unlock` gives the plain bytes of an
old binary file to its own reader. Both try what Office itself tries without asking (`VelvetSweatshop`, the standard
password of read-only workbooks), then the candidates from the mail.
"""

from __future__ import annotations

import functools
import re
import zipfile
from io import BytesIO
from typing import Any, Final

from gateway.documents.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.model import Document, ReadStatus

_BUILT_IN: Final = ("VelvetSweatshop", "/01Hannes Ruescher/01")
"""MS-OFFCRYPTO 2.3.7.1: applied by Excel, and by PowerPoint, when no password is given."""
_TRIES: Final = 16
_TYPES: Final = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_SPIN_LIMIT: Final = 1_000_000
_SPIN: Final = re.compile(rb'spinCount="(\d{1,12})"')


def read(source: Source, budget: Budget) -> Reading:
    """Return the decrypted package as a member; ReadError ENCRYPTED when no password fits."""
    package = unlock(source, budget)
    document = Document(part=source.part, filename=source.filename, format="ooxml-encrypted", opened_with_password=True)
    return Reading(document, (Member(name=source.filename or "package", data=package, relation="decrypted"),))


def unlock(source: Source, budget: Budget) -> bytes:
    """Return the plain form of an encrypted Office file; ReadError ENCRYPTED when no password fits."""
    spins = _SPIN.search(source.data[: 1 << 20])
    if spins and int(spins[1]) > _SPIN_LIMIT:
        raise ReadError(ReadStatus.LIMIT, "key-derivation")
    for password in tuple(dict.fromkeys((*_BUILT_IN, *source.passwords)))[:_TRIES]:
        budget.check_time()
        plain = _with_password(source.data, password)
        if plain is not None:
            budget.take_bytes(len(plain))
            return plain
    raise ReadError(ReadStatus.ENCRYPTED, "password")


class _InMemory:
    """`tempfile` for msoffcrypto: nothing of a mail is written to disk, and the sandbox would not let it be."""

    TemporaryFile = BytesIO


@functools.cache
def _library() -> Any:
    """Return msoffcrypto with its temporary files kept in memory."""
    import msoffcrypto
    from msoffcrypto.format import doc97, ppt97, xls97

    for module in (doc97, ppt97, xls97):
        module.tempfile = _InMemory
    return msoffcrypto


def _with_password(data: bytes, password: str) -> bytes | None:
    """Return the decrypted file, None when the password is wrong or the method is unknown."""
    plain = BytesIO()
    try:
        office = _library().OfficeFile(BytesIO(data))
        # Not verify_password: it doubles the key derivation, and refuses files of some producers that open well.
        office.load_key(password=password)
        office.decrypt(plain)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001
        # Library wall: a wrong password shows as InvalidKeyError, DecryptionError, or any error of garbled structures.
        return None
    octets = plain.getvalue()
    return octets if octets.startswith((b"PK", b"\xd0\xcf\x11\xe0")) else None


def warm_up() -> None:
    """Load msoffcrypto with its ciphers: make an encrypted package of nothing, its key in few rounds, and open it."""
    from msoffcrypto.method.ecma376_agile import ECMA376Agile

    _library()
    plain = BytesIO()
    with zipfile.ZipFile(plain, "w") as package:
        package.writestr("[Content_Types].xml", _TYPES)
        package.writestr(
            "padding", bytes(8192)
        )  # msoffcrypto 6.1 cannot open the mini stream that it writes below 4 KiB
    plain.seek(0)
    sealed = ECMA376Agile.encrypt("warm", plain, spin_count=16)
    read(Source(data=sealed, part="", passwords=("warm",)), Budget())
