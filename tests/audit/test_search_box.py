"""The search box: its grammar, what it finds, and that what it leaves out is what it would have found."""

import asyncio
import contextlib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.filter import Sight
from gateway.audit.index import Index
from gateway.audit.query import AuditReader, Filter
from gateway.audit.search_box import LIMIT_LETTERS, LIMIT_TERMS, Field, Term, parse
from gateway.audit.store import Folder
from gateway.errors import SearchError, SearchTimeError
from gateway.model import Disposition
from tests.audit.support import REFUSAL, evidence, fill, running, session, transaction, verdict
from tests.support.cases import examples


async def _write(data: Path) -> None:
    async with running(data) as log:
        mails = (
            ("Kế hoạch quý IV", "bang-luong.zip", "b@gov.example", Disposition.REJECT, False),
            ("Kế hoạch năm", "logo.png", "cong@noivu.example", Disposition.RELAY, False),
            ("Báo cáo", "báo cáo.docx", "b@gov.example", Disposition.TAG, False),
            ("TUYỆT MẬT", "mat.docx", "b@gov.example", Disposition.REJECT, True),
        )
        for number, (subject, filename, to, disposition, confidential) in enumerate(mails, 1):
            sent = transaction(number, to=(to,))
            known = evidence(subject, filename, f"{number:02x}" * 32)
            await log.refused(sent, verdict(disposition, confidential=confidential), known, REFUSAL)
        await log.recipient_refused(
            session(), "x@bad.example", "office@gov.example", verdict(Disposition.REJECT), REFUSAL, "BT-00000005"
        )
        await log.trouble("BT-00000006", session(), "an@gov.example", "OSError")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory):
    data = tmp_path_factory.mktemp("box")
    asyncio.run(_write(data))
    with AuditReader.open(data) as opened:
        yield opened


def numbers(reader: AuditReader, **wanted: object) -> list[int]:
    return [int(row.reference.rpartition("-")[2]) for row in reader.find(Filter(**wanted))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("kế hoạch", (Term("kế"), Term("hoạch"))),
        ('"kế hoạch"', (Term("kế hoạch"),)),
        ('-"kế hoạch"', (Term("kế hoạch", barred=True),)),
        ('"kế hoạch', (Term("kế hoạch"),)),
        ("tu:an TỪ:an From:an", (Term("an", Field.SENDER),) * 3),
        ('dv:"Phòng Nội vụ"', (Term("Phòng Nội vụ", Field.UNIT),)),
        ("“kế hoạch” -„logo”", (Term("kế hoạch"), Term("logo", barred=True))),
        (unicodedata.normalize("NFD", "từ:an kế"), (Term("an", Field.SENDER), Term("kế"))),
        ("-tep:logo", (Term("logo", Field.FILE, barred=True),)),
        ("luat:OPQ-01", (Term("OPQ-01", Field.RULE),)),
        ("http://x 10:30", (Term("http://x"), Term("10:30"))),
        ("  ", ()),
    ],
)
def test_terms(text: str, terms: tuple[Term, ...]):
    assert parse(text) == terms


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tu: an", "“tu:” needs what to look for right behind it, for example tu:an@tphcm.gov.vn"),
        ("-luat:", "for example luat:OPQ-01"),
        ("!!!", "there is no word to look for"),
        ("a -!!", "“!!” has no letter or digit"),
        ("a " * (LIMIT_TERMS + 1), f"at most {LIMIT_TERMS} terms"),
        ("a" * (LIMIT_LETTERS + 1), f"{LIMIT_LETTERS} letters"),
    ],
)
def test_a_fault_says_what_is_wrong(text: str, words: str, reader: AuditReader):
    with pytest.raises(SearchError) as caught:
        reader.find(Filter(words=text))
    assert words in caught.value.words[1]
    assert caught.value.words[0] != caught.value.words[1]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ke hoach", [3, 2, 1]),
        ("ke hoach -logo", [3, 1]),
        ('"kế hoạch" -tep:bang-luong', [3, 2]),
        ("-ke", [6, 5, 4]),
        ("-tep:logo -tep:docx -state", [6, 5, 4]),
        ("tu:bad.example", [5]),
        ("-tu:bad.example", [6, 4, 3, 2, 1]),
        ("tu:x@bad.example", [5]),
        ("-tu:@gov.example", [5]),
        ("den:noivu", [2]),
        ("den:@noivu.example ke", [2]),
        ("-den:@gov.example -tu:bad", [6, 2]),
        ("luat:classified", [4]),
        ("luat:typography.font -luat:classified", [5, 3, 1]),
        ("luat:x-01", [5, 4, 3, 1]),
        ("-luat:X-01", [6, 2]),
        ("tuyet", []),
    ],
)
def test_a_search_finds_and_leaves_out(text: str, found: list[int], reader: AuditReader):
    assert numbers(reader, words=text) == found


