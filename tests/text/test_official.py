"""Official documents: every kind and layout, forms that are none, real documents."""

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Document, Origin, Role, Run
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.official import _AUTHORITY, _SIGNER, State, has_no_form, recognise
from gateway.vietnamese.official_head import (
    _NUMBER,
    _PARTY_NUMBER,
    MOTTO,
    MOTTO_HAS,
    NATIONAL,
    NATIONAL_HAS,
    search_columns,
)
from gateway.vietnamese.official_kinds import Kind
from tests.support.legacy_letters import encode
from tests.text.accuracy import DECISION
from tests.text.letters import KINDS, Layout, letter, not_official
from tests.text.official_cases import cases


@pytest.mark.parametrize("kind", KINDS)
def test_letters_of_every_kind_and_layout_are_recognised(kind):
    for layout, drafted, seed in itertools.product(Layout, (False, True), range(6)):
        made = letter(seed, kind, layout, drafted=drafted)
        found = recognise(made.document)
        assert found.state is (State.DRAFT if drafted else State.ISSUED)
        assert found.kind is not None
        assert found.kind.value == kind
        assert found.number == f"{made.number}/{made.symbol}"
        assert "recipients" in found.evidence


def test_forms_and_working_files_are_not_official():
    assert [seed for seed in range(300) if recognise(not_official(seed)).official] == []


def test_official_documents_of_many_offices_are_recognised():
    found = [(case, recognise(case.document)) for case in cases("official")]
    wrong = [
        case.title for case, one in found if (one.state.value, one.kind and one.kind.value) != (case.state, case.kind)
    ]
    assert wrong == []


def test_papers_that_look_like_official_documents_are_none():
    assert [case.title for case in cases("others") if recognise(case.document).state is not State.WORKING] == []


def test_a_glance_agrees_with_the_whole_look():
    documents = [case.document for group in ("official", "others") for case in cases(group)]
    documents += [not_official(seed) for seed in range(100)]
    documents += [letter(1, kind, layout).document for kind in KINDS for layout in Layout]
    glances = [(has_no_form(document), recognise(document).state) for document in documents]
    assert {state for glance, state in glances if glance} == {State.WORKING}
    assert all(not glance for glance, state in glances if state is not State.WORKING)


@pytest.mark.slow
@pytest.mark.parametrize(("pattern", "has"), [(NATIONAL, NATIONAL_HAS), (MOTTO, MOTTO_HAS)])
@given(data=st.data())
def test_what_a_glance_asks_for_is_in_all_that_a_search_finds(pattern, has, data):
    assert any(map(data.draw(st.from_regex(pattern)).__contains__, has))


@given(
    st.lists(
        st.sampled_from(["tm. ", "Số: 12/QĐ-UBND", "giam doc", " ", "\t", "\n", "|", "\xa0", "\u2003", "- ", "x"])
    ).map("".join)
)
def test_a_search_by_columns_is_a_search(line):
    for pattern in (_AUTHORITY, _SIGNER, _NUMBER, _PARTY_NUMBER):
        by_columns, anywhere = search_columns(pattern, line), pattern.search(line)
        assert (by_columns and by_columns.span()) == (anywhere and anywhere.span())


def test_what_the_head_says_is_reported():
    found = recognise(letter(1, "quyết định", Layout.TABLE).document)
    assert found.kind is Kind.QUYET_DINH
    assert isinstance(found.issued_on, date)
    assert found.issuer


@pytest.mark.parametrize("charset", [Charset.TCVN3, Charset.VNI, Charset.VISCII])
def test_legacy_letters_are_read_first(charset):
    made = letter(3, "thông báo", Layout.PLAIN)
    fonts = {Charset.TCVN3: ".VnTime", Charset.VNI: "VNI-Times", Charset.VISCII: "VI Times"}
    runs = tuple(
        Run(text=encode(run.text, charset), block=run.block, font=fonts[charset]) for run in made.document.runs
    )
    found = recognise(Document(part="1", format="doc", runs=runs))
    assert found.state is State.ISSUED
    assert found.kind is Kind.THONG_BAO


