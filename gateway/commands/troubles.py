"""`gateway doctor --running`: troubles of the running gateway, as its supervisor publishes them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from gateway.commands.common import EXIT_REFUSED
from gateway.errors import UserError
from gateway.model import VIETNAM
from gateway.steward.condition import notice_lines
from gateway.system.trouble import shown_by
from gateway.texts.catalogue import both, pair


def show(data: Path) -> int:
    """Print each trouble that lasts; 1 when there is one, 0 when not; a notice that was lost is no trouble of mails. UserError when no gateway runs on the folder."""
    pid = 0
    with suppress(OSError, ValueError):
        pid = int((data / "gateway.lock").read_text())
    troubles = shown_by(pid) if pid else None
    if troubles is None:
        raise UserError(both("trouble", "doctor", "not_running", path=data))
    for line in notice_lines(data, datetime.now(UTC)):
        print(f"warn  {line.subject:<12} {line.both}")
    if not troubles:
        print(f"ok    {both('trouble', 'doctor', 'none', pid=pid)}")
        return 0
    for name, found in troubles.items():
        since = datetime.fromtimestamp(found["since"], VIETNAM).strftime("%d/%m %H:%M:%S")
        words = pair("trouble", "begins", name, reason=found["reason"] or "-")
        fields = {"since": since, "mails": found["mails"], "words": words}
        print(f"FAIL  {name:<12} {both('trouble', 'doctor', 'lasts', **fields)}")
    return EXIT_REFUSED
