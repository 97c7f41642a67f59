"""The rules in force as the supervisor last published them (`DATA/rules.json`), followed on change."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.identity.live import LiveDirectory
from gateway.model import Directory
from gateway.pipeline.in_force import Digests, digests_in_force
from gateway.pipeline.rulebook import Rulebook, Rules

_LOG = logging.getLogger("gateway.steward")


class RulesFollowed:
    """The rules in force; any thread may ask."""

    def __init__(self, configuration: Configuration, rulebook: Rulebook) -> None:
        self._configuration = configuration
        self._rulebook = rulebook
        self._looking = threading.Lock()
        self._seen: Digests | None = None
        # Rules of a cluster change together, policies and directory, as the front ends report.
        path = configuration.directory if not configuration.ruled else None
        self._live = LiveDirectory(path, current=rulebook.current.directory) if path is not None else None

    def __call__(self) -> Rules:
        """Return what mails are judged by now; while that is being loaded, what they were judged by before."""
        if self._looking.acquire(blocking=False):
            try:
                self._follow()
            finally:
                self._looking.release()
        return self.current

    @property
    def current(self) -> Rules:
        """The rules that were last loaded, without checking whether they are still in force; for the event loop."""
        return Rules(self._rulebook.current.policies, self.directory())

    def directory(self) -> Directory | None:
        """Return the directory in use."""
        return self._live.current if self._live is not None else self._rulebook.current.directory

    async def watch(self) -> None:
        """Follow the file of the directory, until cancelled."""
        if self._live is not None:
            await self._live.watch()

    def _follow(self) -> None:
        """Load the policies again when the front ends judge by others, and the files still say those."""
        published, now = digests_in_force(Path(self._configuration.data)), Digests.of(self._rulebook.current)
        if published is not None and not self._configuration.ruled:
            published, now = Digests(published.policies), Digests(now.policies)
        if published in (None, self._seen, now):
            return
        self._seen = published
        try:
            loaded = Rulebook(self._configuration)
        except UserError as error:
            _LOG.error("%s", error)
            return
        if published is not None and loaded.current.policies.digest == published.policies:
            self._rulebook = loaded
