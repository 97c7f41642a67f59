"""A clerk with Thunderbird: what she sees when a mail is taken, refused for a mark, and refused for one recipient.

The windows are kept as pictures in dist/campaign.
"""

from contextlib import closing

import pytest

from tests.campaign.thunderbird import ROOT, Thunderbird, missing
from tests.e2e.gateway_process import serving
from tests.e2e.test_contract import COLLEAGUE, STAFF
from tests.support.certificates import Pki
from tests.support.sink import Act, Sink

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(missing()), reason="make campaign installs Thunderbird, Xvfb, xdotool, tesseract"),
]
PASSWORD = "Mot-2-ba!"
NOBODY = "khong.co@tphcm.gov.vn"
ASKED = "mật khẩu"
ERROR = "Lỗi khi gửi thư"
"""Titles of Thunderbird's windows, in its own Vietnamese words: the password, and a mail that was not taken."""


def city(stage, session):
    """Know every mailbox but one."""
    if stage == "rcpt" and NOBODY.encode() in session.commands[-1]:
        return Act(b"550 5.1.1 Khong co hop thu nay o thanh pho\r\n")
    return None


@pytest.fixture
async def desk(tmp_path):
    """A Thunderbird with a gateway before it and the city behind that."""
    pki = Pki(tmp_path)
    certificate, key = pki.issue("localhost")
    listener = {"kind": "submission", "listen": "127.0.0.1:0", "certificate": str(certificate), "key": str(key)}
    async with Sink(city, users={STAFF: PASSWORD}) as sink:
        next_hop = {"address": f"127.0.0.1:{sink.port}", "tls": "none", "plaintext_allowed": True}
        async with serving(tmp_path / "gateway", config={"listeners": [listener], "next_hop": next_hop}) as gateway:
            port = gateway.address("submission")[1]
            with closing(Thunderbird(tmp_path / "thunderbird", port=port, login=STAFF, ca_file=pki.ca_file)) as program:
                program.gateway, program.sink = gateway, sink
                await program.open_screen()
                yield program


async def send(desk, **fields) -> str:
    """Compose a mail, send it and give the password; return the number of its window."""
    window = await desk.compose(**fields)
    await desk.until(lambda: desk.press(window, "ctrl+Return"), lambda: desk.there(ASKED))
    (asked,) = desk.there(ASKED)

    def answer():
        desk.press(asked, "ctrl+a")
        desk.type(PASSWORD)
        desk.press(asked, "Return")

    await desk.until(answer, lambda: asked not in desk.there("."))
    return window


async def error(desk, name: str, wanted: str) -> str:
    """Wait for the window of an error, keep its picture and return its words."""
    window = await desk.window(ERROR)
    said, picture = await desk.shows(window, wanted)
    desk.press(window, "Return")
    folder = ROOT / "dist" / "campaign"
    folder.mkdir(parents=True, exist_ok=True)
    picture.save(folder / f"thunderbird-{name}.png")
    return said


async def refusal(desk) -> str:
    """Return the words of the reply to the refused mail, as the log has them."""
    (record,) = [one for one in await desk.gateway.records() if one["kind"] == "refused"]
    return record["text"]


def share_of(words: str, said: str) -> float:
    """Return which part of the words stands in what was read from the screen."""
    wanted = [word.strip(".,:;“”[]()") for word in words.split()]
    wanted = [word for word in wanted if len(word) > 1]
    return sum(word in said for word in wanted) / len(wanted)


async def test_a_mail_that_is_taken_closes_its_window_and_arrives_as_written(desk):
    window = await send(desk, to=COLLEAGUE, subject="Lich hop", body="Kính mời họp lúc 8 giờ.")
    await desk.sink.wait_delivered(1, timeout=180)
    await desk.gone(window)
    (mail,) = desk.sink.delivered
    assert mail.login == STAFF
    assert "Kính mời họp lúc 8 giờ." in mail.content.decode()


async def test_a_refusal_for_a_mark_names_place_and_what_to_do_in_thunderbirds_own_window(desk, tmp_path):
    secret = tmp_path / "ke-hoach.txt"
    secret.write_text("TỐI MẬT\n\nKế hoạch bảo vệ.\n", "utf-8")
    await send(desk, to=COLLEAGUE, subject="Ke hoach", body="Xin gui.", attachment=secret.as_uri())
    said = await error(desk, "refused-mark", "KHÔNG gửi lại")
    assert desk.sink.delivered == []
    for words in ("TỐI MẬT", "đính kèm thứ 1", "Báo ngay"):
        assert words in said, said
    assert share_of(await refusal(desk), said) > 0.8, said


async def test_a_refused_recipient_is_named_in_the_citys_words(desk):
    await send(desk, to=f"{COLLEAGUE},{NOBODY}", subject="Lich hop", body="Kinh moi hop.")
    said = await error(desk, "refused-recipient", "hop thu nay")
    assert NOBODY in said
    assert desk.sink.delivered == []
