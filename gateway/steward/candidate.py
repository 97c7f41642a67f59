"""Trial and activation of a candidate policy file, read in a process of its own (`candidate_process`)."""

from __future__ import annotations

import hashlib
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from gateway.errors import GatewayError
from gateway.model import Language, ListenerKind
from gateway.pipeline.reload import ask_reload, reload
from gateway.pipeline.rulebook import policy_source
from gateway.steward import questions as q
from gateway.steward.candidate_process import Trial
from gateway.steward.desk import Desk
from gateway.steward.mails import sight_of
from gateway.steward.questions.refused import refused
from gateway.steward.roles import Person
from gateway.system.atomic_file import replace_file
from gateway.system.door import Frames
from gateway.texts.catalogue import reasons, said
from gateway.vietnamese.printed import clean

LIMIT_BYTES: Final = 512 << 10
_REPLAY_S: Final = 90.0
_PATIENCE_S: Final = 150.0
_LOOK_S: Final = 0.5
"""Interval at which it is checked whether the caller still waits."""
_LIMIT_DAYS: Final = 366
_KEPT: Final = 10
_KEPT_AS: Final = "%Y%m%dT%H%M%S.%fZ"
_READ_BYTES: Final = 1 << 16
_Answer = q.Progress | q.Tried | q.Piece | q.ExportEnd
_ANSWERS: Final = msgspec.msgpack.Decoder(_Answer | q.Refusal)
_ONE_TRIAL: Final = threading.Semaphore(2)
_PUTTING: Final = threading.Lock()


def try_policy(desk: Desk, person: Person, question: q.TryPolicy, language: Language) -> Iterator[q.Answer]:
    """Lint a candidate, run its tests and replay the kept facts."""
    days = max(1, min(question.since_days, _LIMIT_DAYS))
    yield from _tried(_trial(desk, person, question.text, days, language), language, desk.go_on)


def export_trial(desk: Desk, person: Person, question: q.ExportTrial, language: Language) -> Iterator[q.Answer]:
    """Stream the mails that a candidate answers otherwise; that it was asked for is an act, and recorded before."""
    days = max(1, min(question.since_days, _LIMIT_DAYS))
    trial = replace(_trial(desk, person, question.text, days, language), table=True)
    digest = hashlib.sha256(trial.text).hexdigest()[:16]
    desk.act(person, "export", about=f"csv policy={digest} days={days}")
    for answer in _tried(trial, language, desk.go_on):
        if isinstance(answer, q.Tried):
            raise refused("invalid", _unsound(answer, language))
        if not isinstance(answer, q.Progress):
            yield answer


def _unsound(found: q.Tried, language: Language) -> str:
    """Return the words on a candidate with faults, empty for one without."""
    faults = [fault.text for fault in found.faults if fault.tone == "bad"] + list(found.tests_failed)
    return said("answers", "policy", "unsound", language, count=len(faults), first=faults[0]) if faults else ""


def _trial(desk: Desk, person: Person, text: str, days: int, language: Language) -> Trial:
    octets = text.replace("\r\n", "\n").encode("utf-8", "replace")  # line ends of browser forms
    if len(octets) > LIMIT_BYTES:
        raise refused("invalid", said("answers", "policy", "too_large", language, limit=LIMIT_BYTES >> 10))
    known = desk.configuration
    return Trial(
        text=octets,
        policy=known.policy_in_use,
        directory=str(known.directory_in_use or ""),
        holds=known.hold.release is not None or all(one.kind is ListenerKind.MILTER for one in known.listeners),
        unit_names=desk.unit_names(),
        data=str(known.data),
        digest=desk.policies().digest,
        since_days=days,
        limit_s=_REPLAY_S,
        confidential=sight_of(desk, person).confidential,
        language=language,
    )


def _tried(trial: Trial, language: Language, go_on: Callable[[], None]) -> Iterator[_Answer]:
    """Yield what the process says; it is ended at its deadline, and when the caller has left."""
    if not _ONE_TRIAL.acquire(blocking=False):
        raise refused("too_many", said("answers", "policy", "busy", language), retry_s=10)
    try:
        command = [sys.executable, "-P", "-m", "gateway.steward.candidate_process"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own program
        try:
            for answer in _heard(process, trial, language, go_on):
                if isinstance(answer, q.Refusal):
                    raise refused(answer.kind, answer.words)
                yield answer
                if isinstance(answer, q.Tried | q.ExportEnd):
                    return
            raise refused("invalid", said("answers", "policy", "ended_early", language))
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                assert pipe is not None
                with suppress(BrokenPipeError):
                    pipe.close()
    finally:
        _ONE_TRIAL.release()


def _heard(
    process: subprocess.Popen[bytes], trial: Trial, language: Language, go_on: Callable[[], None]
) -> Iterator[_Answer | q.Refusal]:
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError), process.stdin:
        process.stdin.write(msgspec.msgpack.encode(trial))
    frames, end = Frames(_ANSWERS), time.monotonic() + _PATIENCE_S
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left := end - time.monotonic()) > 0:
            go_on()
            if not selector.select(min(left, _LOOK_S)):
                continue
            octets = os.read(process.stdout.fileno(), _READ_BYTES)
            if not octets:
                return
            yield from frames.take(octets)
    raise refused("too_long", said("answers", "policy", "too_long", language))


