"""Fixed answers of a small steward, for the pages of the console."""

import os
from datetime import UTC, datetime, timedelta

import msgspec

from gateway.steward import questions as q
from gateway.steward.roles import Person, Role

NOW = datetime(2026, 11, 27, 2, 12, 40, tzinfo=UTC)
ALL = frozenset(kind.__struct_config__.tag for kind in q.Question.__args__)
BAD, WARN, GOOD = (
    q.Badge("từ chối", "bad", "reject"),
    q.Badge("ghi chú", "warn", "tag"),
    q.Badge("đã chuyển", "good", "relay"),
)
HOSTILE = (
    "\"><script>alert(1)</script><img src=//evil.example/x onerror=alert(2)>' style='color:red' onclick=alert(3) "
    "javascript:alert(4) {{7*7}} </textarea></title><svg/onload=alert(5)> \u202egnp.exe\u2066 =cmd|' /C calc'!A0"
)
LONG = "Kế hoạch triển khai nhiệm vụ trọng tâm quý IV và báo cáo kết quả thực hiện của các phòng ban chuyên môn " * 3
PERSONS = {
    "auditor": Person(name="an.nt", display="Nguyễn Thị An", roles=frozenset({Role.AUDITOR}), may=ALL, csrf="c-auditor"),
    "clerk": Person(
        name="noivu.binhtan@tphcm.gov.vn", roles=frozenset({Role.CLERK}), csrf="c-clerk",
        may=frozenset({"who_am_i", "logout", "search", "explain"}),
    ),
    "accounts": Person(name="tk", roles=frozenset({Role.ACCOUNT_ADMIN}), csrf="c-accounts", may=frozenset({"who_am_i", "logout", "ask_accounts", "ask_log"})),
    "new": Person(name="moi.tv", display="Trần Văn Mới", roles=frozenset({Role.OPERATOR}), may=ALL, csrf="c-new", must_enrol=True),
}  # fmt: skip
for _kind in ("hostile", "empty", "long", "busy", "wrong", "silent", "late", "dies"):
    PERSONS[_kind] = msgspec.structs.replace(PERSONS["auditor"], csrf=f"c-{_kind}")


def at(minutes: int) -> str:
    return (NOW - timedelta(minutes=minutes)).isoformat()


SUBJECTS = (
    "Kế hoạch quý IV",
    "Thư mời họp giao ban",
    "Báo cáo thu chi tháng 11",
    None,
    "V/v góp ý dự thảo quy chế",
    "Danh sách cử tri",
)
RULES = (("OPQ-01", "Tệp có mật khẩu hoặc bị mã hóa"), ("TYP-02", "Phông chữ của văn bản phát hành"), ("CLS-02", "Nghi có dấu chỉ độ mật"),
         ("SGN-08", "Văn bản phát hành chưa có chữ ký số hợp lệ"))  # fmt: skip


def row(number: int) -> q.MailRow:
    result = (BAD, GOOD, WARN, BAD, GOOD, GOOD)[number % 6]
    code, title = RULES[number % 4]
    subject = SUBJECTS[number % 6]
    return q.MailRow(
        seq=481203 - 3 * number, time=at(17 * number), reference=f"BT-7F3K2Q{number:02d}"[:11],
        sender=("noivu", "kinhte", "vanphong", "tuphap")[number % 4] + ".binhtan@tphcm.gov.vn",
        recipients=("vanphong.ubnd@tphcm.gov.vn",) * (1 + number % 3), unit=("Phòng Nội vụ", "Phòng Kinh tế", "Văn phòng", "")[number % 4],
        subject=subject, result=result, state=q.Badge("đã trả lời 550", "bad") if result is BAD else result,
        codes=() if result is GOOD else (code,), reasons=() if result is GOOD else (title,), confidential=subject is None,
    )  # fmt: skip


