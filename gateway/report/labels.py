"""Names in a report: law and offices from the policy file by date, units from the directory, rules from the catalogue.

Names of the policy file that only reports use: `place` (before the date), `report_to` (whom it goes to, with semicolons between)
and `report_signer`. Where one is not set the report leaves room for it, or says what is usual.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from urllib.parse import quote

from msgspec import Struct

from gateway.audit.index_rows import unit_tag
from gateway.engine import PolicySet
from gateway.model import Directory, Language
from gateway.report.figures import COUNTING, OUTSIDE, Report
from gateway.texts.catalogue import said
from gateway.vietnamese.printed import clean

_LIMIT = 160
_ARTICLES = ("7600:10", "7600:11", "7600:12")


words = partial(said, "report")


def label(text: str) -> str:
    """Return a name in one printable line, distinct from the line of parameters."""
    return clean(text, limit=_LIMIT).replace("[", "(").replace("]", ")")


class Labels(Struct, frozen=True, kw_only=True):
    """All names, printable."""

    above: str
    office: str
    place: str
    signer: str
    recipients: tuple[str, ...]
    law: str
    articles: tuple[str, str, str]
    """Of reports, praise and violations."""
    units: Mapping[str, str] = {}
    """By id, those that have another name."""
    rules: Mapping[str, str] = {}
    """Titles by `policy.rule`."""

    def unit(self, unit: str, language: Language) -> str:
        """Return the name of a unit."""
        if unit == OUTSIDE:
            return words("table", "outside", language)
        return self.units.get(unit) or label(unit) or "?"

    def rule(self, policy: str, rule: str) -> str:
        """Return the title of a rule; its name where the policy set no longer has it."""
        return self.rules.get(f"{policy}.{rule}") or label(f"{policy}.{rule}")


def labels(
    report: Report, policies: PolicySet, directory: Directory | None, language: Language = Language.VI
) -> Labels:
    """Return the names that are right on the last day of the month."""
    on = report.wanted.month.last_day
    names = policies.names_on(language, on)

    def name(key: str, otherwise: str) -> str:
        return label(names.get(key) or otherwise)

    def usual(table: str, key: str) -> str:
        return words(table, key, language)

    authority, office = name("authority", usual("foot", "authority")), name("office", usual("foot", "office"))
    units = _units(directory)
    unit = report.wanted.unit
    above, issuer = (authority, units.get(unit) or label(unit)) if unit else (authority, office)
    return Labels(
        above=above,
        office=issuer,
        place=name("place", usual("head", "place")),
        signer=usual("foot", "signer_unit") if unit else name("report_signer", usual("foot", "signer")),
        recipients=tuple(
            one for part in names.get("report_to", office if unit else authority).split(";") if (one := label(part))
        ),
        law=label(policies.citation("7600", language, on)),
        articles=tuple(label(policies.citation(key, language, on)) for key in _ARTICLES),  # type: ignore[arg-type]
        units=units,
        rules={
            f"{policy}.{rule}": label(text.title)
            for (policy, rule, each), text in policies.catalogue.rules.items()
            if each is language
        },
    )


def unit_id(wanted: str, directory: Directory | None) -> str:
    """Return the id of a unit that is called by its name; anything else as it is."""
    units = directory.units.values() if directory is not None else ()
    named = (unit.id for unit in units if unit.name and unit_tag(unit.name) == unit_tag(wanted))
    return next(named, wanted) if wanted.strip() else wanted


def _units(directory: Directory | None) -> dict[str, str]:
    units = directory.units.values() if directory is not None else ()
    return {unit.id: label(unit.name) for unit in units if unit.name}


def parameters(report: Report, language: Language) -> str:
    """Return the line by which a report is counted again."""
    wanted = report.wanted
    basis = report.basis
    weights, node = wanted.weights, f" node={wanted.node}" if wanted.node else ""
    nodes = [f"{one.node}:{one.first}-{one.last}{':behind' * one.behind}" for one in basis.nodes or ()]
    directory = f"{basis.directory_node}:{basis.directory_record}" if basis.directory_node else basis.directory_record
    return (
        f"[month={wanted.month} counting={COUNTING} records={','.join(nodes) or f'{basis.first}-{basis.last}'}"
        f" directory={directory or 'none'} made={report.made}"
        f" weights={weights.active}/{weights.signed}/{weights.first_pass} least={wanted.least_mailboxes}"
        f" persons={'yes' if wanted.persons else 'no'} language={language}{node} unit={quote(wanted.unit, safe='')}]"
    )
