"""Inclusion proof of one record without disclosing others: C2SP tlog-proof, checked by the independent verifier.

Its extra data are the hash before the record and the record itself; the rest is an inclusion proof of RFC 6962 under a signed
checkpoint, with the lines of the witnesses that have cosigned it.
"""

from __future__ import annotations

from pathlib import Path

from gateway.audit.checkpoint import Checkpoint, known_checkpoints
from gateway.audit.merkle import inclusion_proof
from gateway.audit.notes import encoded
from gateway.audit.store import GENESIS, Folder, reading
from gateway.audit.tree import Tree
from gateway.errors import AuditError, UserError
from gateway.texts.catalogue import both


def prove(data: Path, seq: int) -> str:
    """Return the proof of a record; UserError when it is missing, or no checkpoint with a tree covers it yet."""
    folder = Folder(data)
    with reading(data) as log:
        rows = dict(log.execute("SELECT seq, body FROM record WHERE seq = ?", (seq,)))
        before = log.execute("SELECT hash FROM record WHERE seq = ?", (seq - 1,)).fetchone()
        if seq not in rows or (before is None and seq > 1):
            raise UserError(both("audit", "proof", "no_record", seq=seq))
        checkpoint = _covering(folder, seq)
        try:
            path = inclusion_proof(seq - 1, checkpoint.size, Tree(log).node)
        except AuditError as error:
            raise UserError(both("audit", "proof", "no_path", seq=seq, reason=error)) from None
    extra = (bytes(before[0]) if before is not None else GENESIS) + bytes(rows[seq])
    lines = [f"extra {encoded(extra)}", f"index {seq - 1}", *map(encoded, path)]
    note = checkpoint.note + "".join(dict.fromkeys(checkpoint.cosigned))
    return "c2sp.org/tlog-proof@v1\n" + "".join(f"{line}\n" for line in lines) + f"\n{note}"


def _covering(folder: Folder, seq: int) -> Checkpoint:
    """Return the first checkpoint that covers a record, preferring a cosigned one."""
    known = known_checkpoints(folder.checkpoints)[0]
    found = [one for one in known if one.root is not None and one.size >= seq]
    if not found:
        raise UserError(both("audit", "proof", "no_checkpoint", seq=seq))
    return min(found, key=lambda one: (not one.cosigned, one.size))
