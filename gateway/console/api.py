"""HTTP API of the self-check: response types, and the OpenAPI document generated from them."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct
from starlette.responses import Response

from gateway.steward.questions import CheckResult, FileView

CHECK: Final = "/api/v1/check"
FIXED: Final = CHECK + "/{reference}/fixed/{number}"
TOKEN: Final = "cvt_"  # noqa: S105 - prefix of API tokens
"""Only API tokens are accepted: no cookies, no session tokens."""
_BEARER: Final = "bearer "


class ApiFinding(Struct, frozen=True, kw_only=True):
    """One thing that did not pass."""

    code: Annotated[str, Meta(description="Code of the rule, as in replies", examples=["TYP-02"])]
    rule: Annotated[str, Meta(description="policy.rule")]
    outcome: Annotated[str, Meta(description="failed, or indeterminate: it could not be checked")]
    effect: Annotated[str, Meta(description="What it leads to: a disposition, waived, or monitor: only recorded")]
    title: str
    message: str
    part: Annotated[str, Meta(description="Part of the mail, with the member of an archive behind !")] = ""
    place: Annotated[str, Meta(description="Where in the file")] = ""
    fix: Annotated[str, Meta(description="What to do")] = ""
    article: Annotated[str, Meta(description="Article of the regulation")] = ""


class ApiFile(Struct, frozen=True, kw_only=True):
    """One file of the request, in its order."""

    name: Annotated[str, Meta(description="As it was sent; of no use where a secret was found, then it is a number")]
    disposition: Annotated[str, Meta(description="relay, tag, hold, defer or reject, by what was found in this file")]
    findings: tuple[ApiFinding, ...] = ()
    fixed: Annotated[
        str, Meta(description="Path of a copy with fonts, colours and encoding fixed, for ten minutes; or empty")
    ] = ""


class ApiCheck(Struct, frozen=True, kw_only=True):
    """The reply that the relay would give. Nothing is sent; only a record without names and words is kept."""

    reference: str
    disposition: Annotated[str, Meta(description="relay, tag, hold, defer or reject: of the mail as a whole")]
    marked: Annotated[
        bool, Meta(description="A mark of secrecy: do not send, take the file off the machine, tell the head")
    ]
    confidential: Annotated[bool, Meta(description="A secret was found or is suspected")]
    sender: str
    recipients: tuple[str, ...]
    files: tuple[ApiFile, ...]
    mail: Annotated[tuple[ApiFinding, ...], Meta(description="What was found about the mail itself")] = ()
    answers: Annotated[
        tuple[str, ...], Meta(description="Replies that a client would have got, where they refuse")
    ] = ()
    passed: tuple[str, ...] = ()
    left: Annotated[int, Meta(description="Checks that are left of this hour")]
    of: int
    policy: str
    policy_digest: str


class ApiFault(Struct, frozen=True, kw_only=True):
    """Why there is no answer."""

    error: Annotated[str, Meta(description="A stable word", examples=["too_many"])]
    message: Annotated[str, Meta(description="For people, in the language of Accept-Language (vi, en)")]
    retry_s: Annotated[int, Meta(description="Seconds after which to try again; 0 when that is of no use")] = 0


_ANYWHERE: Final = {
    401: "No token, or one that is not good any more",
    421: "Another host name than the console has",
    429: "Two other checks are under way, or too many requests",
    500: "A fault of the gateway",
    503: "The gateway is busy, or reading takes longer than there is time",
}
_FAULTS: Final = _ANYWHERE | {
    403: "Not in the name of this mailbox",
    408: "The files were not whole after 60 seconds",
    413: "More than 35 MiB of files",
    422: "No file, more than 20, an address that is none, or no checks left of this hour",
}
EXAMPLE: Final = ApiCheck(
    reference="BT-7F3K2Q9XM4D6H",
    disposition="reject",
    marked=False,
    confidential=False,
    sender="noivu.binhtan@tphcm.gov.vn",
    recipients=("vanphong.binhtan@tphcm.gov.vn",),
    files=(
        ApiFile(
            name="cong-van.docx",
            disposition="reject",
            findings=(
                ApiFinding(
                    code="TYP-02",
                    rule="typography.issued_document_font",
                    outcome="failed",
                    effect="reject",
                    title="Phông chữ của văn bản phát hành",
                    message="37 % chữ dùng Arial; văn bản đã có số phải dùng Times New Roman.",
                    part="1",
                    place="trang 1, đoạn 3",
                    fix="Chọn hết, đặt phông Times New Roman.",
                    article="QĐ 7600/QĐ-UBND, Điều 9.4c",
                ),
            ),
            fixed=FIXED.format(reference="BT-7F3K2Q9XM4D6H", number=0),
        ),
    ),
    left=599,
    of=600,
    policy="binhtan-2026",
    policy_digest="3f2a91bc" * 8,
)


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    _, schemas = msgspec.json.schema_components((ApiCheck, ApiFault), ref_template="#/components/schemas/{name}")

    def answer(name: str, description: str, example: object = None) -> dict[str, Any]:
        media: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{name}"}}
        if example is not None:
            media["example"] = msgspec.to_builtins(example)
        return {"description": description, "content": {"application/json": media}}

    text = {"type": "string"}
    form = {
        "type": "object",
        "required": ["file"],
        "properties": {
            "from": text | {"description": "Mailbox in whose name; not needed for a token that is bound to one"},
            "to": {"type": "array", "items": text, "description": "Recipients; the sender himself when there are none"},
            "file": {
                "type": "array",
                "minItems": 1,
                "maxItems": 20,
                "items": text | {"contentMediaType": "application/octet-stream"},
                "description": "Files that go together, or a mail (.eml); 35 MiB together. After the other fields.",
            },
        },
    }
    check = {
        "operationId": "check",
        "summary": "Judge files as the relay would, before they are sent",
        "security": [{"token": []}],
        "parameters": [
            {"name": "Accept-Language", "in": "header", "schema": text | {"enum": ["vi", "en"], "default": "vi"}}
        ],
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
        "responses": {"200": answer("ApiCheck", "What would become of them", EXAMPLE)}
        | {str(status): answer("ApiFault", words) for status, words in _FAULTS.items()},
    }
    copy = {"description": "The copy", "content": {"application/octet-stream": {"schema": text}}}
    fixed = {
        "operationId": "fixed",
        "summary": "The fixed copy of a file of one's own check, at the path that its answer names",
        "security": [{"token": []}],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": kind}}
            for name, kind in (("reference", "string"), ("number", "integer"))
        ],
        "responses": {"200": copy, "404": answer("ApiFault", "There is none, or it is older than ten minutes")}
        | {str(status): answer("ApiFault", words) for status, words in _ANYWHERE.items()},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Official mail gateway", "version": "1"},
        "paths": {CHECK: {"post": check}, FIXED: {"get": fixed}},
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def token_of(header: str) -> str:
    """Return the API token of an Authorization header field; empty without one."""
    token = header[len(_BEARER) :].strip() if header[: len(_BEARER)].lower() == _BEARER else ""
    return token if token.startswith(TOKEN) and token.isascii() and token.isprintable() and len(token) <= 100 else ""


def answer_of(result: CheckResult) -> ApiCheck:
    """Convert a result to the response of the API."""
    return ApiCheck(
        reference=result.reference,
        disposition=result.disposition,
        marked=result.marked,
        confidential=result.confidential,
        sender=result.sender,
        recipients=result.recipients,
        files=tuple(
            ApiFile(
                name=file.name,
                disposition=file.result.key,
                findings=_findings(file.views),
                fixed=FIXED.format(reference=result.reference, number=file.fixed) if file.fixed is not None else "",
            )
            for file in result.files
        ),
        mail=_findings(result.mail),
        answers=result.answers,
        passed=result.passed,
        left=result.left,
        of=result.of,
        policy=result.policy,
        policy_digest=result.policy_digest,
    )


def _findings(views: tuple[FileView, ...]) -> tuple[ApiFinding, ...]:
    return tuple(
        ApiFinding(
            code=one.code, rule=one.rule, outcome=one.outcome.key, effect=one.effect.key, title=one.title,
            message=one.message, part=view.part, place=one.place, fix=one.fix, article=one.article,
        )
        for view in views
        for one in view.findings
    )  # fmt: skip


def answered(value: Struct | dict[str, Any], status: int = 200) -> Response:
    """Return a JSON response."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")
