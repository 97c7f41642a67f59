"""Pictures and style sheets beside a page in its mail, book or archive: seen as the page shows them, not kept for other mails."""

from email.message import EmailMessage

import pytest
from PIL import Image

from gateway.documents.wall.wire import Done
from gateway.vietnamese.marks import find_in_document
from tests.support.octets import file_of, zipped
from tests.workers.mails import frames_of, inspect, mail, page_with_pictures


@pytest.mark.slow
@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize(
    ("body", "joined"),
    [
        ('<p><img src="cid:image0@mail"><img src="CID:image1%40mail"></p>', True),
        ('<table><tr><td background="cid:image0@mail"> <td style="background:url(cid:image1@mail)"></table>', True),
        ('<p><img src="cid:image0@mail"> và <img src="cid:image1@mail"></p>', False),
        ('<p><img src="cid:image0@mail"><img src="cid:image7@mail"></p>', False),
    ],
)
def test_pictures_that_a_page_names_are_seen_as_it_shows_them(body, joined, kept):
    pictures = [_picture(colour) for colour in ("red", "blue")]
    content = page_with_pictures(body, *pictures)
    tree = inspect(mail(("thư.eml", content)) if kept else content).tree()
    assert any(part.filename == "joined-1.png" for part in tree.walk()) is joined


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "joined"),
    [(("a_files/1.png", "a_files/2.png"), True), (("../A/a_files/1.png", "file:///C:/A/a_files/2.png"), True), (("1.png", "2.png"), False)],
)  # fmt: skip
def test_pictures_are_found_relative_to_the_page(names, joined):
    page = "".join(f'<img src="{name}">' for name in names)
    pictures = {f"a_files/{number}.png": _picture(colour) for number, colour in ((1, "red"), (2, "blue"))}
    message = EmailMessage()
    message["From"] = "a@example.invalid"
    message.set_content(page, subtype="html", headers=["Content-Location: file:///C:/A/a.htm"])
    for name, data in pictures.items():
        message.add_related(data, "image", "png", headers=[f"Content-Location: file:///C:/A/{name}"])
    book = zipped({"b.opf": "<package/>", "A/a.xhtml": page, **{f"A/{name}": data for name, data in pictures.items()}})
    saved = message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    for content in (saved, mail(("sách.epub", book))):
        found = any(part.filename == "joined-1.png" for part in inspect(content).tree().walk())
        assert found is joined or (content is not saved and "file:" in page)


@pytest.mark.parametrize("last", ["T", "C"])
@pytest.mark.parametrize("place", ["book", "zip", "saved", "attached", "elsewhere"])
def test_style_sheets_are_found_from_where_the_page_or_the_sheet_is(place, last):
    page = '<h1>Ậ</h1><p>Kính gửi các đơn vị</p><link rel="stylesheet" href="../css/a.css">'
    files = {"text/a.xhtml": page, "css/a.css": '@import "more/b.css";', "css/more/b.css": "h1::before{content:'M'}h1::after{content:'%s'}" % last}  # fmt: skip
    if place == "attached":
        content = mail(("trang.html", page.replace("../css/a.css", "b.css").encode()), ("b.css", files["css/more/b.css"].encode()))  # fmt: skip
    elif place == "saved":
        message = EmailMessage()
        message["From"] = "a@example.invalid"
        for number, (name, text) in enumerate(files.items()):
            headers = [f"Content-Location: https://example.invalid/{name}"]
            if not number:
                message.set_content(text, subtype="html", headers=headers)
            else:
                message.add_related(text, subtype="css", headers=headers)
        content = message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    else:
        if place == "elsewhere":
            files = {name.replace("css/more", "css"): text for name, text in files.items()}
        packed = zipped(files | ({"b.opf": "<package/>"} if place == "book" else {}))
        content = mail(("sách.epub" if place == "book" else "trang.zip", packed))
    marked = any(find_in_document(document) for document in inspect(content).documents)
    assert marked is (last == "T" and place != "elsewhere")


def test_what_was_read_of_a_page_with_pictures_beside_it_is_not_kept_for_other_mails():
    content = page_with_pictures('<p><img src="cid:image0@mail"></p>', _picture("red"))
    done = {frame.path: frame.alone for frame in frames_of(content) if isinstance(frame, Done)}
    assert done == {"1": False, "2": True}


def _picture(colour):
    return file_of(Image.new("RGB", (60, 40), colour), "PNG")
