"""The three outcomes as findings: failed, passed, unknown."""

from __future__ import annotations

from gateway.model import About, Finding, FindingOutcome

_NONE = About()


def failed(rule: str, about: About = _NONE, locator: str = "", /, **params: str | float) -> Finding:
    """Return what breaks a rule; `params` are for its words."""
    return Finding(rule=rule, outcome=FindingOutcome.FAILED, about=about, locator=locator, params=params)


def passed(rule: str, about: About = _NONE, locator: str = "", /, **params: str | float) -> Finding:
    """Return what was looked at and found in order."""
    return Finding(rule=rule, outcome=FindingOutcome.PASSED, about=about, locator=locator, params=params)


def unknown(rule: str, about: About = _NONE, locator: str = "", /, **params: str | float) -> Finding:
    """Return a finding of what is unknown."""
    return Finding(rule=rule, outcome=FindingOutcome.INDETERMINATE, about=about, locator=locator, params=params)
