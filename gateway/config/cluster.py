"""The section `cluster` of `gateway.yaml`: several gateways with one PostgreSQL."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, field_validator, model_validator

from gateway.config.section import Section
from gateway.config.values import Place
from gateway.texts.catalogue import both

NODE = re.compile(r"[a-z0-9-]{1,32}\Z")
"""A node's name."""

VerifierLine = Annotated[str, Field(pattern=r"^gateway-[a-z]+/[0-9a-f]{8}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$")]
"""A verifier key of C2SP signed-note, as `gateway cluster signing-key` prints it."""


class Cluster(Section):
    """This node, its database and its replication."""

    node: str
    dsn: str = ""
    password_file: Place | None = None
    key_file: Place | None = None
    centre_keys: tuple[VerifierLine, ...] = ()
    rule_keys: tuple[VerifierLine, ...] = ()
    replicate: Literal["later", "wait"] = "later"

    @model_validator(mode="after")
    def _rules_from_somewhere(self) -> Self:
        if self.rule_keys and not self.dsn:
            raise ValueError(both("start", "config", "rules_dsn"))
        return self

    @field_validator("node")
    @classmethod
    def _name(cls, node: str) -> str:
        if not NODE.match(node):
            raise ValueError(both("start", "config", "node"))
        return node

    @field_validator("dsn")
    @classmethod
    def _uri(cls, dsn: str) -> str:
        """Accept a PostgreSQL URI without a password: other users may read the file."""
        if not dsn:
            return dsn
        try:
            parts = urlsplit(dsn)
            password = parts.password or parse_qs(parts.query).get("password")
        except ValueError:
            raise ValueError(both("start", "config", "dsn")) from None
        if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
            raise ValueError(both("start", "config", "dsn"))
        if password:
            raise ValueError(both("start", "config", "dsn_password"))
        return dsn
