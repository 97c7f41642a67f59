"""Self-check page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, NamedTuple
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from gateway.console import guard
from gateway.console.streamed import Streamed, octets
from gateway.console.uploads import TooSlowError
from gateway.console.visit import Visit
from gateway.steward import questions as q
from gateway.steward.questions.refused import Refused

_STATUS: Final = {
    "too_many": 429,
    "unavailable": 503,
    "too_long": 503,
    "forbidden": 403,
    "invalid": 422,
    "too_large": 413,
}


async def page(
    visit: Visit, status: int = 200, *, result: q.CheckResult | None = None, words: str = "", retry_s: int = 0
) -> Response:
    """Show the form, with the result of the one that was sent."""
    form = await visit.view(q.AskCheck(), q.CheckForm)
    given = {name: visit.form.get(name)[:2000] for name in ("to", "from")}
    response = visit.page("check.html", status, form=form, given=given, result=result, fault=words)
    if status in (429, 503):
        response.headers["Retry-After"] = str(retry_s or 5)
    return response


async def run(visit: Visit) -> Response:
    """Judge the files of the form and show the result."""
    assert visit.upload is not None
    result, fault = await visit.upload.result()
    if result is not None:
        return await page(visit, result=result)
    failure = failure_of(visit, fault)
    response = await page(visit, failure.status, words=failure.words, retry_s=failure.retry_s)
    response.headers["Connection"] = "close"
    return response


class Failure(NamedTuple):
    """Error of a check."""

    status: int
    kind: str
    words: str
    retry_s: int = 0


def failure_of(visit: Visit, error: Exception | None) -> Failure:
    """Return status and text of a fault; None means no file was chosen; other errors are raised for the error page."""
    texts = visit.words.check
    match error:
        case None:
            return Failure(422, "invalid", texts.no_file)
        case guard.TooLarge():
            return Failure(413, "too_large", texts.too_large)
        case TooSlowError():
            return Failure(408, "too_slow", texts.too_slow)
        case Refused(refusal=refusal) if refusal.kind in _STATUS:
            words = refusal.words or getattr(texts, refusal.kind, "") or visit.fault(refusal)
            return Failure(_STATUS[refusal.kind], refusal.kind, words, refusal.retry_s)
        case _:
            raise error


async def fixed(visit: Visit) -> Response:
    """Send the fixed copy of a file of a check."""
    reference, number = (str(visit.request.path_params[name]) for name in ("reference", "number"))
    if not (number.isascii() and number.isdigit() and len(number) < 4):
        raise HTTPException(404)
    answers: AsyncIterator[q.Answer] = visit.stream(q.GetFixed(reference[:100], int(number)))
    first = await anext(answers)
    assert isinstance(first, q.FixedName)
    fields = {"Content-Disposition": f"attachment; filename*=utf-8''{quote(first.name, safe='')}"}
    return Streamed(octets(await anext(answers), answers), media_type="application/octet-stream", headers=fields)
