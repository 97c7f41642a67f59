"""Answers that are sent as they come; Starlette's own would import more behind the wall, which refuses that."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.steward import questions as q


class Streamed(Response):
    """A response of pieces; a fault in the middle breaks the connection off, so that half an answer never looks whole."""

    def __init__(
        self, pieces: AsyncIterator[bytes], *, media_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self._pieces = pieces
        self.status_code = 200
        self.media_type = media_type
        self.background = None
        self.init_headers(headers)

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send head and pieces."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def download(answers: AsyncIterator[q.Answer], name: str, media_type: str) -> Response:
    """Send the pieces of a long answer as a file; a refusal is a page, not half a file."""
    first = await anext(answers)
    fields = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Streamed(octets(first, answers), media_type=media_type, headers=fields)


async def octets(first: q.Answer, answers: AsyncIterator[q.Answer]) -> AsyncIterator[bytes]:
    """Yield the octets of an answer that comes in pieces."""
    if isinstance(first, q.Piece):
        yield first.octets
    async for answer in answers:
        if isinstance(answer, q.Piece):
            yield answer.octets
