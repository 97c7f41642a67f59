"""Case files of the policies on documents: a subject, attachments made of runs, and the findings that are expected.

A case has `name`, `expect` (the exact list of `rule outcome`, in order) and any of `subject`, `header` (other fields),
`settings`, `documents`. A document has `part`, `filename`, `format`, `status`, `image_pages`, `read_pages`,
`unread_boxes`, `setups` (paper and margins in millimetres: width, height, top, bottom, left, right) and its words: `lines` (one block each), `runs` (mappings with the fields of Run), `letter` (a generated
official letter: kind, layout, drafted) with `charset` to write them in legacy letters and `look` for all its runs.
"""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from gateway.model import (
    Document,
    Envelope,
    Evidence,
    Finding,
    FrontEnd,
    HeaderField,
    Image,
    Message,
    Origin,
    PageSetup,
    Part,
    ReadStatus,
    Role,
    Run,
    Session,
)
from gateway.vietnamese.legacy_tables import Charset
from tests.support.cases import read_yaml
from tests.support.legacy_letters import encode
from tests.support.policies import findings
from tests.text.letters import Layout, letter

FOLDER = Path(__file__).parents[1] / "policies" / "cases"


@functools.cache
def load(policy: str) -> dict[str, dict[str, Any]]:
    """The cases of a policy by name."""
    rows = read_yaml(FOLDER / f"{policy}.yaml")["cases"]
    cases = {row["name"]: row for row in rows}
    assert len(cases) == len(rows), "two cases with one name"
    return cases


def _run(fields: dict[str, Any], block: int) -> Run:
    known = dict(fields)
    if "role" in known:
        known["role"] = Role(known["role"])
    if "origin" in known:
        known["origin"] = Origin(known["origin"])
    if "bbox_pt" in known:
        known["bbox_pt"] = tuple(known["bbox_pt"])
    return Run(**{"block": block, **known})


def document(row: dict[str, Any]) -> Document:
    """A document of a case."""
    runs: list[Run] = []
    if "letter" in row:
        made = row["letter"]
        runs = list(
            letter(
                made.get("seed", 1),
                made["kind"],
                Layout(made.get("layout", "table")),
                drafted=made.get("drafted", False),
            ).document.runs
        )
    for line in row.get("lines", ()):
        runs.append(Run(text=line, block=len(runs)))
    for index, fields in enumerate(row.get("runs", ())):
        runs.append(_run(fields, 1000 + index))
    look = row.get("look", {})
    charset = Charset(row.get("charset", "unicode"))
    if look or charset is not Charset.UNICODE:
        runs = [
            Run(
                **(
                    {name: getattr(run, name) for name in run.__struct_fields__}
                    | {"text": encode(run.text, charset)}
                    | look
                )
            )
            for run in runs
        ]
    images = (Image(page=1, red_boxes=1, unread_boxes=row["unread_boxes"]),) if "unread_boxes" in row else ()
    return Document(
        part=row.get("part", "2"),
        filename=row.get("filename"),
        format=row.get("format", "docx"),
        status=ReadStatus(row.get("status", "ok")),
        image_pages=tuple(row.get("image_pages", ())),
        read_pages=tuple(row.get("read_pages", ())),
        runs=tuple(runs),
        images=images,
        setups=tuple(
            PageSetup(
                locator=f"section:{number}", **{f"{name}_pt": amount * 72 / 25.4 for name, amount in setup.items()}
            )
            for number, setup in enumerate(row.get("setups", ()), 1)
        ),
    )


def evidence(case: dict[str, Any]) -> Evidence:
    """The evidence of a case."""
    documents = tuple(document(row) for row in case.get("documents", ()))
    parts = tuple(
        Part(
            path=row.get("part", "2"),
            declared_type="application/octet-stream",
            filename=row.get("filename"),
            names=tuple(row.get("names", ())),
        )
        for row in case.get("documents", ())
        if "!" not in row.get("part", "2")
    )
    fields = [("Subject", case["subject"])] if "subject" in case else []
    fields += list(case.get("header", {}).items())
    message = Message(
        fields=tuple(HeaderField(name=n, raw=f"{n}: {v}\r\n".encode(), value=v, text=v) for n, v in fields),
        root=Part(path="", declared_type="multipart/mixed", children=parts),
    )
    return Evidence(
        now=datetime(2026, 11, 24, 5, tzinfo=UTC),
        session=Session(front_end=FrontEnd.CHECK),
        envelope=Envelope(reverse_path="a@tphcm.gov.vn", forward_paths=("b@tphcm.gov.vn",)),
        message=None if case.get("rcpt") else message,
        documents=documents,
    )


def judged(policy: ModuleType, case: dict[str, Any]) -> list[Finding]:
    """What a policy finds in a case."""
    return list(findings(policy, evidence(case), policy.Settings(**case.get("settings", {}))))
