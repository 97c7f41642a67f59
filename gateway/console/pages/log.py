"""Log page: verification, checkpoints, acts of people."""

from __future__ import annotations

from functools import partial

from starlette.exceptions import HTTPException
from starlette.responses import Response

from gateway.console.visit import Visit
from gateway.steward.questions import Answer, AskLog, GetCheckpoint, LogView, Piece, Verified, Verify


async def page(visit: Visit) -> Response:
    """Show state, checkpoints and acts."""
    view = await visit.view(AskLog(visit.number("before"), visit.number("after")), LogView)
    return visit.page("log.html", view=view)


async def verify(visit: Visit) -> Response:
    """Verify the whole log; the page grows with the progress."""
    return await visit.growing_page("verify.html", Verify(), partial(_verified, visit))


def _verified(visit: Visit, answer: Answer) -> str:
    assert isinstance(answer, Verified)
    return visit.render("verified.html", result=answer)


async def checkpoint(visit: Visit) -> Response:
    """Send a checkpoint as a file."""
    name = str(visit.request.path_params["name"])
    if not all(letter.isascii() and (letter.isalnum() or letter in "._-") for letter in name):
        raise HTTPException(404)
    answer = await visit.view(GetCheckpoint(name), Piece)
    fields = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(answer.octets, media_type="application/octet-stream", headers=fields)
