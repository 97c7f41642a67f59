"""Waivers in a policy file: entries put in, and taken out again."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from gateway.engine import PolicySet, load_policy_set
from gateway.errors import UserError
from gateway.system.atomic_file import replace_file
from gateway.texts.catalogue import both


class PolicyText:
    """A policy file as its author wrote it, with comments; changed only as a whole and only when it stays sound."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._yaml = YAML()
        self._yaml.preserve_quotes = True
        self._yaml.width = 4096
        self._yaml.indent(mapping=2, sequence=4, offset=2)
        load_policy_set(path)  # faults that are already in the file are reported for the file
        self._content = self._yaml.load(path.read_text("utf-8"))

    def add(self, entries: list[dict[str, Any]]) -> None:
        """Put entries behind the waivers that are there; an entry with the id of an older one takes its place."""
        new = {entry["id"] for entry in entries}
        kept = [one for one in self._content.get("waivers") or [] if one["id"] not in new]
        if "waivers" in self._content and len(kept) == len(self._content["waivers"] or []) and kept:
            self._content["waivers"].extend(entries)  # comments between the old ones stay
        else:
            self._content["waivers"] = [*kept, *entries]

    def remove(self, waiver: str) -> None:
        """Take an entry out; UserError when there is none."""
        waivers = self._content.get("waivers") or []
        for number, one in enumerate(waivers):
            if one["id"] == waiver:
                del waivers[number]
                if not waivers:
                    del self._content["waivers"]
                return
        raise UserError(both("waiver", "fault", "no_such", id=waiver, path=self.path))

    def save(self) -> PolicySet:
        """Check the new text, put it in place of the old, and return the policy set that it is; UserError keeps the old."""
        buffer = io.StringIO()
        self._yaml.dump(self._content, buffer)
        octets = buffer.getvalue().encode()
        status = self.path.stat()
        trial = self.path.with_name(f".{self.path.stem}.{os.getpid()}{self.path.suffix}")
        try:
            replace_file(trial, octets, mode=0o600)
            policies = load_policy_set(trial)
        except UserError as error:
            fault = str(error).replace(str(trial), str(self.path))
            raise UserError(both("waiver", "fault", "unsound", path=self.path, fault=fault)) from None
        finally:
            trial.unlink(missing_ok=True)
        replace_file(self.path, octets, mode=status.st_mode & 0o777)
        if os.geteuid() == 0:
            os.chown(self.path, status.st_uid, status.st_gid)
        return policies
