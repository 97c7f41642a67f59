"""Shared parts of the subcommands: exit codes, errors without traceback, configuration from flags."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Unpack

import msgspec
from pydantic import ValidationError

from gateway.config.cluster import Cluster
from gateway.config.sections import Configuration, Flags
from gateway.errors import GatewayError, UserError
from gateway.identity.directory import load
from gateway.texts.catalogue import both, reason
from gateway.vietnamese.printed import printed_json
from gateway.yaml.values import printable

EXIT_REFUSED = 1
EXIT_CANNOT_RUN = 2
INSTALLED = Path("/etc/gateway/gateway.yaml")
"""The configuration of this machine, where it is installed."""


@contextmanager
def user_errors() -> Iterator[None]:
    """Print what went wrong in the world or in the user's input and exit with 2; bugs keep their traceback."""
    try:
        yield
    except GatewayError as error:
        print(f"gateway: {lines_for_people(str(error))}", file=sys.stderr)
        raise SystemExit(EXIT_CANNOT_RUN) from None
    except BrokenPipeError:
        # The reader of our output has gone (`| head`); without this Python complains when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(EXIT_CANNOT_RUN) from None
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"gateway: {lines_for_people(f'{place}{reason(error)}')}", file=sys.stderr)
        raise SystemExit(EXIT_CANNOT_RUN) from None


def print_json(value: object) -> None:
    """Print one JSON object on a line of its own: UTF-8 in any locale (RFC 8259 §8.1)."""
    print_octets(printed_json(value, default=msgspec.to_builtins).encode() + b"\n")
    sys.stdout.buffer.flush()


class Result(NamedTuple):
    """Result of a command, and its exit code."""

    text: str
    exit_code: int


def print_result(result: tuple[str, int]) -> int:
    """Print what a command found, faults to standard error; return its exit code."""
    text, exit_code = result
    print(text, file=sys.stderr if exit_code == EXIT_CANNOT_RUN else sys.stdout)
    return exit_code


def print_octets(octets: bytes) -> None:
    """Print bytes as they are, behind what was printed before: data for programs, independent of the terminal."""
    sys.stdout.flush()
    sys.stdout.buffer.write(octets)


def terminal_columns() -> int | None:
    """Return how wide the terminal is, None when the output goes elsewhere and is to be whole."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def name_as_text(file: Path) -> str:
    """Return a path as text: bytes that are no UTF-8, as of names from old Windows machines, are replaced."""
    return os.fsencode(file).decode("utf-8", "replace")


def name_for_people(file: Path) -> str:
    """Return a path fit for one line of a terminal: control and format characters are replaced too."""
    return printable(name_as_text(file), limit=4096)


def lines_for_people(text: str) -> str:
    """Return text of several lines without what a terminal could take for a command, as a name may hold it."""
    return "\n".join(printable(line, limit=4096) for line in text.split("\n"))


def load_configuration(path: Path | None, **flags: Unpack[Flags]) -> Configuration:
    """Return the configuration of a file, of this machine or the defaults, with the flags put over it; UserError."""
    path = path or (INSTALLED if os.access(INSTALLED, os.R_OK) else None)
    configuration = Configuration.load(path) if path is not None else Configuration()
    try:
        return configuration.with_flags(**flags)
    except ValidationError as error:
        given = {"listeners": f"--listen {flags.get('listen')}", "next_hop": f"--next-hop {flags.get('next_hop')}"}
        raise UserError(
            "\n".join(
                f"{given.get(str(fault['loc'][0]), fault['loc'][0])}: {fault['msg'].removeprefix('Value error, ')}"
                for fault in error.errors()
            )
        ) from None


def unit_names(config: Path | None) -> dict[str, str]:
    """Return the names of units by id, as the directory of a configuration has them; none where it cannot be read."""
    with suppress(GatewayError, OSError):
        if (path := load_configuration(config).directory_in_use) is not None:
            return load(path).unit_names
    return {}


def log_of(config: Path | None, data: Path | None, dsn: str | None) -> Path | Cluster:
    """Return which log the flags mean: that of a data folder, or with a DSN those of all nodes at the centre.

    The password and the key of the cluster are those of the configuration, if one is given.
    """
    if dsn is None:
        return data_of(config, data)
    return centre_of(load_configuration(config), dsn)


def centre_of(configuration: Configuration, dsn: str | None = None) -> Cluster:
    """Return the cluster of a configuration, with another DSN if there is one; UserError for what is none."""
    if dsn is None:
        if configuration.centre is None:
            raise UserError(both("cluster", "fault", "no_dsn"))
        return configuration.centre
    section = configuration.cluster or Cluster(node="reader")
    try:
        return Cluster.model_validate(section.model_dump() | {"dsn": dsn})
    except ValidationError as error:
        raise UserError(f"--cluster: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None


def data_of(config: Path | None, data: Path | None) -> Path:
    """Return the folder of audit and state that the flags mean."""
    return data if data is not None else load_configuration(config).data


def certs_of(config: Path | None, certs: Path | None) -> Path:
    """Return the folder of trust anchors that the flags mean."""
    from gateway.serve.app import SHIPPED_CERTS

    return load_configuration(config, certs=certs).certs or SHIPPED_CERTS
