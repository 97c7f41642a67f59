"""Handlers of the HTTP API."""

from __future__ import annotations

from starlette.responses import Response

from gateway.console import api
from gateway.console.pages import check as page
from gateway.console.pages.check import failure_of
from gateway.console.uploads import Uploading
from gateway.console.visit import Visit
from gateway.steward.questions import AskCheck
from gateway.steward.questions.refused import refused


async def openapi(_visit: Visit) -> Response:
    """Return the OpenAPI document."""
    return api.answered(api.document())


async def check(visit: Visit) -> Response:
    """Judge the files of the request; 401 without a valid token, before any file is read."""
    _identify(visit)
    await visit.ask(AskCheck())
    upload = Uploading(visit, guarded=False)
    await upload.read()
    result, fault = await upload.result()
    if result is not None:
        return api.answered(api.answer_of(result))
    failure = failure_of(visit, fault)
    response = api.answered(
        api.ApiFault(error=failure.kind, message=failure.words, retry_s=failure.retry_s), failure.status
    )
    response.headers["Connection"] = "close"
    if failure.status in (429, 503):
        response.headers["Retry-After"] = str(failure.retry_s or 5)
    return response


async def fixed(visit: Visit) -> Response:
    """Send the fixed copy of a file of a check."""
    _identify(visit)
    return await page.fixed(visit)


def _identify(visit: Visit) -> None:
    """Take the token of the request; Refused without one."""
    visit.token = api.token_of(visit.request.headers.get("authorization", ""))
    if not visit.token:
        raise refused("no_session")