WORDS = st.sampled_from(
    ["ke", "hoach", "bao", "kế", "logo", "gov", "BT", "*", "OR", '"', "NOT", "(", "tu:an", "-", "luat:X-01"]
)


@pytest.mark.slow
@examples(150)
@given(st.lists(WORDS, max_size=6), st.text(max_size=20))
def test_whatever_is_typed_finds_or_says_why_and_what_is_left_out_is_the_rest(reader: AuditReader, words, more):
    everything = set(numbers(reader))
    text = " ".join(words)
    for one in (text, more, f"{text} {more}"):
        try:
            found = set(numbers(reader, words=one))
            assert found <= everything
        except SearchError:
            continue
    for word in words:
        try:
            with_it, without = set(numbers(reader, words=word)), set(numbers(reader, words=f"-{word}"))
        except SearchError:
            continue
        if word != "-" and not word.startswith("-"):
            assert with_it | without == everything
            assert not with_it & without


def test_newer_pages_lead_back(reader: AuditReader):
    newest = reader.find(Filter(limit=2))
    older = reader.find(Filter(limit=2, before_seq=newest[-1].seq))
    assert reader.find(Filter(limit=2, after_seq=older[0].seq)) == newest
    assert [row.seq for row in reader.find(Filter(limit=2, after_seq=0))] == [3, 2]
    assert reader.find(Filter(after_seq=newest[0].seq)) == ()


@pytest.mark.parametrize(
    ("sight", "found"),
    [
        (Sight(addresses=frozenset({"AN@gov.example"})), [6, 5, 4, 3, 2, 1]),
        (Sight(addresses=frozenset({"x@bad.example"})), [5]),
        (Sight(addresses=frozenset({"b@gov.example"})), []),
        (Sight(), []),
        (Sight(units=frozenset({"", " "})), []),
        (Sight(everybody=True), [6, 5, 3, 2, 1]),
        (Sight(everybody=True, confidential=True), [6, 5, 4, 3, 2, 1]),
    ],
)
def test_nobody_sees_more_than_is_theirs(sight: Sight, found: list[int], reader: AuditReader):
    assert numbers(reader, sight=sight) == found
    for conditions in ({"words": "gov"}, {"words": "-nothing"}, {"state": "refused"}, {"reference": "bt-00000004"}):
        narrowed = set(numbers(reader, **conditions))
        assert set(numbers(reader, sight=sight, **conditions)) == narrowed & set(found)


def test_a_file_is_found_by_its_digest_in_a_confidential_mail_too(reader: AuditReader):
    assert numbers(reader, sha256="04" * 32) == [4]
    assert numbers(reader, sha256="01" * 32) == [1]
    with pytest.raises(SearchError, match="64 hexadecimal digits"):
        reader.find(Filter(sha256="01" * 16))


@pytest.mark.slow
def test_an_index_that_is_far_behind_is_said_and_gets_there_by_and_by(tmp_path: Path):
    asyncio.run(fill(tmp_path, 1500))  # three records each, in slices of two thousand
    with AuditReader.open(tmp_path, limit_s=0.0) as reader:
        with pytest.raises(SearchTimeError, match="records are left; try again"):
            reader.find(Filter())
        for _ in range(5):
            with contextlib.suppress(SearchTimeError):
                reader.find(Filter(limit=1))
        assert len(reader.find(Filter(limit=1))) == 1
        assert not reader.index_was_wrong


def test_an_index_that_another_process_makes_is_waited_for_no_longer_than_a_search_may_take(tmp_path: Path):
    asyncio.run(fill(tmp_path, 3))
    with Index(Folder(tmp_path))._locked(wait_s=0), AuditReader.open(tmp_path, limit_s=0.1) as reader:
        with pytest.raises(SearchTimeError, match="being made"):
            reader.find(Filter())
    with AuditReader.open(tmp_path, limit_s=5) as reader:
        assert len(reader.find(Filter())) == 3


def test_a_search_ends_at_its_time_and_the_index_stays(tmp_path: Path):
    asyncio.run(fill(tmp_path, 60))
    with AuditReader.open(tmp_path, limit_s=0.0) as reader:
        reader.find(Filter(limit=1))
        # More steps of SQLite's machine than between two looks at the clock.
        with pytest.raises(SearchTimeError, match="ended after 0 seconds"):
            reader.find(Filter(words="-nothing -never " + " ".join(f"-den:x{n}@y" for n in range(15)), limit=1000))
        assert not reader.index_was_wrong
        assert len(reader.find(Filter(limit=3))) == 3
