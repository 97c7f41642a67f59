"""The exceptions that cross a package border.

    GatewayError
    ├── TemporaryError      the sender may try again: SMTP 4yz
    │   ├── NextHopError    the city's server is away, silent or talks nonsense
    │   ├── AuditError      a record could not be made durable; without it nothing is acknowledged
    │   ├── PolicyEndError  a policy did not come to its end
    │   ├── CapacityError   too much in flight, disk or memory short
    │   └── NoticeError     a mail of the gateway itself could not be written down
    ├── PermanentError      trying again does not help: SMTP 5yz
    └── UserError           the administrator's input is wrong; shown without traceback, exit code 2
        ├── ConfigError     with file, line and column, all faults at once
        ├── NoUnitError     a report is asked for of a unit that its month does not know
        └── SearchError     a search that makes no sense
            └── SearchTimeError  one that takes too long

Bad mail is no exception: it is a defect, a `ReadStatus` or a finding. Our own bugs propagate to the pipeline.
"""

from __future__ import annotations

from dataclasses import dataclass


class GatewayError(Exception):
    """Root of what the product raises on purpose."""


class TemporaryError(GatewayError):
    """The same mail may succeed later."""


class NextHopError(TemporaryError):
    """The next hop could not be reached, or broke the protocol."""


class NoFactsError(Exception):
    """A policy cannot judge a kept mail: what it needs of it was not kept."""

    def __init__(self, policy: str, reason: str) -> None:
        super().__init__(policy, reason)
        self.policy = policy
        self.reason = reason
        """`evaluate` (it has no `judge`), `observation` (none was kept), `text` (its words were observed under other
        settings) or `history` (it asks for senders that were not looked up)."""


class PolicyFaultError(Exception):
    """A policy failed behind the wall; the text is the kind of its error and the place."""


class PolicyEndError(TemporaryError):
    """A policy took too long, hung or ended its process."""


class AuditError(TemporaryError):
    """An audit record could not be written durably."""


class AuditLostError(AuditError):
    """The writer of the log ended before it answered: whether the record was written is not known."""


class KnownReferenceError(AuditError):
    """A mail has the reference of another one in flight: it needs a new one."""


class CapacityError(TemporaryError):
    """A limit of memory, disk or concurrency is reached."""


class NoticeError(TemporaryError):
    """A mail of the gateway itself could not be counted or kept."""


def blame(error: BaseException) -> str:
    """Return the policies that did not judge a mail and why, without words of the mail; empty when something else failed."""
    if isinstance(error, ExceptionGroup):
        why = ((one, str(one) if isinstance(one, PolicyFaultError) else type(one).__name__) for one in error.exceptions)
        return "; ".join(f"{note}: {words}" for one, words in why for note in getattr(one, "__notes__", ()))
    return str(error) if isinstance(error, PolicyEndError) else ""


class PermanentError(GatewayError):
    """The same mail will fail again."""


class UserError(GatewayError):
    """Something the administrator can put right; the text says what, where and how."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a file."""

    message: str
    path: str
    line: int = 0
    """From 1; 0 when the fault has no line."""
    column: int = 0

    @property
    def place(self) -> str:
        """Return file, line and column; a name holds no line break or escape of a terminal."""
        path = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in self.path)
        return f"{path}:{self.line}:{self.column}" if self.line else path

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class PlacedError(ValueError):
    """A fault of one element of a value that is validated."""

    def __init__(self, words: str, *at: str | int) -> None:
        super().__init__(words)
        self.at = at
        """Keys and numbers that lead from the value to the element."""


class ConfigError(UserError):
    """One or more faults in a configuration, policy or directory file."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class SearchError(UserError):
    """The search makes no sense; `words` say why, in Vietnamese and in English."""

    def __init__(self, vietnamese: str, english: str) -> None:
        super().__init__(f"{vietnamese} / {english}")
        self.words = (vietnamese, english)


class NoWaiverError(UserError):
    """The refusal cannot be waived; `key` is the kind of reason, `words` say it in Vietnamese and in English."""

    def __init__(self, key: str, vietnamese: str, english: str) -> None:
        super().__init__(f"{vietnamese} / {english}")
        self.key = key
        self.words = (vietnamese, english)


class NoUnitError(UserError):
    """A month knows no unit of that name."""


class SearchTimeError(SearchError):
    """A search was ended at its time limit; a narrower one may find it."""