def found(search: q.Search) -> q.Found:
    if "lỗi" in search.text:
        return q.Found(fault="Cụm từ mở bằng dấu ngoặc kép mà không đóng.")
    start = 0 if search.before is None else 50
    limit = 8 if search.text == "x" else search.limit
    return q.Found(
        rows=tuple(row(number) for number in range(start, start + limit)), older=480000 if not start else None,
        newer=481000 if start else None, units=("Phòng Nội vụ", "Phòng Kinh tế", "Văn phòng"),
        dispositions=(q.Choice("reject", "từ chối"), q.Choice("tag", "ghi chú"), q.Choice("relay", "chuyển")),
        states=(q.Choice("relayed", "đã chuyển"), q.Choice("refused", "từ chối")),
    )  # fmt: skip


SIGNATURE = q.SignatureView(
    signer="CN=Ủy ban nhân dân phường Bình Tân, O=UBND Thành phố Hồ Chí Minh, C=VN", serial="5401B2", container="PAdES",
    axes=(("Toàn vẹn", q.Badge("nguyên vẹn", "good")), ("Phạm vi", q.Badge("toàn bộ tệp", "good")),
          ("Tin cậy", q.Badge("tin cậy", "good")), ("Thu hồi", q.Badge("chưa rõ", "warn"))),
    problems=("Danh sách thu hồi cũ hơn 7 ngày.",),
)  # fmt: skip
EXPLAINED = q.Explained(
    reference="BT-7F3K2Q00", time=at(0), result=q.Badge("Từ chối", "bad", "reject"), state=q.Badge("đã trả lời 550", "bad"),
    sender="noivu.binhtan@tphcm.gov.vn", login="noivu.binhtan@tphcm.gov.vn", client="10.1.20.14", unit="Phòng Nội vụ",
    recipients=(("vanphong.ubnd@tphcm.gov.vn", q.Badge("không gửi", "bad")), ("sonoivu@tphcm.gov.vn", q.Badge("không gửi", "bad"))),
    subject="Kế hoạch quý IV", size=1_482_113, sha256="9c1e" * 16,
    answer='550-5.7.1 "bang-luong.zip" có mật khẩu nên không kiểm tra được. Bỏ mật khẩu rồi gửi lại. [BT-7F3K2Q00]\n'
    "550-5.7.1 Căn cứ: QĐ 7600/QĐ-UBND, Điều 4.1.\n550 5.7.1 Mã tra cứu BT-7F3K2Q00.",
    files=(
        q.FileView(part="2", name="bang-luong.zip", type="ZIP", size=220_113, sha256="ab12" * 16, findings=(
            q.FindingView(code="OPQ-01", rule="opaque.encrypted", title="Tệp có mật khẩu hoặc bị mã hóa",
                          message="bang-luong.zip có mật khẩu nên không kiểm tra được nội dung bên trong.", place="phần 2, mục ke-luong.xlsx",
                          fix="Giải nén, nén lại không đặt mật khẩu, rồi gửi lại.", why="Nội dung không đọc được thì không biết có mật hay không.",
                          article="QĐ 7600/QĐ-UBND, Điều 4.1", outcome=q.Badge("không kiểm tra được", "bad"), effect=q.Badge("từ chối", "bad")),)),
        q.FileView(part="3", name="ke-hoach.pdf", type="PDF", size=667_120, sha256="cd34" * 16, signatures=(SIGNATURE,), findings=(
            q.FindingView(code="TYP-02", rule="typography.issued_document_font", title="Phông chữ của văn bản phát hành",
                          message="37 % chữ dùng Arial; văn bản đã có số phải dùng Times New Roman.", place="trang 1, đoạn 3",
                          fix="Chọn hết, đặt phông Times New Roman.", article="QĐ 7600/QĐ-UBND, Điều 9.4c",
                          outcome=q.Badge("vi phạm", "warn"), effect=q.Badge("chỉ ghi nhận", "plain")),)),
        q.FileView(part="1", name="", type="text/plain", size=812),
    ),
    passed=("CLS-01 Dấu chỉ độ mật", "SID-01 Địa chỉ gửi khác tài khoản đăng nhập", "SGN-01 Chữ ký số không hợp lệ"),
    events=(
        q.EventView(seq=481202, time=at(0), text="Nhận thư", detail="10.1.20.14, TLS 1.3", hash="q2MkZp0r7m9vXx1yB2c="),
        q.EventView(seq=481203, time=at(0), text="Xét: từ chối", detail="2 điều không đạt", hash="Ba1kZp0r7m9vXx1yB2c="),
        q.EventView(seq=481204, time=at(0), text="Trả lời 550", hash="Zz9kZp0r7m9vXx1yB2c="),
    ),
    policy_digest="3f2a91bc" * 8, directory_digest="91bc3f2a" * 8, today=q.Badge("từ chối (không đổi)", "bad"),
    contact="CNTT Văn phòng, máy lẻ 114", own=False,
)  # fmt: skip

