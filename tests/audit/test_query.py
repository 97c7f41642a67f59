"""Reading the log: filters, Vietnamese full text, one mail in full, export."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from unittest import mock

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from gateway.audit.index import Index
from gateway.audit.index_rows import exact, fold
from gateway.audit.query import AuditReader, Filter
from gateway.audit.render import render_history, render_rows
from gateway.audit.store import Folder
from gateway.errors import UserError
from gateway.model import (
    Disposition,
    Envelope,
    FrontEnd,
    RefusedContent,
    Reply,
)
from tests.audit.support import REFUSAL, evidence, running, session, transaction, verdict
from tests.support.cases import examples


async def _write_refused_content(data: Path) -> None:
    async with running(data) as log:
        of_an_mta = msgspec.structs.replace(session(), front_end=FrontEnd.MILTER, queue_id="4cXyZ12abc")
        await log.refused(
            msgspec.structs.replace(transaction(8), session=of_an_mta), verdict(Disposition.REJECT), evidence(), REFUSAL
        )
        await log.recipient_refused(
            of_an_mta, "x@bad.example", "y@gov.example", verdict(Disposition.REJECT), REFUSAL, "BT-9"
        )
        await log.content_refused(
            RefusedContent(
                id="BT-0000CRLF",
                session=session(),
                envelope=Envelope(
                    reverse_path="an@gov.example", forward_paths=("cong@city.example", "dung@city.example")
                ),
                rule="bare_newline",
                size_bytes=10**20,
                reply=Reply(code=550, enhanced="5.6.0", lines=("[BT-0000CRLF] ky tu xuong dong le",)),
            )
        )


@pytest.fixture(scope="module")
def refused_content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("refused-content")
    asyncio.run(_write_refused_content(folder))
    return folder


def numbers(reader: AuditReader, **wanted: object) -> list[int]:
    rows = reader.find(Filter(**wanted))  # type: ignore[arg-type]
    return [int(row.reference.rpartition("-")[2] or 0) for row in rows if row.reference]


def test_everything_is_listed_newest_first(reader: AuditReader):
    rows = reader.find(Filter())
    assert [row.seq for row in rows] == sorted((row.seq for row in rows), reverse=True)
    assert len(rows) == 9


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("mat", [2, 1]),  # without marks either: mật, mất
        ("mật", [1]),  # with marks exactly
        ("mất", [2]),
        ("MẬT ĐỘ", [1]),
        ("MẬT \u00d0Ộ", [1]),  # as an old code page reads Đ
        ("mat do", [1]),
        ("de nghi", [3]),
        ("đề nghị", [3]),
        ("bao cao", [4, 1]),
        ("báo cáo", [1]),
        ('"bao cao mat do"', [1]),
        ('"mat do bao cao"', []),
        ("ngh*", [3]),
        ("office@gov.example", [3]),
        ("ke hoach", [7, 6, 4, 3, 2, 1]),  # of the confidential mail nothing is kept
        ("BT-00000005", [5]),
        ("x'; DROP TABLE record", []),
        ('subject:"mat" OR NEAR(a b)', []),
    ],
)
def test_words_find_vietnamese_with_and_without_marks(words: str, found: list[int], reader: AuditReader):
    assert numbers(reader, words=words) == found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"sender": "AN@gov.example", "state": "refused"}, [5, 4]),
        ({"sender": "@gov.example", "disposition": "tag"}, [3]),
        ({"recipient": "office@gov.example", "state": "relayed"}, [3]),
        ({"disposition": "reject", "sender": "an@gov.example"}, [6, 5, 4]),
        ({"rule": "classified.marked"}, [5]),
        ({"rule": "classified"}, [5]),
        ({"rule": "typography.font", "state": "relayed"}, [6, 3]),
        ({"filename": "mat do"}, [1]),
        ({"filename": "mật", "recipient": "b@gov.example"}, [1]),
        ({"reference": "bt-00000004"}, [4]),
        ({"state": "unknown"}, [7]),
        ({"login": "an@gov.example", "words": "nghi"}, [3]),
        ({"limit": 2, "state": "relayed"}, [6, 3]),
    ],
)
def test_filters_hold_together(wanted: dict[str, object], found: list[int], reader: AuditReader):
    assert numbers(reader, **wanted) == found


def test_refused_recipients_and_failed_logins_are_listed_too(reader: AuditReader):
    (row,) = reader.find(Filter(state="recipient_refused"))
    assert (row.sender, row.recipients, row.rules) == (
        "x@bad.example", ("office@gov.example",), ("official_sender.font",),
    )  # fmt: skip
    (row,) = reader.find(Filter(state="auth_failed"))
    assert row.sender == "mallory@gov.example"


@pytest.mark.parametrize(
    "wanted",
    [
        {"state": "content_refused"},
        {"rule": "content.bare_newline"},
        {"rule": "content"},
        {"recipient": "dung@city.example"},
        {"reference": "bt-0000crlf"},
        {"words": "cong city example"},
        {"login": "an@gov.example", "disposition": "reject", "rule": "content"},
    ],
)
def test_a_content_that_the_front_end_refused_is_found_by_all_that_is_known_of_it(
    wanted: dict[str, object], refused_content: Path
):
    with AuditReader.open(refused_content) as reader:
        (row,) = reader.find(Filter(**wanted))  # type: ignore[arg-type]
        assert (row.reference, row.sender, row.disposition) == ("BT-0000CRLF", "an@gov.example", "reject")
        assert row.rules == ("content.bare_newline",)
        shown = render_history(reader.show(row.reference), "en")  # type: ignore[arg-type]
        for words in (
            "an@gov.example", "192.0.2.7", "cong@city.example", "dung@city.example", "content.bare_newline",
            "550 5.6.0 [BT-0000CRLF]",
        ):  # fmt: skip
            assert words in shown
        assert row.reference in render_rows([row])


def test_a_mail_is_found_by_the_queue_id_of_the_mta(refused_content: Path):
    with AuditReader.open(refused_content) as reader:
        assert [row.reference for row in reader.find(Filter(words="4CXYZ12ABC"))] == ["BT-9", "BT-00000008"]
        assert "4cXyZ12abc" in render_history(reader.show("BT-00000008"), "en")  # type: ignore[arg-type]


HOP_REPLIES = {
    1: "2.0.0 Ok: queued as 4XyZ1b2Kq9z",  # Postfix
    2: "OK id=1tGxyz-0000Ab-1C",  # Exim
    3: "2.6.0 <c1f@pc.gov.example> [InternalId=8963, Hostname=mx1.city.example] Queued mail for delivery",  # Exchange
    4: "2.0.0 4AO8xyz012345 Message accepted for delivery",  # Sendmail
    5: "2.0.0 Ok",
}


@pytest.fixture(scope="module", params=["at once", "by and by"])
def relayed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[AuditReader]:
    """Mails that the next hop took; their outcomes are indexed with them, or later."""
    data = tmp_path_factory.mktemp("relayed")

    async def write() -> None:
        async with running(data) as log:
            for number in (*HOP_REPLIES, 6):
                subject = "Mã 4AO8xyz012345" if number == 5 else "Báo cáo"
                await log.intent(transaction(number), verdict(Disposition.RELAY), evidence(subject))
            if request.param == "by and by":
                Index(Folder(data)).catch_up()
            for number, text in HOP_REPLIES.items():
                await log.outcome(f"BT-{number:08d}", Reply(code=250, enhanced="2.0.0", lines=(text,)))
            await log.outcome("BT-00000006", Reply(code=451, enhanced="4.3.0", lines=("try 4XyZ1b2Kq9z later",)))

    asyncio.run(write())
    with AuditReader.open(data) as opened:
        yield opened
        assert Index(Folder(data)).differs_from_the_log() == ""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("4XyZ1b2Kq9z", [1]),
        ("4xyz1b2kq9z tu:an@gov.example", [1]),
        ("4XyZ1b2Kq9z den:chi@gov.example", []),
        ("1tGxyz-0000Ab-1C", [2]),
        ("8963", [3]),
        ("c1f@pc.gov.example", []),
        ("mx1.city.example", []),
        ("4AO8xyz012345", [5, 4]),  # in a subject, too
        ("2.0.0", []),
        ("bao cao -4XyZ1b2Kq9z", [6, 4, 3, 2]),
    ],
)
def test_a_mail_is_found_by_the_queue_id_that_the_next_hop_gave_it(relayed: AuditReader, words: str, found: list[int]):
    assert numbers(relayed, words=words) == found


def test_times_bound_a_list(reader: AuditReader):
    now = datetime.now(UTC)
    assert len(reader.find(Filter(since=now - timedelta(hours=1), until=now + timedelta(hours=1)))) == 9
    assert reader.find(Filter(since=now + timedelta(hours=1))) == ()
    assert reader.find(Filter(until=now - timedelta(hours=1))) == ()


async def test_times_hold_for_records_that_processes_wrote_in_another_order_than_they_stamped_them(tmp_path: Path):
    async with running(tmp_path) as log:
        stamps = (8, 10, 9, 12, 11)
        for number, minute in enumerate(stamps, 1):
            sent = transaction(number)
            with mock.patch("gateway.audit.record.datetime") as clock:
                clock.now.return_value = datetime(2026, 11, 24, 8, minute, tzinfo=UTC)
                await log.refused(sent, verdict(Disposition.REJECT), evidence(), REFUSAL)
    with AuditReader.open(tmp_path) as reader:
        for since, until in product(range(7, 14), repeat=2):
            bounds = {
                "since": datetime(2026, 11, 24, 8, since, tzinfo=UTC),
                "until": datetime(2026, 11, 24, 8, until, tzinfo=UTC),
            }
            wanted = [number for number, minute in enumerate(stamps, 1) if since <= minute <= until][::-1]
            for words in ({}, {"state": "refused"}, {"words": "bao cao"}):
                assert numbers(reader, **bounds, **words) == wanted


def test_pages_follow_one_another(reader: AuditReader):
    first = reader.find(Filter(limit=4))
    second = reader.find(Filter(limit=100, before_seq=first[-1].seq))
    assert len(first) + len(second) == 9
    assert second[0].seq < first[-1].seq


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"state": "refusd"}, "“refusd”.*did you mean “refused”"),
        ({"state": "gone"}, "“gone”.*use one of: relayed, held, "),
        ({"disposition": "rejected"}, "“rejected”.*did you mean “reject”"),
    ],
)
def test_a_misspelt_state_is_a_mistake_and_not_an_empty_list(wanted: dict[str, str], words: str, reader: AuditReader):
    with pytest.raises(UserError, match=words):
        reader.find(Filter(**wanted))


def test_words_without_any_letter_are_a_plain_mistake(reader: AuditReader):
    with pytest.raises(UserError):
        reader.find(Filter(words="!!! ***"))


@pytest.mark.slow
@examples(80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
def test_no_words_reach_the_syntax_of_the_index(text: str, reader: AuditReader):
    with suppress(UserError):
        reader.find(Filter(words=text))


@given(st.text(max_size=40))
def test_folding_is_stable_and_exact_form_folds_to_the_same(text: str):
    assert fold(fold(text)) == fold(text)
    assert fold(exact(text)) == fold(text)