def test_a_number_stamped_beside_the_blank_is_the_number():
    made = letter(5, "tờ trình", Layout.PLAIN, drafted=True)
    runs = []
    for run in made.document.runs:
        box = (70.0, 90.0 + 14 * run.block, 160.0, 104.0 + 14 * run.block)
        runs.append(Run(text=run.text, block=run.block, page=1, bbox_pt=box))
        if run.text.startswith("Số:"):
            number = Run(text="156", block=900, page=1, bbox_pt=(95.0, box[1] - 1, 115.0, box[3] + 1))
    found = recognise(Document(part="1", format="pdf", runs=(*runs, number)))
    assert found.state is State.ISSUED
    assert found.number.startswith("156/")


def test_citations_are_no_numbers():
    runs = tuple(
        Run(text=text, block=i)
        for i, text in enumerate(
            [
                "BẢN TIN NỘI BỘ",
                "Căn cứ Quyết định",
                "số 15/QĐ-UBND ngày 3 tháng 4 năm 2023 của Ủy ban nhân dân quận;",
                "Số liệu tháng 10: 15/20",
            ]
        )
    )
    assert recognise(Document(part="1", format="docx", runs=runs)).number == ""


def test_a_head_that_was_deleted_or_is_a_comment_does_not_count():
    made = letter(2, "công văn", Layout.PLAIN).document
    for look in ({"origin": Origin.DELETED}, {"role": Role.COMMENT}):
        runs = tuple(Run(text=run.text, block=run.block, **look) for run in made.runs)
        assert recognise(Document(part="1", format="docx", runs=runs)).state is State.WORKING


@pytest.mark.skipif(not DECISION.is_file(), reason="the text of the Decision is not present")
def test_the_decision_is_recognised():
    runs = tuple(Run(text=t, block=i) for i, t in enumerate(DECISION.read_text("utf-8").split("\n")))
    found = recognise(Document(part="1", format="text", runs=runs))
    assert (found.state, found.kind, found.number) == (State.ISSUED, Kind.QUYET_DINH, "7600/QĐ-UBND")
    assert found.issued_on == date(2023, 10, 23)
    assert found.issuer == "ỦY BAN NHÂN DÂN QUẬN BÌNH TÂN"
    assert "recipients" in found.evidence


@given(st.lists(st.text(max_size=80), max_size=20))
def test_recognition_never_fails(lines):
    runs = tuple(Run(text=t, block=i) for i, t in enumerate(lines))
    assert recognise(Document(part="1", format="pdf", runs=runs)).score >= 0


def _of(*lines: str) -> Document:
    return Document(part="2", format="docx", runs=tuple(Run(text=text, block=i) for i, text in enumerate(lines)))


def test_a_place_whose_name_looks_like_a_kind_without_its_accents_is_no_kind():
    head = ("ỦY BAN NHÂN DÂN", "PHƯỜNG AN LẠC", "Số: 101/UBND-KT", "V/v xử lý rác")
    rest = ("An Lạc, ngày 12 tháng 8 năm 2025", "Kính gửi: Các khu phố", "Nơi nhận:", "- Như trên;", "- Lưu: VT.")
    found = recognise(_of(*head, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", *rest))
    assert (found.state, found.kind) == (State.ISSUED, Kind.CONG_VAN)
    title = ("Số: 3/PA-UBND", "PHƯONG ÁN", "Phòng cháy")  # one accent misread
    found = recognise(_of(*head[:2], "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", *title, *rest))
    assert (found.state, found.kind) == (State.ISSUED, Kind.PHUONG_AN)


@pytest.mark.parametrize(("end", "state"), [((), State.WORKING), (("Nơi nhận:", "- Lưu: VT."), State.ISSUED)])
def test_minutes_of_two_parties_are_official_where_an_office_sends_them(end, state):
    head = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "BIÊN BẢN BÀN GIAO", "Số: 05/BB-VP")
    rest = (
        "Bình Tân, ngày 5 tháng 7 năm 2024",
        "BÊN A: Văn phòng",
        "BÊN B: Công ty Hoa Sen",
        "ĐẠI DIỆN BÊN A",
        "GIÁM ĐỐC",
    )
    assert recognise(_of(*head, *rest, *end)).state is state


def test_a_form_with_placeholders_for_the_office_is_no_document_of_anybody():
    form = (
        "TÊN CƠ QUAN, TỔ CHỨC (2)",
        "Số: ... (3).../QĐ-...(4)...",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "QUYẾT ĐỊNH",
    )
    rest = ("…, ngày … tháng … năm …", "Nơi nhận:", "- Lưu: VT.", "QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ")
    assert recognise(_of(*form, *rest)).state is State.WORKING
