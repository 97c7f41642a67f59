"""Official documents as files: letters of every kind, laid out as offices do, saved in every text format; and what is none.

The letters are made with python-docx and saved by LibreOffice as ODT, PDF, RTF, DOC and HTML, so that six readers hand the head
over in six ways. The counter-examples are files that bear a national name, a number or a "Nơi nhận" and are no official
documents: press articles and lessons that quote them, forms, contracts, CVs, certificates, minutes of families.
"""

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.shared import Mm, Pt

from gateway.vietnamese.official import Recognition, State, recognise
from tests.accuracy import official_layouts
from tests.support.libreoffice import convert
from tests.support.octets import file_of
from tests.support.reading import document_of
from tests.text.letters import KINDS, PEOPLE, SENTENCES, SUBJECTS, UNITS

FORMATS = ("docx", "odt", "pdf", "rtf", "doc", "html")
HEADS = ("table", "tabs", "lines")
"""How the two columns of the head are set."""
MORE_KINDS = {
    **KINDS, "thông cáo": "TC", "quy định": "QyĐ", "đề án": "ĐA", "dự án": "DA", "hợp đồng": "HĐ", "bản ghi nhớ": "BGN",
    "bản thỏa thuận": "BTT", "giấy ủy quyền": "GUQ", "giấy nghỉ phép": "GNP", "phiếu gửi": "PG", "phiếu chuyển": "PC",
    "phiếu báo": "PB",
}  # fmt: skip
"""All kinds of Article 7 of Decree 30/2020/NĐ-CP but the personal letter (thư công), which has no number."""


@dataclass(frozen=True)
class Made:
    """A file with what it is; `kind` is None for what is no official document."""

    name: str
    data: bytes
    kind: str | None
    drafted: bool = False
    number: str = ""


def _line(document: Any, text: str, align: ALIGN = ALIGN.JUSTIFY, *, bold: bool = False, italic: bool = False) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = align
    run = paragraph.add_run(text)
    run.bold, run.italic = bold, italic


def _paper() -> Any:
    document = docx.Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(13)
    style.paragraph_format.space_after = Pt(4)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    section.top_margin = section.bottom_margin = Mm(20)
    return document


def _two_columns(document: Any, left: list[str], right: list[str], how: str) -> None:
    """Set two columns as a table without borders, by tabulators, or one under the other."""
    if how == "table":
        cells = document.add_table(1, 2).rows[0].cells
        for cell, lines in zip(cells, (left, right), strict=True):
            for number, text in enumerate(lines):
                paragraph = cell.paragraphs[0] if not number else cell.add_paragraph()
                paragraph.alignment = ALIGN.CENTER
                paragraph.add_run(text).bold = text.isupper()
        return
    if how == "lines":
        for text in (*left, *right):
            _line(document, text, ALIGN.CENTER, bold=text.isupper())
        return
    for number in range(max(len(left), len(right))):
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(40), WD_TAB_ALIGNMENT.CENTER)
        paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(120), WD_TAB_ALIGNMENT.CENTER)
        pair = [lines[number] if number < len(lines) else "" for lines in (left, right)]
        paragraph.add_run("\t" + "\t".join(pair)).font.size = Pt(11)


def letter(kind: str, seed: int, *, drafted: bool) -> Made:
    """One official document of a kind as DOCX."""
    dice = random.Random(f"{kind}{seed}{drafted}")
    how = HEADS[seed % len(HEADS)]
    parent, unit, code, place, title = dice.choice(UNITS)
    number = "" if drafted else str(dice.randint(1, 4000))
    symbol = f"{MORE_KINDS[kind]}-{code}" if MORE_KINDS[kind] else f"{code}-{dice.choice(['VP', 'TH', 'NV'])}"
    blank = dice.choice(["", "      ", "....."]) if drafted else number
    day = f"{place}, ngày {dice.randint(1, 28):02d} tháng {dice.randint(3, 12):02d} năm 2025"
    if drafted:
        day = f"{place}, ngày       tháng       năm 2025"
    subject = dice.choice(SUBJECTS)
    document = _paper()
    left = [*parent.split("\n"), *unit.split("\n"), "-------", f"Số: {blank}/{symbol}"]
    if kind == "công văn":
        left.append(f"V/v {subject}")
    right = ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "---------------", day]
    _two_columns(document, left, right, how)
    if kind == "công văn":
        _line(document, "Kính gửi: Các phòng, ban chuyên môn thuộc quận.", ALIGN.CENTER)
    else:
        _line(document, kind.upper(), ALIGN.CENTER, bold=True)
        _line(document, f"{dice.choice(['Về việc', 'V/v'])} {subject}", ALIGN.CENTER, bold=True)
    if kind in ("quyết định", "nghị quyết", "quy chế", "quy định"):
        _line(document, "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 02 năm 2025;", italic=True)
        _line(document, "Theo đề nghị của Chánh Văn phòng,", italic=True)
    for _ in range(dice.randint(4, 14)):
        _line(document, dice.choice(SENTENCES))
    to = ["Nơi nhận:", "- Như trên;", "- Thường trực Quận ủy;", f"- Lưu: VT, {code}."]
    authority = dice.choice(["TM. ỦY BAN NHÂN DÂN", f"KT. {title}", "TL. CHỦ TỊCH", title])
    _two_columns(document, to, [authority, "", "", dice.choice(PEOPLE)], "table" if how == "lines" else how)
    out = file_of(document)
    name = f"{'du-thao' if drafted else 'ban-hanh'}-{list(MORE_KINDS).index(kind):02d}-{seed}"
    return Made(name, out, kind, drafted, number)


