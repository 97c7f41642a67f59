"""Policies and directory in force, swapped together; a failed reload keeps the last good ones."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from gateway.config.sections import Configuration
from gateway.engine import PolicySet, load_policy_set
from gateway.engine.layers import DECIDED
from gateway.errors import UserError
from gateway.identity import directory as directories
from gateway.model import Directory
from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.pipeline.rulebook")


@dataclass(frozen=True)
class Rules:
    """Rules that one mail is judged by from beginning to end."""

    policies: PolicySet
    directory: Directory | None


class Rulebook:
    """Holder of the rules in force."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self.current = load_rules(configuration)
        """Rules for a mail that begins now."""

    def reload(self) -> bool:
        """Reload; on faults log all of them, keep the rules in force and return False."""
        try:
            self.current = load_rules(self._configuration)
        except UserError as error:
            _LOG.error("%s", both("start", "reload", "rules", fault=error))
            return False
        return True

    def replace_directory(self, directory: Directory) -> None:
        """Put a newly read directory in force."""
        self.current = Rules(self.current.policies, directory)


def load_rules(configuration: Configuration) -> Rules:
    """Load the policies and the directory of a configuration; UserError with all faults of one of them."""
    policy, path = configuration.rules_at_once()
    directory = None
    if path is not None:
        with configuration.at("directory"):
            directory = directories.load(path)
    with configuration.at("policy"):
        return Rules(load_policy_set(policy_source(policy), decided=configuration.data / DECIDED), directory)


def policies_of(configuration: Configuration) -> PolicySet:
    """Load the policies of a configuration with the waivers granted at the console; ConfigError with all faults."""
    return load_policy_set(policy_source(configuration.policy_in_use), decided=configuration.data / DECIDED)


def policy_source(name: str) -> Path | str:
    """Return a path for a value that looks like a file, else the name of a preset."""
    looks_like_file = "/" in name or name.endswith((".yaml", ".yml"))
    return Path(name) if looks_like_file else name