UNREAD = msgspec.structs.replace(
    EXPLAINED, reference="BT-UNREAD00", subject=None, files=(), passed=(), today=None,
    answer="552 5.3.4 Thư nặng 41,2 MiB, quá mức 35 MiB; gửi làm nhiều thư. [BT-UNREAD00]",
)  # fmt: skip


def overview(days: int) -> q.OverviewView:
    dates = [(NOW - timedelta(days=days - 1 - n)).strftime("%Y-%m-%d") for n in range(days)]
    if days > 92:
        dates = sorted({date[:7] for date in dates})[-12:]
    rows = tuple(
        q.Day(date, relayed=0 if n % 7 in (5, 6) else 900 + (n * 137) % 700, tagged=20 + n % 30,
              refused=(n * 53) % 61, deferred=n % 4)
        for n, date in enumerate(dates)
    )  # fmt: skip
    return q.OverviewView(
        days=rows, since=dates[0][:7] + "-01" if days > 92 else dates[0], mails=38263, octets=41_300_000_000, mailboxes=801, refused=214, tagged=612, indeterminate=41, troubles=3,
        rules=tuple(q.Bar(f"{code} {title}", 121 // (n + 1), "bad", f"q=luat:{code}") for n, (code, title) in enumerate(RULES)),
        units=tuple(q.Bar(name, 80 // (n + 1), "bad", f"unit={n}") for n, name in enumerate(("Phòng Kinh tế", "Phòng Nội vụ", "Văn phòng"))),
        health=(
            q.HealthLine(name="Vách ngăn bộ đọc", state=q.Badge("đủ lớp", "good")),
            q.HealthLine(name="Danh sách thu hồi", state=q.Badge("cũ 9 ngày", "warn"), detail="vgca-g2.crl tải lần cuối 18/11/2026. Chạy gateway trust update, hoặc xem gateway-trust.timer."),
            q.HealthLine(name="Chứng thư của cổng", state=q.Badge("còn 212 ngày", "good")),
            q.HealthLine(name="Điểm kiểm nhật ký", state=q.Badge("2 giờ trước", "good")),
            q.HealthLine(name="Đĩa trống", state=q.Badge("412 GB", "good")),
        ),
        marked=(q.MarkedCheck(time=at(50), who="noivu.binhtan@tphcm.gov.vn", reference="BT-7F3K2Q77"),),
    )  # fmt: skip


POLICY = q.PolicyView(
    name="binhtan-2026", digest="3f2a91bc" * 8, since=at(20_000), by="binh.lv", path="/etc/gateway/policy.yaml",
    text="extends: binhtan-7600\npolicies:\n  typography:\n    mode: monitor\n  opaque:\n    rules:\n      macro: tag\n",
    rules=tuple(
        q.RuleRow(code=code, rule=f"policy.rule_{n}", title=title, policy="policy", mode=q.Badge("áp dụng", "good") if n % 2 else q.Badge("theo dõi", "plain"),
                  dispositions=(BAD, WARN), source=f"policy.yaml:{3 + n}", article="QĐ 7600/QĐ-UBND, Điều 4.1", count=(121, 0, 38, 55)[n])
        for n, (code, title) in enumerate(RULES)
    ),
    waivers=(q.WaiverRow(name="kho-bac", rule="opaque.encrypted", about="sha256 9c1e… từ kinhte.binhtan@", until=at(-9000),
                         reason="Mật khẩu do Kho bạc đặt", state=q.Badge("còn hiệu lực", "good")),
             q.WaiverRow(name="cu", rule="typography.working_file_font", about="mọi thư", until=at(90_000), state=q.Badge("đã hết", "plain"))),
    earlier=tuple(at(20_000 + 90_000 * n) for n in range(10)), editable=True, commands=("cp policy.yaml /etc/gateway/policy.yaml", "systemctl reload gateway"),
)  # fmt: skip
TRIED = q.Tried(
    digest="77aa" * 16, tests=14, untested=("opaque.film", "opaque.look"), changes=("+ typography.mode: monitor → enforce", "+ opaque.rules.macro: tag → reject"),
    mails=38263, first=at(43_000), last=at(3), same=37702, refused=531, tagged=9, admitted=8, indeterminate=(q.Bar("extra_marks đổi, không giữ chữ", 13),),
    by_rule=(q.Bar("TYP-02", 498), q.Bar("OPQ-18", 33)), by_unit=(q.Bar("Phòng Kinh tế", 204), q.Bar("Phòng Nội vụ", 97)),
    changed=tuple(q.ChangedMail(reference=f"BT-7F3K2Q{n:02d}", time=at(60 * n), sender="kinhte.binhtan@tphcm.gov.vn", unit="Phòng Kinh tế",
                                rules=("TYP-02",), before=GOOD, after=BAD) for n in range(8)),
)  # fmt: skip
FAULTY = q.Tried(
    faults=(
        q.LintFault(4, 11, "mode: không có 'moniter'; ý là 'monitor'?"),
        q.LintFault(7, 7, "quy tắc macro không có ca kiểm", "warn"),
    )
)
LOG = q.LogView(
    first=1, last=481204, octets=504_000_000, verified=at(600), verdict=q.Badge("nguyên vẹn", "good"),
    checkpoints=tuple(q.CheckpointRow(f"2026112{n}T020000Z.json", at(1440 * (7 - n)), 481000 - 900 * (7 - n)) for n in range(7, 0, -1)),
    acts=tuple(
        q.ActRow(seq=481190 - n, time=at(30 * n), who=("an.nt", "binh.lv")[n % 2], roles=("kiểm tra", "quản trị chính sách", "")[n % 3],
                 what=("xem thư của người khác", "đăng nhập", "tải danh sách")[n % 3], about=("BT-7F3K2Q00", "", "csv")[n % 3], client="10.1.20.7",
                 reason="", result=q.Badge("được", "good") if n % 5 else q.Badge("không được", "bad"))
        for n in range(12)
    ), older=481100, newer=481190,
)  # fmt: skip
ACCOUNTS = q.AccountsView(accounts=(
    q.AccountRow(name="an.nt", display="Nguyễn Thị An", roles=(Role.AUDITOR,), enrolled=True, locked=False, mail="an.nt.noivu@tphcm.gov.vn", last_login=at(10), sessions=1),
    q.AccountRow(name="binh.lv", display="Lê Văn Bình", roles=(Role.POLICY_ADMIN, Role.OPERATOR), enrolled=True, locked=True, last_login=at(9000)),
    q.AccountRow(name="moi.tv", display="Trần Văn Mới", roles=(), enrolled=False, locked=False),
), tokens=(
    q.TokenRow(name="quan-ly-van-ban", mailbox="noivu.binhtan@tphcm.gov.vn", unit="", per_hour=600, made=at(90_000), until=at(-90_000), used=at(5)),
    q.TokenRow(name="mot-cua", mailbox="", unit="Phòng Tư pháp", per_hour=60, made=at(190_000), until=at(50), over=True),
), units=("Phòng Nội vụ", "Phòng Tư pháp"))  # fmt: skip

CHECK_RECORD = q.CheckedView(
    reference="BT-CHECK001", time=at(20), seq=481_190, hash="9a" * 32, result=BAD, via="trang tự kiểm tra", who="noivu.binhtan@tphcm.gov.vn",
    sender="noivu.binhtan@tphcm.gov.vn", client="10.12.4.7", size=182_331, digests=("ab" * 32, "cd" * 32), codes=("CLS-01",),
    reasons=("Dấu chỉ độ mật",), confidential=True, marked=True, policy_digest="3f2a91bc" * 8, directory_digest="77" * 32,
)  # fmt: skip
CHECK_FORM = q.CheckForm(senders=("noivu.binhtan@tphcm.gov.vn",), left=7, of=10, limit_bytes=35 << 20, limit_files=20)
CHECKED = q.CheckResult(
    reference="BT-7F3K2Q77", disposition="reject", result=q.Badge("sẽ bị từ chối", "bad", "reject"), sender="noivu.binhtan@tphcm.gov.vn",
    recipients=("noivu.binhtan@tphcm.gov.vn",), passed=("CLS-01 Dấu chỉ độ mật",), left=6, of=10, policy="binhtan-2026", policy_digest="3f2a91bc" * 8,
    answers=("550 5.7.1 không",), mail=(EXPLAINED.files[0],), files=(
        q.CheckedFile(name="ke-hoach.docx", result=q.Badge("sẽ bị từ chối", "bad", "reject"), views=EXPLAINED.files[1:2], fixed=0, fixed_size=12_345),
        q.CheckedFile(name="phu-luc.xlsx", result=q.Badge("đạt, sẽ được chuyển", "good", "relay")),
    ),
)  # fmt: skip
REPORT = q.ReportView(
    title="Báo cáo tháng 11 năm 2026", month="2026-11", months=("2026-11", "2026-10"), every_unit=True,
    units=(q.Choice("noivu", "Phòng Nội vụ"),), gaps=("tháng chưa hết",),
    blocks=(
        q.ReportBlock(kind="heading", text="I. Tình hình sử dụng"), q.ReportBlock(kind="text", text="912 hộp thư đã cấp."),
        q.ReportBlock(
            kind="table", text="Bảng 1. Hộp thư", columns=(("Đơn vị", True), ("Thư đi", False)),
            rows=(("Phòng Nội vụ", "1.204"), ("Cộng", "1.204")), total=True,
        ),
    ),
)  # fmt: skip
_OPEN = q.RequestRow(
    id="YC-4F2A91BC", reference="BT-7F3K2Q00", time=at(90), expires=at(-9000), sender="noivu.binhtan@tphcm.gov.vn",
    unit="Phòng Nội vụ", opened_by="noivu.binhtan@tphcm.gov.vn", reason="Mật khẩu do Kho bạc đặt, không bỏ được",
    codes=("OPQ-01",), titles=("Tệp có mật khẩu hoặc bị mã hóa",), files=("luong.zip (sha256 9c1e0a42b7d1…)",), state=q.Badge("chờ người thứ hai", "warn", "endorsed"),
    first=q.StepView("truongphong.noivu@tphcm.gov.vn", at(60), "đã xem bản giấy"), steps=("approve", "refuse"),
)  # fmt: skip
_HELD = msgspec.structs.replace(
    _OPEN, id="BT-9KD00000", reference="BT-9KD00000", reason="", steps=("approve", "refuse"),
    held=q.HeldView(size=2_100_000, recipients=("vanphong@tphcm.gov.vn", "a@x.example"), days_left=6, content=True),
)  # fmt: skip
_FAILED = msgspec.structs.replace(
    _HELD, id="BT-9KD00001", state=q.Badge("duyệt rồi, chưa gửi được", "bad", "failed"), steps=("release", "revoke"),
    held=msgspec.structs.replace(_HELD.held, answer="CHƯA gửi: máy chủ kế tiếp hoãn. 452 4.2.2 mailbox full"),
)  # fmt: skip
HELD_TEXT = q.HeldText(
    reference="BT-9KD00000", fields=(("From", "noivu.binhtan@tphcm.gov.vn"), ("Subject", "Bảng lương <script>")),
    text="Kính gửi\n<b>không phải HTML</b>", whole=False, parts=(q.HeldPart("luong.zip", "application/zip", 2_000_000),),
)  # fmt: skip
REQUESTS = q.RequestsView(
    queued=(q.QueuedMail(reference="BT-9KD00002", time=at(20), sender="a@x.example", queue_id="4F2A91BC"),),
    mine=(_OPEN, _HELD, _FAILED, msgspec.structs.replace(_OPEN, id="YC-00000002", first=None, steps=("endorse", "refuse"))),
    waiting=(msgspec.structs.replace(_OPEN, id="YC-00000003", steps=("withdraw",)),),
    done=(
        msgspec.structs.replace(
            _OPEN, id="YC-00000004", state=q.Badge("đã duyệt", "good", "approved"), steps=("revoke",), until="2026-12-04",
            second=q.StepView("anninh", at(30), "đã đọc tệp"), used=(q.Bar("WR-7F3K2Q00", 2, link="q=waiver%3AWR-7F3K2Q00"),),
        ),
    ),
)  # fmt: skip


def answers(asked: q.Asked) -> list[q.Answer]:
    """Return what the small steward says, the last of it last."""
    who = PERSONS.get("auditor" if asked.token.startswith("cvt_") else asked.token)
    question = asked.question
    match question:
        case q.AskHealth():
            return [q.Health(True)]
        case q.Login():
            if (question.name, question.password) == ("moi.tv", "first"):
                return [q.LoggedIn("new", PERSONS["new"])]
            good = (question.name, question.password, question.code) == ("an.nt", "right", "123456")
            return [q.LoggedIn("auditor", PERSONS["auditor"]) if good else q.Refusal(kind="bad_login")]
        case q.SendMailCode():
            return [q.Done()]
        case q.MailLogin():
            return [
                q.LoggedIn("clerk", PERSONS["clerk"]) if question.code == "12345678" else q.Refusal(kind="bad_code")
            ]
    if who is None:
        return [q.Refusal(kind="no_session")]
    if asked.token == "busy" and not isinstance(question, q.WhoAmI):
        return [q.Refusal(kind="too_many", retry_s=7)]
    if asked.token == "silent" and not isinstance(question, q.WhoAmI):
        return []
    if asked.token == "dies" and not isinstance(question, q.WhoAmI):
        os._exit(1)
    if not isinstance(question, q.WhoAmI | q.Logout) and question.__struct_config__.tag not in who.may:
        return [q.Refusal(kind="forbidden")]
    if getattr(question, "code", "123456") != "123456":
        return [q.Refusal(kind="bad_code")]
    return [shaped(answer, asked.token) for answer in _answers(question, who)]


def _answers(question: q.Question, who: Person) -> list[q.Answer]:
    match question:
        case q.WhoAmI():
            return [q.Me(who, 3 if who.name == "an.nt" else 0)]
        case q.BeginEnrolment():
            return [
                q.Enrolment(
                    "otpauth://totp/Cong%20thu:moi.tv?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Cong%20thu",
                    "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
                )
            ]
        case q.ConfirmEnrolment():
            return [q.Enrolled("auditor", PERSONS["auditor"], tuple(f"{n:04d}-abcd-{n * 7:04d}" for n in range(10)))]
        case q.Search():
            return [found(question)]
        case q.Explain():
            if not question.reference.startswith("BT-"):
                return [q.Refusal(kind="not_found")]
            if question.reference.startswith("BT-CHECK"):
                return [CHECK_RECORD]
            if question.reference == "BT-UNREAD00":
                return [UNREAD]
            if question.reference in {"BT-RELAYED0", "BT-HELD0000"}:
                key = question.reference[3:].rstrip("0").lower()
                return [
                    msgspec.structs.replace(EXPLAINED, reference=question.reference, state=q.Badge(key, "good", key))
                ]
            if question.reference.startswith("BT-RCPT"):  # refused before its content
                (file, *_), state = EXPLAINED.files, q.Badge("từ chối người nhận", "bad", "recipient_refused")
                file = msgspec.structs.replace(file, part="", name="", type="", size=None, sha256="")
                return [
                    msgspec.structs.replace(
                        EXPLAINED, reference=question.reference, subject=None, files=(file,), state=state
                    )
                ]
            secret = question.reference.startswith("BT-SECRET")
            return [msgspec.structs.replace(EXPLAINED, reference=question.reference, confidential=secret)]
        case q.Overview():
            return [overview(question.days)]
        case q.AskPolicy():
            return [POLICY]
        case q.TryPolicy():
            if "moniter" in question.text:
                return [FAULTY]
            return [q.Progress("Soát lỗi", 0, 0), q.Progress("Xét lại thư", 12_000, 38_263), TRIED]
        case q.AskLog():
            return [LOG]
        case q.Verify():
            return [q.Progress("Đọc bản ghi", n, 481204) for n in range(0, 481204, 100_000)] + [
                q.Verified(True, "481204 bản ghi, 7 điểm kiểm: nguyên vẹn")
            ]
        case q.Export(search=q.Search(text="big")):
            return [q.Piece(b"x" * 65536)] * 200 + [q.ExportEnd(200, True)]
        case q.ExportTrial():
            return [q.Piece(b"time,reference\r\n"), q.ExportEnd(1, True)]
        case q.Export():
            return [q.Piece(b"time,reference\r\n")] * 200 + [q.ExportEnd(200, True)]
        case q.GetCheckpoint():
            return [q.Piece(b"{}")]
        case q.AskAccounts():
            return [ACCOUNTS]
        case q.AskReport():
            return [REPORT]
        case q.Release():
            return [q.Done("đã gửi") if question.code == "123456" else q.Refusal(kind="bad_code")]
        case q.ReadHeld():
            return [HELD_TEXT]
        case q.GetReport() | q.GetHeld():
            return [q.Piece(b"x" * 100), q.ExportEnd(1, whole=True)]
        case q.AskCheck():
            return [CHECK_FORM]
        case q.BeginCheck():
            return [q.CheckBegun("ticket")]
        case q.EndCheck(drop=False):
            return [CHECKED]
        case q.GetFixed():
            return [q.FixedName("cong-van-da-sua.docx"), q.Piece(b"PK"), q.ExportEnd(1, whole=True)]
        case q.AskRequests():
            if question.reference in {"BT-SECRET00", "BT-RCPT0001"}:
                return [q.RequestsView(barred="không bao giờ được miễn trừ" if "SECRET" in question.reference else "")]
            return [msgspec.structs.replace(REQUESTS, may_open=bool(question.reference), needs_file=True)]
        case q.Approve():
            return (
                [q.Done("đã duyệt")] if question.read and question.code == "123456" else [q.Refusal(kind="bad_login")]
            )
        case q.AddToken():
            return [q.NewToken(question.name, "cvt_" + "Xa9" * 14 + "-")]
        case q.AddAccount() | q.ResetSecondFactor():
            return [q.OneTimePassword(question.name, "muoi-hai-tu-de-nho")]
        case _:
            return [q.Done()]


def shaped(answer: q.Answer, token: str) -> q.Answer:
    """Make an answer hostile, empty or long, as the session's name says."""
    if isinstance(answer, q.Me):
        return q.Me(answer.person) if token == "empty" else answer
    if isinstance(answer, q.Refusal):
        return answer
    if token == "empty":
        return {
            q.Found: q.Found(),
            q.OverviewView: q.OverviewView(),
            q.LogView: q.LogView(),
            q.AccountsView: q.AccountsView(()),
            q.RequestsView: q.RequestsView(),
            q.CheckForm: msgspec.structs.replace(CHECK_FORM, senders=(), left=0),
        }.get(type(answer), q.PolicyView(name="x", digest="0" * 64) if isinstance(answer, q.PolicyView) else answer)
    if token in ("hostile", "long"):
        text = HOSTILE if token == "hostile" else LONG
        return msgspec.convert(_replaced(msgspec.to_builtins(answer), text), type(answer))
    return answer


def _replaced(value: object, text: str, key: str = "") -> object:
    if isinstance(value, dict):
        return {name: _replaced(each, text, name) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(each, text, key) for each in value]
    if not isinstance(value, str) or key in ("type", "roles", "octets", "token"):
        return value
    # Only hostile answers lie about what the console takes for an address or a tone.
    return (
        value
        if text is LONG
        and key
        in (
            "time",
            "since",
            "until",
            "tone",
            "link",
            "reference",
            "date",
            "name",
            "first",
            "last",
            "last_login",
            "verified",
        )
        else text
    )
