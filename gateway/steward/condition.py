"""Condition of the running system with remedies: for the overview of the console and `gateway doctor`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Final

from gateway.audit.chain import ends
from gateway.audit.checkpoint import newest_checkpoint
from gateway.audit.store import Folder, reading
from gateway.config.sections import Configuration
from gateway.errors import NoticeError, UserError
from gateway.hold.store import HoldStore
from gateway.model import VIETNAM, Language
from gateway.notice.book import lost
from gateway.system.certificate_expiry import validity
from gateway.system.revocation_lists import RevocationLists
from gateway.texts.catalogue import both, one_language, pair, reasons
from gateway.vietnamese.printed import clean

_CHECKPOINT_LATE_S: Final = 3600.0
_SHORT_MIB: Final = 500
_FULL_MIB: Final = 100
_TIGHT: Final = 0.9
_SOON_DAYS: Final = 30


class Health(Enum):
    """Severity of a line."""

    GOOD = "good"
    WARNING = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Condition:
    """One check and its result; its words are in `start.toml`, table `doctor`, or given with it (`given`)."""

    health: Health
    subject: str
    key: str
    fields: dict[str, object] = field(default_factory=dict)
    given: str = ""
    """Words in both languages, as `both` makes them; then there is no key."""

    @property
    def both(self) -> str:
        """Both languages in one line, for a terminal."""
        return self.given or both("start", "doctor", self.key, **self.fields)

    def words(self, language: Language) -> str:
        """The words in one language."""
        if self.given:
            return one_language(self.given, language)
        number = int(language is not Language.VI)
        fields = {name: one[number] if isinstance(one, tuple) else one for name, one in self.fields.items()}
        return pair("start", "doctor", self.key, **fields)[number]


def with_words(health: Health, subject: str, words: str) -> Condition:
    """Return a line whose words are there already."""
    return Condition(health, subject, "", given=words)


@dataclass(frozen=True, kw_only=True)
class Running:
    """State that only the supervisor knows; asked from time to time."""

    certs: Path | None
    """Folder of the trust anchors in use."""
    sandbox_missing: tuple[str, ...] | None
    """Layers that the kernel lacks; None when the zygote said nothing."""
    last_reload: Callable[[], tuple[int, bool]]
    """End of the last reload, in seconds since 1970, and whether all of it is in force."""


def condition(configuration: Configuration, running: Running | None, now: datetime) -> Iterator[Condition]:
    """Yield all lines; without `running` only those that need no running gateway."""
    yield from log_lines(configuration.data, now)
    yield from disk_lines(configuration.data)
    yield from certificate_lines(configuration, now)
    yield from notice_lines(configuration.data, now)
    if running is not None:
        yield from revocation_lines(running.certs, now)
        yield sandbox_line(running.sandbox_missing)
        when, good = running.last_reload()
        age = _age(now.timestamp() - when)
        yield Condition(
            *((Health.GOOD, "reload", "reload") if good else (Health.BAD, "reload", "reload_failed")), {"age": age}
        )


def log_lines(data: Path, now: datetime) -> Iterator[Condition]:
    """Yield how old the last checkpoint is, and how much it does not cover."""
    if not Folder(data).database.exists():
        yield Condition(Health.GOOD, "log", "log_absent")
        return
    try:
        with reading(data) as log:
            _, last = ends(log)
            known = newest_checkpoint(log)
    except UserError as error:
        yield with_words(Health.BAD, "log", str(error))
        return
    size = known.size if known is not None else 0
    seconds = (now - datetime.fromisoformat(known.time)).total_seconds() if known is not None else 0.0
    late = last > size and seconds > _CHECKPOINT_LATE_S
    fields: dict[str, object] = {"age": _age(seconds), "size": _number(size), "count": _number(last - size)}
    yield Condition(Health.WARNING if late else Health.GOOD, "log", "checkpoint_old" if late else "checkpoint", fields)


def disk_lines(data: Path) -> Iterator[Condition]:
    """Yield how much room the log has."""
    if not data.exists():
        return
    free = os.statvfs(data)
    mib = free.f_bavail * free.f_frsize >> 20
    if mib >= _SHORT_MIB:
        yield Condition(Health.GOOD, "disk", "free", {"gib": _number(mib / 1024, digits=1)})
        return
    yield Condition(Health.WARNING if mib >= _FULL_MIB else Health.BAD, "disk", "space", {"mib": mib})


def notice_lines(data: Path, now: datetime) -> Iterator[Condition]:
    """Yield that mails of the gateway itself did not arrive of late."""
    try:
        found = lost(data, now.timestamp())
    except NoticeError as error:
        yield with_words(Health.BAD, "notices", str(error))
        return
    if found:
        last = found[0]
        fields: dict[str, object] = {
            "count": len(found),
            "when": f"{datetime.fromtimestamp(last.at, VIETNAM):%H:%M %d/%m}",
            "recipient": clean(last.recipient, limit=320),
            "answer": clean(last.answer) or "-",
        }
        yield Condition(Health.WARNING, "notices", "notices_lost", fields)


def hold_lines(configuration: Configuration) -> Iterator[Condition]:
    """Yield how much is held, where mail is held."""
    hold = configuration.hold
    if hold.release is None:
        return
    files = HoldStore(configuration.data).files()
    size = sum(one.size for one in files)
    tight = len(files) > hold.mails * _TIGHT or size > hold.bytes * _TIGHT
    fields: dict[str, object] = {"count": len(files), "mib": size >> 20}
    yield Condition(Health.WARNING if tight else Health.GOOD, "hold", "held_tight" if tight else "held", fields)


def certificate_lines(configuration: Configuration, now: datetime) -> Iterator[Condition]:
    """Yield how long each certificate that is served still holds."""
    for path in configuration.certificates:
        yield certificate_line(path, now)


def certificate_line(path: Path, now: datetime) -> Condition:
    """Return how long a certificate still holds."""
    try:
        begins, ends = validity(path)
    except (OSError, ValueError) as error:
        reason = reasons(error) if isinstance(error, OSError) else clean(str(error))
        return Condition(Health.BAD, "tls", "certificate_unread", {"path": path, "reason": reason})
    if now < begins:  # it came too early, or this machine's clock is wrong
        health, key, days = Health.BAD, "not_yet", begins - now
    elif now > ends:
        health, key, days = Health.BAD, "expired", now - ends
    else:
        days = ends - now
        soon = days.days < _SOON_DAYS
        health, key = (Health.WARNING, "expires") if soon else (Health.GOOD, "certificate")
    begin, moment = f"{begins:%Y-%m-%d %H:%M}", f"{now:%Y-%m-%d %H:%M}"
    return Condition(health, "tls", key, {"path": path, "days": days.days, "begins": begin, "now": moment})


def revocation_lines(certs: Path | None, now: datetime) -> Iterator[Condition]:
    """Yield revocation lists that are past their time, or that all are in time."""
    lists = RevocationLists(certs).newest()
    if not lists:
        yield Condition(Health.WARNING, "revocation", "crl_none")
        return
    ahead = [(one, (one.due - now.timestamp()) / 86_400) for one in lists if one.due is not None]
    late = [(one, days) for one, days in ahead if days < 0]
    for one, days in late:
        fields: dict[str, object] = {"issuer": clean(one.issuer, limit=120), "days": int(-days)}
        yield Condition(Health.WARNING, "revocation", "crl_due", fields)
    if not late:
        soonest = int(min((days for _, days in ahead), default=0))
        yield Condition(Health.GOOD, "revocation", "crl", {"count": len(lists), "days": soonest})


def sandbox_line(missing: tuple[str, ...] | None) -> Condition:
    """Return whether the sandbox of the readers is complete."""
    if missing is None:
        return Condition(Health.WARNING, "sandbox", "sandbox_silent")
    if missing:
        return Condition(Health.WARNING, "sandbox", "sandbox_missing", {"missing": ", ".join(missing)})
    return Condition(Health.GOOD, "sandbox", "sandbox")


def _number(value: float, *, digits: int = 0) -> tuple[str, str]:
    """Return a number as it is written in Vietnamese and in English."""
    english = f"{value:,.{digits}f}"
    return english.translate({ord(","): ".", ord("."): ","}), english


def _age(seconds: float) -> tuple[str, str]:
    minutes = max(0, int(seconds // 60))
    if minutes < 120:
        return pair("start", "doctor", "minutes_ago", count=minutes)
    if minutes < 48 * 60:
        return pair("start", "doctor", "hours_ago", count=minutes // 60)
    return pair("start", "doctor", "days_ago", count=minutes // 1440)
