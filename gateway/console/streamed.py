"""Streamed responses; Starlette's own would import modules in the sandbox, which forbids it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.steward import questions as q


class Streamed(Response):
    """A response in chunks; an error aborts the connection, so that a truncated response never looks complete."""

    def __init__(
        self, pieces: AsyncIterator[bytes], *, media_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self._pieces = pieces
        self.status_code = 200
        self.media_type = media_type
        self.background = None
        self.init_headers(headers)

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send head and chunks."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def download(answers: AsyncIterator[q.Answer], name: str, media_type: str) -> Response:
    """Stream an answer as a file; a refusal is an error page, not a truncated file."""
    first = await anext(answers)
    fields = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Streamed(octets(first, answers), media_type=media_type, headers=fields)


async def octets(first: q.Answer, answers: AsyncIterator[q.Answer]) -> AsyncIterator[bytes]:
    """Yield the bytes of a streamed answer."""
    if isinstance(first, q.Piece):
        yield first.octets
    async for answer in answers:
        if isinstance(answer, q.Piece):
            yield answer.octets
