"""The case files of all policies: YAML, each case a mail and the findings that are expected of it.

A file has `cases` and, where its policy asks for them, `mailboxes` (the directory). A case has `name`, `expect` (`rule outcome`
each) and any of `settings`, `rcpt: true` (no content yet), `login`, `front_end`, `from` (reverse-path, empty for the null one),
`to`, `now`, `authentication`, `directory: false`, `history`, and what the findings say: `params`, `level`, `cause`, `locator` ...

How the mail is written differs. Policies on senders: `header` (raw lines; without it the case is asked at RCPT), `body`.
`signed_documents`: these, and a PDF attached. `classified`, `typography`: `subject`, `header` (other fields). `opaque`: `type`,
`size`, `length` of its one part, `ambiguities`.

A document has `part`, `filename`, `names`, `format`, `status`, `reason`, `image_pages`, `read_pages`, `doubtful_pages`,
`unread_boxes`, `active`, `opened_with_password`, `setups` (paper and margins in millimetres: width, height, top, bottom, left,
right) and its words: `text` (`issued`, `draft` or `note`), `more` (lines behind it), `lines` (one block each), `runs` (mappings
with the fields of Run), `letter` (a generated official letter: kind, layout, drafted) with `charset` to write them in legacy
letters and `look` for all its runs. A signature has `by` and what differs from a good one.
"""

import functools
import hashlib
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from msgspec import structs

from gateway.identity.directory import names_of
from gateway.mime import decode_body, parse
from gateway.model import (
    ActiveContent,
    Ambiguity,
    AuthenticationResults,
    AuthResult,
    Changes,
    Coverage,
    Delegate,
    Directory,
    Document,
    Envelope,
    Evidence,
    Finding,
    FrontEnd,
    HeaderField,
    History,
    HolderKind,
    Image,
    Indication,
    Integrity,
    Mailbox,
    MailboxKind,
    MailboxStatus,
    Message,
    Origin,
    PageSetup,
    Part,
    ReadStatus,
    Revocation,
    Role,
    Run,
    Session,
    Signature,
    Signer,
    Trust,
)
from gateway.vietnamese.legacy_tables import Charset
from tests.support.cases import read_yaml
from tests.support.legacy_letters import encode
from tests.support.policies import findings
from tests.text.letters import Layout, letter

FOLDER = Path(__file__).parent / "cases"
POLICIES = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))
SENDERS = ("official_sender", "sender_identity")
Case = dict[str, Any]
DISTRICT = "Ủy ban nhân dân quận Bình Tân"
_LETTER = (
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "ỦY BAN NHÂN DÂN QUẬN BÌNH TÂN", "{number}",
    "V/v báo cáo công tác tháng", "Bình Tân, ngày 02 tháng 11 năm 2026", "Kính gửi: Các cơ quan, đơn vị thuộc quận.",
    "Nơi nhận:", "- Như trên;", "- Lưu: VT.", "TL. CHỦ TỊCH",
)  # fmt: skip
TEXTS = {
    "issued": [line.format(number="Số: 1215/UBND-VP") for line in _LETTER],
    "draft": [line.format(number="Số:      /UBND-VP") for line in _LETTER],
    "note": ["Biên bản trao đổi công việc trong tuần."],
    "": [],
}
SIGNERS = {
    "person": (HolderKind.PERSON, Signer(subject="CN=Người Ký Thử", common_name="Người Ký Thử", organisation=DISTRICT,
                                         emails=("rieng@vi.example", "nguoikythu.binhtan@tphcm.gov.vn"))),
    "seal": (HolderKind.ORGANISATION, Signer(subject=f"CN={DISTRICT}", common_name=DISTRICT)),
    "unit": (HolderKind.ORGANISATION, Signer(subject="CN=x", common_name="PHÒNG NỘI VỤ QUẬN BÌNH TÂN")),
    "other": (HolderKind.ORGANISATION, Signer(subject="CN=Sở Xây dựng", common_name="Sở Xây dựng")),
    "lookalike": (HolderKind.ORGANISATION, Signer(subject="CN=x", common_name=f"{DISTRICT} 1")),
    "company": (HolderKind.ORGANISATION, Signer(subject="CN=x", common_name="Công ty Thử", tax_id="0301519977")),
    "timestamp": (HolderKind.UNKNOWN, Signer(subject="CN=TSA", common_name="TSA")),
}  # fmt: skip


