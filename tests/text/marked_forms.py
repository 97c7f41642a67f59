"""Lines that are marks, by class."""

from tests.text.mark_forms import EVERYWHERE, LINES, NAMES, TEXTS, Form

MARKED: tuple[Form, ...] = (
    Form("auxiliary stamps, spaced, broken and glued", (*LINES, "text box"), (
        "TÀI LIỆU THU HỒI", "T À I  L I Ệ U  T H U  H Ồ I", "T.À.I L.I.Ệ.U T.H.U H.Ồ.I", "TÀI LIỆU\nTHU HỒI", "TÀI\nLIỆU\nTHU\nHỒI",
        "TÀI-LIỆU-THU-HỒI", "★ TÀI LIỆU THU HỒI ★", "TÀI\u200bLIỆU THU\u200bHỒI", "TÀILIỆUTHUHỒI", "TÀI LIỆU MẬT THU HỒI",
        "CHỈ NGƯỜI CÓ TÊN\nMỚI ĐƯỢC BÓC BÌ", "CHỈ NGƯỜI\nCÓ TÊN\nMỚI ĐƯỢC\nBÓC BÌ", "Chỉ người có tên mới được bóc bì",
        "C H Ỉ   N G Ư Ờ I   C Ó   T Ê N   M Ớ I   Đ Ư Ợ C   B Ó C   B Ì", "BẢN SAO\nBÍ MẬT NHÀ NƯỚC", "B Ả N  S A O  B Í  M Ậ T  N H À  N Ư Ớ C",
        "BẢN SAO SỐ: 03 - BẢN SAO BÍ MẬT NHÀ NƯỚC", "THỜI HẠN BẢO VỆ\nBÍ MẬT NHÀ NƯỚC: 10 NĂM", "THỜI HẠN BẢO VỆ BÍ MẬT NHÀ NƯỚC:\n20 năm",
        "GIA HẠN THỜI HẠN BẢO VỆ BÍ MẬT NHÀ NƯỚC\nTừ ngày 01/01/2024 đến ngày 01/01/2029", "THỜI HẠN BẢO VỆ BÍ MẬT NHÀ NƯỚC 10 NĂM",
        "GIA HẠN THỜI HẠN BẢO VỆ BÍ MẬT NHÀ NƯỚC\nTừ 01/01/2026 đến 01/01/2031", "SAO Y BÍ MẬT NHÀ NƯỚC", "BẢN TRÍCH SAO BÍ MẬT NHÀ NƯỚC",
        "GIẢM ĐỘ MẬT\nTừ: ngày 15/5/2026", "GIẢM MẬT\nTừ: ngày 15/5/2026", "TĂNG MẬT\nTừ: 01/01/2026", "CHỈ NGƯỜI CÓ TÊN MỚI ĐƯỢC BÓC BÌ THƯ", "ĐIỀU CHỈNH ĐỘ MẬT\nTừ ngày 15/5/2026",
        "Thời hạn bảo vệ BMNN: 10 năm", "UBND QUẬN BÌNH TÂN     TÀI LIỆU THU HỒI",
    )),
    Form("label with another sign than a colon", EVERYWHERE, (
        "Độ mật - Tối mật", "Độ mật – Tuyệt mật", "Độ mật → Tối mật", "Độ mật ⇒ Tối mật", "Độ mật => Mật", "Độ mật >> Tối mật",
        "Độ mật- Tối mật", "Độ mật [Tối mật]", "Độ mật (Tối mật)", 'Độ mật "MẬT"', "1. Độ mật → Mật", "Đề xuất độ mật - Tối mật",
    )),
    Form("label with words before its value", EVERYWHERE, (
        "Độ mật đề xuất: Tối mật", "Độ mật được duyệt: Tối mật", "Độ mật được xác định: Tối mật", "Độ mật*: Tối mật", "Độ mật (1): Tối mật", "Độ mật/Độ khẩn: Tối mật/Khẩn",
        "Độ khẩn, độ mật: Khẩn, Tối mật", "Độ khẩn/Độ mật: Thường/Tối mật", "Độ mật: B (Tối mật)", "Độ mật: 2 - Tối mật", "Độ mật: *Tối mật*",
        "Cấp mật: Mật", "Loại mật: Tối mật", "Dấu mật: Tối mật", "Mức độ: Tối mật", "Tính chất văn bản: Tối mật", "Tính chất mật: Tối mật", "Bậc mật: Mật", "Security level: Tuyệt mật",
    )),
    Form("label and value in lines of their own, as a page is pasted", LINES, ("Độ mật\nMật\nĐộ khẩn\nThường", "Mức độ mật\nTối mật")),
    Form("label of data", TEXTS, ("Security level: Mật", "confidentiality: Tối mật", "tenDoMat: Mật", '"securityLevel":"Mật","urgency":"Khẩn"')),
    Form("label of a form that was filled in", TEXTS, (
        "Độ mật (Mật/Tối mật/Tuyệt mật): Tối mật", "Độ mật của tài liệu (Mật, Tối mật, Tuyệt mật): Mật",
    )),
    Form("ticked box", EVERYWHERE, (
        "☑ Mật ☐ Tối mật", "☐ Thường ☒ Mật", "[x] Mật [ ] Tối mật", "[ ] Thường [X] Tối mật", "(x) Tối mật ( ) Mật", "Mật ☒ Tối mật ☐",
        "○ Thường ● Mật ○ Tối mật", "Độ mật: Mật ☑; Tối mật ☐", "Độ mật: ☐ Mật ☑ Tối mật", "☐ Mật ☐ Tối mật ✔ Tuyệt mật",
        "\uf06f Mật \uf0fe Tối mật",
    )),
    Form("ticked box in lines of their own", (*LINES, "cell"), ("☐ Mật\n☑ Tối mật\n☐ Tuyệt mật", "○ Thường\n● Mật\n○ Tối mật", "[ ] Thường\n[x] Tuyệt mật")),
    Form("stamp of a paper on health", ("paragraph", "heading", "PDF line"), ("MẬT\nPHIẾU KHÁM SỨC KHỎE\nHọ và tên: A\nGan: không to\nTụy: bình thường",)),
    Form("draft beside its mark", (*LINES, "text box"), (
        "MẬT (DỰ THẢO)", "DỰ THẢO\nMẬT", "DỰ THẢO - TỐI MẬT", "TUYỆT MẬT (Dự thảo)", "TỐI MẬT (Dự thảo lần 2)",
    )),
    Form("mark in the line of a head of the Party", LINES, ("MẬT ĐẢNG CỘNG SẢN VIỆT NAM", "TỐI MẬT QUẬN ỦY BÌNH TÂN")),
    Form("slip of the keyboard", EVERYWHERE, ("TỐI MẶT", "TUYỆT MẶT", "TỐI MẤT", "- TỐI MẶT -")),
    Form("slip of the keyboard in the place of the stamp", ("paragraph", "heading", "PDF line"), ("MẶT", "MÂT", "MẠT", "- MẶT -", "MAT", "M.A.T", "Mật.")),
    Form("tuyệt mật without signs in a name", NAMES, ("TuyetMat_KH", "tuyet mat - KH A2", "Tuyetmat", "KH A2_tuyet_mat")),
    Form("slip of the keyboard in a name", NAMES, ("[MẶT] Kế hoạch", "[TỐI MẶT] Kế hoạch", "Kế hoạch - TỐI MẶT", "TỐI MẶT: kế hoạch")),
    Form("letter of the outer envelope", (*LINES, "cell", "text box"), ("A - TUYỆT MẬT", "B - TỐI MẬT", "C - MẬT", "TỐI MẬT (B)", "MẬT (C)")),
    Form("abbreviated value", EVERYWHERE, ("Độ mật: A", "Ký hiệu độ mật: B", "Độ mật: C", "Độ mật: TM", "Độ mật, khẩn: Mật, Khẩn", "Độ mật: Mật Bản số: 02", "Phân loại: MẬT", "Độ mật MẬT", "Độ mật Mật", "CLASSIFIED: MẬT")),
    Form("glued words", EVERYWHERE, ("TỐIMẬTKHẨN", "TUYỆTMẬTHỎATỐC", "MẬTKHẨN", "KHẨNTỐIMẬT", "TỐIMẬT", "HỎATỐC-TỐIMẬT", "TỐIMẬTTỐIMẬT")),
    Form("words with a capital each", NAMES, ("KeHoachTuyệtMật", "KếHoạchTốiMật", "KẾHOẠCHTỐIMẬT", "PhươngÁnTuyệtMật2026")),
    Form("digits for letters", EVERYWHERE, (
        "TỐ1 MẬT", "T0I MẬT", "TỐI M4T", "TUY3T MẬT", "TUYỆT M4T", "T0I M4T", "TUY3T M4T", "TỐl MẬT", "TỐ| MẬT", "TỐI MẬ7", "7ỐI MẬ7", "[TỐ1 MẬT]",
    )),
    Form("lost letters", (*TEXTS, "subject"), (
        "T?I M?T", "TUY?T M?T", "T\ufffdI M\ufffdT", "TUY???T M???T", "T[]I MẬT", "TUY[]T M[]T", "TỐI M?T", "TUYỆT MẶT", "TỐI M∆T", "TỐI MΛT",
        "Độ mật: T[]i mật", "Độ mật: T..i mật", "Độ mật: T?i m?t", "Độ mật: M?T", "Độ mật: Tõi mật", "Độ mật: Tối m[]t",
    )),
    Form("look-alikes of T and I", EVERYWHERE, ("₮ỐI MẬ₮", "ŦỐI MẬŦ", "ȾUYỆȾ MẬȾ", "ᎢỐᏆ ᎷẬᎢ")),
    Form("number of a list or a page", LINES, (
        "1. TỐI MẬT", "1) TUYỆT MẬT", "10a. TỐI MẬT", "(1) MẬT", "I. TỐI MẬT", "a) TỐI MẬT", "M. TỐI MẬT", "TỐI MẬT (1)", "TỐI MẬT ¹", "1/5 TỐI MẬT",
        "TỐI MẬT 1/5", "Trang 1 - TỐI MẬT", "1. TỐI MẬT\n2. Kế hoạch phòng thủ",
    )),
    Form("number of the paper beside it", ("mail", "paragraph", "PDF line", "cell"), (
        "Số: 12/BC-UBND (Tối mật)", "Số: 12/BC-UBND (mật)", "Số 12/BC-UBND - tuyệt mật", "Số:     /BC-UBND Mật", "Tối mật - Số: 12/BC-UBND",
        "Mật   Số: 12-BC/QU", "Mật - Bản số 2", "Bản số: 02 (Tối mật)", "MẬT 1. Kế hoạch phòng thủ", "1/ MẬT",
    )),
    Form("company of a stamp", TEXTS, (
        "MẬT - LƯU HÀNH NỘI BỘ", "TỐI MẬT – Chỉ lưu hành trong Ban Thường vụ", "MẬT: KHÔNG CHUYỂN TIẾP", "TỐI MẬT – CẤM PHỔ BIẾN", "MẬT (không phổ biến)", "TUYỆT MẬT - CHỈ DÀNH CHO LÃNH ĐẠO", "TỐI MẬT - XEM XONG TRẢ LẠI",
    )),
    Form("stamp told in words", (*LINES, "header", "text box"), (
        "(đóng dấu TỐI MẬT)", "Đóng dấu: MẬT", "Đề nghị đóng dấu: MẬT", "(Đã đóng dấu MẬT)", "VĂN BẢN TỐI MẬT", "Số 15/KH-UBND (MẬT)",
    )),
    Form("level beside the title of a sheet", ("cell", *LINES), (
        "DANH SÁCH ĐỐI TƯỢNG - MẬT", "Danh sách đối tượng (Mật)", "BIỂU SỐ 01 - MẬT", "Biểu số 01 (Mật)", "BẢNG TỔNG HỢP QUÂN SỐ - TỐI MẬT", "Kế hoạch số 15/KH-UBND (Mật)",
    )),
    Form("level beside a title", LINES, (
        "TỐI MẬT Kế hoạch phòng thủ khu vực", "Kế hoạch bảo vệ (TỐI MẬT)", "Kế hoạch bảo vệ [Tối mật]", "Kế hoạch phòng thủ, TỐI MẬT",
        "Bản đồ phòng thủ (MẬT)", "Đề thi học kỳ (TỐI MẬT)", "Mật Kế hoạch phòng thủ khu vực", "Tối mật Kế hoạch diễn tập", "Phương án tác chiến / MẬT", "Báo cáo kết quả diễn tập (MẬT)", "TUYỆT MẬT Phương án bảo vệ mục tiêu",
        "MẬT KẾ HOẠCH PHÒNG THỦ DÂN SỰ", "KẾ HOẠCH PHÒNG THỦ KHU VỰC TỐI MẬT",
    )),
    Form("set off without blanks, in brackets of every kind", NAMES, (
        "【MẬT】báo cáo", "『TỐI MẬT』báo cáo", "〔TỐI MẬT〕báo cáo", "〈MẬT〉báo cáo", "⟨MẬT⟩ báo cáo", "TỐI MẬT→báo cáo", "—TỐI MẬT— báo cáo",
        "TỐI MẬT–KHẨN", "báo cáo•TỐI MẬT", "★TUYỆT MẬT★báo cáo",
    )),
    Form("set off without blanks, in a line", LINES, ("【TỐI MẬT】Kế hoạch phòng thủ", "TỐI MẬT–Kế hoạch phòng thủ", "TỐI MẬT│Số: 15/KH-UBND", "MẬT—KHẨN")),
    Form("stamp before a title that begins like a word of its own", (*NAMES, "header", "text box"), (
        "MẬT BÁO CÁO TÌNH HÌNH", "MẬT KẾ HOẠCH PHÒNG THỦ", "MẬT NHÂN SỰ ĐẠI HỘI", "MẬT DANH SÁCH QUY HOẠCH", "MẬT - SƠN LA", "MẬT CHỈ TIÊU TUYỂN QUÂN", "MẬT KHU VỰC PHÒNG THỦ", "MẬT HÀNH LANG BIÊN GIỚI", "MẬT | KHU A",
        "Kế hoạch phòng thủ xã MẬT", "MẬT Hội ý cấp ủy", "MẬT SỐ 15/KH",
    )),
    Form("secret paper that a name says it carries", NAMES, (
        "Công văn mật số 15/UBND-NC", "CV tối mật số 15/UBND-NC", "Gửi công văn mật số 15", "Về việc gửi Công văn tuyệt mật số 15-UBND",
        "Gửi anh Toàn công văn mật số 15", "Kính gửi anh: công văn mật số 15", "Fwd: Báo cáo mật số 07/BC-SNV", "Văn bản mật 15-UBND", "Điện mật số 15",
        "BC mật quý 3", "CV mật của Công an quận", "Gửi a kh mật nhé", "Anh ơi em gửi VB mật", "Kết luận mật", "Scan VB mật",
        "Cong van mat so 15", "Gui anh cong van mat so 15", "VB mat so 15", "Gui a ke hoach toi mat", "De thi toi mat",
        "Tài liệu mật họp Ban Thường vụ", "Gửi tài liệu mật họp Ban Thường vụ", "Tài liệu mật", "Kế hoạch số 15-KH-UBND - mật", "BÍ MẬT NHÀ NƯỚC ĐỘ MẬT",
        "BMNN độ Mật: Kế hoạch phòng thủ", "Độ MẬT - kế hoạch phòng thủ",
    )),
    Form("degree behind a title", NAMES, (
        "Gửi đ/c Toàn: KH phòng thủ (độ Mật)", "Báo cáo tình hình ANCT - độ Tối mật", "[Độ Mật] Báo cáo tình hình ANCT", "Tối mật kế hoạch diễn tập",
        "KH độ MẬT", "KH phòng thủ độ Mật", "Công văn độ Mật", "BC tháng 10 độ tối mật", "Gửi anh KH diễn tập độ Mật",
        "Công văn hỏa tốc, mật", "Kế hoạch A2 mật", "KH A2 - mật", "Chuyển VB mật số 45", "Hồ sơ tối mật vụ án A", "Báo cáo Tuyệt mật quý 4",
        "Phương án đấu tranh - Tối mật", "Kế hoạch bắt điệp viên: Tối mật", "Năm 2026: MẬT", "Văn bản đóng dấu MẬT, anh nhận được chưa?",
        "Tối mật - phim tư liệu trinh sát", "KẾ HOẠCH KIỂM TRA CÔNG TY MẬT KHẨN", "Danh sách tối mật về cán bộ", "Kế hoạch tối mật về diễn tập", "Đóng dấu Mật: kế hoạch A2", "Phụ lục mật kèm KH 12", "Báo cáo mật về tình hình biên giới", "Gửi anh tờ trình mật của Ban Chỉ huy", "KH phòng thủ - mật", "Kế hoạch tuần tra - mật", "CV-MAT", "Gửi ảnh chụp văn bản tối mật",
        "Hồ sơ tối mật về ông A", "Báo cáo tuyệt mật về vụ án A", "Tài liệu tối mật của Phòng", "Fwd: Kế hoạch tối mật cho kỳ họp",
        "Tài liệu Tối mật", "Văn bản tuyệt mật", "Độ mật Tối mật", "Kế hoạch Tuyệt Mật 2026", "[TỐI MẬT - KHẨN] Báo cáo", "(KHẨN - MẬT) Báo cáo",
        "Mật Kế hoạch A2", "[Hỏa tốc - Mật] Kế hoạch A2", "[Mật, Hỏa tốc] Kế hoạch A2", "Fw: (Khẩn, Mật) Kế hoạch A2",
    )),
    Form("copies", (*LINES, "cell"), ("MẬT (03 bản)", "TỐI MẬT (02 bản)", "MẬT (10 năm)", "TỐI MẬT - 20 NĂM")),
    Form("copy of a marked file", ("file name",), ("Bản sao của TỐI MẬT", "Copy of TUYET MAT", "Kế hoạch tối mật (1)", "Tuyệt mật v2", "ke hoach tuyet mat - Copy", "[tuyet mat] kh", "[toimat] kh", "mật_kế hoạch")),
    Form("said of the paper itself or of what comes with it", (*TEXTS,), (
        "Tài liệu này thuộc bí mật nhà nước độ Mật", "Tài liệu này chứa bí mật nhà nước độ Tối mật.",
        "Tài liệu, vật gửi kèm theo văn bản này có độ mật: Mật", "Vật gửi kèm theo văn bản này là bí mật nhà nước độ TỐI MẬT.",
        "Điều 2. Xác định độ mật của Quyết định này là Mật.", "Công an quận gửi kèm văn bản này 01 tài liệu bí mật nhà nước độ Mật.",
        "File đính kèm là tài liệu độ MẬT, anh xem xong xóa giúp em.", "File đính kèm là tài liệu độ Tối mật, đề nghị không chuyển tiếp.", "Em gửi kế hoạch phòng thủ (MẬT)",
    )),
    Form("said to be sent", LINES, (
        "Gửi anh công văn mật số 15/UBND-NC.", "Em gửi anh công văn mật số 15/UBND-NC ngày 24/11/2026 của UBND quận về việc diễn tập phòng thủ.",
        "Em gửi anh văn bản TỐI MẬT như đã trao đổi.", "Em gửi anh hồ sơ độ Tối mật của vụ A.", "Đính kèm là kế hoạch MẬT.",
        "Tài liệu tối mật, anh xem xong xóa giúp em.", "Tài liệu này mật, anh đừng chuyển tiếp.", "Văn bản đính kèm có dấu TỐI MẬT.",
        "Em gửi anh kế hoạch A2, độ Mật.", "Anh lưu ý đây là văn bản Mật.", "Nhờ anh in giúp tài liệu mật này.", "Tài liệu này tuyệt mật.",
        "LƯU Ý: TÀI LIỆU ĐÍNH KÈM LÀ TÀI LIỆU MẬT", "Chú ý: file này độ mật là Tối mật, xem xong xóa",
        "e gửi a cv mật số 15", "Em gửi a VB mật.", "a ơi e gửi a bc tối mật nhé", "VB này mật nhé a", "File này mật anh nhé",
        "Văn bản này mật nên anh đừng chuyển cho ai", "e gui a cong van mat so 15", "e gui anh ke hoach toi mat", "Đính kèm: công văn mật số 15/UBND-NC",
        "Gửi kèm văn bản mật", "Kính gửi anh Toàn văn bản tối mật", "Em gửi chị kế hoạch tối mật về diễn tập", "Tài liệu tối mật, xem xong xóa", "[TOI MAT] Ke hoach dien tap",
    )),
    Form("kept as such a paper", (*LINES, "cell"), (
        "QUẢN LÝ THEO CHẾ ĐỘ MẬT", "Đề nghị bảo quản theo chế độ tài liệu MẬT.", "Kế hoạch này được quản lý theo chế độ Tối mật", "CHẾ ĐỘ: MẬT",
        "CHẾ ĐỘ BẢO MẬT: TỐI MẬT", "Độ mật đã xác định: Tối mật",
    )),
    Form("label whose line goes on with another word", LINES, ("Độ mật: Tuyệt mật, tối nay trình ký", "Độ_mật:_Tối_mật")),
    Form("mark beside an account", NAMES, ("Tài khoản: TỐI MẬT", "Chủ tài khoản: LÊ VĂN AN - MẬT", "Tài khoản: HỒ SƠ MẬT", "Tài khoản gửi công văn MẬT")),
    Form("kind and number of a paper", LINES, ("CÔNG VĂN MẬT SỐ: 15/CV-UBND", "HỒ SƠ TUYỆT MẬT SỐ 15", "V/v triển khai phương án (MẬT)")),
    Form("kind of a paper", ("paragraph", "heading", "PDF line"), (
        "CÔNG ĐIỆN MẬT", "(độ Mật)", "Thuộc danh mục bí mật nhà nước độ Tối mật", "KH MẬT", "VB TỐI MẬT", "BIÊN BẢN MẬT", "PHỤ LỤC TỐI MẬT", "DANH SÁCH MẬT", "TÀI LIỆU TỐI MẬT, CẤM SAO CHÉP", "TÀI LIỆU MẬT (LƯU HÀNH TRONG BAN CHỈ ĐẠO)",
    )),
    Form("title behind the level", LINES, ("MẬT Kế hoạch phòng thủ khu vực", "TÀI LIỆU TUYỆT MẬT: PHƯƠNG ÁN TÁC CHIẾN")),
    Form("headline in a letter", LINES, ("TUYỆT MẬT: CHIẾN DỊCH BIÊN GIỚI", "TUYỆT MẬT - PHƯƠNG ÁN TÁC CHIẾN", "TỐI MẬT: LỰC LƯỢNG THAM GIA")),
    Form("said of the paper itself", LINES, (
        "Văn bản này thuộc độ Tối mật", "Tài liệu này có độ mật: Mật", "Công văn này thuộc bí mật nhà nước độ Tuyệt mật.", "Bí mật nhà nước độ: Tối mật", "Tài liệu này thuộc loại mật",
    )),
    Form("auxiliary stamps as names", NAMES, (
        "CHỈ NGƯỜI CÓ TÊN MỚI ĐƯỢC BÓC BÌ", "BẢN SAO BÍ MẬT NHÀ NƯỚC", "TÀI LIỆU THU HỒI", "Thời hạn bảo vệ bí mật nhà nước: 10 năm",
    )),
)  # fmt: skip
