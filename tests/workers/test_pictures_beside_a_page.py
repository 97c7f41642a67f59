"""Pictures that a page of a mail names by `cid:`: seen as the page shows them, and not kept for other mails."""

import pytest
from PIL import Image

from gateway.documents.wall.wire import Done
from tests.support.octets import file_of
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


def test_what_was_read_of_a_page_with_pictures_beside_it_is_not_kept_for_other_mails():
    content = page_with_pictures('<p><img src="cid:image0@mail"></p>', _picture("red"))
    done = {frame.path: frame.alone for frame in frames_of(content) if isinstance(frame, Done)}
    assert done == {"1": False, "2": True}


def _picture(colour):
    return file_of(Image.new("RGB", (60, 40), colour), "PNG")
