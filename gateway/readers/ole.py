"""Compound files (MS-CFB) behind one wall, and the reader of those that are no document of their own.

`Compound` gives the streams of an OLE file by path, damaged or not, with what was damaged said in `faults`. `read` opens
the objects that Office embeds (packages, controls, equations) and anything else that comes as a bare compound file: it
hands on what is inside, gives the words that stand in unknown streams as hidden text, and says UNSUPPORTED for them.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from gateway.model import Origin, ReadStatus, Role
from gateway.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.readers.ole_objects import native_member, strings
from gateway.readers.ole_properties import PROPERTY_STREAMS, read_properties
from gateway.readers.ole_report import Report, assemble
from gateway.readers.ole_writer import write_compound
from gateway.readers.ooxml_sink import Place, Sink

Path = tuple[str, ...]
_LIMIT_STREAMS: Final = 20_000
_HARMLESS: Final = frozenset({
    "\x01compobj", "\x01ole", "\x03objinfo", "\x03linkinfo", "\x03epringt", "\x03ocxname", "\x03meta", "\x03print",
    "\x03eprint", "\x03pict", "\x02olepres000", "\x02olepres001", "\x02olepres002", "equation native", "\x03accessobjsitedata",
    "\x01olelink", "\x01moniker", "\x06dataspaces",
})  # fmt: skip
"""Streams of an embedded object that hold no words of its author."""
_FORM_STREAMS: Final = frozenset({"contents", "\x03ocxdata", "\x01compobj", "\x03printer", "f", "o", "\x03vbframe"})
"""Streams of ActiveX controls and user forms; their captions stand in them as they are."""


class Compound:
    """The streams of an OLE file."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        import olefile

        self._budget = budget
        self.faults: list[str] = []
        try:
            self._ole = olefile.OleFileIO(BytesIO(data))
            listed = self._ole.listdir(streams=True, storages=True)
            streams = [path for path in listed if self._ole.get_type(path) == olefile.STGTY_STREAM]
        except MemoryError:
            raise
        except Exception as error:
            # Library wall: olefile raises OSError on purpose and index, struct and type errors by accident.
            raise ReadError(ReadStatus.MALFORMED, "ole") from error
        if len(listed) > _LIMIT_STREAMS:
            raise ReadError(ReadStatus.LIMIT, "files")
        self._paths: dict[Path, Path] = {}
        self.storages: tuple[Path, ...] = tuple(tuple(path) for path in listed if path not in streams)
        for path in streams:
            self._paths.setdefault(_folded(tuple(path)), tuple(path))
        self.streams: tuple[Path, ...] = tuple(tuple(path) for path in streams)
        if len(self._paths) != len(self.streams):
            self.faults.append("ole-duplicate-name")

    def has(self, *path: str) -> bool:
        """Whether there is such a stream, without regard to case."""
        return _folded(path) in self._paths

    def read(self, *path: str) -> bytes:
        """Return the octets of a stream, empty when there is none; what is cut short is noted in `faults`."""
        stored = self._paths.get(_folded(path))
        if stored is None:
            return b""
        try:
            data: Any = self._ole.openstream(list(stored)).read()
            size = int(self._ole.get_size(list(stored)))
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001
            # Library wall: a stream whose sectors are damaged ends in an OSError or an arithmetic error of olefile.
            self._fault("ole-stream")
            return b""
        if len(data) < size:
            self._fault("ole-truncated")
        self._budget.take_bytes(len(data))
        return bytes(data)

    def inside(self, storage: Path) -> dict[Path, bytes]:
        """Return all streams below a storage, by path from it."""
        prefix = _folded(storage)
        return {
            path[len(prefix) :]: self.read(*path)
            for path in self.streams
            if len(path) > len(prefix) and _folded(path[: len(prefix)]) == prefix
        }

    def _fault(self, reason: str) -> None:
        if reason not in self.faults:
            self.faults.append(reason)


def _folded(path: Path) -> Path:
    return tuple(name.lower() for name in path)


def embedded_member(compound: Compound, storage: Path, locator: str) -> Member | None:
    """Return what an object storage holds: its package or native data as it is, else the storage as a file of its own."""
    streams = compound.inside(storage)
    if not streams:
        return None
    folded = {_folded(path): data for path, data in streams.items()}
    name = "/".join(storage)
    for single in ("package", "contents"):
        data = folded.get((single,), b"")
        if data.startswith((b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")):
            return Member(name=name, data=data, relation="embedded", locator=locator)
    native = folded.get(("\x01ole10native",))
    if native is not None:
        return native_member(native, name, locator)
    return Member(name=name, data=write_compound(streams), relation="embedded", locator=locator)


def read(source: Source, budget: Budget) -> Reading:
    """Read a compound file that is no Word, Excel, PowerPoint or Outlook file."""
    compound = Compound(source.data, budget)
    sink, report = Sink(budget), Report()
    known = True
    for path in compound.streams:
        name = path[-1].lower()
        budget.check_time()
        if name in PROPERTY_STREAMS:
            read_properties(compound.read(*path), sink)
        elif name == "\x01ole10native":
            sink.members.append(native_member(compound.read(*path), "/".join(path), ""))
            sink.warn("ole-object")
        elif name in {"package", "contents", "embeddedodf"}:
            known = _contents(compound.read(*path), path, sink) and known
        elif name in {"worddocument", "workbook", "book", "powerpoint document"} and len(path) > 1:
            member = embedded_member(compound, path[:-1], "")
            if member is not None:
                sink.members.append(member)
        elif name not in _HARMLESS and not (len(path) > 1 and _in_document(compound, path)):
            _words(compound.read(*path), path, sink)
            known = known and name in _FORM_STREAMS
    report.note(*compound.faults)
    if not known:
        report.fail(ReadStatus.UNSUPPORTED, "ole-storage")
    return assemble(source, sink, report, kind="ole")


def _in_document(compound: Compound, path: Path) -> bool:
    """Whether a stream belongs to a document storage that is handed on as a whole."""
    return any(
        compound.has(*path[:depth], main)
        for depth in range(1, len(path))
        for main in ("WordDocument", "Workbook", "Book", "PowerPoint Document")
    )


def _contents(data: bytes, path: Path, sink: Sink) -> bool:
    """Take a stream that holds a whole file; False when it is none that we know by its start."""
    if data.startswith((b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"BM")):
        sink.members.append(Member(name="/".join(path), data=data, relation="embedded"))
        return True
    _words(data, path, sink)
    return len(path) > 0 and len(data) < 1 << 16


def _words(data: bytes, path: Path, sink: Sink) -> None:
    place = Place("stream:" + path[-1].strip("\x01\x02\x03\x05\x06"), Role.FIELD, Origin.HIDDEN)
    for text in strings(data):
        sink.put_line(text, place)
