"""Texts that speak of mật in every way of an office, none of which is a mark: each in the body and as files."""

import json
from collections.abc import Iterator

from gateway.model import Role
from tests.accuracy import portable, wall
from tests.accuracy.innocents import made

TEXTS: dict[str, str] = {
    "law on levels": "Điều 8. Phân loại bí mật nhà nước\n1. Bí mật nhà nước độ Tuyệt mật là bí mật nhà nước liên quan đến chính trị, quốc phòng.\n2. Bí mật nhà nước độ Tối mật là bí mật nhà nước liên quan đến cơ yếu.\n3. Bí mật nhà nước độ Mật là bí mật nhà nước khác.",
    "law on stamps": "Mẫu dấu chỉ độ mật: dấu “TUYỆT MẬT” hình chữ nhật, kích thước 40 mm x 8 mm; dấu “TỐI MẬT” 30 mm x 8 mm; dấu “MẬT” 20 mm x 8 mm.",
    "law on couriers": "Bì đựng tài liệu độ Tuyệt mật đóng dấu chữ A, độ Tối mật đóng dấu chữ B, độ Mật đóng dấu chữ C.",
    "catalogue": "DANH MỤC BÍ MẬT NHÀ NƯỚC LĨNH VỰC NỘI VỤ\nĐiều 1. Bí mật nhà nước độ Tối mật gồm:\na) Kế hoạch, chương trình, đề án chưa công khai;\nĐiều 2. Bí mật nhà nước độ Mật gồm:",
    "decision of a list": "Quyết định 1722/QĐ-TTg ban hành Danh mục bí mật nhà nước thuộc lĩnh vực Nội vụ, trong đó có tài liệu độ Tối mật, độ Mật.",
    "decision 7600": "1. Sử dụng Hệ thống thư điện tử công vụ để gửi các tài liệu, văn bản mật, tối mật hoặc tuyệt mật; thông tin ngoài chức năng, nhiệm vụ được giao.",
    "training slides": "TẬP HUẤN BẢO VỆ BÍ MẬT NHÀ NƯỚC\nPhần 1: Các độ mật\n• Tuyệt mật\n• Tối mật\n• Mật\nPhần 2: Cách đóng dấu",
    "training slide, capitals": "CÁC ĐỘ MẬT\nTUYỆT MẬT\nTỐI MẬT\nMẬT\nAi có quyền xác định?",
    "quiz": "Câu 1. Dấu “MẬT” có kích thước bao nhiêu?\nA. 20 mm x 8 mm\nB. 30 mm x 8 mm\nC. 40 mm x 8 mm\nĐáp án: A",
    "quiz on levels": "Câu 2. Tài liệu về cơ yếu thuộc độ mật nào?\nA. Mật\nB. Tối mật\nC. Tuyệt mật\nĐáp án: B. Tối mật",
    "minutes": "BIÊN BẢN HỌP\nĐồng chí Toàn báo cáo việc rà soát văn bản mật năm 2025; số văn bản mật đến: 12, tối mật: 02, tuyệt mật: 0.\nKết luận: thực hiện đúng quy định về bảo vệ bí mật nhà nước.",
    "statistics": "Loại văn bản\tThường\tMật\tTối mật\tTuyệt mật\nĐi\t125\t4\t1\t0\nĐến\t310\t12\t2\t0",
    "register": "STT; Số ký hiệu; Trích yếu; Độ mật; Ngày\n1; 15/BC; Báo cáo tháng; Thường; 02/10/2026",
    "form": "Mức độ khẩn: □ Hỏa tốc □ Thượng khẩn □ Khẩn\nĐộ mật: □ Mật □ Tối mật □ Tuyệt mật",
    "form, not secret": "Độ khẩn: Thường\nĐộ mật: Không",
    "guide to a program": "Vào menu Văn bản đến, chọn ô “Độ mật”, giá trị mặc định là “Thường”; các giá trị khác: Mật, Tối mật, Tuyệt mật.",
    "commitment": "Tôi cam kết giữ bí mật thông tin khách hàng, bí mật kinh doanh của công ty, bảo mật tài khoản và mật khẩu được cấp.",
    "trade secrets": "THỎA THUẬN BẢO MẬT THÔNG TIN (NDA)\nThông tin mật gồm bí mật kinh doanh, công thức, danh sách khách hàng. Các bên giữ tuyệt mật thông tin trong 05 năm.",
    "personal data": "Dữ liệu cá nhân được bảo mật theo Nghị định 13/2023/NĐ-CP; người tố giác được giữ bí mật danh tính.",
    "password": "Mật khẩu: Abc@12345\nMật khẩu phải được đổi sau 90 ngày.\nMẬT KHẨU MỚI: xem tin nhắn",
    "one-time password": "Mã xác thực OTP là thông tin mật, tuyệt đối không cung cấp cho người khác.",
    "cryptography": "Luật Cơ yếu quy định sản phẩm mật mã; mật mã dân sự phải có giấy phép. Khóa bí mật lưu trong thiết bị.",
    "density": "Mật độ xây dựng tối đa 60%, mật độ dân số 12.500 người/km2, mật độ giao thông cao vào giờ tan tầm.",
    "honey": "Hợp tác xã sản xuất 2 tấn mật ong, mật hoa nhãn, mật mía; giá mật ong rừng 250.000 đồng/lít.",
    "gall": "Siêu âm: túi mật không sỏi, đường mật không giãn, ống mật chủ 5 mm. Kết luận: sỏi mật nhỏ.",
    "history": "Tòa Khâm sứ, Viện Cơ mật, Mật ước Versailles; đội mật thám Pháp; hoạt động bí mật 1930-1945.",
    "religion": "Chùa theo Mật tông; lễ quán đảnh Mật giáo được tổ chức thân mật, trang nghiêm.",
    "friendship": "Hai bên trao đổi thân mật, cởi mở; quan hệ mật thiết, gắn bó; phối hợp mật thiết.",
    "cinema": "Chiếu phim “Tuyệt mật” lúc 19 giờ tại Nhà văn hóa; vé mời nhận tại Văn phòng.",
    "book": "Hồ sơ tối mật của Nhà Trắng, bản dịch tiếng Việt, 350 trang, giá 120.000 đồng.",
    "game": "Trò chơi lớn “Mật thư”: các đội giải mật thư, tìm mật mã, vượt qua 5 trạm.",
    "news": "Ông cho biết cuộc gặp diễn ra trong vòng bí mật. Hồ sơ được xếp loại tuyệt mật và giải mật sau 30 năm.",
    "news in capitals": "CÔNG AN TRIỆT PHÁ ĐƯỜNG DÂY MUA BÁN TÀI LIỆU MẬT\nCơ quan điều tra cho biết vụ việc được giữ kín.",
    "declassification": "Việc giải mật bí mật nhà nước thực hiện theo Điều 22; tài liệu đã giải mật được lưu trữ như tài liệu thường.",
    "duties": "Văn thư có trách nhiệm quản lý sổ đăng ký văn bản mật đi, sổ đăng ký văn bản mật đến, con dấu chỉ độ mật.",
    "report": "BÁO CÁO\nCông tác bảo vệ bí mật nhà nước năm 2025\n1. Số liệu: soạn thảo 05 văn bản độ Mật, 01 văn bản độ Tối mật.\n2. Không xảy ra lộ, mất bí mật nhà nước.",
    "invitation": "Kính mời dự lớp bồi dưỡng kiến thức bảo vệ bí mật nhà nước và an toàn, bảo mật thông tin.",
    "wrapped": "QUY ĐỊNH VỀ VIỆC QUẢN LÝ TÀI LIỆU BÍ\nMẬT NHÀ NƯỚC TẠI CƠ QUAN",
    "wrapped, security": "KẾ HOẠCH ĐẢM BẢO AN TOÀN, BẢO\nMẬT HỆ THỐNG THÔNG TIN",
    "lost papers": "Đơn cớ mất giấy tờ: tôi bị mất CMND, thẻ ATM; đề nghị cấp lại. (TOI MAT GIAY TO)",
    "absence": "Danh sách vắng mặt: 05; có mặt: 32; MẶT TRẬN TỔ QUỐC; tiền mặt; họp mặt hưu trí.",
    "unaccented": "Kinh gui anh, em gui bao cao bao mat he thong va mat khau moi, mat bang tang 1, ban do mat do.",
    "legal advice": "Hành vi làm lộ bí mật nhà nước độ Tuyệt mật bị phạt tù theo Điều 337 Bộ luật Hình sự.",
    "code of a program": 'LEVELS = ("Thường", "Mật", "Tối mật", "Tuyệt mật")\nDEFAULT = "Thường"',
    "settings": "bao_mat: true\nmat_khau: ${PASSWORD}\nmuc_do_mat: thuong",
    "recipe": "Trộn mật mía với gừng, đun tối lửa; mật sánh lại thì tắt bếp.",
    "song": "Lời ru của mẹ ngọt như mật\nTối mùa hạ nghe tiếng ve\nMật ngọt đầu môi",
    "proverb": "Mật ngọt chết ruồi; nếm mật nằm gai; có mật bên lòng.",
    "names": "Danh sách: 1. Nguyễn Văn Mật; 2. Trần Thị Mật; 3. Lê Mật; 4. Phạm Tối.",
    "addresses": "Địa chỉ: thôn Mật Sơn, phường Đông Vệ; xã Mật Hòa; đường Lê Mật, làng Lệ Mật.",
    "audit": "Kiểm toán phát hiện 3 lỗ hổng bảo mật mức cao, 5 lỗ hổng mức trung bình; chứng thư bảo mật hết hạn.",
    "signature": "THÔNG BÁO BẢO MẬT: Thư này chỉ dành cho người nhận có tên ở trên; thông tin trong thư là bảo mật.\nCONFIDENTIALITY NOTICE: this e-mail is confidential.",
    "stamps of others": "HỎA TỐC\nSố: 15/UBND-VX\nKính gửi: các phòng ban",
    "plan of a shelter": "Kế hoạch phòng cháy: lối thoát hiểm bí mật không được khóa; mật độ người không quá 1 người/m2.",
}  # fmt: skip
NAMES = ("Tập huấn BVBMNN 2026.txt", "Bí mật kinh doanh.txt", "DANH MUC BI MAT NHA NUOC.txt", "Mật ong.csv", "mat_khau_wifi.txt", "Đề thi BMNN - độ mật.txt",
         "Luật (Tuyệt mật, Tối mật, Mật).txt", "So dang ky van ban mat.csv", "Họp mặt.txt", "Lê Mật - lý lịch.txt", "NGUYỄN VĂN MẬT.txt", "Phim “Tuyệt mật” bản đẹp.txt")  # fmt: skip
FORMS = ("docx", "pdf", "html", "xlsx", "pptx", "odt", "csv")


def innocent() -> Iterator[tuple[str, bytes]]:
    """Mails with each text in the body, as text, as data and in two formats of offices; innocent names of files."""
    for number, (name, text) in enumerate(TEXTS.items()):
        yield f"{name} / body", wall.mail([], body=f"Kính gửi anh Toàn,\n\n{text}\n\nTrân trọng,\nAn\n")
        yield f"{name} / text", wall.mail([("ghi-chu.txt", text.encode())])
        yield f"{name} / JSON", wall.mail([("a.json", json.dumps({"so": 15, "noi_dung": text}).encode())])
        lines = [(line, Role.BODY) for line in text.split("\n")]
        for shift in range(2):
            kind = FORMS[(number + shift * 3) % len(FORMS)]
            if kind == "pdf" and not portable.have_font():
                continue
            yield f"{name} / {kind}", wall.mail([made(kind, lines)])
        yield f"{name} / subject", wall.mail([], subject=text.split("\n")[0][:120])
    for name in NAMES:
        yield f"name / {name}", wall.mail([(name, b"So lieu thang 10\n")])
