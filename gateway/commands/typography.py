"""`gateway lint` and `gateway fix`: typography of a file, for its author."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from gateway.commands.common import EXIT_CANNOT_RUN, EXIT_REFUSED, name_for_people
from gateway.commands.looking import Look, looking
from gateway.commands.progress import progress
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.files import read_file
from gateway.fix import RefusedError, fix, lint_lines, refusal, report_lines
from gateway.model import Document, Language, ReadStatus
from gateway.pipeline.sample import as_message
from gateway.system.atomic_file import replace_file
from gateway.texts.catalogue import both, reason
from gateway.yaml.values import printable


def lint(files: Sequence[Path], configuration: Configuration) -> int:
    """Print what each document is and how it is set; exit code 1 when one could not be read."""
    with looking(configuration) as look:
        return asyncio.run(_lint_all(files, look))


async def _lint_all(files: Sequence[Path], look: Look) -> int:
    with progress("lint", len(files), prints=True) as tick:
        worst = 0
        for file in files:
            worst = max(worst, await _lint_one(file, look))
            tick(1)
        return worst


async def _lint_one(file: Path, look: Look) -> int:
    try:
        data = await asyncio.to_thread(read_file, file)
    except OSError as error:
        print(f"gateway: {name_for_people(file)}: {reason(error)}", file=sys.stderr)
        return EXIT_CANNOT_RUN
    message = as_message(data, f"{file.stem}.{file.suffix.lstrip('.') or 'bin'}", sender="", recipients=("",))
    inspection = await look(message.content)
    worst = 0
    worth = [one for one in inspection.documents if one.runs or one.status is not ReadStatus.OK]
    for document in worth:
        worst = max(worst, _show(file, document))
    if not worth:
        print(f"{name_for_people(file)}\n  không có chữ nào để xét / it holds no words to look at")
    return worst


def _show(file: Path, document: Document) -> int:
    member = printable(document.part.partition("!")[2], limit=4096)
    print(f"{name_for_people(file)}!{member}" if member else name_for_people(file))
    if document.runs and document.status is not ReadStatus.ENCRYPTED:  # of which only names can be read
        for line in lint_lines(document, Language.VI):
            print(f"  {line}")
    if document.status is ReadStatus.OK:
        return 0
    print(f"  {both('fix', 'unread', document.status.value)} ({document.reason or document.status.value})")
    return EXIT_REFUSED


def fix_file(file: Path, target: Path) -> int:
    """Write a fixed copy of a file; 1 when it must not or cannot be changed, and then nothing is written."""
    if target.exists() and target.samefile(file):
        raise UserError(
            f"{target}: tệp gốc không bị ghi đè, chọn tên khác / the original is not overwritten, choose another name"
        )
    data = read_file(file)
    try:
        fixed = fix(data)
    except RefusedError as error:
        print(f"{file}: {refusal(error, Language.VI)} / {refusal(error, Language.EN)}", file=sys.stderr)
        return EXIT_REFUSED
    replace_file(target, fixed.data, mode=0o666 & ~_umask())
    for line in report_lines(fixed.tally, Language.VI):
        print(line)
    print(f"{target}: {len(fixed.data)} byte")
    return 0


def _umask() -> int:
    """Return what the user takes from the rights of new files; there is no way to ask without setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