def put_in_force(desk: Desk, person: Person, question: q.PutInForce, language: Language) -> Iterator[q.Answer]:
    """Write a candidate as the policy file and reload; what was there is kept, and put back when it does not come in force."""
    path = _editable(desk, language)
    reason = clean(question.reason, limit=500)
    if len(reason) < 3:
        raise refused("invalid", said("answers", "policy", "reason", language))
    if not _PUTTING.acquire(blocking=False):
        raise refused("too_many", said("answers", "policy", "busy", language), retry_s=10)
    try:
        if question.against != desk.policies().digest:  # another administrator was faster: his change would be lost
            raise refused("invalid", said("answers", "policy", "stale", language))
        found: q.Tried | None = None
        trial = _trial(desk, person, question.text, 0, language)
        for answer in _tried(trial, language, desk.go_on):
            if isinstance(answer, q.Tried):
                found = answer
        assert found is not None
        if unsound := _unsound(found, language):
            raise refused("invalid", unsound)
        if found.digest == desk.policies().digest:
            raise refused("invalid", said("answers", "policy", "same", language))
        desk.act(person, "put_in_force", about=found.digest, reason=reason)
        try:
            _replaced(desk, path, trial.text, found.digest, language)
        except BaseException:
            with suppress(GatewayError):  # the log says what it can; that it was not done is answered anyway
                desk.act(person, "put_in_force", about=found.digest, reason=reason, ok=False)
            raise
        yield q.Done(said("answers", "policy", "in_force", language, name=path.name, digest=found.digest[:16]))
    finally:
        _PUTTING.release()


def editable(desk: Desk) -> bool:
    """Return whether the policy may be changed from the console: it is a file, and the configuration says so."""
    return desk.policy_edit and isinstance(policy_source(desk.configuration.policy_in_use), Path)


def _editable(desk: Desk, language: Language) -> Path:
    if not desk.policy_edit:
        raise refused("forbidden", said("answers", "policy", "edit_off", language))
    source = policy_source(desk.configuration.policy_in_use)
    if not isinstance(source, Path):
        raise refused("invalid", said("answers", "policy", "preset", language, name=clean(source)))
    return source


def _replaced(desk: Desk, path: Path, octets: bytes, digest: str, language: Language) -> None:
    """Write the file and have it loaded; Refused when it is not in force afterwards, with the old file in its place."""
    try:
        old, mode = path.read_bytes(), path.stat().st_mode & 0o777
        _keep(desk.configuration.data, old)
        replace_file(path, octets, mode=mode)
    except OSError as error:
        why = reasons(error)[language is not Language.VI]
        words = said("answers", "policy", "not_written", language, path=path, reason=why)
        raise refused("unavailable", words) from None
    if reload(desk.configuration.data, digest) != "in_force":
        with suppress(OSError):
            replace_file(path, old, mode=mode)
        ask_reload(desk.configuration.data)
        raise refused("unavailable", said("answers", "policy", "not_in_force", language))


def _keep(data: Path, octets: bytes) -> None:
    """Keep the file that is replaced, and the nine before it, beside the log."""
    folder = data / "policies"
    folder.mkdir(mode=0o700, exist_ok=True)
    replace_file(folder / f"{datetime.now(UTC):{_KEPT_AS}}.yaml", octets, mode=0o600)
    for path in sorted(folder.glob("*.yaml"))[:-_KEPT]:
        path.unlink()


def replaced_files(data: Path) -> dict[str, Path]:
    """Return the policy files that were replaced from the console, by when (ISO 8601), newest first."""
    found = {}
    for path in sorted((data / "policies").glob("*.yaml"), reverse=True):
        with suppress(ValueError):
            found[datetime.strptime(path.stem, _KEPT_AS).replace(tzinfo=UTC).isoformat()] = path
    return found
