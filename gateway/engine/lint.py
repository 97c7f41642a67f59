"""Output of `gateway policy lint | diff`; exit codes: 0 no fault, 1 differences or warnings, 2 faults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from gateway.engine.loading import load_policy_set, load_policy_sets
from gateway.engine.policy_set import PolicySet
from gateway.engine.registry import Registry
from gateway.errors import ConfigError
from gateway.model import VIETNAM, Directory, Disposition, Mode
from gateway.texts.catalogue import both
from gateway.vietnamese.addresses import normal_form
from gateway.vietnamese.unit_names import fold_unit
from gateway.yaml.file import closest
from gateway.yaml.values import printable

_STRENGTH = {Mode.OFF.value: 0, Mode.MONITOR.value: 1, Mode.ENFORCE.value: 2}


class CommandResult(NamedTuple):
    """Output and exit code of a command."""

    text: str
    exit_code: int


def lint(
    source: Path | str,
    *,
    registry: Registry | None = None,
    now: datetime | None = None,
    directory: Directory | None = None,
) -> CommandResult:
    """Load a policy file or preset and print what it resolves to, its warnings, or all its faults."""
    now = now or datetime.now(VIETNAM)
    try:
        policies = load_policy_set(source, registry=registry, now=now)
    except ConfigError as error:
        return _faulty(error)
    lines = [f"{policies.name}  sha256:{policies.digest}"]
    for policy in policies.policies:
        lines.append(f"  {policy.name}: {policy.mode.value}  ({policy.module})")
        for rule, action in sorted(policy.stance.actions.items()):
            words = dict.fromkeys((action.failed.word, action.indeterminate.word))
            lines.append(f"    {policy.rules[rule].code:<8} {rule}: {' / '.join(words)}")
        lines += [f"    phạm vi / scope: {line}" for line in _scopes(policy.scopes)]
    for waiver in policies.waivers:
        target = waiver.sha256 or waiver.sender or waiver.recipient
        lines.append(
            f"  miễn trừ / waiver {waiver.id}: {waiver.policy}.{waiver.rule} {target}; {waiver.reason} "
            f"({waiver.approved_by}, đến / until {waiver.expires})"
        )
    warnings = tuple(warnings_of(policies, now, directory))
    lines += [f"cảnh báo / warning: {warning}" for warning in warnings]
    lines.append("hợp lệ / valid" if not warnings else f"hợp lệ, {len(warnings)} cảnh báo / valid with warnings")
    return CommandResult("\n".join(lines), 0)


def warnings_of(
    policies: PolicySet, now: datetime, directory: Directory | None, *, holds: bool = False
) -> Iterator[str]:
    """Yield warnings to the editor of a valid policy file; `holds`: each listener is known to hold mail."""
    yield from policies.warnings(now)
    if not holds:
        yield from _held(policies)
    yield from strangers(policies, directory)


def _held(policies: PolicySet) -> Iterator[str]:
    """Yield words for rules that hold mail: only an MTA behind a milter has a place for it."""
    for policy in policies.policies:
        stances = [policy.stance.actions, *(scope.actions for scope in policy.scopes)]
        for rule in policy.rules if policy.mode is Mode.ENFORCE else ():
            actions = [actions[rule] for actions in stances if rule in actions]
            if any(Disposition.HOLD in (action.failed, action.indeterminate) for action in actions):
                yield both("start", "policy", "held", policy=policy.name, rule=rule)


def strangers(policies: PolicySet, directory: Directory | None) -> Iterator[str]:
    """Yield words for units and single senders of scopes that the directory does not know."""
    if directory is None:
        return
    units = {unit: fold_unit(unit) for unit in {mailbox.unit for mailbox in directory.mailboxes.values()}}
    for policy in policies.policies:
        for number, scope in enumerate(policy.scopes, 1):
            for unit in sorted(scope.units[one] for one in scope.units.keys() - units.values()):
                guess = closest(unit, sorted(units))
                meant = f" ({both('audit', 'fault', 'did_you_mean', guess=guess)})" if guess else ""
                yield (
                    both("start", "policy", "scope_unit", policy=policy.name, number=number, unit=printable(unit))
                    + meant
                )
            for sender in scope.senders.patterns:
                single = "*" not in sender and not sender.startswith("@")
                if single and directory.find(normal_form(sender)) is None:
                    yield both(
                        "start", "policy", "scope_sender", policy=policy.name, number=number, sender=printable(sender)
                    )


def _faulty(error: ConfigError) -> CommandResult:
    return CommandResult(f"{error}\n{len(error.faults)} lỗi / faults", 2)


def _scopes(scopes: Any) -> Iterator[str]:
    for scope in scopes:
        conditions = []
        if scope.days.since or scope.days.until:
            conditions.append(f"{scope.days.since or ''}..{scope.days.until or ''}")
        if scope.units:
            conditions.append("units " + ", ".join(scope.units.values()))
        if scope.senders:
            conditions.append("from " + ", ".join(scope.senders.patterns))
        if scope.recipients:
            conditions.append("to " + ", ".join(scope.recipients.patterns))
        effects = [scope.mode.value] if scope.mode else []
        effects += [f"{rule}: {action.failed.word}" for rule, action in scope.actions.items()]
        yield f"{'; '.join(conditions) or '*'} -> {', '.join(effects) or '-'}"


def diff(old: Path | str, new: Path | str, *, registry: Registry | None = None) -> CommandResult:
    """Return what changes from one policy set to another; `-` marks what becomes laxer, `+` what becomes stricter."""
    try:
        before, after = load_policy_sets(old, new, registry=registry)
    except ConfigError as error:
        return _faulty(error)
    lines = list(differences(before, after))
    if not lines:
        return CommandResult(f"giống nhau / same: {before.digest[:16]}", 0)
    return CommandResult("\n".join([f"{before.name} -> {after.name}", *lines]), 1)


def differences(before: PolicySet, after: PolicySet) -> Iterator[str]:
    """Yield a line for each setting that differs; `-` marks what becomes laxer, `+` what becomes stricter."""
    for path, was, becomes in _changes(json.loads(before.canonical), json.loads(after.canonical)):
        if path != "name":
            yield f"{_sign(path, was, becomes)} {path}: {_shown(was)} -> {_shown(becomes)}"


_ABSENT = object()


def _changes(old: object, new: object) -> Iterator[tuple[str, object, object]]:
    stack: list[tuple[str, object, object]] = [("", old, new)]
    while stack:
        path, was, becomes = stack.pop()
        if isinstance(was, dict) and isinstance(becomes, dict):
            stack.extend(
                (f"{path}.{key}".lstrip("."), was.get(key, _ABSENT), becomes.get(key, _ABSENT))
                for key in sorted(was.keys() | becomes.keys(), reverse=True)
            )
        elif was != becomes:
            yield path, was, becomes


def _sign(path: str, was: object, becomes: object) -> str:
    """Return the sign of a change of which it is known whether it is laxer: of a waiver, a policy, a mode or a disposition."""
    match path.split("."):
        case ["waivers"] if isinstance(was, list) and isinstance(becomes, list):
            return "-" if any(waiver not in was for waiver in becomes) else "+"
        case ["policies", _] if _ABSENT in (was, becomes):
            return "+" if was is _ABSENT else "-"
        case ["policies", _, "mode"]:
            return "+" if _STRENGTH[str(becomes)] > _STRENGTH[str(was)] else "-"
        case ["policies", _, "rules", _, _]:
            return "+" if Disposition.parse(str(becomes)) > Disposition.parse(str(was)) else "-"
        case _:
            return " "


def _shown(value: object) -> str:
    if isinstance(value, list) and value and all(isinstance(one, dict) and "vi" in one for one in value):
        return "; ".join(map(_words, value))
    return "(không có / absent)" if value is _ABSENT else json.dumps(value, ensure_ascii=False)


def _words(one: dict[str, str | None]) -> str:
    first, last = one["from"], one["until"]
    days = f" ({first or '...'} - {last or '...'})" if first or last else ""
    return f"“{one['vi']}” / “{one['en']}”{days}"
