"""Ranking of Điều 11: a weighted score of shares; unknown shares do not count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from msgspec.structs import replace

from gateway.report.figures import OUTSIDE, Place, Share, UnitFigures, Weights

_FULL = 1000
"""Tenths of a point of the best score."""


def league(units: Iterable[UnitFigures], weights: Weights, *, least_mailboxes: int) -> tuple[Place, ...]:
    """Return the places, best first; behind them, without a rank, units with fewer mailboxes in use than asked for."""
    places = [_place(one, weights, least_mailboxes) for one in units if one.unit != OUTSIDE]
    ranked = sorted((one for one in places if not one.small), key=_order)
    apart = sorted((one for one in places if one.small), key=_order)
    return (*_numbered(ranked), *apart)


def _place(one: UnitFigures, weights: Weights, least_mailboxes: int) -> Place:
    in_use = one.stock.in_use or 0
    sent = one.sent
    active = Share(min(one.stock.active, in_use), in_use)
    signed = Share(sent.signed, sent.documents)
    first_pass = Share(sent.mails - sent.mending, sent.mails + one.unmended)
    counted = ((weights.active, active), (weights.signed, signed), (weights.first_pass, first_pass))
    known = [(weight, share) for weight, share in counted if share.whole and weight]
    score = None
    if known and in_use:
        points = sum((Fraction(weight * share.part, share.whole) for weight, share in known), Fraction())
        score = int(points / sum(weight for weight, _ in known) * _FULL + Fraction(1, 2))
    small = in_use < max(1, least_mailboxes)
    return Place(unit=one.unit, score=score, active=active, signed=signed, first_pass=first_pass, small=small)


def _numbered(ranked: Iterable[Place]) -> Iterator[Place]:
    """Give ranks; equal scores share one."""
    last: Place | None = None
    for number, place in enumerate(ranked, 1):
        rank = last.rank if last is not None and last.score == place.score else number
        last = replace(place, rank=rank)
        yield last


def _order(place: Place) -> int:
    """Return the key by which places are sorted; equal ones keep the order of the units."""
    return -(place.score if place.score is not None else -1)
