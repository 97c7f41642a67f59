"""One JSON object per line on standard error; input from a peer can neither end a line nor hide in one.

Events hold references, codes and addresses, never content, passwords or the text of a command. Every line about a mail
has its reference (`mail`) and the login of its sender (`login`).
"""

from __future__ import annotations

import logging
import os
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from gateway.errors import GatewayError, blame
from gateway.vietnamese.printed import printed_json

LIMIT_TEXT = 2000
_PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.DEBUG: 7}
"""Of syslog; every other level is 6, information."""
_MAIL: ContextVar[tuple[str, str | None]] = ContextVar("mail", default=("", None))
"""Reference and login of the mail that this task has in flight."""


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON: letters unescaped for readers, non-printing characters escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback is truncated to its last lines."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": os.getpid(),
            "event": record.getMessage()[:LIMIT_TEXT],
        }
        for name, known in zip(("mail", "login"), _MAIL.get(), strict=True):
            if value := getattr(record, name, known):
                line[name] = str(value)[:320]
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)[-LIMIT_TEXT:]
        return printed_json(line)


class _JournalFormatter(JsonFormatter):
    """Puts the priority before a line, where systemd takes it off (sd-daemon(3)): `journalctl -p` goes by it."""

    def format(self, record: logging.LogRecord) -> str:
        return f"<{_PRIORITIES.get(record.levelno, 6)}>{super().format(record)}"


def _is_journal(descriptor: int) -> bool:
    """Return whether what is written there goes to systemd's journal (systemd.exec(5), JOURNAL_STREAM)."""
    stream = os.fstat(descriptor)
    return os.environ.get("JOURNAL_STREAM") == f"{stream.st_dev}:{stream.st_ino}"


def configure(level: str) -> None:
    """Send the product's log lines to standard error; libraries from WARNING on at any level.

    aiosmtpd logs whole commands, which may hold a password, at DEBUG and INFO: its logger stays at WARNING.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JournalFormatter() if _is_journal(2) else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("gateway").setLevel(level.upper())
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def about_mail(reference: str, login: str | None) -> None:
    """Add a mail's reference and login to all further log lines of this task; an empty reference ends that."""
    _MAIL.set((reference, login))


def log_failure(logger: logging.Logger, reference: str, error: BaseException) -> None:
    """Log what a failure's reference points to: an operational error (a full disk) by message, a bug with traceback."""
    if isinstance(error, GatewayError):
        logger.error("%s: %s", reference, error)
    else:
        logger.error("%s: %s", reference, blame(error) or "internal error", exc_info=error)
