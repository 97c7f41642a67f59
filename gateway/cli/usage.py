"""Command line usage errors in Vietnamese and English; typer has English only."""

from __future__ import annotations

import re
import sys
from typing import Any

from gateway.texts.catalogue import both, pair

_KNOWN = (
    ("command", re.compile(r"No such command '(?P<name>[^']*)'\.(?: Did you mean (?P<guess>.*)\?)?")),
    ("option", re.compile(r"No such option: (?P<name>\S+)(?: .*Did you mean (?P<guess>.*)\?|.*)")),
    ("missing", re.compile(r"Missing (?:argument|option|parameter):? ?'?(?P<name>[^'.]*).*")),
    ("value", re.compile(r"Option '(?P<name>[^']*)' requires .*")),
    ("extra", re.compile(r"Got unexpected extra arguments?(?:\(s\))? \((?P<name>.*)\)")),
    ("invalid", re.compile(r"Invalid value for '?(?P<name>[^':]*)'?: (?P<why>.*)", re.DOTALL)),
)
"""Messages of typer and the key of our words for them in `help.toml`."""
_REASONS = (
    ("least", re.compile(r"Input should be greater than or equal to (?P<bound>\S+)")),
    ("most", re.compile(r"Input should be less than or equal to (?P<bound>\S+)")),
    ("whole", re.compile(r"Input should be a valid integer.*")),
)
"""Reasons of an invalid value, likewise."""


def report_fault(error: Any) -> int:
    """Print a fault of the command line (a usage error of typer) to standard error and return its exit code."""
    message = str(error.format_message())
    if message.startswith("Usage: "):  # a group without a command
        print(message, file=sys.stderr)
        return int(error.exit_code)
    said = " ".join(message.split())
    print(f"gateway: {_in_both(said)}", file=sys.stderr)
    if error.ctx is not None:
        print(both("help", "usage", "see", command=error.ctx.command_path), file=sys.stderr)
    return int(error.exit_code)


def _in_both(said: str) -> str:
    ours = re.sub(r"\AInvalid value(?: for '[^']*')?: (?=.* / )", "", said)
    if ours != said:
        return ours  # words of ours, in both languages already
    for key, pattern in _KNOWN:
        found = pattern.fullmatch(said)
        if found is not None:
            guess = (found.groupdict().get("guess") or "").strip("'").replace("', '", "”, “")
            hint = f" ({both('audit', 'fault', 'did_you_mean', guess=guess)})" if guess else ""
            why = _reason(found.groupdict().get("why", ""))
            return f"{both('help', 'usage', key, name=found['name'], why=why)}{hint}"
    return said


def _reason(said: str) -> tuple[str, str]:
    """Return why a value is invalid in both languages, as typer says it where we have no words for it."""
    for key, pattern in _REASONS:
        if found := pattern.fullmatch(said):
            return pair("help", "usage", key, **found.groupdict())
    return said, said
