"""The policy in force, rule by rule: disposition, place that sets it, number of mails; and its waivers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from gateway.audit import tally
from gateway.audit.filter import Filter
from gateway.audit.query import AuditReader
from gateway.engine.layers import DECIDED, Layers, read_layers
from gateway.engine.policy_set import PolicySet, day
from gateway.engine.registry import Registry
from gateway.errors import UserError
from gateway.model import Language, Mode
from gateway.pipeline.in_force import read_in_force
from gateway.pipeline.rulebook import policy_source
from gateway.steward import questions as q
from gateway.steward.candidate import LIMIT_BYTES, editable, replaced_files
from gateway.steward.desk import Desk
from gateway.steward.mails import result_badge
from gateway.steward.roles import Person
from gateway.texts.catalogue import said
from gateway.vietnamese.printed import clean

_DAYS: Final = 30
_SOON_DAYS: Final = 14
_COUNTED: Final = 100
_MODE_TONES: Final = {Mode.ENFORCE: "good", Mode.MONITOR: "warn", Mode.OFF: "plain"}
_EXTENDING: Final = "version: 1\nname: co-quan\nextends: {preset}\n"
_PUT: Final = "put_in_force"


def policy_view(desk: Desk, _person: Person, question: q.AskPolicy, language: Language) -> q.PolicyView:
    """Return what is in force."""
    policies, now = desk.policies(), datetime.now(UTC)
    source = policy_source(desk.configuration.policy_in_use)
    earlier = replaced_files(desk.configuration.data) if editable(desk) else {}
    shown = earlier.get(question.earlier, source)
    try:
        layers: Layers | None = read_layers(source, Registry.installed(), desk.configuration.data / DECIDED)
    except UserError:  # the file was changed since it was loaded, and is at fault now
        layers = None
    days = tally.days_until(now, _DAYS)
    with desk.reader() as reader:
        counts: Counter[str] = Counter()
        with reader.index() as index:
            for one in tally.by_day(index, days[0], days[-1]).values():
                counts.update(one)
        by = _by(reader, policies.digest)
        waivers = tuple(_waivers(policies, reader, language, day(now)))
    return q.PolicyView(
        name=clean(policies.name),
        digest=policies.digest,
        since=read_in_force(desk.configuration.data).since,
        by=by,
        text=_text(shown) if isinstance(shown, Path) else _EXTENDING.format(preset=shown),
        path=str(source) if isinstance(source, Path) else "",
        earlier=tuple(earlier),
        counted_since=days[0],
        rules=tuple(_rules(policies, layers, counts, language, now)),
        waivers=waivers,
        editable=editable(desk),
        commands=_commands(source),
    )


def _text(path: Path) -> str:
    """Return the text of the file; empty when it cannot be shown."""
    try:
        with path.open("rb") as file:
            octets = file.read(LIMIT_BYTES + 1)
    except OSError:
        return ""
    return octets.decode("utf-8", "replace") if len(octets) <= LIMIT_BYTES else ""


def _by(reader: AuditReader, digest: str) -> str:
    """Return who put this policy in force at the console, empty when it was not put in force there."""
    for row in reader.find(Filter(state="act", words=f'"{_PUT}" {digest}', limit=5)):
        act = reader.act(row.seq)
        if act is not None and (act.what, act.about) == (_PUT, digest):  # the newest: it says whether it was done
            return clean(act.who, limit=320) if act.ok else ""
    return ""


def _rules(
    policies: PolicySet, layers: Layers | None, counts: Counter[str], language: Language, now: datetime
) -> Iterator[q.RuleRow]:
    for policy in policies.policies:
        mode = policy.mode
        mode_words = said("answers", "mode", mode.value, language)
        for rule in policy.rules.values():
            action = policy.stance.actions[rule.id]
            places = [("policies", policy.name, "rules", rule.id), ("policies", policy.name, "mode")]
            source = next((at for place in places if layers is not None and (at := layers.set_at(*place))), "")
            name = f"{policy.name}.{rule.id}"
            dispositions = tuple(dict.fromkeys((action.failed, action.indeterminate)))
            yield q.RuleRow(
                code=clean(rule.code),
                rule=name,
                title=clean(policies.catalogue.title(policy.name, rule.id, language), limit=200),
                policy=policy.name,
                mode=q.Badge(mode_words, _MODE_TONES[mode], mode.value),
                dispositions=tuple(result_badge(one.word, "", language) for one in dispositions),
                source=_line(source),
                article=clean(policies.citation(rule.article, language, day(now)), limit=300),
                count=counts[f"rule:{name}"],
            )


def _line(place: str) -> str:
    """Return a place as file:line, the file without its folders."""
    path, _, rest = place.partition(":")
    return f"{Path(path).name}:{rest.partition(':')[0]}" if place else ""


def _waivers(policies: PolicySet, reader: AuditReader, language: Language, today: date) -> Iterator[q.WaiverRow]:
    """Yield waivers, those that have ended last."""
    for waiver in sorted(policies.waivers, key=lambda one: (one.expires < today, one.expires)):
        key, tone = "running", "good"
        if waiver.expires < today:
            key, tone = "ended", "plain"
        elif waiver.expires <= today + timedelta(days=_SOON_DAYS):
            key, tone = "soon", "warn"
        digest = f"sha256 {waiver.sha256[:16]}…" if waiver.sha256 else ""
        about = [
            one for one in (digest, waiver.sender or "", f"→ {waiver.recipient}" if waiver.recipient else "") if one
        ]
        yield q.WaiverRow(
            name=clean(waiver.id),
            rule=clean(f"{waiver.policy}.{waiver.rule}"),
            about=clean(", ".join(about), limit=400),
            until=waiver.expires.isoformat(),
            reason=clean(f"{waiver.reason} ({waiver.approved_by})", limit=700),
            state=q.Badge(said("answers", "policy", key, language), tone, key),
            used=used_by(reader, waiver.id).value,
        )


def used_by(reader: AuditReader, waiver: str) -> q.Bar:
    """Return how many mails a waiver let pass, a hundred at most, and the search for them."""
    count = len(reader.find(Filter(words=f'waiver:"{waiver}"', limit=_COUNTED)))
    return q.Bar(clean(waiver), count, link=urlencode({"q": f"waiver:{waiver}"}))


def _commands(source: Path | str) -> tuple[str, ...]:
    """Return what to type on the machine."""
    path = source if isinstance(source, Path) else Path("/etc/gateway/policy.yaml")
    return (
        "gateway policy lint policy-moi.yaml",
        "gateway policy diff current policy-moi.yaml --since 30d",
        f"cp policy-moi.yaml {path} && systemctl reload gateway",
    )