@functools.cache
def load(policy: str) -> dict[str, Case]:
    """The cases of a policy by name."""
    rows = read_yaml(FOLDER / f"{policy}.yaml")["cases"]
    cases = {row["name"]: row for row in rows}
    assert len(cases) == len(rows), "two cases with one name"
    return cases


@functools.cache
def directory(policy: str) -> Directory | None:
    """The mailboxes of a case file, if it has any."""
    rows = read_yaml(FOLDER / f"{policy}.yaml").get("mailboxes")
    if rows is None:
        return None
    found: dict[str, Mailbox] = {}
    for row in rows:
        mailbox = Mailbox(
            address=row["address"],
            kind=MailboxKind(row.get("kind", "personal")),
            name=row.get("name", ""),
            unit=row.get("unit", ""),
            status=MailboxStatus(row.get("status", "active")),
            left_on=row.get("left_on"),
            since=row.get("from"),
            until=row.get("until"),
            aliases=tuple(row.get("aliases", ())),
            delegates=tuple(
                Delegate(address=one["address"], since=one.get("from"), until=one.get("until"))
                for one in row.get("delegates", ())
            ),
        )
        found |= dict.fromkeys((mailbox.address, *mailbox.aliases), mailbox)
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()  # names of units are known by it
    return Directory(digest=digest, mailboxes=found, names=names_of(found, {}))


def evidence(policy: str, case: Case) -> Evidence:
    """The evidence of one case."""
    documents = tuple(_document(policy, row, number) for number, row in enumerate(case.get("documents", ()), 2))
    senders, message = policy in SENDERS, None
    if policy == "opaque":
        message = _one_part(case)
    elif policy in ("classified", "typography"):
        message = _fields_and_files(case)
    elif not senders or "header" in case:
        message, text = _written(case, attached=not senders)
        documents = (text, *documents)
    day, history = case.get("now", date(2026, 11, 24)), case.get("history")
    front_end = ("submission" if "login" in case else "relay") if senders else "check"
    return Evidence(
        now=datetime(day.year, day.month, day.day, 5, tzinfo=UTC),
        session=Session(front_end=FrontEnd(case.get("front_end", front_end)), auth_user=case.get("login")),
        envelope=Envelope(
            reverse_path=case.get("from", "" if senders else "an.binhtan@tphcm.gov.vn") or "",
            forward_paths=tuple(case.get("to", ["b@example.vn" if senders else "phongnoivu.binhtan@tphcm.gov.vn"])),
        ),
        message=None if case.get("rcpt") else message,
        documents=() if case.get("rcpt") else documents,
        signatures=tuple(map(_signature, case.get("signatures", ()))),
        authentication=AuthenticationResults(tuple(AuthResult(**row) for row in case["authentication"]))
        if "authentication" in case
        else None,
        directory=directory(policy) if case.get("directory", True) else None,
        history=history
        and History(
            met=frozenset(history.get("met", ())),
            unmet=frozenset(history.get("unmet", ())),
            since=datetime(*map(int, str(history["since"]).split("-")), tzinfo=UTC),
        ),
    )


def found(policy: str, case: Case) -> list[Finding]:
    """What a policy finds in a case."""
    module = import_module(f"policies.{policy}")
    return list(findings(module, evidence(policy, case), module.Settings.model_validate(case.get("settings", {}))))


def _written(case: Case, *, attached: bool) -> tuple[Message, Document]:
    """A mail as it goes over the wire, with a PDF attached or without, and its text."""
    header, body = case.get("header", "From: an.binhtan@tphcm.gov.vn").rstrip("\n"), case.get("body", "")
    content = f"{header}\n\n{body}"
    if attached:
        body = body or "Kính gửi."
        content = (
            f"{header}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
            f"--b\nContent-Type: text/plain; charset=utf-8\n\n{body}\n--b\nContent-Type: application/pdf\n"
            "Content-Disposition: attachment; filename=tep.pdf\n\nx\n--b--\n"
        )
    octets = content.replace("\n", "\r\n").encode()
    message = parse(octets)
    lines = body.splitlines()
    if not attached:
        lines = [decode_body(octets, message.root).data.decode() if not message.root.children else ""]
    runs = tuple(Run(text=line, block=number) for number, line in enumerate(lines))
    return message, Document(part="1", format="text", runs=runs)


