"""Witness of other installations' logs (C2SP tlog-witness): stores each log's last checkpoint and cosigns only consistent ones.

    POST <prefix>/add-checkpoint

    old 1200                          size of the last checkpoint that it cosigned
    base64 ...                        consistency proof, RFC 6962 §2.1.2, a line each hash
                                      empty line
    <checkpoint with its signature>

Its folder has one file a log with the last cosigned checkpoint, in the format of `gateway audit verify --checkpoint`:
the copy that detects a log truncated or rewritten with its own key.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.audit.merkle import EMPTY, verify_consistency
from gateway.audit.notes import COSIGNATURE, SigningKey, VerifierKey, signature_lines
from gateway.errors import UserError
from gateway.system.atomic_file import replace_file, sync_path
from gateway.texts.catalogue import both, reasons

LIMIT_BYTES: Final = 64 << 10
"""Of a request: 63 hashes and a note with many signatures."""
_LIMIT_PROOF: Final = 63
_REQUEST: Final = re.compile(
    r"old (?P<old>0|[1-9][0-9]{0,18})\n(?P<proof>(?:[A-Za-z0-9+/]{43}=\n)*)\n"
    r"(?P<text>(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n(?:[^\n]+\n)*)\n"
    r"(?P<lines>(?:— [^\n]+\n)+)"
)
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_NAME: Final = re.compile(r"[!-*,-~]{1,255}")
"""Of a key (C2SP signed-note), in ASCII: without blanks and plus."""
_KEY: Final = "witness-ed25519"


@dataclass(frozen=True)
class Answer:
    """HTTP response."""

    status: int
    body: str = ""
    media_type: str = "text/plain; charset=utf-8"


class Witness:
    """Key, known logs, and their last checkpoints."""

    def __init__(
        self, folder: Path, name: str, logs: Sequence[VerifierKey], clock: Callable[[], float] = time.time
    ) -> None:
        """Open or create the folder; UserError when that fails, when its key is damaged, or for an invalid name."""
        if not _NAME.fullmatch(name):
            raise UserError(both("audit", "witness", "name", name=name))
        self._folder = folder
        self._clock = clock
        self._logs: dict[str, list[VerifierKey]] = {}
        for log in logs:
            self._logs.setdefault(log.name, []).append(log)
        self._turn = threading.Lock()
        self._key = SigningKey(name, _seed(folder), COSIGNATURE)

    @property
    def key(self) -> VerifierKey:
        """Verifier key of its cosignatures."""
        return self._key.verifier

    def add_checkpoint(self, request: bytes) -> Answer:
        """Answer a request; OSError when the stored checkpoint cannot be read or written. Thread-safe."""
        try:
            words = request.decode("utf-8")
        except UnicodeDecodeError:
            return Answer(400, "not UTF-8\n")
        match = _REQUEST.fullmatch(words)
        if match is None or _CONTROL.search(words) or len(request) > LIMIT_BYTES:
            return Answer(400, "not a request of tlog-witness\n")
        old, size, proof = int(match["old"]), int(match["size"]), match["proof"].split()
        if old > size or len(proof) > _LIMIT_PROOF:
            return Answer(400, "old is greater than the size, or the proof too long\n")
        keys, lines = self._logs.get(match["origin"]), signature_lines(match["lines"])
        if keys is None:
            return Answer(404, "this witness does not know the log\n")
        if not any(key.signed(match["text"], lines) for key in keys):
            return Answer(403, "no signature by a known key of the log\n")
        with self._turn:
            return self._judge(match, [base64.b64decode(one) for one in proof], old, size)

    def _judge(self, match: re.Match[str], proof: list[bytes], old: int, size: int) -> Answer:
        root, path = base64.b64decode(match["root"]), self._path(match["origin"])
        seen, seen_root = _seen(path)
        conflict = Answer(409, f"{seen}\n", "text/x.tlog.size")
        if old != seen or (old == size and root != seen_root):
            return conflict
        if not verify_consistency(old, size, seen_root, root, proof):
            return Answer(422, "the consistency proof does not hold\n")
        line = self._key.line(match["text"], int(self._clock()))
        replace_file(path, f"{match['text']}\n{match['lines']}{line}".encode(), mode=0o644)
        sync_path(self._folder)
        return Answer(200, line)

    def _path(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()[:16]}.notes"


def _seen(path: Path) -> tuple[int, bytes]:
    """Return size and root of the last cosigned checkpoint; OSError when unreadable, which never counts as absent."""
    try:
        words = path.read_text("utf-8")
    except FileNotFoundError:
        return 0, EMPTY
    try:
        _, size, root, *_ = words.split("\n", 3)
        return int(size), base64.b64decode(root, validate=True)
    except ValueError:
        raise OSError(f"{path}: damaged") from None


def _seed(folder: Path) -> bytes:
    """Return the key of the witness, created at the first call."""
    path = folder / _KEY
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not path.exists():
            replace_file(path, secrets.token_bytes(32), mode=0o600)
            sync_path(folder)
        seed = path.read_bytes()
    except OSError as error:
        raise UserError(both("audit", "fault", "key", path=path, reason=reasons(error))) from None
    if len(seed) != 32 or path.stat().st_mode & 0o077:
        raise UserError(both("audit", "fault", "key", path=path, reason=f"{len(seed)} B, {path.stat().st_mode:o}"))
    return seed


def read_keys(path: Path) -> tuple[VerifierKey, ...]:
    """Return the verifier keys of a file, one a line; empty lines and `#` lines are skipped. UserError."""
    found = []
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError as error:
        raise UserError(both("audit", "fault", "no_key", path=path, reason=reasons(error))) from None
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            try:
                found.append(VerifierKey.parse(line))
            except ValueError:
                raise UserError(both("audit", "fault", "odd_key", path=f"{path}:{number}")) from None
    return tuple(found)
