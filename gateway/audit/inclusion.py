"""Inclusion proof of one record without disclosing others: C2SP tlog-proof, checked by the independent verifier.

Its extra data are the hash before the record and the record itself; the rest is an inclusion proof of RFC 6962 under a signed
checkpoint, with the lines of the witnesses that have cosigned it.
"""

from __future__ import annotations

import sqlite3
from itertools import chain
from pathlib import Path

from gateway.audit.checkpoint import Checkpoint, known_checkpoints, parse_notes
from gateway.audit.merkle import inclusion_proof
from gateway.audit.notes import encoded
from gateway.audit.store import GENESIS, Folder, reading
from gateway.audit.tree import Tree, removal, retentions
from gateway.errors import AuditError, UserError
from gateway.texts.catalogue import both


def prove(data: Path, seq: int) -> str:
    """Return the proof of a record; UserError when it is missing, or no checkpoint with a tree covers it yet."""
    folder = Folder(data)
    with reading(data) as log:
        row, before = log.execute("SELECT body FROM record WHERE seq = ?", (seq,)).fetchone(), _before(log, seq)
        if row is None or before is None:
            raise UserError(both("audit", "proof", "no_record", seq=seq))
        checkpoint = _covering(folder, log, seq)
        try:
            path = inclusion_proof(seq - 1, checkpoint.size, Tree(log).node)
        except AuditError as error:
            raise UserError(both("audit", "proof", "no_path", seq=seq, reason=error)) from None
    lines = [f"extra {encoded(before + row[0])}", f"index {seq - 1}", *map(encoded, path)]
    note = checkpoint.note + "".join(dict.fromkeys(checkpoint.cosigned))
    return "c2sp.org/tlog-proof@v1\n" + "".join(f"{line}\n" for line in lines) + f"\n{note}"


def _before(log: sqlite3.Connection, seq: int) -> bytes | None:
    """Return the hash before a record, also where its record was removed by retention; None when it is not known."""
    if seq == 1:
        return GENESIS
    row = log.execute("SELECT hash FROM record WHERE seq = ?", (seq - 1,)).fetchone()
    removed = removal(retentions(log), seq) if row is None else None
    return removed.hash if removed is not None else row and bytes(row[0])


def _covering(folder: Folder, log: sqlite3.Connection, seq: int) -> Checkpoint:
    """Return the first checkpoint that covers a record, of the log or its files, preferring a cosigned one."""
    durable = (parse_notes(note)[0] for (note,) in log.execute("SELECT note FROM checkpoint WHERE size >= ?", (seq,)))
    known = chain(known_checkpoints(folder.checkpoints)[0], *durable)
    found = [one for one in known if one.root is not None and one.size >= seq]
    if not found:
        raise UserError(both("audit", "proof", "no_checkpoint", seq=seq))
    return min(found, key=lambda one: (not one.cosigned, one.size))
