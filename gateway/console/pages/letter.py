"""`/t/BT-...`, the link in a refusal: login by a mailed code, then findings and remedies."""

from __future__ import annotations

from urllib.parse import quote

from msgspec.structs import replace
from starlette.responses import Response

from gateway.console.pages.login import begin_by_mail, said
from gateway.console.pages.mails import count
from gateway.console.visit import Visit
from gateway.model import Disposition
from gateway.model.formats import Family, by_filename, by_type
from gateway.model.reference import mistyped, standard
from gateway.steward.questions import AskRequests, Explain, Explained, FileView, RequestsView, SendMailCode
from gateway.steward.questions.refused import Refused
from gateway.texts.catalogue import filled

_REMEDIES = (
    ("typography.", "font"),
    ("opaque.encrypted", "password"),
    ("opaque.executable", ""),
    ("opaque.film", ""),
    ("opaque.", "open"),
    ("classified.unread", "open"),
    ("classified.marked", "marked"),
    ("classified.", "secret"),
    ("signed_documents.", "sign"),
    ("sender_identity.", "sender"),
    ("official_sender.", "sender"),
)
"""Instructions of the catalogue (table [steps]) by rule; the first match applies."""
_UNWRITTEN = {Family.ARCHIVE, Family.SIGNATURE, Family.MAIL, Family.MEDIA, Family.PROGRAM, Family.LOCKED}
"""Files that no office program opens and no scanner makes; the finding itself says what to do."""

_GONE = {"relayed", "passed_on"}
"""States of a mail that its sender need not send again."""


def _reference(visit: Visit) -> str:
    typed = str(visit.request.path_params["reference"])[:100]
    return standard(typed) or typed


async def page(visit: Visit) -> Response:
    """Ask for the mailbox; with a session explain the mail."""
    reference = _reference(visit)
    if visit.person is None:
        fault = filled(visit.words.letter.mistyped, reference=reference) if mistyped(reference) else ""
        return visit.page("letter_code.html", reference=reference, mailbox="", sent=False, fault=fault)
    explained = await visit.ask(Explain(reference))
    if not isinstance(explained, Explained):  # a self-check, which no refusal names
        return visit.go(f"/mails/{quote(reference)}")
    explained = kept_back(explained)
    view = await visit.view(AskRequests(explained.reference), RequestsView) if visit.may("ask_requests") else None
    gone = explained.state.key in _GONE
    return visit.page(
        "letter.html", mail=explained, findings=count(explained), steps=() if gone else steps(explained), gone=gone,
        again=not (gone or explained.confidential or explained.state.key == "held"),
        request=view is not None and (view.may_open or bool(view.mine + view.waiting + view.done)),
    )  # fmt: skip


def kept_back(explained: Explained) -> Explained:
    """Return a mail with the findings that its sender has to know: without those that asked for nothing."""
    files = (
        replace(file, findings=tuple(one for one in file.findings if one.effect.key != Disposition.RELAY.word))
        for file in explained.files
    )
    return replace(explained, files=tuple(files))


def steps(explained: Explained) -> tuple[str, ...]:
    """Return the keys of the instructions for the findings of a mail, each once.

    Of a mail that may be secret nothing says how it could be sent again.
    """
    keys = [_step(finding.rule, file) for file in explained.files for finding in file.findings]
    if explained.confidential:
        return ("marked",) if "marked" in keys else ("secret",)
    return tuple(dict.fromkeys(key for key in keys if key))


def _step(rule: str, file: FileView) -> str:
    """Return the key of the instructions for a rule and a file, empty when there are none."""
    key = next((key for prefix, key in _REMEDIES if rule.startswith(prefix)), "")
    kind = by_filename(file.name) or by_type(file.type)
    if key not in {"password", "open"} or kind is None:
        return key
    if kind.family in _UNWRITTEN:
        return ""
    return "locked_pdf" if key == "password" and kind.family is Family.PDF else key


async def send_code(visit: Visit) -> Response:
    """Send a login code; the page is the same for an unknown mailbox."""
    mailbox = visit.form.get("mailbox").strip()
    await visit.ask(SendMailCode(mailbox), token="")
    return visit.page("letter_code.html", reference=_reference(visit), mailbox=mailbox, sent=True, fault="")


async def enter(visit: Visit) -> Response:
    """Begin a session and return to the page."""
    mailbox = visit.form.get("mailbox")
    try:
        await begin_by_mail(visit, mailbox)
    except Refused as error:
        return visit.page(
            "letter_code.html", 422, reference=_reference(visit), mailbox=mailbox, sent=True,
            fault=said(visit, error),
        )  # fmt: skip
    return visit.go(visit.path.removesuffix("/mail"))
