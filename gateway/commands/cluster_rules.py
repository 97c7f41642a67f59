"""`gateway cluster publish | status`: rules for all nodes, state of each node."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from gateway.audit.render import moment
from gateway.cluster import records, rules, schema
from gateway.cluster.database import centre
from gateway.cluster.keys import signing_key, verifier_keys
from gateway.cluster.rules import Bundle, BundleError
from gateway.commands import policy_test
from gateway.commands.cluster import KeyOption, app
from gateway.commands.common import EXIT_REFUSED, centre_of, print_json
from gateway.commands.options import Configured, JsonOption, command, words
from gateway.commands.options import moment as parsed
from gateway.commands.policy import lint
from gateway.config.sections import Configuration
from gateway.engine import load_policy_set
from gateway.engine.layers import read_layers
from gateway.engine.registry import Registry
from gateway.errors import UserError
from gateway.files import read_file
from gateway.identity import directory as directories
from gateway.texts.catalogue import both
from gateway.vietnamese.printed import clean

_GONE: timedelta = timedelta(days=30)
"""A node that was silent for so long was taken out: it is listed and counts for nothing."""
_LATE: timedelta = timedelta(minutes=1)
_LIMIT_SHOWN = 1000


@command(app, "publish")
def publish(
    configuration: Configured,
    policy: Annotated[Path, typer.Argument(metavar="POLICY.yaml", help=words("publish_policy"))],
    key: KeyOption,
    directory: Annotated[Path | None, typer.Argument(metavar="DIRECTORY.csv", help=words("publish_directory"))] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help=words("publish_at"))] = None,
) -> int:
    """Phát hành quy tắc cho mọi nút / check rules, sign them, and have all nodes judge by them from one moment on.

    gateway cluster publish policy.yaml directory.csv --at 2026-12-01T06:00 --key /root/cluster-signing.key
    """
    cluster, now, due = centre_of(configuration), datetime.now(UTC), parsed(at)
    if due is not None and due < now - _LATE:
        raise UserError(both("cluster", "rules", "past", at=moment(due), now=moment(now)))
    signer = signing_key(key, "rules")
    if signer.verifier not in verifier_keys(cluster.rule_keys, "rules"):
        raise UserError(both("cluster", "rules", "foreign", key=signer.verifier.name))
    form = "csv" if directory is not None and directory.suffix.lower() == ".csv" else "yaml"
    files = read_file(policy), read_file(directory) if directory is not None else None
    _check_layers(policy)
    policies = load_policy_set(policy)
    listed = directories.load(directory) if directory is not None else None
    failed = lint([str(policy)], directory) or policy_test.run(str(policy), configuration, coverage=False)
    if failed:
        return failed
    with centre(cluster, "") as connection:
        bundle = rules.publish(connection, signer, at=due or now, policy=files[0], directory=files[1], form=form)
    fields = {"policies": policies.digest[:16], "directory": listed.digest[:16] if listed is not None else "-"}
    print(both("cluster", "rules", "published", sequence=bundle.sequence, at=moment(bundle.at), **fields))
    return 0


def _check_layers(policy: Path) -> None:
    """Raise UserError when the file extends another one that nodes would not have."""
    registry = Registry.installed()
    presets = {str(path) for path in registry.presets().values()}
    for layer in read_layers(policy, registry).files[:-1]:
        if layer.path not in presets:
            raise UserError(both("cluster", "rules", "layers", path=policy, base=layer.path))


@command(app, "status")
def status(configuration: Configured, as_json: JsonOption = False) -> int:
    """Tình trạng mọi nút; mã thoát 1 nếu có nút lệch / what each node does; exit code 1 when one is not as it should be.

    gateway cluster status --config /etc/gateway/gateway.yaml
    """
    with centre(centre_of(configuration)) as connection:
        outdated = schema.outdated(connection)
        if outdated:
            print(outdated)
            return EXIT_REFUSED
        shipped = {one.node: one for one in records.shipped(connection)}
        ruled = {one.node: one for one in rules.reports(connection)}
        notes = rules.published(connection, 0)
    now, well = datetime.now(UTC), True
    bundles = list(_bundles(configuration, notes))
    due = max((one.sequence for one in bundles if now - one.at > _LATE), default=0)
    anchors = set[str]()
    for node in sorted(shipped.keys() | ruled.keys()):
        ship, rule = shipped.get(node), ruled.get(node)
        heard = max(one for one in (ship and ship.reported, rule and rule.at) if one is not None)
        if gone := now - heard > _GONE or (ship is not None and ship.retired is not None):
            ruled.pop(node, None)
        elif ship is not None and ship.anchors:
            anchors.add(ship.anchors)
        faults = [] if gone else _faults(ship, rule, due)
        if now - heard > records.SILENT:
            faults.insert(0, both("cluster", "status", "gone" if gone else "silent", at=moment(heard)))
        well = well and (gone or not faults)
        if as_json:
            reports = {"records": ship and ship._asdict(), "rules": rule and rule._asdict()}
            print_json({"node": node, "heard": heard, **reports, "faults": faults})
            continue
        print(both("cluster", "status", "node", node=_shown(node)))
        if ship is not None:
            print(" ", both("cluster", "status", "records", last=ship.last, at=moment(ship.at) if ship.at else "-"))
            if ship.lag:
                print(" ", both("cluster", "status", "behind", lag=ship.lag))
            if ship.anchors:
                print(" ", both("cluster", "status", "anchors", anchors=_shown(ship.anchors[:16])))
        if rule is not None:
            shown = {"policies": _shown(rule.policies[:16]) or "-", "directory": _shown(rule.directory[:16]) or "-"}
            print(" ", both("cluster", "status", "rules", sequence=rule.sequence or "-", **shown))
        if not faults:
            key = "unknown" if ship is None or ship.unready is None else "ready"
            faults = [both("cluster", "status", key, at=moment(heard))]
        for line in faults:
            print(" ", line)
    if not shipped and not ruled:
        print(both("cluster", "status", "none"), file=sys.stderr)
        well = False
    _print_whole(ruled, _waiting(bundles, now), as_json=as_json)
    if len(anchors) > 1:
        print(both("cluster", "status", "anchors_differ"), file=sys.stderr)
    return 0 if well and len(anchors) <= 1 else EXIT_REFUSED


def _faults(ship: records.Shipped | None, rule: rules.RuleReport | None, due: int) -> list[str]:
    """Return what a node reported that is not as it should be; `due` is the bundle that all are on."""
    late = rule is not None and rule.sequence < due and not rule.fault
    ahead = ship.ahead if ship is not None and ship.ahead is not None else timedelta()
    clock = f"{ahead.total_seconds():+.0f}" if abs(ahead) > _LATE else ""
    said = {
        "ship": ship and ship.fault,
        "fault": rule and rule.fault,
        "late": late,
        "clock": clock,
        "unready": ship and not ship.fault and ship.unready,
    }
    return [both("cluster", "status", key, fault=_shown(str(one)), sequence=due) for key, one in said.items() if one]


def _bundles(configuration: Configuration, notes: list[tuple[int, str]]) -> Iterator[Bundle]:
    keys = verifier_keys(centre_of(configuration).rule_keys, "rules")
    for _, note in notes:
        with suppress(BundleError):
            yield Bundle.parse(note, keys)


def _waiting(bundles: list[Bundle], now: datetime) -> list[Bundle]:
    """Return the bundles that are to come in force: not those that a later one precedes."""
    found: list[Bundle] = []
    for one in reversed(bundles):
        if one.at <= now:
            break
        if not found or one.at < found[-1].at:
            found.append(one)
    return found[::-1]


def _print_whole(ruled: dict[str, rules.RuleReport], later: list[Bundle], *, as_json: bool) -> None:
    """Print what concerns all nodes."""
    total = sum(one.connections for one in ruled.values())
    if as_json:
        print_json({"connections": total, "waiting": {one.sequence: one.at for one in later}})
        return
    if total:
        print(both("cluster", "status", "connections", total=total, nodes=len(ruled)))
    for one in later:
        print(both("cluster", "status", "waiting", sequence=one.sequence, at=moment(one.at)))


def _shown(words: str) -> str:
    """Return what a node reported in one line that a terminal does not obey."""
    return clean(words, limit=_LIMIT_SHOWN)
