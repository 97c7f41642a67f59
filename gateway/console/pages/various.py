"""Small pages: health, static files, help, preferences stored by the browser."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from gateway.console.client import StewardAway
from gateway.console.visit import Visit, local
from gateway.steward.questions import AskHealth, Health
from gateway.steward.questions.refused import Refused


async def healthz(visit: Visit) -> Response:
    """Say whether mail is judged and recorded, without detail."""
    try:
        answer = await visit.ask(AskHealth(), token="")
    except (Refused, StewardAway):
        answer = Health(good=False)
    good = isinstance(answer, Health) and answer.good
    return PlainTextResponse("ok\n" if good else "not ok\n", 200 if good else 503)


async def static(visit: Visit) -> Response:
    """Send a style sheet or a script."""
    found = visit.static(visit.path)
    if found is None:
        raise HTTPException(404)
    packed = "gzip" in visit.request.headers.get("accept-encoding", "")
    fields = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if packed:
        fields["Content-Encoding"] = "gzip"
    return Response(found.packed if packed else found.octets, media_type=found.type, headers=fields)


async def help_page(visit: Visit) -> Response:
    """Explain the search box and the keys."""
    return visit.page("help.html")


async def preferences(visit: Visit) -> Response:
    """Keep language, colours or keys in the browser, and go back."""
    for name in ("language", "theme", "keys"):
        visit.prefer(name, visit.form.get(name))
    return visit.go(local(visit.form.get("back")))