NATIONAL = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
NONE_OF_THEM: dict[str, tuple[str, ...]] = {
    "bài báo": (
        "Quận Bình Tân đẩy mạnh chuyển đổi số", "(Báo địa phương) - Ngày 15/3/2025, Ủy ban nhân dân quận ban hành Quyết định số 1234/QĐ-UBND.",
        "Văn bản mở đầu bằng quốc hiệu “Cộng hòa xã hội chủ nghĩa Việt Nam” và tiêu ngữ “Độc lập - Tự do - Hạnh phúc”.",
        "Theo đó, nơi nhận gồm các phòng, ban; đơn vị nào chậm sẽ bị phê bình.", "Nguồn: Cổng thông tin", "Tác giả: Minh Anh",
    ),
    "bài học soạn thảo": (
        "BÀI 3. THỂ THỨC VĂN BẢN HÀNH CHÍNH", "1. Quốc hiệu và tiêu ngữ", *NATIONAL,
        "2. Số, ký hiệu: ghi “Số: 15/BC-UBND”; với công văn ghi “Số: 15/UBND-VP”.",
        "3. Địa danh và thời gian: ví dụ “Bình Tân, ngày 05 tháng 3 năm 2020”.", "4. Nơi nhận được trình bày ở góc trái, cỡ chữ 11.",
        "Câu hỏi ôn tập: Hãy nêu các thành phần thể thức chính?",
    ),
    "hợp đồng dân sự": (
        *NATIONAL, "HỢP ĐỒNG THUÊ NHÀ", "Hôm nay, ngày 12 tháng 5 năm 2025, tại phường An Lạc, chúng tôi gồm có:", "BÊN A (bên cho thuê): ông Nguyễn Văn An",
        "BÊN B (bên thuê): bà Trần Thị Bình", "Điều 1. Bên A cho bên B thuê căn nhà số 12.", "Điều 2. Giá thuê 5.000.000 đồng một tháng.",
        "ĐẠI DIỆN BÊN A\tĐẠI DIỆN BÊN B",
    ),
    "hợp đồng mua bán": (
        *NATIONAL, "HỢP ĐỒNG MUA BÁN HÀNG HÓA", "Số: 05/2025/HĐMB", "Căn cứ Bộ luật Dân sự ngày 24 tháng 11 năm 2015;", "Căn cứ nhu cầu và khả năng của hai bên;",
        "BÊN A: CÔNG TY TNHH BÌNH MINH", "BÊN B: HỘ KINH DOANH HOA SEN", "Điều 1. Hàng hóa, số lượng, đơn giá.", "Hợp đồng lập thành 02 bản, mỗi bên giữ 01 bản.",
        "ĐẠI DIỆN BÊN A\tĐẠI DIỆN BÊN B", "GIÁM ĐỐC",
    ),
    "sơ yếu lý lịch": (
        *NATIONAL, "SƠ YẾU LÝ LỊCH TỰ THUẬT", "I. BẢN THÂN", "Họ và tên: Lê Quốc Cường", "Ngày sinh: 02 tháng 9 năm 1990", "Nơi sinh: phường Tân Tạo",
        "II. QUÁ TRÌNH CÔNG TÁC", "2015-2020: Phòng Nội vụ quận, chuyên viên", "Tôi cam đoan lời khai trên là đúng.", "Bình Tân, ngày 10 tháng 6 năm 2025", "Người khai",
        "Xác nhận của địa phương", "TM. ỦY BAN NHÂN DÂN PHƯỜNG", "CHỦ TỊCH",
    ),
    "CV xin việc": (
        "NGUYỄN VĂN AN", "Chuyên viên văn thư", "Kinh nghiệm: soạn thảo quyết định, thông báo, kế hoạch; quản lý văn bản đi, đến.", "Học vấn: Đại học Nội vụ",
        "Kỹ năng: trình bày văn bản đúng Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020", "Người tham chiếu: Chánh Văn phòng",
    ),
    "đơn gửi cơ quan": (
        *NATIONAL, "ĐƠN ĐỀ NGHỊ CẤP PHÉP XÂY DỰNG", "Kính gửi: Ủy ban nhân dân quận Bình Tân", "Tôi tên là: Trần Thị Bình", "Căn cứ Quyết định số 12/QĐ-UBND ngày 01 tháng 02 năm 2025;",
        "Kính đề nghị xem xét, giải quyết.", "Bình Tân, ngày 03 tháng 4 năm 2025", "Người làm đơn", "Trần Thị Bình",
    ),
    "tờ khai": (
        *NATIONAL, "TỜ KHAI ĐĂNG KÝ KẾT HÔN", "Kính gửi: (1)..............................", "Họ, chữ đệm, tên bên nữ: ..........", "Họ, chữ đệm, tên bên nam: ..........",
        "Làm tại: ............., ngày ........ tháng ...... năm ..........", "Bên nữ\tBên nam",
    ),
    "biên bản họp gia đình": (
        *NATIONAL, "BIÊN BẢN HỌP GIA ĐÌNH", "Hôm nay, ngày 20 tháng 8 năm 2025, gia đình chúng tôi gồm:", "1. Ông Phạm Minh Dũng", "2. Bà Võ Thị Em",
        "Sau khi bàn bạc, gia đình thống nhất việc sửa nhà thờ họ.", "Biên bản lập xong lúc 10 giờ cùng ngày.", "Người lập biên bản",
    ),
    "giấy khen": (
        *NATIONAL, "GIẤY KHEN", "HIỆU TRƯỞNG TRƯỜNG TIỂU HỌC AN LẠC 1", "Tặng em: Nguyễn Văn An", "Đã đạt danh hiệu học sinh giỏi năm học 2024 - 2025",
        "An Lạc, ngày 25 tháng 5 năm 2025", "HIỆU TRƯỞNG",
    ),
    "giấy xác nhận": (
        *NATIONAL, "GIẤY XÁC NHẬN TẠM TRÚ", "Kính gửi: Công an phường Tân Tạo", "Tôi tên: Lê Quốc Cường", "Xin xác nhận đang tạm trú tại số 5 đường Một.",
        "Tân Tạo, ngày 01 tháng 7 năm 2025", "Người đề nghị", "XÁC NHẬN CỦA CÔNG AN PHƯỜNG", "TRƯỞNG CÔNG AN PHƯỜNG",
    ),
    "giấy ủy quyền cá nhân": (
        *NATIONAL, "GIẤY ỦY QUYỀN", "Hôm nay, ngày 01 tháng 6 năm 2025, tại nhà số 10, tôi là Nguyễn Văn An", "Ủy quyền cho bà Trần Thị Bình nộp hồ sơ và nhận kết quả.",
        "Người ủy quyền\tNgười được ủy quyền",
    ),
    "thư cảm ơn": ("Kính gửi anh Toàn,", "Tôi xin cảm ơn Ủy ban nhân dân quận đã hỗ trợ.", "Trân trọng,", "Phạm Minh Dũng"),
    "danh sách": ("DANH SÁCH CÁN BỘ THAM DỰ HỘI NGHỊ", "(Kèm theo Kế hoạch số 55/KH-UBND ngày 02 tháng 3 năm 2025)", "STT\tHọ và tên\tChức vụ", "1\tNguyễn Văn An\tTrưởng phòng", "2\tTrần Thị Bình\tPhó Chánh Văn phòng"),
    "hỏi đáp pháp luật": (
        "Hỏi: Công văn có phải ghi nơi nhận không?", "Đáp: Theo Nghị định số 30/2020/NĐ-CP, phần “Nơi nhận:” gồm:", "- Như trên;", "- Lưu: VT, đơn vị soạn thảo.",
        "Khi ký thừa lệnh thì ghi “TL. CHỦ TỊCH”, ký thay thì ghi “KT. CHỦ TỊCH”.", "Chuyên mục do luật sư phụ trách.",
    ),
    "đề cương ôn thi": (
        "ĐỀ CƯƠNG ÔN THI CÔNG CHỨC", "Câu 1. Trình bày thể thức của quyết định.", "Câu 2. Phân biệt thông báo và báo cáo.", "Câu 3. Nêu cách ghi số và ký hiệu: Số: .../QĐ-..., Số: .../BC-...", "Chúc các bạn thi tốt.",
    ),
    "biên nhận": (*NATIONAL, "GIẤY BIÊN NHẬN", "Tôi là Võ Thị Em, có nhận của ông An số tiền 2.000.000 đồng.", "Ngày 05 tháng 5 năm 2025", "Người nhận"),
    "mẫu phiếu": (*NATIONAL, "PHIẾU ĐĂNG KÝ DỰ TUYỂN VIÊN CHỨC", "Kính gửi: Trường Tiểu học An Lạc 1", "Họ và tên: ........", "......, ngày ... tháng ... năm 2025", "NGƯỜI VIẾT PHIẾU"),
}  # fmt: skip
"""Files that are no official documents, by what they are."""


