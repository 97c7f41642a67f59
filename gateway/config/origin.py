"""Source location of a configuration key, for faults that show only when its value is used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gateway.errors import ConfigError, UserError
from gateway.yaml.file import YamlFile


@dataclass(frozen=True)
class Origin:
    """The file that a configuration came from."""

    file: YamlFile[Any] | None = None
    """None without a file."""
    overridden: frozenset[str] = frozenset()
    """Top-level keys that flags of the command line replaced."""

    @contextmanager
    def at(self, *location: str | int) -> Iterator[None]:
        """Put `gateway.yaml:line:column: ` before the words of a UserError about what a key names.

        A fault that has a line in a file of its own, and a key that the file does not give, are left as they are.
        """
        try:
            yield
        except UserError as error:
            place = self._place(location)
            if place is None or (isinstance(error, ConfigError) and any(fault.line for fault in error.faults)):
                raise
            raise UserError(f"{place}: {error}") from None

    def _place(self, location: tuple[str | int, ...]) -> str | None:
        file = self.file
        if file is None or location[0] in self.overridden or not isinstance(file.raw, dict):
            return None
        if location[0] not in file.raw:
            return None
        line, column = file.places.find(file.raw, location)
        return f"{file.path}:{line}:{column}"
