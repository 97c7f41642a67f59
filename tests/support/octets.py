"""Files that libraries write, as octets."""

import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from typing import Any


def file_of(document: Any, *form: Any, **options: Any) -> bytes:
    """Return what the `save` of a document, a workbook, a deck or a picture writes."""
    out = io.BytesIO()
    document.save(out, *form, **options)
    return out.getvalue()


def zipped(files: Mapping[str, str | bytes], *, stored: tuple[str, ...] = ()) -> bytes:
    """A zip of the files in their order, the same at any time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            method = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


class _Pipe(io.RawIOBase):
    """A file that cannot go back, so that sizes stand behind the members (data descriptors)."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, octets: Any) -> int:
        self.data += octets
        return len(octets)


def streamed(files: Mapping[str, str | bytes]) -> bytes:
    """A zip of the files as it goes through a pipe."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return bytes(pipe.data)


def locked_zip(files: Mapping[str, str | bytes], password: str) -> bytes:
    """A zip of the files behind a password."""
    import pyzipper

    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", pyzipper.ZIP_DEFLATED) as archive:
        archive.setpassword(password.encode())
        archive.setencryption(pyzipper.WZ_AES, nbits=256)
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def seven_zip(files: Mapping[str, bytes], **options: Any) -> bytes:
    """A 7z of the files."""
    import py7zr

    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", **options) as archive:
        for name, content in files.items():
            archive.writestr(content, name)
    return out.getvalue()


def tarred(files: Mapping[str, bytes], mode: str = "", **options: Any) -> bytes:
    """A tar of the files; `mode` names what packs it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{mode}", **options) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def written(write: Callable[[io.BytesIO], object]) -> bytes:
    """What a call writes into a file."""
    out = io.BytesIO()
    write(out)
    return out.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    """The files of a zip in their order."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}
