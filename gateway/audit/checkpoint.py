"""Signed checkpoints (C2SP tlog-checkpoint): Merkle root over the record hashes, and head of the hash chain.

    gateway-audit/3f2a9c1d            origin: names the key; gateway-audit/NODE/3f2a9c1d on a machine of a cluster
    1200                              number of records
    base64 of the root                RFC 6962, leaf i is h_(i+1)
    2026-11-24T08:00:00Z              extension line: when
    chain base64 of h_1200            extension line: the chain's head
    from 301                          only where earlier records had been removed when the tree began

    — gateway-audit/3f2a9c1d base64 of key id and Ed25519 signature

Checkpoints of version 1 had the head in the third line, no tree and no line after the time. A checkpoint is made every
100 records, after ten minutes and at shutdown. It is stored in the database and, for copying to another machine, in
`checkpoints/<day>.notes`; `checkpoints/public-key.txt` holds the verifier key. Cosignatures of witnesses may follow ours.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gateway.audit.chain import Head, read_head
from gateway.audit.notes import SigningKey, VerifierKey, encoded, signature_lines
from gateway.audit.store import Folder, Turn, damaged, immediate
from gateway.audit.tree import NoRecordError, Tree
from gateway.system.atomic_file import append_whole, replace_file, sync_path
from gateway.texts.catalogue import both

_PRODUCT = "gateway-audit"
EVERY_RECORDS = 100
EVERY_S = 600.0
_TREE_RECORDS = 1 << 16
"""Records added to a new tree in one transaction; other writers run between."""
_END_BYTES = 16 << 10
"""Of a notes file, with room for one note and the lines of many witnesses."""
_HASH = r"[A-Za-z0-9+/]{43}="
_NOTE = re.compile(
    rf"(?P<text>(?P<origin>[^\n]+)\n(?P<size>[0-9]{{1,18}})\n(?P<root>{_HASH})\n(?P<time>[^\n]*)\n"
    rf"(?:chain (?P<chain>{_HASH})\n(?:from (?P<began>[0-9]{{1,18}})\n)?)?)\n"
    r"(?P<lines>(?:— [^\n ]+ [A-Za-z0-9+/=]+\n)+)"
)


@dataclass(frozen=True)
class Checkpoint:
    """A claim: the first `size` records have this head and, from version 2 on, this root."""

    size: int
    head: bytes
    time: str
    origin: str
    text: str
    """Signed content."""
    lines: tuple[str, ...]
    """Our own signature lines."""
    root: bytes | None = None
    began: int = 1
    """The oldest record when the tree began."""
    cosigned: tuple[str, ...] = field(default=(), compare=False)
    """Cosignature lines of witnesses."""

    @property
    def note(self) -> str:
        """The signed note, without cosignatures."""
        return f"{self.text}\n{''.join(self.lines)}"


class Signer:
    """The key of this installation."""

    def __init__(self, seed: bytes, node: str = "") -> None:
        """`node` is the name of the machine in a cluster."""
        public = SigningKey("", seed).verifier.public
        self.key_id = hashlib.sha256(public).hexdigest()[:8]
        """Key identifier shown to administrators."""
        self.origin = "/".join(filter(None, (_PRODUCT, node, self.key_id)))
        self._key = SigningKey(self.origin, seed)

    @property
    def verifier_key(self) -> str:
        """The public key as one line (`origin+key id+base64`)."""
        return str(self._key.verifier)

    def sign(self, head: Head, moment: datetime, *, root: bytes, began: int = 1) -> Checkpoint:
        """Return a signed checkpoint."""
        stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = f"{self.origin}\n{head.seq}\n{encoded(root)}\n{stamp}\nchain {encoded(head.hash)}\n"
        if began > 1:
            text += f"from {began}\n"
        return Checkpoint(head.seq, head.hash, stamp, self.origin, text, (self._key.line(text),), root, began)


def seal(connection: sqlite3.Connection, signer: Signer, head: Head, moment: datetime) -> Checkpoint:
    """Make a checkpoint of a head in the running transaction; AuditError when records before it are missing."""
    tree = Tree(connection)
    tree.grow(head.seq)
    checkpoint = signer.sign(head, moment, root=tree.root(head.seq), began=tree.began)
    connection.execute("INSERT OR IGNORE INTO checkpoint (size, note) VALUES (?, ?)", (head.seq, checkpoint.note))
    return checkpoint


def parse_notes(text: str) -> tuple[tuple[Checkpoint, ...], bool]:
    """Return all checkpoints of a notes file, and whether it holds anything else (a torn or edited note)."""
    return tuple(map(_checkpoint, _NOTE.finditer(text))), bool(_NOTE.sub("", text).strip("\n"))


def _checkpoint(match: re.Match[str]) -> Checkpoint:
    lines = signature_lines(match["lines"])
    own = tuple(line for line in lines if line.startswith(f"— {match['origin']} "))
    root = base64.b64decode(match["root"])
    return Checkpoint(
        size=int(match["size"]),
        head=base64.b64decode(match["chain"]) if match["chain"] else root,
        time=match["time"],
        origin=match["origin"],
        text=match["text"],
        lines=own,
        root=root if match["chain"] else None,
        began=int(match["began"] or 1),
        cosigned=tuple(line for line in lines if line not in own),
    )


def signature_holds(checkpoint: Checkpoint, public: bytes) -> bool:
    """Return whether a checkpoint was signed by a key, under any node name."""
    name, _, identifier = checkpoint.origin.rpartition("/")
    if name.partition("/")[0] != _PRODUCT or identifier != hashlib.sha256(public).hexdigest()[:8]:
        return False
    return bool(VerifierKey(checkpoint.origin, public).signed(checkpoint.text, checkpoint.lines))


def append_note(folder: Folder, checkpoint: Checkpoint) -> None:
    """Append a checkpoint to the file of its day. Not synced: the database holds it durably."""
    append_whole(folder.checkpoints / f"{checkpoint.time[:10]}.notes", f"{checkpoint.note}\n".encode(), sync=False)


def write_verifier_key(folder: Folder, signer: Signer) -> None:
    """Write `public-key.txt` when it is missing or wrong; OSError."""
    path = folder.checkpoints / "public-key.txt"
    words = f"{signer.verifier_key}\n".encode()
    if not path.exists() or path.read_bytes() != words:
        replace_file(path, words, mode=0o600)
        sync_path(folder.checkpoints)


def known_checkpoints(place: Path) -> tuple[tuple[Checkpoint, ...], tuple[Path, ...]]:
    """Return the checkpoints of a notes file, or of all in a directory, and the files that hold anything else."""
    found: list[Checkpoint] = []
    odd: list[Path] = []
    for path in sorted(place.glob("*.notes")) if place.is_dir() else [place]:
        checkpoints, strange = parse_notes(path.read_text("utf-8", "replace"))
        found.extend(checkpoints)
        if strange:
            odd.append(path)
    return tuple(found), tuple(odd)


def last_known_size(folder: Folder) -> int:
    """Return the largest size that the notes files claim, 0 without any; signatures are not looked at.

    Only the end of each file is read, which holds its largest one; no day is the newest behind a clock that was set back.
    """
    sizes = [0]
    for path in folder.checkpoints.glob("*.notes"):
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _END_BYTES))
            sizes += [one.size for one in parse_notes(file.read().decode("utf-8", "replace"))[0]]
    return max(sizes)


def newest_checkpoint(connection: sqlite3.Connection) -> Checkpoint | None:
    """Return the checkpoint of a log over the most records; None without any."""
    row = connection.execute("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    return next(iter(parse_notes(row[0])[0]), None) if row is not None else None


def ready_tree(folder: Folder, connection: sqlite3.Connection) -> None:
    """Bring the tree up to the last checkpoint's root; UserError when it cannot match, AuditError when locked."""
    last = newest_checkpoint(connection)
    began = last.began if last is not None and last.root is not None and last.began > 1 else 0
    tree = Tree(connection)
    with closing(Turn(folder)) as turn:
        for anew in (False, True):
            try:
                _grow(tree, connection, turn, began, anew=anew)
                if last is None or last.root in (None, tree.root(last.size)):
                    return
                cause = both("audit", "fault", "other_root", size=last.size)
            except NoRecordError as error:
                cause = str(error)
    raise damaged(folder.database, cause)


def _grow(tree: Tree, connection: sqlite3.Connection, turn: Turn, began: int, *, anew: bool) -> None:
    size = 0
    while True:
        with turn, immediate(connection):
            if anew and not size:
                tree.clear()
            tree.begin(began)
            head = read_head(connection).seq
            size = min(max(size, tree.grown) + _TREE_RECORDS, head)
            tree.grow(size)
        if size >= head:
            return
