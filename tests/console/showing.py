"""A console with one page more, that shows all components."""

from pathlib import Path

from starlette.responses import Response

from gateway.console import app, begun
from gateway.console.render import Renderer
from gateway.console.routes import ROUTES, Row
from gateway.console.visit import Visit
from tests.console.answers import EXPLAINED, overview


async def components(visit: Visit) -> Response:
    return visit.page("components.html", view=overview(30), mail=EXPLAINED)


def main(words: str) -> None:
    app.ROUTES = (*ROUTES, Row(method="GET", path="/components", handler=components, session=False))
    source = (Path(__file__).parent / "components.html").read_text("utf-8")
    made = Renderer.__init__

    def init(self: Renderer, htmx: Path) -> None:
        made(self, htmx)
        self._environment.loader.mapping["components.html"] = source

    Renderer.__init__ = init
    begun.main(words)
