"""`gateway verify`: report on every digital signature in files, as text or JSON.

Files are verified in the same sandboxed child as mail is. Signature files (`.p7s`, `.sig` ...) given together with what they
sign are verified over it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from email import policy as mail_policy
from email.message import EmailMessage
from pathlib import Path

from gateway.commands.common import EXIT_CANNOT_RUN, EXIT_REFUSED, name_as_text, name_for_people, print_json
from gateway.commands.looking import Look, looking
from gateway.commands.progress import progress
from gateway.config.sections import Configuration
from gateway.files import read_file
from gateway.model import VIETNAM, Document, Indication, Language, ReadStatus, Signature
from gateway.model.formats import CMS_SIGNATURE, by_filename
from gateway.pipeline.sample import as_message, is_message
from gateway.texts.catalogue import reason, said

_COLOURS = {Indication.TOTAL_PASSED: "32", Indication.TOTAL_FAILED: "31", Indication.INDETERMINATE: "33"}
_UNREAD = frozenset(
    {ReadStatus.ENCRYPTED, ReadStatus.MALFORMED, ReadStatus.LIMIT, ReadStatus.TIMEOUT, ReadStatus.CRASHED}
)
_VERDICTS = {Indication.TOTAL_PASSED: "stands", Indication.TOTAL_FAILED: "fails", Indication.INDETERMINATE: "unclear"}


def run(
    files: Sequence[Path],
    configuration: Configuration,
    *,
    now: datetime | None = None,
    as_json: bool = False,
    language: Language = Language.VI,
) -> int:
    """Print the reports; 0 when every file is signed and every signature is TOTAL-PASSED, 2 when one cannot be read."""
    with looking(configuration, now) as look:
        found, unread = asyncio.run(_verify_all(files, look))
    good = True
    for file, signatures, status in found:
        good = good and bool(signatures) and all(one.indication is Indication.TOTAL_PASSED for one in signatures)
        if as_json:
            print_json({"file": name_as_text(file), "status": status.value, "signatures": signatures})
        else:
            print("\n".join(_lines(file, signatures, status, language)))
    if unread:
        return EXIT_CANNOT_RUN
    return 0 if good else EXIT_REFUSED


async def _verify_all(
    files: Sequence[Path], look: Look
) -> tuple[list[tuple[Path, tuple[Signature, ...], ReadStatus]], bool]:
    """Return signatures and reading of each file that can be opened, and whether one cannot; that is reported at once."""
    beside = [file for file in files if by_filename(file.name) is CMS_SIGNATURE]
    signed = [file for file in files if file not in beside] or beside
    found, unread = [], False
    with progress("signatures", len(signed)) as tick:
        for file in signed:
            companions = [one for one in beside if one != file and _belongs(one, file)]
            try:
                content = _content(file, companions)
            except OSError as error:
                print(f"gateway: {name_for_people(Path(error.filename or file))}: {reason(error)}", file=sys.stderr)
                unread = True
                tick(1)
                continue
            inspection = await look(content)
            found.append((file, inspection.signatures, _status(inspection.documents)))
            tick(1)
    return found, unread


def _belongs(signature: Path, file: Path) -> bool:
    """Return whether a signature file is named for a file; a lone pair needs no names."""
    return signature.stem in {file.name, file.stem}


def _content(file: Path, companions: Sequence[Path]) -> bytes:
    """Return a mail that carries the file and its signature files; a mail is returned as it is."""
    data = read_file(file)
    if not companions or is_message(data, file.name):
        return as_message(data, file.name, sender="", recipients=("",)).content
    message = EmailMessage(policy=mail_policy.SMTP)
    message["Subject"] = "verify"
    message.set_content("\n")
    for one in (file, *companions):
        message.add_attachment(read_file(one), maintype="application", subtype="octet-stream", filename=one.name)
    return message.as_bytes()


def _status(documents: Sequence[Document]) -> ReadStatus:
    """Return why a file could not be read, OK when it could: an unreadable file may be signed."""
    return next((one.status for one in documents if one.status in _UNREAD), ReadStatus.OK)


def _lines(file: Path, signatures: Sequence[Signature], status: ReadStatus, language: Language) -> Iterator[str]:
    yield name_for_people(file)
    if not signatures:
        key = "unsigned" if status is ReadStatus.OK else status.value
        yield f"  {said('verify', 'line', key, language)}"
    for number, one in enumerate(signatures, 1):
        verdict = _coloured(said("verify", "line", _VERDICTS[one.indication], language), one.indication)
        place = said("verify", "line", "page", language, page=one.page) if one.page else one.field
        yield f"  [{number}/{len(signatures)}] {verdict}  {one.container} {place}".rstrip()
        for key, words in _rows(one, language):
            yield f"      {said('verify', 'line', key, language):<12} {words}"
    yield ""


def _rows(one: Signature, language: Language) -> Iterator[tuple[str, str]]:
    signer = one.signer
    kind = _value(one.holder_kind.value, language)
    yield "signer", f"{signer.subject if signer else _value('unknown', language)} ({kind})"
    if signer is not None:
        yield "issuer", signer.issuer
        yield "period", f"{_date(signer.not_before)} .. {_date(signer.not_after)}, {signer.serial}"
    axes = [_value(axis.value, language) for axis in (one.integrity, one.coverage, one.changes)]
    if one.uncovered:
        axes[1] += f" ({said('verify', 'line', 'left', language, count=one.uncovered)})"
    yield "integrity", "; ".join(axes)
    reason = f" ({one.sub_indication})" if one.sub_indication else ""
    yield "trust", _value(one.trust.value, language) + reason
    source = f" ({one.revocation_source}, {_date(one.revocation_time)})" if one.revocation_source else ""
    yield "revocation", _value(one.revocation.value, language) + source
    if one.timestamp is not None:
        stamp = {"time": _date(one.timestamp.time), "authority": one.timestamp.authority}
        yield "time", said("verify", "line", "stamped", language, **stamp)
    elif one.claimed_time is not None:
        yield "time", said("verify", "line", "claimed", language, time=_date(one.claimed_time))
    if one.algorithms:
        yield "algorithms", ", ".join(one.algorithms)
    if one.problems:
        yield "notes", "; ".join(said("verify", "note", problem, language) for problem in one.problems)


def _value(value: str, language: Language) -> str:
    return said("verify", "value", value, language)


def _date(moment: datetime | None) -> str:
    return moment.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S") if moment is not None else "-"


def _coloured(text: str, indication: Indication) -> str:
    return (
        f"\x1b[{_COLOURS[indication]}m{text}\x1b[0m" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text
    )
