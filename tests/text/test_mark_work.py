"""What a mail of nothing but possible marks may cost, and that what is left unjudged is never called clean."""

import time

import pytest

from gateway.documents.readers import plain
from gateway.documents.readers.base import Budget, Source
from gateway.model import Document, Origin, ReadStatus, Role, Run
from gateway.vietnamese.marks import Level, Strength, Work, find_in_document, find_in_filename, find_in_subject
from gateway.vietnamese.marks.evidence import UNJUDGED
from tests.support.cases import first_quick
from tests.support.cost import least_cost


def text(words):
    source = Source(data=words.encode(), part="1", declared_type="text/plain", charset="utf-8")
    return plain.read(source, Budget()).document


def office(*runs):
    return Document(part="1", format="docx", status=ReadStatus.OK, runs=runs)


def strengths(marks):
    return {mark.strength for mark in marks}


@pytest.mark.slow
@pytest.mark.parametrize(
    "lines",
    [
        "MẬT\r\n",
        "Độ mật: Tối mật\r\n",
        "TUYỆT\r\nMẬT\r\n",
        "Thường\r\nMật\r\nTối mật\r\nTuyệt mật\r\n",
        "M\nẬ\nT\n",
        "&#77;&#7852;T M\\u1eact áº¬t T\r\n",
    ],
    ids=["level", "label", "two lines", "list", "letters", "escapes"],
)
def test_ten_megabytes_of_marks_are_refused_in_seconds(lines):
    document = text(lines * (10_000_000 // len(lines.encode())))
    began = time.process_time()
    marks = find_in_document(document)
    assert time.process_time() - began < 20  # one to four on a free machine
    assert not strengths(marks).isdisjoint({Strength.MARKED, Strength.SUSPECTED})


def test_a_mark_behind_more_lines_than_are_judged_is_suspected():
    lines = "".join(f"Ghi chép {number}: tổ ong, mật\r\n" for number in range(60))
    clean, marked = text(lines), text(lines + "TỐI MẬT\r\n")
    assert find_in_document(clean) == ()
    assert find_in_document(marked)[0].level is Level.TOI_MAT
    for document in (clean, marked):
        (mark,) = find_in_document(document, work=Work(letters=2000))
        assert (mark.strength, mark.level, mark.evidence) == (Strength.SUSPECTED, Level.UNSPECIFIED, ("unjudged",))


def test_documents_of_one_mail_share_what_may_be_judged():
    lines = text("".join(f"Ghi chép {number}: tổ ong, mật\r\n" for number in range(60)))
    work = Work(letters=60 * 150)
    assert find_in_document(lines, work=work) == ()
    assert strengths(find_in_document(lines, work=work)) == {Strength.SUSPECTED}


def test_what_is_left_unjudged_in_concealed_letters_is_suspected():
    runs = [
        run
        for block in range(40)
        for run in (
            Run(text="Ong, mật ", block=block),
            Run(text="và hoa: mật ong", block=block, origin=Origin.HIDDEN),
        )
    ]
    assert find_in_document(office(*runs)) == ()
    assert strengths(find_in_document(office(*runs), work=Work(letters=40 * 100))) == {Strength.SUSPECTED}


@pytest.mark.slow
def test_a_hundred_thousand_payments_in_cash_are_clean():
    document = text("".join(f"Phiếu {number} thu tiền mặt, không mất hóa đơn\r\n" for number in range(100_000)))
    began = time.process_time()
    assert find_in_document(document) == ()
    assert time.process_time() - began < 4
    row = "Phiếu 7 thu tiền mặt\r\n" * 5000
    assert find_in_document(text(row + "MẬT\r\n"))[0].strength is Strength.MARKED


def test_enough_marks_of_the_most_severe_level_end_the_search():
    document = text("TUYỆT MẬT\r\n" * 5000)
    marks = find_in_document(document, work=Work(letters=10_000))
    assert {(mark.level, mark.strength) for mark in marks} == {(Level.TUYET_MAT, Strength.MARKED)}


@pytest.mark.parametrize("filler", [" ", "\u00a0", "\u200b", ".", "\u3164", "\t", "_"])
@pytest.mark.parametrize("count", first_quick([200, 5000, 15_000], 2))
def test_no_length_of_nothing_pushes_a_mark_out_of_sight(filler, count):
    words = filler * count + "TỐI MẬT"
    assert find_in_document(text(f"Kính gửi ông\r\n{words}\r\nXin chào\r\n"))[0].level is Level.TOI_MAT
    assert find_in_subject(words)[0].level is Level.TOI_MAT
    assert find_in_filename(words + ".docx")[0].level is Level.TOI_MAT


def test_nothing_between_the_letters_hides_a_mark():
    assert find_in_document(text("M" + "\u200b" * 5000 + "ẬT\r\n"))[0].strength is Strength.MARKED
    title = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập - Tự do - Hạnh phúc"
    assert find_in_document(text(title + " " * 600 + "MẬT\r\n"))[0].strength is Strength.MARKED
    assert find_in_document(text(title + "." * 600 + "trang 5\r\nBảo mật" + " " * 600 + "dữ liệu\r\n")) == ()


@pytest.mark.slow
def test_one_paragraph_of_many_runs_and_lines_takes_time_in_proportion():
    def seconds(count):
        document = office(*(Run(text="Mật\n" if number % 2 else "ong\n", block=0) for number in range(count)))
        began = time.process_time()
        find_in_document(document)
        return time.process_time() - began

    seconds(200)
    assert seconds(8000) < 16 * seconds(2000) + 0.5


@pytest.mark.slow
def test_letters_in_cells_are_put_together_in_the_largest_sheet():
    cells = [Run(text="Nữ", block=n, role=Role.CELL, locator=f"cell:S!A{n + 1}") for n in range(30_000)]
    cells += [
        Run(text=letters, block=30_000 + number, role=Role.CELL, locator=f"cell:S!{column}40001")
        for number, (letters, column) in enumerate((("M", "B"), ("x1", "Z"), ("ẬT", "C")))
    ]
    document = Document(part="1", format="xlsx", status=ReadStatus.OK, runs=tuple(cells))
    assert find_in_document(document)[0].strength is Strength.MARKED


def test_labels_beside_one_another_on_a_page_are_judged_as_far_as_work_is_worth_it():
    words = ("Độ mật:", "x") * 150
    places = ((n * 9.0, 70.0, n * 9.0 + 8, 81.0) for n in range(300))
    runs = (
        Run(text=word, block=n, page=1, bbox_pt=box) for n, (word, box) in enumerate(zip(words, places, strict=True))
    )
    marks = find_in_document(Document(part="1", format="pdf", runs=tuple(runs)), work=Work(letters=40_000))
    assert [mark.evidence[-1] for mark in marks if mark.strength is Strength.SUSPECTED] == [UNJUDGED]


def test_a_receiver_in_capitals_costs_no_more_for_what_follows():
    subject = "Em gửi " + "A" * 36 + " bx kế hoạch mật"
    assert least_cost(lambda: find_in_subject(subject), 1) < 1
