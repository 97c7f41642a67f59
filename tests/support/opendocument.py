"""OpenDocument files written by hand: texts, sheets and slides around the XML of their body."""

from tests.support.octets import zipped

_O = "urn:oasis:names:tc:opendocument:xmlns:"
NS = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "office": _O + "office:1.0", "text": _O + "text:1.0", "table": _O + "table:1.0", "draw": _O + "drawing:1.0",
        "style": _O + "style:1.0", "fo": _O + "xsl-fo-compatible:1.0", "svg": _O + "svg-compatible:1.0",
        "meta": _O + "meta:1.0", "presentation": _O + "presentation:1.0", "script": _O + "script:1.0",
        "loext": "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0",
        "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
        "field": "urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0",
        "dc": "http://purl.org/dc/elements/1.1/", "xlink": "http://www.w3.org/1999/xlink", "form": _O + "form:1.0",
        "number": _O + "datastyle:1.0",
    }.items()
)  # fmt: skip
MANIFEST = f"{_O}manifest:1.0"
FACES = (
    '<style:font-face style:name="F1" svg:font-family="\'Times New Roman\'"/>'
    '<style:font-face style:name="F2" svg:font-family="Arial, sans-serif"/>'
)


def face(name: str, family: str, more: str = "") -> str:
    return f'<style:font-face style:name="{name}" svg:font-family="{family}"{more}/>'


def style(name: str, properties: str, *, family: str = "paragraph", parent: str = "", kind: str = "text") -> str:
    """A style with properties of its text, or of another kind."""
    above = f' style:parent-style-name="{parent}"' if parent else ""
    return f'<style:style style:name="{name}" style:family="{family}"{above}><style:{kind}-properties {properties}/></style:style>'


def cells(*texts: str, attributes: str = "") -> str:
    """A row of a table."""
    row = "".join(
        f'<table:table-cell office:value-type="string" {attributes}><text:p>{text}</text:p></table:table-cell>'
        for text in texts
    )
    return f"<table:table-row>{row}</table:table-row>"


def content(body: str, automatic: str = "", kind: str = "text", *, faces: str = FACES) -> str:
    """The part with the body of a `text`, a `spreadsheet` or a `presentation`."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {NS} office:version="1.3"><office:font-face-decls>{faces}'
        f"</office:font-face-decls><office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )


def styles(common: str = "", masters: str = "", automatic: str = "", *, faces: str = FACES) -> str:
    """The part with the styles."""
    return (
        f'<office:document-styles {NS} office:version="1.3"><office:font-face-decls>{faces}</office:font-face-decls>'
        f"<office:styles>{common}</office:styles><office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:master-styles>{masters}</office:master-styles></office:document-styles>"
    )


def package(parts: dict[str, str | bytes], entries: str = "", kind: str = "text") -> bytes:
    """A package of these parts; `entries` are further lines of the manifest."""
    mimetype = f"application/vnd.oasis.opendocument.{kind}"
    known = [("/", mimetype), *((name, "text/xml") for name in ("content.xml", "styles.xml") if name in parts)]
    listed = "".join(f'<manifest:file-entry manifest:full-path="{n}" manifest:media-type="{t}"/>' for n, t in known)
    manifest = (
        f'<manifest:manifest xmlns:manifest="{MANIFEST}" manifest:version="1.3">{listed}{entries}</manifest:manifest>'
    )
    files = {"mimetype": mimetype, **parts}
    files.setdefault("META-INF/manifest.xml", manifest)
    return zipped(files, stored=("mimetype",))


def opendocument(
    kind: str, body: str, *, automatic: str = "", common: str = "", faces: str = "", **more: str | bytes
) -> bytes:
    """A document with its styles; more parts by name with `__` for `/`."""
    master, layout = "", ""
    if kind != "text":
        master = '<style:master-page style:name="M" style:page-layout-name="L"/>'
        layout = '<style:page-layout style:name="L"/>'
    parts: dict[str, str | bytes] = {
        "content.xml": content(body, automatic, kind, faces=faces),
        "styles.xml": styles(common, master, layout, faces=faces),
    }
    return package(parts | {name.replace("__", "/"): data for name, data in more.items()}, kind=kind)
