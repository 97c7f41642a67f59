"""`gateway check`: judge files as the relay would, without sending or recording anything."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.commands.common import EXIT_CANNOT_RUN, EXIT_REFUSED, name_as_text, name_for_people, print_json
from gateway.commands.progress import progress
from gateway.config.sections import Configuration
from gateway.engine import explain
from gateway.files import read_file
from gateway.model import Disposition, Language
from gateway.pipeline.sample import as_message
from gateway.spool import Spool
from gateway.texts.catalogue import reason, said

if TYPE_CHECKING:  # loaded when they are used: `--help` and faults of a flag come without waiting for them
    from gateway.pipeline.judge import Judge
    from gateway.pipeline.self_check import Checked, FrontEndRules

STANDARD_INPUT = Path("-")


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """Envelope and time of the mails to be judged."""

    reverse_path: str | None
    """None takes the address of the From field."""
    forward_paths: tuple[str, ...]
    """Empty takes the addresses of To and Cc."""
    auth_user: str | None
    now: datetime | None
    as_json: bool


def show(checked: Checked, file: Path, *, as_json: bool) -> None:
    """Print the reply that a client would have got, and everything that was found."""
    verdict, policies, now = checked.verdict, checked.policies, checked.evidence.now
    answer = checked.reply
    if as_json:
        found = explain.check_json(verdict, checked.evidence, answer, name_as_text(file), policies=policies)
        if checked.unread is not None:
            refused = Disposition.REJECT.word
            recipients = dict.fromkeys(checked.evidence.envelope.forward_paths, refused)
            found |= {"disposition": refused, "recipients": recipients, "refused_unread": checked.refused}
        print_json(found)
        return
    print(f"{name_for_people(file)}\n{explain.reply_text(answer)}")
    if checked.unread is not None:
        print(said("reply", "label", "unread", Language.VI))
    print(explain.explanation(verdict, policies, language=Language.VI, now=now), end="\n\n", flush=True)


@dataclass(frozen=True)
class Fault:
    """A file that could not be judged because of ourselves; as mail it would have been deferred."""

    error: Exception

    def show(self, file: Path, *, as_json: bool) -> None:
        """Print what the relay would have answered, and the fault itself to standard error."""
        reply = "451 4.3.0 Loi noi bo / internal error"
        if as_json:
            empty: list[object] = []
            found = {"file": name_as_text(file), "disposition": Disposition.DEFER.word, "reply": reply}
            print_json({**found, "findings": empty, "documents": empty, "signatures": empty})
        else:
            print(f"{name_for_people(file)}\n{reply}", flush=True)
        traceback.print_exception(self.error)


def run(files: Sequence[Path], configuration: Configuration, options: CheckOptions) -> int:
    """Judge every file and print the verdicts; return the exit code."""
    from gateway.pipeline.judge import Judge, utc_now
    from gateway.pipeline.rulebook import Rulebook
    from gateway.pipeline.self_check import FrontEndRules
    from gateway.serve.app import inspection_limits, smtp_limits, start_workers

    rulebook = Rulebook(configuration)
    moment = options.now
    with closing(start_workers(configuration, rulebook.current.policies)) as workers:
        judge = Judge(
            rulebook=rulebook,
            workers=workers,
            limits=inspection_limits(configuration),
            clock=utc_now if moment is None else lambda: moment,
        )
        front_end = FrontEndRules(smtp_limits(configuration), configuration.replies.languages)
        return asyncio.run(_check_all(files, judge, front_end, options))


async def _check_all(files: Sequence[Path], judge: Judge, front_end: FrontEndRules, options: CheckOptions) -> int:
    from gateway.pipeline.self_check import check

    worst = 0
    # A few at a time: reading runs in children, one for each processor is enough.
    gate = asyncio.Semaphore(2)

    async def one(file: Path) -> Checked | str | Fault:
        async with gate:
            try:
                content = await asyncio.to_thread(_content, file)
            except OSError as error:
                return f"{name_for_people(file)}: {reason(error)}"
            name = name_as_text(Path(file.name))
            message = as_message(content, name, sender=options.reverse_path, recipients=options.forward_paths)
            spool = Spool.from_content(message.content)
            try:
                with spool:
                    return await check(
                        judge,
                        front_end,
                        spool,
                        reference=name,
                        sender=message.reverse_path,
                        recipients=message.forward_paths,
                        login=options.auth_user,
                        languages=front_end.languages,
                        received_at=options.now,
                    )
            except Exception as error:  # noqa: BLE001 - a fault of ours on one file must not hide the verdicts on others
                return Fault(error)

    with progress("check", len(files), prints=True) as tick:
        for file, task in [(file, asyncio.create_task(one(file))) for file in files]:
            result = await task
            tick(1)
            if isinstance(result, str):
                print(f"gateway: {result}", file=sys.stderr)
                worst = EXIT_CANNOT_RUN
                continue
            if isinstance(result, Fault):
                result.show(file, as_json=options.as_json)
                worst = EXIT_CANNOT_RUN
                continue
            show(result, file, as_json=options.as_json)
            if not result.passes:
                worst = max(worst, EXIT_REFUSED)
    return worst


def _content(file: Path) -> bytes:
    """Return the bytes of a file, of standard input for `-`."""
    return sys.stdin.buffer.read() if file == STANDARD_INPUT else read_file(file)
