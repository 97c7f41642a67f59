"""The options and arguments that commands share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[Path | None, typer.Option("--config", help="gateway.yaml; every flag has its key there.")]
PolicyOption = Annotated[
    str | None, typer.Option("--policy", help="A policy file, or a preset: binhtan-7600, monitor, strict.")
]
DataOption = Annotated[Path | None, typer.Option("--data", help="Folder of audit and state.")]
CertsOption = Annotated[
    Path | None, typer.Option("--certs", help="Trust anchors for signatures, PEM or DER; CRLs in crl/.")
]
DirectoryOption = Annotated[Path | None, typer.Option("--directory", help="Official mailboxes, YAML or JSON.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]

_YEARS = (1970, 9000)
"""Of a time that can be given: at the ends of the calendar no other time zone has a date."""


def moment(value: str | None) -> datetime | None:
    """Parse an ISO 8601 time; without offset it is UTC."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise typer.BadParameter(f"{value!r} is not an ISO 8601 time such as 2026-11-24T08:00:00+07:00") from None
    if not _YEARS[0] <= moment.year <= _YEARS[1]:
        raise typer.BadParameter(f"{value!r}: the year must be from {_YEARS[0]} to {_YEARS[1]}")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
