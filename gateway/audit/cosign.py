"""Client of witnesses: requests cosignatures of a log's newest checkpoint (C2SP tlog-witness).

For a process that may block on the network. A witness's outage is logged once when it begins and once when it ends; the
next round sends the newest checkpoint and a consistency proof from the size that the witness last cosigned.
"""

from __future__ import annotations

import sqlite3
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Final, Protocol

from gateway.audit.checkpoint import newest_checkpoint
from gateway.audit.notes import VerifierKey, encoded, signature_lines
from gateway.audit.store import Folder, reading
from gateway.audit.tree import Tree
from gateway.errors import GatewayError
from gateway.system.atomic_file import append_whole
from gateway.texts.catalogue import both, reason

PATIENCE_S: Final = 10.0
_ANSWER_BYTES: Final = 64 << 10


class WitnessError(GatewayError):
    """A witness did not cosign; the text says why."""


@dataclass(frozen=True)
class Witness:
    """URL of a witness, and the verifier key of its cosignatures."""

    url: str
    key: VerifierKey


@dataclass(frozen=True)
class Latest:
    """The newest checkpoint of a log."""

    size: int
    text: str
    """The signed text."""
    note: str
    """With the log's own signature."""


class Source(Protocol):
    """A log whose checkpoints are cosigned."""

    def latest(self) -> Latest | None:
        """Return the newest checkpoint, None while there is none with a root."""

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the consistency proof between two sizes; AuditError when it cannot be made."""

    def keep(self, latest: Latest, line: str) -> None:
        """Store a witness's cosignature line; OSError."""


class Cosigning:
    """Requests to the witnesses of one log."""

    def __init__(self, witnesses: Sequence[Witness], source: Source) -> None:
        self._witnesses = witnesses
        self._source = source
        self._seen: dict[Witness, int] = {}
        """Last cosigned size of each witness."""

    def round(self) -> list[str]:
        """Request missing cosignatures of the newest checkpoint; return the failures as texts."""
        faults = []
        try:
            latest = self._source.latest()
        except (GatewayError, sqlite3.Error) as error:
            return [str(error)]
        for witness in self._witnesses if latest is not None else ():
            assert latest is not None
            if self._seen.get(witness) == latest.size:
                continue
            try:
                self._source.keep(latest, self._ask(witness, latest))
                self._seen[witness] = latest.size
            except (GatewayError, OSError, sqlite3.Error) as error:
                faults.append(both("audit", "witness", "fault", url=witness.url, reason=error))
        return faults

    def _ask(self, witness: Witness, latest: Latest) -> str:
        """Return the cosignature line; on 409 the witness reports its last size, and the request is retried from there."""
        old = self._seen.get(witness, 0)
        for _ in range(2):
            if old > latest.size:
                raise WitnessError(both("audit", "witness", "ahead", seen=old, size=latest.size))
            proof = "".join(f"{encoded(one)}\n" for one in self._source.consistency(old, latest.size))
            status, answer = _post(f"{witness.url.rstrip('/')}/add-checkpoint", f"old {old}\n{proof}\n{latest.note}")
            if status == 200:
                return _valid(witness, latest, answer)
            if status != 409 or not answer.strip().isdigit() or int(answer) == old:
                raise WitnessError(both("audit", "witness", "refused", status=status, words=answer.strip()[:200]))
            old = int(answer)
        raise WitnessError(both("audit", "witness", "refused", status=409, words=str(old)))


def _valid(witness: Witness, latest: Latest, answer: str) -> str:
    for line in signature_lines(answer):
        if witness.key.signed(latest.text, (line,)):
            return line
    raise WitnessError(both("audit", "witness", "other_key"))


class _Here(urllib.request.HTTPRedirectHandler):
    """Asks the address that the administrator gave and no other."""

    def redirect_request(self, *_: object) -> None:
        """Follow no redirect: it is an answer like any other that does not cosign."""


_OPENER = urllib.request.build_opener(_Here)


def _post(url: str, body: str) -> tuple[int, str]:
    """Return status and body of a response; WitnessError without one."""
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "text/plain; charset=utf-8"})  # noqa: S310
    try:
        try:
            answer = _OPENER.open(request, timeout=PATIENCE_S)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return int(answer.status), answer.read(_ANSWER_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError, HTTPException) as error:
        cause = getattr(error, "reason", error)
        said = reason(cause) if isinstance(cause, OSError) else str(cause)
        raise WitnessError(said or type(error).__name__) from None


class LogSource:
    """The log of a data folder; readable while another process writes it."""

    def __init__(self, data: Path) -> None:
        self._folder = Folder(data)

    def latest(self) -> Latest | None:
        """Return the newest checkpoint; UserError without a log."""
        with reading(self._folder.data) as log:
            checkpoint = newest_checkpoint(log)
        if checkpoint is None or checkpoint.root is None:
            return None
        return Latest(checkpoint.size, checkpoint.text, checkpoint.note)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the consistency proof between two sizes."""
        with reading(self._folder.data) as log:
            return Tree(log).consistency(old, new)

    def keep(self, latest: Latest, line: str) -> None:
        """Append the checkpoint with the line to `checkpoints/<day>-witnessed.notes`, durably."""
        path = self._folder.checkpoints / f"{latest.text.split(chr(10))[3][:10]}-witnessed.notes"
        append_whole(path, f"{latest.note}{line}\n".encode(), sync=True)