def _fields_and_files(case: Case) -> Message:
    fields = [("Subject", case["subject"])] if "subject" in case else []
    fields += list(case.get("header", {}).items())
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
    return Message(
        fields=tuple(HeaderField(name=n, raw=f"{n}: {v}\r\n".encode(), value=v, text=v) for n, v in fields),
        root=Part(path="", declared_type="multipart/mixed", children=parts),
    )


def _one_part(case: Case) -> Message:
    root = Part(
        path="1",
        declared_type="application/x",
        detected_type=case.get("type", "application/x"),
        size_bytes=case.get("size"),
        length=case.get("length", 10),
    )
    return Message(
        fields=(), root=root, ambiguities=tuple(Ambiguity(code, "2") for code in case.get("ambiguities", ()))
    )


def _document(policy: str, row: Case, number: int) -> Document:
    if policy == "signed_documents":
        row = {"part": str(number), "text": "note", "filename": f"tep.{row['format']}", **row}
    return Document(
        part=row.get("part", "2"),
        filename=row.get("filename"),
        format=row.get("format", "docx"),
        status=ReadStatus(row.get("status", "ok")),
        reason=row.get("reason", ""),
        image_pages=tuple(row.get("image_pages", ())),
        read_pages=tuple(row.get("read_pages", ())),
        doubtful_pages=tuple(row.get("doubtful_pages", ())),
        active_content=tuple(ActiveContent(*([one] if isinstance(one, str) else one)) for one in row.get("active", ())),
        opened_with_password=row.get("opened_with_password", False),
        runs=tuple(_runs(row)),
        images=(Image(page=1, red_boxes=1, unread_boxes=row["unread_boxes"]),) if "unread_boxes" in row else (),
        setups=tuple(
            PageSetup(
                locator=f"section:{number}", **{f"{name}_pt": amount * 72 / 25.4 for name, amount in setup.items()}
            )
            for number, setup in enumerate(row.get("setups", ()), 1)
        ),
    )


def _runs(row: Case) -> list[Run]:
    runs: list[Run] = []
    if "letter" in row:
        made = dict(row["letter"])
        layout = Layout(made.pop("layout", "table"))
        runs += letter(made.pop("seed", 1), made.pop("kind"), layout, **made).document.runs
    for line in (*TEXTS[row.get("text", "")], *row.get("more", "").splitlines(), *row.get("lines", ())):
        runs.append(Run(text=line, block=len(runs)))
    read = {"role": Role, "origin": Origin, "bbox_pt": tuple}
    for index, fields in enumerate(row.get("runs", ()), 1000):
        runs.append(
            Run(**{"block": index} | {name: read.get(name, lambda v: v)(value) for name, value in fields.items()})
        )
    look, charset = row.get("look", {}), Charset(row.get("charset", "unicode"))
    return [structs.replace(run, **{"text": encode(run.text, charset), **look}) for run in runs]


def _signature(row: Case) -> Signature:
    kind, signer = SIGNERS[row["by"]]
    return Signature(
        part=row.get("part", "2"),
        filename="tep.pdf",
        container=row.get("container", "pdf"),
        covers=tuple(row.get("covers", ())),
        document_timestamp=row["by"] == "timestamp",
        integrity=Integrity(row.get("integrity", "intact")),
        coverage=Coverage(row.get("coverage", "whole")),
        changes=Changes(row.get("changes", "none")),
        trust=Trust(row.get("trust", "trusted")),
        revocation=Revocation(row.get("revocation", "good")),
        signer=signer,
        holder_kind=kind,
        indication=Indication.TOTAL_PASSED,
        sub_indication=row.get("sub_indication", ""),
        problems=tuple(row.get("problems", ())),
    )