def other(name: str, seed: int) -> Made:
    """A file that is no official document; the seed changes its layout."""
    document = _paper()
    dice = random.Random(f"{name}{seed}")
    for text in NONE_OF_THEM[name]:
        centred = text.isupper() or text in NATIONAL
        _line(document, text, ALIGN.CENTER if centred else ALIGN.JUSTIFY, bold=text.isupper())
    if seed:
        for _ in range(3 * seed):
            _line(document, dice.choice(SENTENCES))
    return Made(f"khac-{list(NONE_OF_THEM).index(name):02d}-{seed}", file_of(document), None)


def files() -> Iterator[Made]:
    """Every kind in every head, issued and draft; every counter-example short and long; the unusual ones of both."""
    for kind in MORE_KINDS:
        for seed in range(len(HEADS)):
            yield letter(kind, seed, drafted=False)
            yield letter(kind, seed, drafted=True)
    for name in NONE_OF_THEM:
        yield other(name, 0)
        yield other(name, 2)
    for name, case, data in official_layouts.saved():
        yield Made(name, data, case.kind, case.drafted, case.number)


@dataclass
class Score:
    """Counts of one format."""

    official: int = 0
    recognised: int = 0
    state: int = 0
    kind: int = 0
    number: int = 0
    others: int = 0
    taken: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of the official documents that were recognised."""
        return self.recognised / self.official

    @property
    def precision(self) -> float:
        """Share of what was taken for official that is."""
        return self.recognised / (self.recognised + self.taken)

    def count(self, made: Made, found: Recognition) -> None:
        """Count one file."""
        if made.kind is None:
            self.others += 1
            self.taken += found.official
            if found.official:
                self.faults.append(f"{made.name}: taken for official by {', '.join(found.evidence)}")
            return
        self.official += 1
        self.recognised += found.official
        right = found.state is (State.DRAFT if made.drafted else State.ISSUED)
        named = found.kind is not None and found.kind.value == made.kind
        numbered = found.number.partition("/")[0] == made.number
        self.state += right
        self.kind += named
        self.number += numbered
        if not (right and named and numbered):
            shown = found.kind.value if found.kind else "no kind"
            self.faults.append(
                f"{made.name}: {found.state.value}, {shown}, number {found.number!r} by {', '.join(found.evidence)}"
            )


def measure(say: Callable[[str], None] = lambda _line: None, *, step: int = 1) -> dict[str, Score]:
    """Recognise every file, or one in `step`, in every format; only DOCX where LibreOffice is not installed."""
    made = list(files())[::step]
    scores = {"docx": Score()}
    for one in made:
        scores["docx"].count(one, recognise(document_of(one.data)))
    if shutil.which("soffice") is None:
        return scores
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for one in made:
            (folder / f"{one.name}.docx").write_bytes(one.data)
        for kind in FORMATS:
            if kind == "docx":
                continue
            say(f"official documents: saving {len(made)} files as {kind}")
            for start in range(0, len(made), 60):
                convert([folder / f"{one.name}.docx" for one in made[start : start + 60]], kind, folder)
            scores[kind] = Score()
            for one in made:
                saved = folder / f"{one.name}.{kind}"
                if saved.exists():
                    scores[kind].count(one, recognise(document_of(saved.read_bytes())))
    return scores


def report(say: Callable[[str], None]) -> str:
    """The table of docs/accuracy-tables.md."""
    lines = [
        "### Official documents as files: recognition",
        "",
        "| format | official | recognised (recall) | issued or draft | kind | number | others | taken for official | precision |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    faults: Counter[str] = Counter()
    for kind, score in measure(say).items():
        lines.append(
            f"| {kind} | {score.official} | {100 * score.recall:.2f} % | {score.state} | {score.kind} | {score.number} | {score.others}"
            f" | {score.taken} | {100 * score.precision:.2f} % |"
        )
        faults.update(f"{kind} {fault}" for fault in score.faults)
    lines += ["", *(f"- {fault}" for fault in faults), ""] if faults else [""]
    return "\n".join(lines)
