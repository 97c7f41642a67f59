"""One JSON object a line on standard error; nothing a peer sent can end a line or hide in one.

Events carry references, codes and addresses, never content, passwords or the text of a command. A line about a mail has
its reference (`mail`) and the login that sent it (`login`), whoever writes it.
"""

from __future__ import annotations

import logging
import os
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from gateway.errors import GatewayError
from gateway.vietnamese.printed import printed_json

LIMIT_TEXT = 2000
_MAIL: ContextVar[tuple[str, str | None]] = ContextVar("mail", default=("", None))
"""Reference and login of the mail that this task has in flight."""


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON: letters as they are, for people read it; what does not print, escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback is cut to its last lines."""
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


def configure(level: str) -> None:
    """Send the product's log lines to standard error; libraries only from WARNING on, whatever the level is.

    aiosmtpd logs whole commands at DEBUG and INFO, and a command may carry a password: its logger stays at WARNING.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("gateway").setLevel(level.upper())
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def about_mail(reference: str, login: str | None) -> None:
    """Have all lines that this task writes from now on bear a mail's reference and login; empty for none any more."""
    _MAIL.set((reference, login))


def log_failure(logger: logging.Logger, reference: str, error: BaseException) -> None:
    """Write the line that a temporary failure's reference leads to.

    What went wrong in the world (a full disk) is said in its own words; a bug of ours needs its traceback.
    """
    if isinstance(error, GatewayError):
        logger.error("%s: %s", reference, error)
    else:
        logger.error("internal error, reference %s", reference, exc_info=error)
