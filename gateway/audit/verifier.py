"""Verifier of a log from any source: recomputes chain and tree and compares them with every checkpoint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, Protocol

from gateway.audit.checkpoint import Checkpoint, known_checkpoints, parse_notes, signature_holds
from gateway.audit.kept import UnreadableFactsError, unpack
from gateway.audit.merkle import Range, blank_peaks, leaf_hash
from gateway.audit.notes import VerifierKey
from gateway.audit.store import GENESIS
from gateway.audit.tree import Removal, removal
from gateway.errors import UserError
from gateway.texts.catalogue import both

_TICK_RECORDS = 1000
_LATEST = 253_402_200_000
"""The last second that a `datetime` holds; a signer may name any time."""


class Begin(NamedTuple):
    """Start of a partial log."""

    first: int
    before: bytes
    """Hash of the record before."""
    last: int
    """Its last record."""


class Source(Protocol):
    """A log to verify."""

    def begin(self) -> Begin | None:
        """Return the start of a partial log, None for a whole log."""

    def first(self) -> int:
        """Return the number of the oldest record, 1 without any."""
        ...

    def links(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield number, body and hash of the records in order."""
        ...

    def retentions(self) -> Iterator[bytes]:
        """Yield the bodies of records of kind `retention`, newest first, and maybe some others."""
        ...

    def notes(self) -> Iterable[tuple[int, str]]:
        """Return size and note of the checkpoints stored with the records."""
        ...

    def facts(self) -> Iterator[tuple[int, bytes, bytes | None]] | None:
        """Yield number, packed body and record of kept facts; None for a log without."""


@dataclass(frozen=True)
class Witnessed:
    """Last size that a witness cosigned, and when."""

    name: str
    size: int
    time: datetime


@dataclass(frozen=True)
class Verification:
    """Result of a verification. The log is intact only when `faults` is empty."""

    records: int
    first: int
    """Sequence number of the oldest record; more than 1 after retention."""
    last: int
    head: str
    checkpoints: int
    """Checkpoints that were compared."""
    first_bad: int | None
    """The first sequence number that cannot be trusted."""
    faults: tuple[str, ...]
    notes: tuple[str, ...]
    """Remarks that are no faults: removed by retention, records after the last checkpoint."""
    witnessed: tuple[Witnessed, ...] = ()
    """Last cosignature of each known witness."""
    index_fault: str = ""
    """The search index differs from the log: lists made from it may be incomplete."""

    @property
    def exit_code(self) -> int:
        """0 intact, 1 tampered with: the log or its index."""
        return 1 if self.faults or self.index_fault else 0


