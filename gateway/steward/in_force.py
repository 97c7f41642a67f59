"""The rules that mails are judged by, as the supervisor last told them (`DATA/rules.json`), followed when they change."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.identity.live import LiveDirectory
from gateway.model import Directory
from gateway.pipeline.in_force import policies_in_force
from gateway.pipeline.rulebook import Rulebook, Rules

_LOG = logging.getLogger("gateway.steward")


class RulesFollowed:
    """The rules in force; any thread may ask."""

    def __init__(self, configuration: Configuration, rulebook: Rulebook) -> None:
        self._configuration = configuration
        self._rulebook = rulebook
        self._looking = threading.Lock()
        self._seen = ""
        path = configuration.directory_in_use
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
        """What was last loaded, without looking whether it is still in force; for the event loop."""
        return Rules(self._rulebook.current.policies, self.directory())

    def directory(self) -> Directory | None:
        """Return the directory in use."""
        return self._live.current if self._live is not None else None

    async def watch(self) -> None:
        """Follow the file of the directory, until cancelled."""
        if self._live is not None:
            await self._live.watch()

    def _follow(self) -> None:
        """Load the policies anew when the front ends judge by others, and the files still say those."""
        told = policies_in_force(Path(self._configuration.data))
        if not told or told in (self._seen, self._rulebook.current.policies.digest):
            return
        self._seen = told
        try:
            loaded = Rulebook(self._configuration)
        except UserError as error:
            _LOG.error("%s", error)
            return
        if loaded.current.policies.digest == told:
            self._rulebook = loaded
