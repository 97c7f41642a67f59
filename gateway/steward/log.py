"""The log as a whole: state, verification, acts of people, checkpoints for download."""

from __future__ import annotations

import contextlib
import queue
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from gateway.audit import record as r
from gateway.audit.checkpoint import parse_notes
from gateway.audit.filter import Filter
from gateway.audit.render import about_words, render_verification, words_of
from gateway.audit.store import Folder
from gateway.audit.verifier import Verification
from gateway.audit.verify import verify as verify_log
from gateway.errors import GatewayError
from gateway.model import Language
from gateway.steward import questions as q
from gateway.steward.desk import Desk
from gateway.steward.mails import turned, turning
from gateway.steward.questions.refused import refused
from gateway.steward.roles import Person
from gateway.texts.catalogue import one_language, product_texts, said
from gateway.vietnamese.printed import clean

_LIMIT_ACTS: Final = 50
_LIMIT_CHECKPOINTS: Final = 50
_LIMIT_NOTES_BYTES: Final = 16 << 20
_NOTES: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.notes|public-key\.txt")
_LIMIT_LINES: Final = 200
_TOKEN: Final = re.compile(r"[^\s,;]+")
_BETWEEN_ROLES: Final = re.compile(r"(?<=\w) (?=\w)")


@dataclass
class _Last:
    """The last verification in this process."""

    when: str = ""
    good: bool = False
    running: threading.Lock = field(default_factory=threading.Lock)


_LAST: Final[defaultdict[Path, _Last]] = defaultdict(_Last)
"""By data folder."""


def log_view(desk: Desk, _person: Person, question: q.AskLog, language: Language) -> q.LogView:
    """Return the state of the log, its checkpoints and acts, the newest first."""
    data = desk.configuration.data
    before, after = turning(question.before), turning(question.after) if question.before is None else None
    wanted = Filter(state="act", before_seq=before, after_seq=after, limit=_LIMIT_ACTS + 1)
    with desk.reader() as reader:
        first, last = reader.first, reader.last
        rows, older, newer = turned(reader.find(wanted), wanted)
        acts = tuple(reader.act(row.seq) for row in rows)
    verdict, verified = None, _LAST[data]
    if verified.when:
        key = "good" if verified.good else "bad"
        verdict = q.Badge(said("answers", "log", key, language), key, key)
    return q.LogView(
        first=first,
        last=last,
        octets=_octets(data),
        verified=verified.when,
        verdict=verdict,
        checkpoints=tuple(islice(_checkpoints(data), _LIMIT_CHECKPOINTS)),
        acts=tuple(_act_row(act, desk, language) for act in acts if act is not None),
        older=older,
        newer=newer,
    )


def _octets(data: Path) -> int:
    total = 0
    for suffix in ("", "-wal"):
        with contextlib.suppress(OSError):
            total += Folder(data).database.with_name(f"audit.db{suffix}").stat().st_size
    return total


def _about(act: r.Act, desk: Desk, language: Language) -> str:
    """Return what an act is about, roles and units by their names."""
    head, text, names = "", about_words(act.what, act.about, language), {}
    if act.what.endswith("_report"):
        names = desk.unit_names()
    elif act.what.startswith("account_"):
        names = {role: words[language] for role, words in product_texts("console")["role"].items()}
        name, colon, text = text.partition(": ")
        head, text = name + colon, _BETWEEN_ROLES.sub("; ", text)
    return head + _TOKEN.sub(lambda found: names.get(found[0], found[0]), text)


def _act_row(act: r.Act, desk: Desk, language: Language) -> q.ActRow:
    key, roles = "done" if act.ok else "not_done", product_texts("console")["role"]
    return q.ActRow(
        seq=act.seq,
        time=act.time,
        who=clean(act.who, limit=320),
        roles=", ".join(roles[role][language] if role in roles else clean(role) for role in act.roles),
        what=words_of("act", act.what, language),
        about=clean(_about(act, desk, language), limit=320),
        reason=clean(act.reason, limit=500),
        client=clean(act.client),
        result=q.Badge(said("answers", "log", key, language), "plain" if act.ok else "warn", key),
    )


def _checkpoints(data: Path) -> Iterator[q.CheckpointRow]:
    """Yield the files of checkpoints, the newest first; the last note of each says what it covers."""
    for name in sorted(_listing(data), reverse=True):
        path = Folder(data).checkpoints / name
        if name.endswith(".txt") or (last := _last_note(path)) is None:
            continue
        yield q.CheckpointRow(name, last[0], last[1])


def _last_note(path: Path) -> tuple[str, int] | None:
    """Return time and size of the last checkpoint of a file, from its end."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4096))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return None
    begin = text.find("gateway-audit/")
    found, _ = parse_notes(text[max(0, begin) :])
    return (found[-1].time, found[-1].size) if found else None


def _listing(data: Path) -> list[str]:
    """Return the names of the files that may be taken away: what is there, and looks like one."""
    try:
        return [
            path.name for path in Folder(data).checkpoints.iterdir() if _NOTES.fullmatch(path.name) and path.is_file()
        ]
    except OSError:
        return []


def get_checkpoint(desk: Desk, person: Person, question: q.GetCheckpoint, _language: Language) -> q.Piece:
    """Return a file of checkpoints, or the key to verify them; names are held against what is there."""
    data = desk.configuration.data
    if question.name not in _listing(data):
        raise refused("not_found")
    path = Folder(data).checkpoints / question.name
    if path.is_symlink() or path.stat().st_size > _LIMIT_NOTES_BYTES:
        raise refused("not_found")
    desk.act(person, "get_checkpoint", about=question.name)
    return q.Piece(path.read_bytes())


def verify(desk: Desk, _person: Person, _question: q.Verify, language: Language) -> Iterator[q.Answer]:
    """Verify the whole log and report progress; one at a time."""
    verified = _LAST[desk.configuration.data]
    if not verified.running.acquire(blocking=False):
        raise refused("too_many", said("answers", "log", "running", language))
    try:
        with desk.reader() as reader:
            total = reader.last - reader.first + 1
        words = said("progress", "work", "verify", language)
        done = 0
        for found in _verified(desk.configuration.data):
            if isinstance(found, int):
                done = min(total, done + found)
                yield q.Progress(words, done, total)
                continue
            if isinstance(found, GatewayError):
                yield q.Verified(good=False, text=_shown(str(found), language))
                return
            verified.when, verified.good = datetime.now(UTC).isoformat(timespec="seconds"), found.exit_code == 0
            yield q.Verified(good=verified.good, text=_shown(render_verification(found, language), language))
    finally:
        verified.running.release()


def _shown(text: str, language: Language) -> str:
    return "\n".join(clean(one_language(line, language), limit=400) for line in text.splitlines()[:_LIMIT_LINES])


def _verified(data: Path) -> Iterator[int | Verification | GatewayError]:
    """Verify in a thread of its own; yield records as they are done, and the result."""
    events: queue.SimpleQueue[int | Verification | GatewayError | BaseException] = queue.SimpleQueue()
    stopped = threading.Event()

    def tick(count: int) -> None:
        if stopped.is_set():
            raise _StoppedError
        events.put(count)

    def run() -> None:
        try:
            events.put(verify_log(data, tick=tick))
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            events.put(error)

    threading.Thread(target=run, name="verify", daemon=True).start()
    try:
        while True:
            found = events.get()
            if isinstance(found, BaseException) and not isinstance(found, GatewayError):
                raise found
            yield found
            if not isinstance(found, int):
                return
    finally:
        stopped.set()


class _StoppedError(Exception):
    """The caller has left."""
