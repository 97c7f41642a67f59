"""Lines that only look like marks or speak of them, by class."""

from tests.text.mark_forms import EVERYWHERE, LINES, NAMES, TEXTS, Form

_BODY = (*LINES, "cell")

PASSING: tuple[Form, ...] = (
    Form("counts", (*_BODY, *NAMES), (
        "Mật: 0", "Tuyệt mật: 0", "TUYỆT MẬT: 0", "TỐI MẬT: 02", "MẬT: 13", "Mật: 13 văn bản", "Tối mật: 02 tài liệu", "Tuyệt mật: không",
        "Tối mật: Không có", "Tổng số văn bản mật: 15 (Tuyệt mật: 0; Tối mật: 02; Mật: 13)", "Báo cáo số liệu văn bản mật (Mật: 12, Tối mật: 0)",
        "Mật: 0, Tối mật: 0, Tuyệt mật: 0", "Số văn bản mật đến: 12", "Văn bản mật: không phát sinh", "Mật: 500ml x 12 chai",
    )),
    Form("choices of a blank form", EVERYWHERE, (
        "Độ mật (Mật/Tối mật/Tuyệt mật)", "Độ mật (Mật, Tối mật, Tuyệt mật)", "Mẫu phiếu trình - Độ mật (Mật, Tối mật, Tuyệt mật)",
        "Mẫu phiếu đề xuất độ mật (Mật, Tối mật)", "☐ Mật ☐ Tối mật", "□ Mật  □ Tối mật  □ Tuyệt mật", "[ ] Mật [ ] Tối mật [ ] Tuyệt mật",
        "( ) Mật ( ) Tối mật ( ) Tuyệt mật", "☑ Thường ☐ Mật ☐ Tối mật", "[x] Thường [ ] Mật [ ] Tối mật", "Mật □ Tối mật □ Tuyệt mật □",
        "Mật/Tối mật/Tuyệt mật", "TUYỆT MẬT, TỐI MẬT, MẬT", "\uf06f Mật \uf0a8 Tối mật",
        "Phân loại: Công khai / Nội bộ / Mật / Tối mật",
    )),
    Form("names of all levels, broken or with other spaces", ("mail", "PDF line", "cell"), ("Ba độ mật: Tuyệt mật, Tối\nmật, Mật", "Ba_độ_mật:_Tuyệt_mật,_Tối_mật,_Mật")),
    Form("labels without a level", (*TEXTS, *NAMES), (
        "Độ mật: Thường", "Độ mật: Không", "Độ mật: không có", "Độ mật: 0", "Độ mật: -", "Độ mật: ...", "Độ mật: [ ]", "Độ mật: -- Chọn --",
        "Độ mật: Chọn Mật, Tối mật hoặc Tuyệt mật", "Độ mật: Mật - Tối mật - Tuyệt mật", "Độ mật: Mật; Tối mật; Tuyệt mật",
        "Độ mật: a) Mật; b) Tối mật; c) Tuyệt mật", "Độ mật (nếu có):", "Độ mật: Thường/Mật/Tối mật", "Độ mật (Tuyệt mật, Tối mật, Mật): Không",
        "Độ mật: Công khai", "(10a) Dấu chỉ độ mật", "Cột (5): ghi độ mật của tài liệu (Mật, Tối mật, Tuyệt mật)",
    )),
    Form("points and headings of a text on all levels", _BODY, (
        "● Mật\n● Tối mật\n● Tuyệt mật", "■ TỐI MẬT\n■ TUYỆT MẬT\n■ MẬT", "✓ Tuyệt mật\n✓ Tối mật\n✓ Mật",
        "I. TUYỆT MẬT\nBảo vệ trong 30 năm, do người có thẩm quyền quyết định.\nII. TỐI MẬT\nBảo vệ trong 20 năm.\nIII. MẬT\nBảo vệ trong 10 năm.",
        "1. ĐƯỜNG\n2. SỮA\n3. MẬT",
    )),
    Form("talk about information and papers", EVERYWHERE, (
        "THÔNG TIN MẬT: quản lý thế nào cho đúng", "THÔNG TIN MẬT: những điều cần biết", "THÔNG TIN MẬT TRONG HỢP ĐỒNG", "5. THÔNG TIN MẬT VÀ BẢO MẬT",
        "Về quản lý tài liệu MẬT", "Giảm độ mật từ “Tối mật” xuống “Mật”", "Điều chỉnh độ mật từ Mật lên Tối mật", "SỔ ĐĂNG KÝ VĂN BẢN MẬT ĐẾN",
        "Phim “Tuyệt mật”", "Mời xem phim “Tuyệt mật”", 'Vở kịch "TỐI MẬT" tại Nhà hát thành phố', "Chuyến đi tuyệt mật", "Bí quyết tuyệt mật",
    )),
    Form("words without signs in a name", NAMES, ("toi mat dien thoai", "Chuyen di tuyet mat", "KH bao mat", "Tuyet mat trang", "ToiMatVi")),
    Form("works and manners of speaking, in capitals", NAMES, ("Phim “TUYỆT MẬT: LỊCH SỬ”", "CHUYỆN TUYỆT MẬT", "BÍ QUYẾT TUYỆT MẬT", "CÔNG THỨC TUYỆT MẬT")),
    Form("gall that was looked at", (*_BODY, *NAMES), ("MẬT: không sỏi", "MẬT: thành mỏng, không sỏi", "MẬT - polyp túi mật 4 mm")),
    Form("names of people and firms in capitals", NAMES, ("HỒ SƠ ĐẤT ÔNG MẬT", "ĐƠN CỦA BÀ MẬT", "CÔNG TY MẬT VIỆT", "CỬA HÀNG MẬT XUÂN", 'Bức tranh "Mật"')),
    Form("what is sold", NAMES, ("Sản phẩm: Mật", "Mặt hàng: MẬT", "Tên món: Mật", "Đơn hàng: Mật")),
    Form("number of a paper beside another word", _BODY, ("Số: 12/BC-UBND (bảo mật)", "Số: 12/UBND mật độ", "MẬT 1. Thu hoạch")),
    Form("honey", EVERYWHERE, (
        "GÀ NƯỚNG MẬT", "THỊT RIM MẬT", "TỎI NGÂM MẬT",
        "ĐƯỜNG - MẬT", "ĐƯỜNG, MẬT, SỮA", "ĐƯỜNG, MẬT VÀ SỮA", "BÁNH KẸO - ĐƯỜNG - MẬT", "MẬT - ĐƯỜNG - SỮA", "Giá ĐƯỜNG - MẬT tháng 10",
    )),
    Form("honey and gall that are ticked", _BODY, ("☑ Gan ☑ Mật ☐ Tụy", "☐ Đường ☑ Mật ☐ Sữa", "✓ Đường\n✓ Mật\n✓ Sữa", "☒ Mật ☐ Sữa ong chúa")),
    Form("honey and gall in data", _BODY, ('{ organ: "THẬN", cx: 195 },\n{ organ: "MẬT", cx: 200 },', '["ĐƯỜNG", "SỮA", "MẬT"]')),
    Form("somebody called so", EVERYWHERE, (
        "TRẦN THỊ MẬT", "LÊ VĂN MẬT", "LÊ MẬT", "Nguyễn Thị Mật", "Bà TRẦN THỊ MẬT, sinh năm 1960", "Đồng chí NGUYỄN VĂN MẬT", "HỌ VÀ TÊN: ĐỖ THỊ MẬT",
        "NGUYỄN VĂN MẬT - Chuyên viên", "1. NGUYỄN VĂN MẬT", "Quyết định bổ nhiệm ông NGUYỄN VĂN MẬT, Phó Trưởng phòng",
        "Bảng lương NGUYỄN VĂN MẬT tháng 10", "Đơn xin nghỉ phép_NGUYỄN VĂN MẬT", "BÙI THỊ HỒNG MẬT", "CAO XUÂN MẬT (Tổ trưởng)",
    )),
    Form("who holds an account", EVERYWHERE, (
        "Chủ tài khoản: THƯ MẬT", "Tên tài khoản: NGUYỄN THƯ MẬT - VCB 0123", "Tên TK: HKD THƯ MẬT, MẬT ONG RỪNG", "Thụ hưởng: VÕ THƯ MẬT Số TK: 071",
    )),
    Form("the law", (*_BODY, "header"), (
        "Thời hạn bảo vệ bí mật nhà nước: 30 năm đối với độ Tuyệt mật, 20 năm đối với độ Tối mật, 10 năm đối với độ Mật",
        "b) 20 năm đối với bí mật nhà nước độ Tối mật;", "Điều 20. Gia hạn thời hạn bảo vệ bí mật nhà nước", "Điều chỉnh độ mật", "Sao y, sao lục, trích sao bí mật nhà nước", "SAO, CHỤP BÍ MẬT NHÀ NƯỚC",
        "Mẫu số 07: Dấu “Tài liệu thu hồi”, dấu “Chỉ người có tên mới được bóc bì”", "Dấu “Tài liệu thu hồi” được đóng lên tài liệu phát ra.",
        "Tài liệu thu hồi nợ thuế quý III", "TÀI LIỆU\nTHU HỒI ĐẤT",
    )),
    Form("digits and signs that are none of a mark", EVERYWHERE, ("Model M4T-200", "SeamlessM4T", "T1 M4T7", "10 km/h, 5 m/t", "TOI M7", "MAT-2026", "a.m. 7")),
    Form("faces and what is lost", EVERYWHERE, (
        "MẶT TRẬN TỔ QUỐC", "MẶT BẰNG TẦNG 1", "[MẶT BẰNG] Bản vẽ", "(MẶT TRƯỚC)", "MẶT A", "T. MẬT ONG", "M. BẢO MẬT", "TỐI MẶT TỐI MŨI", "CÓ MẶT", "MẮT", "BỆNH VIỆN MẮT", "TỐI MẤT ĐIỆN",
        "Bản vẽ - MẶT ĐỨNG", "HỌP MẶT",
    )),
    Form("faces where no stamp stands", (*TEXTS, *NAMES[:1]), ("GIẢI PHÓNG\nMẶT BẰNG", "BỆNH VIỆN\nMẮT")),
    Form("a letter that no envelope bears", _BODY, ("A - MẬT", "Mức độ bảo mật: A", "Cấp độ: B", "Độ mật mã: cao", "Hạng: C", "Độ mật: ghi A, B hoặc C", "Độ Mật", "Loại mật", "Hướng dẫn ghi độ mật Mật")),
    Form("what is sent and is not secret", (*_BODY, "header"), (
        "Em gửi anh báo cáo công tác bảo vệ bí mật nhà nước.", "Em gửi anh tài liệu mật khẩu số 2", "Gửi anh tài liệu MẬT MÃ số 2", "Gửi báo cáo mật độ số 15",
        "Gửi văn bản mật bằng hai lớp bì.", "Không gửi văn bản MẬT qua thư điện tử.",
        "Thực hiện Công văn mật số 15-CV/TU của Quận ủy, UBND quận báo cáo.", "Gửi tài liệu Mật, Tối mật, Tuyệt mật theo đường văn thư",
        "Em gửi anh quy trình xử lý văn bản mật", "Chuyển giao văn bản mật", "Gửi đồng chí Mật, tài liệu họp", "Gửi kèm tài liệu mật thì phải có phiếu gửi",
        "Tài liệu mật, tối mật được lưu trong két.", "Nhờ anh in giúp tài liệu mật khẩu này.", "Tài liệu tối mật, không được gửi qua mạng.",
        "Nhờ có báo cáo tối mật này mà quân ta thắng.", "Nhờ vào hồ sơ mật này, cảnh sát đã bắt được hung thủ.",
        "Gửi báo cáo thống kê số lượng văn bản theo độ khẩn, độ Mật.", "Những tài liệu mật này được CIA công bố năm 2003.",
        "Thông tin này mật thiết với dân, anh xem giúp.", "Văn bản đính kèm có dấu đỏ, mật khẩu mở là 123.", "Tài liệu này mật độ chữ dày.",
        "Em gửi anh quyết định giải mật số 15", "Thông tin đính kèm là mật và chỉ dành cho người nhận",
    )),
    Form("what a rule says of papers", (*_BODY, "header"), (
        "Tài liệu gửi kèm có độ Mật thì văn bản gửi phải đóng dấu độ mật.", "Nếu tài liệu gửi kèm có độ Mật, văn thư phải đăng ký",
        "Tài liệu có độ Tối mật phải được lưu giữ riêng.", "Tài liệu này không có độ mật.", "Bí mật nhà nước quy định tại khoản này thuộc độ Mật.",
        "Em gửi báo cáo (mật độ muỗi)", "File đính kèm là mật khẩu mới", "Em gửi kế hoạch bảo mật (dự thảo)",
    )),
    Form("names that speak of secret papers", NAMES, (
        "Công văn bảo mật số 15/UBND-NC", "Công văn mật độ dân số số 15/UBND", "Công văn giải mật số 15/UBND-NC", "Báo cáo mật độ muỗi tuần 45",
        "Tập huấn quản lý văn bản mật số 2", "Sổ công văn mật số 2", "Kế hoạch kiểm tra tài liệu mật số 3", "Về việc mất công văn mật số 15",
        "Phạt vì gửi công văn mật qua Zalo", "Không gửi tài liệu mật qua email", "Hướng dẫn gửi tài liệu mật theo đường bưu điện",
        "Tài liệu mật là gì, ai được xem", "Chuyên mục: Hồ sơ mật", "Tài liệu mật và cách bảo quản", "Hồ sơ mật", "Hồ sơ Mật Sơn", "Giao nhận văn bản mật ngày 24/11",
        "Bàn giao máy tính soạn thảo văn bản mật số 2", "ĐỘ MẬT - ĐỘ KHẨN", "Giáo trình mật mã số 2", "Mật thư số 15", "Thỏa thuận bảo mật số 15/NDA",
        "Rà soát văn bản mật đến hạn giải mật", "Luật Bảo vệ bí mật nhà nước số 117/2025/QH15", "Kế hoạch bảo vệ bí mật nhà nước năm 2026",
        "Danh mục bí mật nhà nước độ Mật", "Bí mật nhà nước độ Mật - danh mục năm 2026",
        "KH độ mật", "Kế hoạch xác định độ Mật", "KẾ HOẠCH XÁC ĐỊNH ĐỘ MẬT", "Báo cáo điều chỉnh độ Tối mật", "Tờ trình về độ mật", "Danh sách văn bản độ Mật",
        "Hướng dẫn cách ghi độ Mật", "Báo cáo kết quả rà soát độ Mật", "Báo cáo không có độ Mật", "Đóng dấu mật: thông báo tập huấn", "Kế hoạch tuyệt mật cho 20/11",
        "Kế hoạch tuyệt mật cho sinh nhật sếp", "Sách mới: Tuyệt mật - hồi ký điệp viên", "Mời xem phim Điệp vụ tuyệt mật", "Có phải đóng dấu TỐI MẬT không?",
        "Báo cáo nuôi ong lấy mật", "Báo cáo sản lượng 500 lít mật", "Danh sách quà: đường, mật", "Hướng dẫn đóng dấu mật văn bản", "Hồ sơ gan, mật",
        "Em gửi chị mẫu văn bản mật", "Chuyển giao văn bản mật", "Báo cáo mật vụ", "Kế hoạch mật cho sinh nhật sếp", "Bìa sách Tuyệt mật", "Danh sách quà - mật", "BC-MAT-HANG",
        "Hồ sơ tuyệt mật về UFO", "Tài liệu tối mật của Mỹ bị rò rỉ", "Hồ sơ tối mật về ai?",
    )),
    Form("counts and headings behind a noun", (*_BODY, "text box"), ("Văn bản mật   3", "1. Bí mật nhà nước độ Tối mật", "Tài liệu mật: 15 bộ")),
    Form("end of a title and heading of a chapter", _BODY, (
        "BIÊN BẢN BÀN GIAO\nTÀI LIỆU MẬT", "QUY TRÌNH\nTÀI LIỆU MẬT", "KỸ NĂNG XỬ LÝ\nVĂN BẢN MẬT", "CHƯƠNG II\nTÀI LIỆU MẬT\nĐiều 5. Soạn thảo tài liệu mật",
        "BÀI 3\nVĂN BẢN MẬT\nVăn bản mật là văn bản có chứa bí mật nhà nước.", "MỤC 2\nBÍ MẬT NHÀ NƯỚC ĐỘ TỐI MẬT\nĐiều 7. Tài liệu gồm:",
        "Đề thi được bảo quản theo chế độ tài liệu mật.", "Chế độ: mật ong mỗi sáng",
    )),
    Form("monks, children, vessels of honey", EVERYWHERE, ("SƯ CÔ MẬT HẠNH", "BÉ MẬT", "THẦY MẬT", "HỦ MẬT", "CHAI MẬT", "VƯỜN MẬT", "KIM CANG MẬT TÍCH")),
    Form("heading of a text on other degrees", _BODY, ("ĐIỀU CHỈNH ĐỘ MẬT\nTừ ngày 01/01/2026, độ mật được điều chỉnh như sau:",)),
    Form("titles of sheets on other things", ("cell", *LINES), (
        "BẢNG MẬT ĐỘ DÂN SỐ", "Bảng giá - Mật ong", "BẢNG KIỂM GAN - MẬT", "Danh mục tài liệu (Mật)", "Biểu mẫu dấu (Mật)", "Thống kê văn bản (Mật)", "BẢNG GIÁ ĐƯỜNG - MẬT",
        "Danh sách hội viên (Lê Văn Mật)",
    )),
    Form("heading of a text that says what each degree is", ("mail", "paragraph", "heading", "PDF line"), ("Độ mật\nMật\nLà thông tin quan trọng, chưa công khai.",)),
    Form("words and names of places that begin with it", EVERYWHERE, (
        "MẬT SƠN", "PHƯỜNG MẬT SƠN", "UBND XÃ MẬT SƠN", "MẬT SƠN: thông báo họp dân", "MẬT THẤT", "MẬT CHỈ CỦA VUA HÀM NGHI", "MẬT ĐẠO", "MẬT NGỌT",
        "MẬT KHU BỜI LỜI", "MẬT BÁO VIÊN", "MẬT DANH: Z30", "HÒN MẬT CẬT", "CẦU MẬT", "LÀNG MẬT", "ÔNG MẬT", "MẬT NGUYÊN CHẤT", "MEN MẬT",
    )),
    Form("words with a capital each", NAMES, ("KeHoachBaoMatThongTin", "MatKhau", "BảoMật", "MậtKhẩu", "MậtĐộDânSố", "TienMat")),
    Form("papers that are lost, managed or of another word", NAMES, (
        "cong van mat con dau", "bao cao mat dien", "thong bao mat so 7912345678", "tai lieu mat so 3", "ho so mat so 15", "gui lai van ban mat",
        "gui anh tai lieu mat", "ho so toi mat ngay 5-3", "bao cao toi mat xe", "Gửi anh mẫu VB mật", "Hướng dẫn xử lý VB mật", "Sổ đăng ký CV mật",
        "KH mật mã", "BC mật độ tháng 5", "KH mật ong", "TB mật khẩu", "VB mật là gì", "Quy trình scan văn bản mật", "Em gửi anh quy trình VB mật",
        "Không scan văn bản MẬT", "Không đăng văn bản MẬT lên trang tin", "[Hỏa tốc - Bảo mật] Đổi mật khẩu", "[Khẩn - Mật khẩu] Đổi mật khẩu",
        "Sổ theo dõi văn bản (Mật, Khẩn)", "THÔNG BÁO MẬT SỐ RẦY NÂU", "XÃ TRÙ MẬT", "GIẢM MẬT ĐỘ XÂY DỰNG", "ĐỘ MẬT- ĐỘ KHẨN",
    )),
    Form("lost, counted or asked for in a mail", LINES, (
        "e gui anh ho so toi mat hom qua", "Em gui anh bao cao toi mat dien thoai", "Em gửi anh VB mật khẩu", "Em gửi chị BC mật độ dân số",
        "Em gửi anh quy trình VB mật", "Tài liệu này mật không anh?", "VB này mật khẩu là gì", "Đính kèm: hướng dẫn văn bản mật",
        "File đính kèm: mật khẩu là 123456", "Kèm theo: 02 chai mật", "GIẢM MẬT ĐỘ XÂY DỰNG\nTừ ngày 01/01/2026", "Tuyệt mật - 30 năm", "Mật (10 năm)",
        "Độ mật\nMật\nTối mật\nTuyệt mật", "Độ mật\nThường", "Độ mật Thường", "Xác định độ mật Mật", "Mật báo cáo với vua",
        "Mật Thị Hoa báo cáo", "Bản đồ mật độ dân số (2026)", "Chương trình tập huấn (BẢO MẬT)", "Security level: Mật khẩu 8 ký tự", "confidentiality: high",
        "Đóng dấu: Thường", "Khắc dấu: Mật/Tối mật/Tuyệt mật",
    )),
)  # fmt: skip
