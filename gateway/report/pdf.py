"""Report as PDF, rendered in a sandboxed child with its fonts only (docs/decisions/0025)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec

from gateway.errors import TemporaryError, UserError
from gateway.report.page import Page, Table, plain
from gateway.system.interpreter import BARE, own_command
from gateway.texts.catalogue import both

FONTS = Path("/usr/share/fonts/truetype/liberation")
"""Letters of the widths of Times New Roman, with those of Vietnamese; Debian's fonts-liberation."""
FACES = ("Regular", "Bold", "Italic", "BoldItalic")
TIMEOUT_S = 60


def pdf(page: Page) -> bytes:
    """Return a report as PDF; UserError without its font, TemporaryError when the child ends."""
    for face in FACES:
        if not (font := FONTS / f"LiberationSerif-{face}.ttf").exists():
            raise UserError(both("report", "fault", "font", path=font))
    try:
        # Our own interpreter and our own module; what is drawn goes in by a pipe.
        done = subprocess.run(  # noqa: S603
            own_command("gateway.report.pdf_child"),
            input=msgspec.msgpack.encode(_read(page)),
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
            env=BARE,
        )
    except subprocess.TimeoutExpired:
        raise TemporaryError(both("report", "fault", "child", reason=f"> {TIMEOUT_S} s")) from None
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF-"):
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
        raise TemporaryError(both("report", "fault", "child", reason=last or f"exit {done.returncode}"))
    return done.stdout


def _read(page: Page) -> Page:
    """Return a page with its cells as they are read."""
    blocks = tuple(
        msgspec.structs.replace(block, rows=plain(block.rows, page.language)) if isinstance(block, Table) else block
        for block in page.blocks
    )
    return msgspec.structs.replace(page, blocks=blocks)
