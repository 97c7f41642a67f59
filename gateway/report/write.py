"""Texts and tables of a report (Điều 10, 11, 12)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from gateway.model import Language
from gateway.report.figures import OUTSIDE, Gap, Place, Report, Share, UnitFigures, Violations
from gateway.report.labels import Labels, label, parameters, words
from gateway.report.page import (
    Annex,
    Block,
    Cell,
    Column,
    Days,
    Foot,
    Head,
    Heading,
    Octets,
    Page,
    Paragraph,
    Table,
    Tenths,
    percent,
    shown,
    whole,
)

_DIGEST = 16
_KINDS = ("office", "unit", "personal", "service")
_PLACE = ("unit", "active", "signed", "first_pass", "score")
_PLACE_WIDTHS = (60, 23, 23, 23, 23)
_LEADERS = 3
_COUNTED = ("prevented", "recorded", "waived", "untold")


def write(report: Report, labels: Labels, language: Language = Language.VI) -> Page:
    """Return a report in words."""
    writer = _Writer(report, labels, language)
    words = (*writer.head(), *writer.use(), *writer.praise(), *writer.violations(), *writer.basis())
    blocks = (*words, writer.foot(), writer.annex_head(), *writer.annex)
    return Page(title=writer.subject, language=language, made=report.made, blocks=blocks)


def gap_line(gap: Gap, language: Language) -> str:
    """Return a line on what the figures lack, with the node concerned."""
    fields = {name: whole(one, language) if isinstance(one, int) else one for name, one in gap.fields.items()}
    return f"{f'{gap.node}: ' if gap.node else ''}{words('gap', gap.key, language, **fields)}"


@dataclass
class _Writer:
    """Writes one report."""

    report: Report
    labels: Labels
    language: Language
    annex: list[Block] = field(default_factory=list)
    """The tables, which stand behind the signature."""
    _captions: int = field(default=0)

    @property
    def subject(self) -> str:
        wanted = self.report.wanted
        month, unit = wanted.month, self._unit(wanted.unit)
        return self._say(
            "head", "subject_unit" if wanted.unit else "subject", month=month.number, year=month.year, unit=unit
        )

    def head(self) -> Iterator[Block]:
        labels, month = self.labels, self.report.wanted.month
        yield Head(
            above=labels.above.upper(),
            office=labels.office.upper(),
            nation=self._say("head", "nation"),
            motto=self._say("head", "motto"),
            number=self._say("head", "number"),
            date=self._say("head", "date", place=labels.place, year=month.end.year),
            kind=self._say("head", "kind"),
            subject=self.subject,
        )
        if self.report.wanted.persons:
            yield Paragraph(self._say("head", "secret"), italic=True)
        yield Paragraph(
            self._say("head", "intro", law=labels.law, office=labels.office, month=month.number, year=month.year)
        )

    def use(self) -> Iterator[Block]:
        """Yield what Điều 10 asks for."""
        report, total = self.report, self.report.total
        yield self._heading("use", 0)
        stock, sent = total.stock, total.sent
        if stock.total is None:
            yield self._text("no_stock")
        else:
            share = percent(stock.active, stock.in_use or 0, self.language)
            yield self._text("stock", share=share, in_use=self._number(stock.in_use), **self._numbers(stock))
        numbers = self._numbers(sent) | {"octets": shown(Octets(sent.octets), self.language)}
        yield self._text("sent", share=percent(sent.signed, sent.documents, self.language), **numbers)
        stocks = ("total", "in_use", "added", "changed", "now_left", "now_suspended", "removed", "active", "share")
        widths = (14, 13, 12, 14, 13, 13, 12, 14, 16)
        tables = [self._by_unit("stock", stocks, widths, lambda one: self._stock_cells(one, stocks))]
        if report.total.stock.kinds:
            kinds = tuple(kind for kind in _KINDS if report.total.stock.kinds.get(kind))
            columns = [f"{kind}_kind" if kind == "unit" else kind for kind in kinds]
            tables.append(
                self._by_unit(
                    "kinds",
                    (*columns, "sum"),
                    (22,) * (len(kinds) + 1),
                    lambda one: [*(one.stock.kinds.get(kind, 0) for kind in kinds), one.stock.total],
                )
            )
        names = ("mails", "recipients", "octets", "documents", "signed", "share", "paper")
        tables.append(self._by_unit("sent", names, (16, 20, 20, 18, 15, 17, 17), _sent_cells))
        yield self._annexed(tables)
        values = tuple(day.mails for day in report.days)
        day, mails = self._say("column", "day"), self._say("column", "mails")
        self.annex.append(Days(title=self._say("table", "days"), day=day, mails=mails, values=values))

    def praise(self) -> Iterator[Block]:
        """Yield what Điều 11 asks for."""
        report, weights = self.report, self.report.wanted.weights
        yield self._heading("praise", 1)
        yield self._text("formula", active=weights.active, signed=weights.signed, first_pass=weights.first_pass)
        ranked = [place for place in report.league if not place.small]
        apart = [place for place in report.league if place.small]
        if not report.league:
            yield self._text("no_league")
            return
        tables = []
        if ranked:
            leaders = [self._leader(place) for place in ranked[:_LEADERS]]
            yield self._text("leaders", leaders="; ".join(leaders))
            rows = [(place.rank, *self._place_cells(place)) for place in ranked]
            tables.append(self._table("league", ("rank", *_PLACE), (13, *_PLACE_WIDTHS), rows))
        if apart:
            yield self._text("apart", least=report.wanted.least_mailboxes)
            tables.append(self._table("apart", _PLACE, _PLACE_WIDTHS, [self._place_cells(one) for one in apart]))
        yield self._annexed(tables)

    def violations(self) -> Iterator[Block]:
        """Yield what Điều 12 asks for."""
        total = self.report.total.violations
        yield self._heading("violations", 2)
        share = percent(total.mended, total.named, self.language)
        yield self._text("violations", share=share, **self._numbers(total))
        if total.unproven:
            yield self._text("unproven", unproven=self._number(total.unproven))
        yield Paragraph(self._say("text", "one"), italic=True)
        if total == Violations():
            return
        names = (*_COUNTED, "mended", "noted")
        units = self._by_unit(
            "units", names, (18, 18, 18, 18, 17, 19), lambda one: [getattr(one.violations, name) for name in names]
        )
        tables = [units, *self._rule_tables()]
        if self.report.wanted.persons and self.report.persons:
            tables.append(self._persons())
        yield self._annexed(tables)

    def basis(self) -> Iterator[Block]:
        """Yield where the figures come from, and what they do not hold."""
        basis = self.report.basis
        yield Heading(self._say("heading", "basis"))
        if basis.nodes:
            yield self._text("nodes", count=len(basis.nodes))
            for one in basis.nodes:
                key = "node_range" if one.first <= one.last else "no_node_range"
                yield self._text(key, node=one.node, first=one.first, last=one.last)
                yield Paragraph(one.head, indent=False)
        elif basis.last < basis.first:
            yield self._text("no_range")
        else:
            yield self._text("range", first=basis.first, last=basis.last)
            yield Paragraph(basis.head, indent=False)
        yield self._text("policies", digests=_digests(basis.policies))
        if basis.directory_record is None:
            yield self._text("no_directories")
        else:
            record = f"{basis.directory_record}{f' ({basis.directory_node})' if basis.directory_node else ''}"
            yield self._text("directories", digests=_digests(basis.directories), record=record)
        yield self._text("gaps" if self.report.gaps else "no_gaps")
        lines = [gap_line(gap, self.language) for gap in self.report.gaps]
        yield from (
            Paragraph(f"- {line}{'.' if number == len(lines) else ';'}") for number, line in enumerate(lines, 1)
        )
        yield self._text("unmeasured")
        yield self._text("verify")
        yield Paragraph(parameters(self.report, self.language), indent=False)
        month = self.report.wanted.month
        yield self._text("end", month=month.number, year=month.year, office=self.labels.office)

    def foot(self) -> Foot:
        return Foot(
            to=self._say("foot", "to"),
            recipients=(*self.labels.recipients, self._say("foot", "file")),
            signer=self.labels.signer.upper(),
        )

    def annex_head(self) -> Annex:
        month = self.report.wanted.month
        return Annex(
            kind=self._say("head", "annex"),
            subject=self.subject.upper(),
            of=self._say("head", "annex_of", year=month.end.year, office=self.labels.office),
        )

    def _rule_tables(self) -> Iterator[Table]:
        names = (*_COUNTED, "mended")
        sums: defaultdict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0] * len(names))
        rows: list[list[Cell]] = []
        for one in self.report.rules:
            counts = [getattr(one.violations, name) for name in names]
            if not any(counts):
                continue
            title = self.labels.rule(one.policy, one.rule)
            code, article = label(one.code), label(one.article)
            rows.append([self._unit(one.unit), code, article, *counts])
            key = (article, code, title, "")
            sums[key] = [before + count for before, count in zip(sums[key], counts, strict=True)]
        if not rows:
            return
        widths = (13, 13, 12, 16, 11)
        by_rule: list[list[Cell]] = [
            [code, title, article, *counts] for (article, code, title, _), counts in sorted(sums.items())
        ]
        yield self._table("rules", ("code", "rule", "article", *names), (18, 38, 44, *widths), by_rule)
        yield self._table("unit_rules", ("unit", "code", "article", *names), (38, 18, 44, *widths), rows)

    def _persons(self) -> Table:
        nobody = self._say("column", "no_login")
        rows: list[list[Cell]] = []
        for one in self.report.persons:
            others = [label(login) for login in one.logins if login.casefold() != one.mailbox.casefold()]
            login = ", ".join(others) if others else ("" if one.logins else nobody)
            counts = [getattr(one.violations, name) for name in ("prevented", "recorded", "mended")]
            rows.append(
                [
                    self._unit(one.unit),
                    label(one.mailbox) or "<>",
                    label(login),
                    label(one.code),
                    *counts,
                    label(one.reference),
                ]
            )
        names = ("unit", "mailbox", "login", "code", "prevented", "recorded", "mended", "reference")
        return self._table("persons", names, (24, 38, 18, 18, 13, 13, 12, 29), rows)

    def _by_unit(
        self,
        key: str,
        names: Sequence[str],
        widths: Sequence[int],
        cells: Callable[[UnitFigures], Sequence[Cell]],
    ) -> Table:
        """Return a table with a row for each unit and their sum."""
        units = self.report.units
        rows: list[list[Cell]] = [[number, self._unit(one.unit), *cells(one)] for number, one in enumerate(units, 1)]
        if len(units) != 1:
            rows.append(["", self._say("table", "total"), *cells(self.report.total)])
        unit_width = max(30, 165 - 9 - sum(widths))
        return self._table(key, ("number", "unit", *names), (9, unit_width, *widths), rows, total=len(units) != 1)

    def _table(
        self,
        key: str,
        names: Sequence[str],
        widths: Sequence[int],
        rows: Sequence[Sequence[Cell]],
        *,
        total: bool = False,
    ) -> Table:
        self._captions += 1
        title = self._say("table", key)
        texts = {"unit", "rule", "article", "code", "mailbox", "login", "reference"}
        return Table(
            key=key,
            title=title,
            caption=self._say("table", "caption", number=self._captions, title=title),
            columns=tuple(
                Column(self._say("column", name), width, text=name in texts)
                for name, width in zip(names, widths, strict=True)
            ),
            rows=tuple(tuple(row) for row in rows),
            total=total,
        )

    def _stock_cells(self, one: UnitFigures, names: Sequence[str]) -> list[Cell]:
        stock = one.stock
        if stock.total is None or (one.unit == OUTSIDE and one is not self.report.total and not stock.total):
            return [None] * len(names)
        cells: list[Cell] = [getattr(stock, name) for name in names[:-1]]
        return [*cells, Share(stock.active, stock.in_use or 0)]

    def _place_cells(self, place: Place) -> tuple[Cell, ...]:
        score = Tenths(place.score) if place.score is not None else None
        return (self._unit(place.unit), place.active, place.signed, place.first_pass, score)

    def _leader(self, place: Place) -> str:
        score = shown(Tenths(place.score or 0), self.language)
        return self._say("text", "leader", rank=place.rank, unit=self._unit(place.unit), score=score)

    def _annexed(self, tables: Sequence[Table]) -> Paragraph:
        """Put tables into the annex, and return the words that point to them."""
        first = self._captions - len(tables) + 1
        self.annex += tables
        numbers = ", ".join(str(number) for number in range(first, self._captions + 1))
        return self._text("details", tables=numbers)

    def _unit(self, unit: str) -> str:
        return self.labels.unit(unit, self.language)

    def _heading(self, key: str, article: int) -> Heading:
        return Heading(self._say("heading", key, article=self.labels.articles[article]))

    def _text(self, key: str, /, **fields: object) -> Paragraph:
        return Paragraph(self._say("text", key, **fields))

    def _say(self, table: str, key: str, /, **fields: object) -> str:
        return words(table, key, self.language, **fields)

    def _number(self, number: int | None) -> str:
        return "–" if number is None else whole(number, self.language)

    def _numbers(self, figures: object) -> dict[str, object]:
        values = {name: getattr(figures, name) for name in structs.asdict(figures)}  # type: ignore[arg-type]
        return {name: self._number(value) for name, value in values.items() if value is None or isinstance(value, int)}


def _sent_cells(one: UnitFigures) -> list[Cell]:
    sent = one.sent
    share = Share(sent.signed, sent.documents)
    return [sent.mails, sent.recipients, Octets(sent.octets), sent.documents, sent.signed, share, sent.paper]


def _digests(digests: Sequence[str]) -> str:
    return ", ".join(digest[:_DIGEST] for digest in digests) or "–"
