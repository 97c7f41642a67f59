"""`gateway waiver ...`: let a refused mail pass, for the exact file and until a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import Configured, command, moment, words
from gateway.model import VIETNAM

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Miễn trừ cho thư đã bị từ chối / waivers.")


@command(app, "add", "data")
def waiver_add(
    configuration: Configured,
    references: Annotated[list[str], typer.Argument(metavar="BT-...", help=words("waived"))],
    until: Annotated[str | None, typer.Option(help=words("waiver_until"))] = None,
    reason: Annotated[str, typer.Option(help=words("waiver_reason"))] = "",
    approved_by: Annotated[str, typer.Option(help=words("approved_by"))] = "",
    file: Annotated[Path | None, typer.Option(help=words("waiver_file"))] = None,
) -> int:
    """Cho qua thư đã bị từ chối / let a refused mail pass: written into the policy file, checked, and put in force.

    gateway waiver add BT-7F3K2Q9XM4D6H --until 2026-12-04 --reason "đã xem bản giấy"
    """
    from gateway.commands.waiver import add, steward
    from gateway.files import read_file
    from gateway.pipeline.waivers import USUAL_DAYS, Wanted

    last = moment(until, until=True) or datetime.now(VIETNAM) + timedelta(days=USUAL_DAYS)
    wanted = Wanted(
        until=last.astimezone(VIETNAM).date(),
        reason=reason,
        approved_by=approved_by or steward(),
        sha256=sha256(read_file(file)).hexdigest() if file is not None else "",
        file=str(file or ""),
    )
    return add(configuration, references, wanted)


@command(app, "list")
def waiver_list(configuration: Configured) -> int:
    """Liệt kê miễn trừ / list the waivers of the policy in use, expired ones too."""
    from gateway.commands.waiver import show

    return show(configuration)


@command(app, "revoke", "data")
def waiver_revoke(
    configuration: Configured, waiver: Annotated[str, typer.Argument(metavar="WV-...", help=words("waiver_id"))]
) -> int:
    """Bỏ một miễn trừ / take a waiver back at once."""
    from gateway.commands.waiver import revoke

    return revoke(configuration, waiver)
