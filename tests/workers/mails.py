"""Mails with attachments, as SMTP would carry them."""

from datetime import UTC, datetime
from email.message import EmailMessage

from gateway import mime
from gateway.documents.wall.inspector import Inspector
from gateway.documents.wall.merge import Merger
from gateway.documents.wall.wire import InspectionRequest, Limits


class NoVerifiers:
    """Used where nobody asks for signatures."""

    def inside(self, data, part, kind):
        return ()

    def beside(self, part, signature, others):
        return ()

    def entity(self, raw, part):
        return ()


def mail(*files, body="Kính gửi,\n"):
    message = EmailMessage()
    message["Subject"] = "Về việc"
    message["From"] = "a@example.invalid"
    message.set_content(body, charset="utf-8", cte="base64")
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def page_with_pictures(page, *pictures):
    """A mail whose page names pictures beside it: `cid:image0@mail`, `cid:image1@mail`, ..."""
    message = EmailMessage()
    message["Subject"] = "Về việc"
    message["From"] = "a@example.invalid"
    message.set_content(page, subtype="html")
    for number, picture in enumerate(pictures):
        message.add_related(picture, "image", "png", cid=f"<image{number}@mail>")
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def request(content, **options):
    root = mime.parse(content).root
    return InspectionRequest(id="test", root=root, content=content, now=datetime(2026, 11, 24, tzinfo=UTC), **options)


def inspect(content, *, verifiers=None, **limits):
    """Inspect in this process, through the same frames and bookkeeping; returns the merger."""
    asked = request(content, limits=Limits(**limits))
    merger = Merger(asked.root)
    Inspector(asked, content, emit=merger.take, verifiers=verifiers or NoVerifiers()).run()
    assert merger.finished
    assert merger.complete
    return merger


def frames_of(content, **options):
    """The frames of a child that is asked about a mail."""
    frames = []
    Inspector(request(content, **options), content, emit=frames.append, verifiers=NoVerifiers()).run()
    return frames


def statuses(merger):
    return {document.part: (document.status.value, document.reason) for document in merger.documents}
