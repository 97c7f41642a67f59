"""Pages from templates, compiled at start; static files in memory under an address that changes with their content."""

from __future__ import annotations

import gzip
import hashlib
import io
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import segno
from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup, escape
from msgspec import Struct

from gateway.console import words as w
from gateway.texts.catalogue import filled

_UNSEEN: Final = dict.fromkeys(
    (*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F),
     *range(0x2066, 0x206A), 0xFEFF),
    "\ufffd",
)  # fmt: skip
"""Controls and marks of direction, with which words could be shown as others."""
_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class StaticFile(Struct, frozen=True):
    """A file that browsers may keep, because its address names its digest."""

    address: str
    type: str
    octets: bytes
    packed: bytes
    """The same by gzip."""


class Renderer:
    """Templates and static files."""

    def __init__(self, htmx: Path) -> None:
        folder = files("gateway.console")
        self.files = {
            each.name: _static(each.name, each.read_bytes())
            for each in (folder / "static").iterdir()
            if Path(each.name).suffix in _TYPES
        }
        if htmx.is_file():
            self.files["htmx.js"] = _static("htmx.js", htmx.read_bytes())
        self.by_address = {each.address: each for each in self.files.values()}
        sources = {each.name: each.read_text("utf-8") for each in (folder / "templates").iterdir()}
        self._environment = Environment(
            loader=DictLoader(sources),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=shown,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
            extensions=["jinja2.ext.do"],
        )
        self._environment.filters |= {"fill": filled, "when": w.when, "day": w.day, "exact": escape}
        self._environment.globals |= {
            "static": {name: each.address for name, each in self.files.items()},
            "zip": zip,
        }
        for name in sources:
            self._environment.get_template(name)

    def render(self, template: str, **values: Any) -> str:
        """Return a page."""
        return self._environment.get_template(template).render(**values)


def shown(value: Any) -> Any:
    """Make characters visible that are not meant to be seen; what a template escaped itself stays (`exact`)."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return value.translate(_UNSEEN)


def qr(text: str) -> Markup:
    """Return a QR code as SVG without styles."""
    out = io.BytesIO()
    # With its encoding named nothing is tried that would have to be loaded behind the wall.
    segno.make(text, error="m", micro=False, encoding="utf-8").save(
        out, kind="svg", xmldecl=False, svgns=False, svgclass="qr", lineclass=None, omitsize=True, border=4
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - made by segno of modules, not of the text


def _static(name: str, octets: bytes) -> StaticFile:
    digest = hashlib.sha256(octets).hexdigest()[:16]
    packed = gzip.compress(octets, 9, mtime=0)
    return StaticFile(f"/static/{digest}/{name}", _TYPES[Path(name).suffix], octets, packed)