class Verifier:
    """One run."""

    def __init__(
        self,
        source: Source,
        public: bytes,
        witnesses: tuple[VerifierKey, ...],
        tick: Callable[[int], None] | None,
    ) -> None:
        self._tick = tick
        self._witnesses = witnesses
        self._witnessed: list[Witnessed] = []
        self._source = source
        self._public = public
        self._faults: list[str] = []
        self._notes: list[str] = []
        self._first_bad: int | None = None
        self._facts_named = 0
        self._removed: Removal | None = None

    def run(self, beside: Path | None, elsewhere: tuple[Path, ...]) -> Verification:
        """Gather checkpoints (in a folder beside the log, and in copies), walk the chain, compare."""
        checkpoints = self._checkpoints(beside, elsewhere)
        first, start = self._start()
        records, last, head, heads = self._walk(first, start, {checkpoint.size for checkpoint in checkpoints})
        self._compare(checkpoints, first, last, heads)
        for one, other in pairwise(checkpoints):  # also of records that are no longer there
            if one.size == other.size and (one.head != other.head or len({one.root, other.root} - {None}) > 1):
                self._bad(None, both("audit", "fault", "two_checkpoints", size=one.size))
        self._facts()
        covered = max((checkpoint.size for checkpoint in checkpoints if checkpoint.size <= last), default=0)
        if last > covered:
            self._notes.append(
                f"{last - covered} bản ghi cuối chưa có điểm kiểm / the last {last - covered} records have no checkpoint yet"
            )
        return Verification(
            records=records,
            first=first,
            last=last,
            head=head.hex(),
            checkpoints=len(checkpoints),
            first_bad=self._first_bad,
            faults=tuple(self._faults),
            notes=tuple(self._notes),
            witnessed=tuple(self._witnessed),
        )

    def _bad(self, seq: int | None, message: str) -> None:
        self._faults.append(message)
        if seq is not None and (self._first_bad is None or seq < self._first_bad):
            self._first_bad = seq

    def _checkpoints(self, beside: Path | None, elsewhere: tuple[Path, ...]) -> tuple[Checkpoint, ...]:
        found: dict[str, Checkpoint] = {}
        cosigned: list[tuple[Checkpoint, str]] = []
        # Read before the log, which then has all records that they cover, despite concurrent writes.
        for directory in (*([beside] if beside is not None else []), *elsewhere):
            if not directory.exists():
                raise UserError(both("audit", "fault", "no_checkpoints", path=directory))
            parsed, odd_files = known_checkpoints(directory)
            if not parsed and directory in elsewhere:  # a named copy must hold a checkpoint
                raise UserError(both("audit", "fault", "empty_checkpoints", path=directory))
            for path in odd_files:
                self._notes.append(f"{path}: có phần không đọc được / holds something that is no checkpoint")
            for checkpoint in parsed:
                found[checkpoint.note] = checkpoint
                cosigned += [(checkpoint, line) for line in checkpoint.cosigned]
        for size, note in self._source.notes():
            parsed, odd = parse_notes(note)
            if odd or len(parsed) != 1 or parsed[0].size != size:
                self._bad(None, f"điểm kiểm {size} bị sửa / checkpoint {size} was changed")
            for checkpoint in parsed:
                found[checkpoint.note] = checkpoint
        for note, checkpoint in tuple(found.items()):
            if not signature_holds(checkpoint, self._public):
                del found[note]  # without a valid signature it is no evidence, for or against the records
                self._bad(
                    None,
                    f"điểm kiểm {checkpoint.size} ({checkpoint.time}) có chữ ký sai / "
                    f"the signature of checkpoint {checkpoint.size} ({checkpoint.time}) is wrong",
                )
        for witness in self._witnesses:
            saw, wrong = witnessed_by(witness, cosigned)
            self._faults += wrong
            if saw is None:
                self._notes.append(both("audit", "witness", "none", name=witness.name))
            else:
                self._witnessed.append(saw)
        return tuple(sorted(found.values(), key=lambda checkpoint: checkpoint.size))

    def _start(self) -> tuple[int, bytes]:
        """Return the first sequence number and the hash before it; after retention both are in a later record."""
        begin = self._source.begin()
        if begin is not None:
            return begin.first, begin.before
        first = self._source.first()
        if first <= 1:
            return 1, GENESIS
        self._removed = removal(self._source.retentions(), first)
        if self._removed is not None:
            self._notes.append(
                f"bản ghi 1-{first - 1} đã được xóa theo quy định lưu trữ / records 1-{first - 1} were removed by "
                f"retention: {self._removed.reason}"
            )
            return first, self._removed.hash
        self._bad(1, f"thiếu bản ghi 1-{first - 1} / records 1-{first - 1} are missing")
        return first, b""

    def _walk(
        self, first: int, start: bytes, wanted: set[int]
    ) -> tuple[int, int, bytes, dict[int, tuple[bytes, bytes]]]:
        """Recompute chain and tree; return number and last of the records, the head, and head and root at the wanted sizes.

        Only the first broken link is reported, because all later ones differ.
        """
        tree = self._tree(first)
        heads = {first - 1: (start, tree.root)}
        expected, chain, records = first, start, 0
        for seq, content, stored in self._source.links():
            records += 1
            if self._tick is not None and not records % _TICK_RECORDS:
                self._tick(_TICK_RECORDS)
            if seq != expected:
                self._bad(expected, f"thiếu bản ghi {expected}-{seq - 1} / records {expected}-{seq - 1} are missing")
                expected = seq
            self._facts_named += b',"facts":"' in content
            computed = hashlib.sha256(chain + content).digest()
            if computed != stored and not (records == 1 and not start):
                if self._first_bad is None or self._first_bad > seq:
                    self._bad(seq, f"bản ghi {seq} không khớp chuỗi / record {seq} does not fit the chain")
            elif not content.startswith(b'{"seq":%d,' % seq):
                self._bad(seq, f"bản ghi {seq} mang số khác / record {seq} carries another number")
            # Continuing from the stored hash confines the damage, so that later independent edits are found too.
            chain = stored
            tree.append(leaf_hash(chain))
            if seq in wanted:
                heads[seq] = chain, tree.root
            expected += 1
        return records, expected - 1, chain, heads

    def _tree(self, first: int) -> Range:
        """Return the tree over the removed records: from their retention record, or of empty leaves."""
        said = self._removed.peaks if self._removed is not None else None
        try:
            return Range(first - 1, said or blank_peaks(first - 1))
        except ValueError:
            self._bad(1, f"cây băm của bản ghi 1-{first - 1} sai / the tree over records 1-{first - 1} is wrong")
            return Range(first - 1, blank_peaks(first - 1))

    def _facts(self) -> None:
        """Compare kept facts with the digests in their records; missing facts have expired."""
        kept = 0
        rows = self._source.facts()
        if rows is None:
            return
        for seq, packed, body in rows:
            kept += 1
            content = _object(body) if body is not None else {}
            mail = content.get("mail", content)  # a refusal at RCPT is about no mail yet
            wanted = mail.get("facts") if isinstance(mail, dict) else None
            try:
                found = hashlib.sha256(unpack(packed)).hexdigest()
            except UnreadableFactsError:
                found = ""
            if found != wanted:
                self._bad(
                    None,
                    f"dữ kiện của bản ghi {seq} không khớp / the facts of record {seq} are not those that it names",
                )
        gone = self._facts_named - kept
        if gone > 0:
            self._notes.append(f"dữ kiện của {gone} thư đã được xóa / the facts of {gone} mails were removed")

    def _compare(
        self, checkpoints: tuple[Checkpoint, ...], first: int, last: int, heads: dict[int, tuple[bytes, bytes]]
    ) -> None:
        good = first - 1
        part = self._source.begin()  # a partial log has no tree
        for checkpoint in checkpoints:
            if checkpoint.size < first - 1 or (part is not None and checkpoint.size > part.last):
                continue
            if checkpoint.size > last:
                self._bad(
                    last + 1,
                    f"nhật ký bị cắt: điểm kiểm {checkpoint.time} có {checkpoint.size} bản ghi, nay còn {last} / "
                    f"the log was cut: the checkpoint of {checkpoint.time} has {checkpoint.size} records, now {last}",
                )
                return
            head, root = heads.get(checkpoint.size, (b"", b""))
            if head == checkpoint.head and (part is not None or checkpoint.root in (None, root)):
                good = checkpoint.size
                continue
            # An earlier broken link locates the damage exactly; without one the whole stretch was rechained.
            placed = self._first_bad is not None and self._first_bad <= checkpoint.size
            self._bad(
                None if placed else good + 1,
                f"điểm kiểm {checkpoint.size} ({checkpoint.time}) không khớp: bản ghi {good + 1}-{checkpoint.size} đã bị "
                f"viết lại / checkpoint {checkpoint.size} ({checkpoint.time}) differs: something in records "
                f"{good + 1}-{checkpoint.size} was rewritten",
            )
            return


def _object(body: bytes) -> dict[str, object]:
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def witnessed_by(
    witness: VerifierKey, cosigned: Iterable[tuple[Checkpoint, str]]
) -> tuple[Witnessed | None, list[str]]:
    """Return a witness's last valid cosignature, None without one, and faults for its invalid ones."""
    saw, wrong = (0, 0), []
    for checkpoint, line in cosigned:
        moment = witness.signed(checkpoint.text, (line,))
        if moment == 0:
            wrong.append(both("audit", "witness", "wrong", name=witness.name, size=checkpoint.size))
        elif moment is not None:
            saw = max(saw, (checkpoint.size, moment))
    if saw == (0, 0):
        return None, wrong
    return Witnessed(witness.name, saw[0], datetime.fromtimestamp(min(saw[1], _LATEST), UTC)), wrong
