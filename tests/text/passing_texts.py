"""Whole texts of an office that speak of mật and carry no mark; a tab parts the columns of a table."""

TEXTS: dict[str, str] = {
    "law": (
        "Chương II\n"
        "PHẠM VI, PHÂN LOẠI, BAN HÀNH DANH MỤC BÍ MẬT NHÀ NƯỚC\n"
        "Điều 7. Phạm vi bí mật nhà nước\n"
        "Phạm vi bí mật nhà nước là giới hạn thông tin quan trọng trong các lĩnh vực sau đây chưa công khai, nếu bị lộ, bị mất có thể gây nguy hại đến lợi ích quốc gia, dân tộc:\n"
        "1. Thông tin về chính trị:\n"
        "Điều 8. Phân loại bí mật nhà nước\n"
        "Căn cứ vào tính chất quan trọng của nội dung thông tin, mức độ nguy hại nếu bị lộ, bị mất, bí mật nhà nước được phân loại thành 03 độ mật, bao gồm:\n"
        "1. Bí mật nhà nước độ Tuyệt mật là bí mật nhà nước liên quan đến chính trị, quốc phòng, an ninh, cơ yếu, đối ngoại, nếu bị lộ, bị mất có thể gây nguy hại đặc biệt nghiêm trọng đến lợi ích quốc gia, dân tộc;\n"
        "2. Bí mật nhà nước độ Tối mật là bí mật nhà nước liên quan đến chính trị, quốc phòng, an ninh;\n"
        "3. Bí mật nhà nước độ Mật là bí mật nhà nước liên quan đến chính trị.\n"
        "Điều 10. Xác định bí mật nhà nước và độ mật của bí mật nhà nước\n"
        "3. Độ mật của bí mật nhà nước được thể hiện bằng dấu chỉ độ mật, văn bản xác định độ mật hoặc hình thức khác phù hợp với hình thức chứa bí mật nhà nước.\n"
        "Điều 19. Thời hạn bảo vệ bí mật nhà nước\n"
        "1. Thời hạn bảo vệ bí mật nhà nước là khoảng thời gian được tính từ ngày xác định độ mật của bí mật nhà nước đến hết thời hạn sau đây:\n"
        "a) 30 năm đối với bí mật nhà nước độ Tuyệt mật;\n"
        "b) 20 năm đối với bí mật nhà nước độ Tối mật;\n"
        "c) 10 năm đối với bí mật nhà nước độ Mật.\n"
        "Điều 22. Giải mật\n"
        "1. Giải mật là xóa bỏ độ mật của bí mật nhà nước."
    ),
    "decree stamps": (
        "Điều 2. Xác định bí mật nhà nước và độ mật của bí mật nhà nước\n"
        "Mẫu số 01: Dấu chỉ độ mật\n"
        "a) Dấu “TUYỆT MẬT”: hình chữ nhật, kích thước 40mm x 8mm, có hai đường viền xung quanh, khoảng cách giữa hai đường viền là 01mm.\n"
        "b) Dấu “TỐI MẬT”: hình chữ nhật, kích thước 30mm x 8mm.\n"
        "c) Dấu “MẬT”: hình chữ nhật, kích thước 20mm x 8mm.\n"
        "Mẫu dấu “Tài liệu thu hồi”: hình chữ nhật, kích thước 80mm x 8mm.\n"
        "Mẫu dấu “Chỉ người có tên mới được bóc bì”: hình chữ nhật, kích thước 100mm x 8mm.\n"
        "Mẫu dấu “Bản sao bí mật nhà nước”, “Bản sao số”.\n"
        "Mẫu dấu “Giải mật”: bên trong là hàng chữ “GIẢI MẬT” và “Từ:... (ngày, tháng, năm giải mật)”.\n"
        "Mẫu dấu “Thời hạn bảo vệ bí mật nhà nước”, “Gia hạn thời hạn bảo vệ bí mật nhà nước”."
    ),
    "training": (
        "CHƯƠNG TRÌNH TẬP HUẤN\n"
        "Công tác bảo vệ bí mật nhà nước năm 2026\n"
        "(Kèm theo Kế hoạch số 15/KH-UBND ngày 12 tháng 3 năm 2026)\n"
        "Thời gian\tNội dung\tBáo cáo viên\n"
        "08h00 - 08h15\tKhai mạc\tVăn phòng\n"
        "08h15 - 09h30\tChuyên đề 1: Luật Bảo vệ bí mật nhà nước\tCông an Thành phố\n"
        "09h45 - 11h00\tChuyên đề 2: Xác định độ mật, đóng dấu chỉ độ mật\tCông an Thành phố\n"
        "13h30 - 15h00\tChuyên đề 3: Soạn thảo, quản lý tài liệu mật\tChi cục Văn thư\n"
        "15h15 - 16h30\tThảo luận: tình huống gửi văn bản mật qua thư điện tử\tHọc viên"
    ),
    "slides": (
        "CÁC ĐỘ MẬT\n"
        "TUYỆT MẬT\n"
        "Bí mật nhà nước đặc biệt quan trọng\n"
        "Thời hạn bảo vệ: 30 năm\n"
        "Người có thẩm quyền: Thủ tướng, Bộ trưởng\n"
        "Phải ghi sổ riêng\n"
        "Dấu 40 x 8 mm\n"
        "TỐI MẬT\n"
        "Bí mật nhà nước rất quan trọng\n"
        "Thời hạn bảo vệ: 20 năm\n"
        "Người có thẩm quyền: Chủ tịch UBND cấp tỉnh\n"
        "Dấu 30 x 8 mm\n"
        "Gửi bằng hai lớp bì\n"
        "MẬT\n"
        "Bí mật nhà nước quan trọng\n"
        "Thời hạn bảo vệ: 10 năm\n"
        "Dấu 20 x 8 mm"
    ),
    "chapters numbered": (
        "I. TUYỆT MẬT\n"
        "Bí mật nhà nước đặc biệt quan trọng, thời hạn bảo vệ 30 năm.\n"
        "1. Thẩm quyền\n"
        "Do Thủ tướng quyết định.\n"
        "2. Cách gửi\n"
        "Hai lớp bì, bì trong đóng dấu.\n"
        "II. TỐI MẬT\n"
        "Thời hạn bảo vệ 20 năm.\n"
        "1. Thẩm quyền\n"
        "III. MẬT\n"
        "Thời hạn bảo vệ 10 năm."
    ),
    "register": (
        "STT\tSố, ký hiệu\tNgày\tTrích yếu\tĐộ mật\tNơi nhận\n"
        "1\t15/BC-UBND\t02/3/2026\tBáo cáo tháng 2\tThường\tSở Nội vụ\n"
        "2\t16/CV-UBND\t03/3/2026\tMời họp\tKhông\tCác phường\n"
        "3\t17/CV-UBND\t03/3/2026\tTrả lời đơn\tThường\tÔng Nguyễn Văn Mật"
    ),
    "register caps": (
        "STT\tSỐ KÝ HIỆU\tTRÍCH YẾU\tĐỘ MẬT\tGHI CHÚ\n1\t15/BC\tBÁO CÁO THÁNG\tTHƯỜNG\t\n2\t16/CV\tMỜI HỌP\tKHÔNG\t"
    ),
    "statistics": (
        "THỐNG KÊ VĂN BẢN NĂM 2025\n"
        "Loại\tTổng số\tThường\tMật\tTối mật\tTuyệt mật\n"
        "Đi\t125\t120\t4\t1\t0\n"
        "Đến\t310\t296\t12\t2\t0\n"
        "TỔNG SỐ\t435\t416\t16\t3\t0"
    ),
    "statistics caps": (
        "LOẠI VĂN BẢN\tTỔNG SỐ\tTHƯỜNG\tMẬT\tTỐI MẬT\tTUYỆT MẬT\n"
        "VĂN BẢN ĐI\t125\t120\t4\t1\t0\n"
        "VĂN BẢN ĐẾN\t310\t296\t12\t2\t0"
    ),
    "statistics two": ("Nội dung\tVăn bản mật\tVăn bản thường\nĐi\t4\t121\nĐến\t14\t296"),
    "statistics two caps": ("NỘI DUNG\tVĂN BẢN MẬT\tVĂN BẢN THƯỜNG\nĐI\t4\t121\nĐẾN\t14\t296"),
    "declassification": (
        "QUYẾT ĐỊNH\n"
        "Về việc giải mật tài liệu bí mật nhà nước\n"
        "Căn cứ Luật Bảo vệ bí mật nhà nước;\n"
        "Xét đề nghị của Hội đồng giải mật,\n"
        "QUYẾT ĐỊNH:\n"
        "Điều 1. Giải mật đối với 02 tài liệu bí mật nhà nước độ Mật sau đây:\n"
        "1. Kế hoạch số 12/KH-UBND ngày 05/4/2016, độ mật trước khi giải mật: Mật.\n"
        "2. Báo cáo số 20/BC-UBND ngày 07/8/2016.\n"
        "Điều 2. Văn thư đóng dấu “GIẢI MẬT” lên tài liệu và lưu như tài liệu thường."
    ),
    "declassification list": (
        "DANH MỤC TÀI LIỆU ĐỀ NGHỊ GIẢI MẬT\n"
        "STT\tTên tài liệu\tSố, ký hiệu\tĐộ mật\tLý do\n"
        "1\tKế hoạch diễn tập năm 2010\t12/KH\tMật\tHết thời hạn\n"
        "2\tBáo cáo tình hình năm 2011\t20/BC\tTối mật\tHết thời hạn"
    ),
    "declassification title": ("QUYẾT ĐỊNH\nGIẢI MẬT TÀI LIỆU\nĐiều 1. Giải mật 05 tài liệu của Ủy ban nhân dân quận."),
    "forms list": (
        "DANH MỤC BIỂU MẪU\n"
        "Mẫu số 01\tSổ đăng ký bí mật nhà nước đi\n"
        "Mẫu số 02\tSổ đăng ký bí mật nhà nước đến\n"
        "Mẫu số 03\tSổ chuyển giao bí mật nhà nước\n"
        "Mẫu số 04\tPhiếu đề xuất độ mật\n"
        "Mẫu số 05\tBiên bản tiêu hủy tài liệu mật\n"
        "Mẫu số 06\tQuyết định giải mật\n"
        "Mẫu số 07\tVăn bản xác định độ mật\n"
        "Mẫu số 08\tDấu chỉ độ mật (Tuyệt mật, Tối mật, Mật)"
    ),
    "form proposal": (
        "PHIẾU ĐỀ XUẤT XÁC ĐỊNH ĐỘ MẬT\n"
        "1. Tên văn bản: ..........................\n"
        "2. Đề xuất độ mật: ☐ Tuyệt mật ☐ Tối mật ☐ Mật\n"
        "3. Căn cứ đề xuất: ..........................\n"
        "4. Thời hạn bảo vệ: ........ năm\n"
        "5. Số lượng bản phát hành: ........\n"
        "6. Ý kiến của người có thẩm quyền:\n"
        "Độ mật: ..........................\n"
        "Được phép/không được phép sao, chụp: .........................."
    ),
    "levels as items below their label": "1. Các độ mật:\na. Tuyệt mật\nb. Tối mật\nc. Mật\n2. Các độ khẩn:\na. Hỏa tốc\nb. Khẩn",
    "form with a box behind each level": "Độ mật\tMật\t☐\n\tTối mật\t☐\n\tTuyệt mật\t☐",
    "form lines": ("Độ mật:\n☐ Tuyệt mật\n☐ Tối mật\n☐ Mật\n☐ Không mật"),
    "form radio": ("Chọn mức độ:\n( ) Tuyệt mật\n( ) Tối mật\n( ) Mật\n(x) Thường"),
    "quiz": (
        "Câu 1. Bí mật nhà nước được phân loại thành mấy độ?\n"
        "A. 2 độ\n"
        "B. 3 độ\n"
        "C. 4 độ\n"
        "Câu 2. Thời hạn bảo vệ 20 năm áp dụng đối với độ nào?\n"
        "A. Mật\n"
        "B. Tối mật\n"
        "C. Tuyệt mật\n"
        "Câu 3. Dấu nào có kích thước 20mm x 8mm?\n"
        "A. MẬT\n"
        "B. TỐI MẬT\n"
        "C. TUYỆT MẬT\n"
        "Đáp án: 1B, 2B, 3A"
    ),
    "quiz key": ("Đáp án\nCâu 1: B\nCâu 2: B. Tối mật\nCâu 3: A. MẬT"),
    "regulation": (
        "QUY CHẾ\n"
        "BẢO VỆ BÍ MẬT NHÀ NƯỚC CỦA ỦY BAN NHÂN DÂN QUẬN\n"
        "Điều 5. Xác định độ mật\n"
        "1. Người soạn thảo đề xuất độ mật, nơi nhận, số lượng bản phát hành, được phép hoặc không được phép sao, chụp tài liệu.\n"
        "2. Văn bản điện tử bí mật nhà nước phải tạo dấu chỉ độ mật màu đỏ.\n"
        "Điều 6. Sao, chụp tài liệu, vật chứa bí mật nhà nước\n"
        "1. Chủ tịch Ủy ban nhân dân quận có thẩm quyền cho phép sao, chụp bí mật nhà nước độ Mật.\n"
        "Điều 7. Nơi nhận: ghi rõ tên cơ quan, được phép hay không được phép sao, chụp."
    ),
    "nda": (
        "THỎA THUẬN BẢO MẬT THÔNG TIN\n"
        "Điều 1. Định nghĩa\n"
        "“Thông tin mật” là bất kỳ thông tin nào do Bên Tiết lộ cung cấp.\n"
        "Điều 2. Nghĩa vụ bảo mật\n"
        "Bên Nhận phải giữ tuyệt mật Thông tin mật, không tiết lộ cho bên thứ ba.\n"
        "Điều 3. Hoàn trả tài liệu\n"
        "Khi chấm dứt, Bên Nhận hoàn trả hoặc tiêu hủy Thông tin mật.\n"
        "THÔNG TIN MẬT\n"
        "Bao gồm: danh sách khách hàng, bảng giá, mã nguồn."
    ),
    "names table split": (
        "STT\tHọ và tên đệm\tTên\tNgày sinh\n"
        "1\tNguyễn Văn\tAn\t01/02/1980\n"
        "2\tTrần Thị\tMật\t03/04/1975\n"
        "3\tLê Thị\tHoa\t05/06/1990"
    ),
    "names table split caps": (
        "STT\tHỌ VÀ TÊN ĐỆM\tTÊN\tNGÀY SINH\n"
        "1\tNGUYỄN VĂN\tAN\t01/02/1980\n"
        "2\tTRẦN THỊ\tMẬT\t03/04/1975\n"
        "3\tLÊ THỊ\tHOA\t05/06/1990"
    ),
    "names table": (
        "STT\tHỌ VÀ TÊN\tCHỨC VỤ\n1\tNGUYỄN VĂN AN\tChủ tịch\n2\tTRẦN THỊ MẬT\tPhó Chủ tịch\n3\tLÊ MẬT\tỦy viên"
    ),
    "honey table": (
        "SẢN PHẨM\tĐƠN VỊ\tGIÁ\n"
        "MẬT ONG\tlít\t250.000\n"
        "MẬT MÍA\tlít\t60.000\n"
        "PHẤN HOA\tkg\t400.000\n"
        "SÁP ONG\tkg\t150.000"
    ),
    "honey columns": ("HỘ NUÔI\tMẬT\tPHẤN HOA\tSÁP\nÔng An\t120\t15\t4\nBà Hoa\t95\t12\t3"),
    "honey list": ("Danh mục hàng hóa:\nĐƯỜNG\nSỮA\nMẬT\nBÁNH KẸO"),
    "hospital": (
        "KHOA NGOẠI GAN - MẬT - TỤY\n"
        "Chẩn đoán: Sỏi túi mật, viêm đường mật cấp\n"
        "Siêu âm: Gan không to, túi mật có sỏi 12 mm, đường mật trong gan không giãn\n"
        "MẬT: túi mật căng, thành dày\n"
        "GAN: nhu mô đều\n"
        "TỤY: bình thường"
    ),
    "hospital caps": (
        "KẾT QUẢ SIÊU ÂM\nGAN\nKhông to, bờ đều\nMẬT\nTúi mật không sỏi\nTỤY\nBình thường\nLÁCH\nKhông to"
    ),
    "guide software": (
        "HƯỚNG DẪN SỬ DỤNG PHẦN MỀM QUẢN LÝ VĂN BẢN\n"
        "Bước 1: Vào Văn bản đi → Soạn thảo\n"
        "Bước 2: Nhập các trường: Số ký hiệu, Trích yếu, Độ khẩn, Độ mật\n"
        "Độ khẩn: mặc định là Thường\n"
        "Độ mật: mặc định là Thường; không nhập văn bản Mật, Tối mật, Tuyệt mật vào phần mềm\n"
        "Trường “Độ mật” gồm các giá trị: Thường (0), Mật (1), Tối mật (2), Tuyệt mật (3)\n"
        "Bước 3: Chọn Độ mật = Thường rồi bấm Lưu"
    ),
    "guide security level": (
        "Cấp độ an toàn hệ thống thông tin: Cấp độ 3\n"
        "Mức độ bảo mật: Cao\n"
        "Phân loại thông tin: Công khai, Nội bộ, Mật\n"
        "Tính chất: định kỳ\n"
        "Mức độ: Trung bình"
    ),
    "commitment": (
        "BẢN CAM KẾT BẢO VỆ BÍ MẬT NHÀ NƯỚC\n"
        "Tôi là: TRẦN THỊ MẬT\n"
        "Chức vụ: Chuyên viên\n"
        "Cam kết không soạn thảo, lưu giữ tài liệu mật trên máy tính kết nối Internet."
    ),
    "report": (
        "BÁO CÁO\n"
        "Kết quả công tác bảo vệ bí mật nhà nước năm 2025\n"
        "I. SỐ LIỆU\n"
        "- Số văn bản mật soạn thảo: 05 (Mật: 04; Tối mật: 01; Tuyệt mật: 0)\n"
        "- Mật: 04\n"
        "- Tối mật: 01\n"
        "- Tuyệt mật: 0\n"
        "II. KẾT QUẢ\n"
        "Không xảy ra lộ, mất bí mật nhà nước. Văn bản mật được gửi theo đường văn thư mật.\n"
        "Nơi nhận:\n"
        "- Công an Thành phố;\n"
        "- Lưu: VT, tài liệu mật."
    ),
    "report abbreviations": ("Văn bản đến (Mật)\t12\nVăn bản đến (Tối mật)\t02\nVăn bản đi (Mật)\t04"),
    "authority": (
        "Độ mật\tThẩm quyền xác định\tThời hạn\n"
        "Tuyệt mật\tThủ tướng Chính phủ\t30 năm\n"
        "Tối mật\tChủ tịch UBND cấp tỉnh\t20 năm\n"
        "Mật\tChủ tịch UBND cấp huyện\t10 năm"
    ),
    "authority caps": (
        "ĐỘ MẬT\tTHẨM QUYỀN\tTHỜI HẠN\n"
        "TUYỆT MẬT\tTHỦ TƯỚNG\t30 NĂM\n"
        "TỐI MẬT\tCHỦ TỊCH UBND CẤP TỈNH\t20 NĂM\n"
        "MẬT\tCHỦ TỊCH UBND CẤP HUYỆN\t10 NĂM"
    ),
    "poster": (
        "5 KHÔNG KHI DÙNG MÁY TÍNH\n"
        "KHÔNG SOẠN THẢO TÀI LIỆU\n"
        "MẬT TRÊN MÁY NỐI MẠNG\n"
        "KHÔNG GỬI VĂN BẢN\n"
        "MẬT QUA ZALO\n"
        "KHÔNG CHỤP ẢNH TÀI LIỆU MẬT"
    ),
    "cinema": ("LỊCH CHIẾU PHIM\n19h00: Tuyệt mật (Top Secret), 98 phút\n21h00: Hồ sơ tối mật"),
    "mail chat": ("Chị Mật ơi,\nChị gửi em file lương tháng 10 nhé.\nCảm ơn chị Mật."),
    "password": ("Tài khoản: binhtan01\nMật khẩu: Abc@1234\nMẬT KHẨU MỚI: 112233\nMật mã két: 4455"),
    "footer mail": (
        "LƯU Ý BẢO MẬT: Thông tin trong thư này là mật và chỉ dành cho người nhận.\n"
        "This e-mail is confidential. Nếu nhận nhầm, xin xóa và báo cho người gửi."
    ),
    "meeting": (
        "BIÊN BẢN HỌP GIAO BAN\n"
        "Đ/c Mật (Văn phòng): báo cáo tình hình thu hồi tài liệu sau hội nghị.\n"
        "Đ/c Toàn: đề nghị thu hồi tài liệu mật đã phát.\n"
        "Kết luận: tài liệu thu hồi về Văn phòng trước ngày 15."
    ),
    "land": (
        "TÀI LIỆU\nTHU HỒI ĐẤT DỰ ÁN VÀNH ĐAI 3\nTài liệu thu hồi đất gồm: quyết định thu hồi, biên bản kiểm đếm."
    ),
    "archive": (
        "Phông lưu trữ: Ủy ban nhân dân quận\n"
        "Tình trạng tiếp cận: hạn chế\n"
        "Độ mật: không\n"
        "Chế độ sử dụng: Thường\n"
        "Mức độ tin cậy: Bản chính"
    ),
    "edxml": (
        "<edXML:SecrecyLevel>0</edXML:SecrecyLevel>\n"
        "<edXML:DoMat>Thuong</edXML:DoMat>\n"
        "<DoKhan>0</DoKhan><DoMat>0</DoMat>\n"
        "Giá trị DoMat: 0 = Thường, 1 = Mật, 2 = Tối mật, 3 = Tuyệt mật"
    ),
    "json": ('{"doMat": "Thường", "doKhan": "Khẩn", "options": ["Thường", "Mật", "Tối mật", "Tuyệt mật"]}'),
    "penalty": (
        "Hành vi\tMức phạt\n"
        "Không đóng dấu chỉ độ mật\t5.000.000 - 10.000.000 đồng\n"
        "Xác định sai độ mật\t2.000.000 - 5.000.000 đồng\n"
        "Gửi tài liệu mật qua Internet\t10.000.000 - 20.000.000 đồng"
    ),
    "history": (
        "Năm 1955, Trung ương ra chỉ thị mật về Cải cách. Hội nghị bí mật họp tại xã Tân Trào.\n"
        "Cơ mật viện; Mật chiếu; Mật dụ; Mật sớ; Mật tấu của vua Hàm Nghi.\n"
        "Tài liệu tuyệt mật của Pháp (2e Bureau) nay lưu tại Vincennes."
    ),
    "what was found of organs, in columns": (
        "KẾT QUẢ KHÁM BỤNG\n"
        "GAN:\t - Cỡ :\tvừa phải\n"
        "\t\t  - Mô gan:\tđều\n"
        "MẬT:\t - Đường mật trong gan: không giãn\n"
        "\t\t - Ống mật chủ: không sỏi\n"
        "\t\t - Túi mật: thành mỏng\n"
        "TỤY:\t  - Không thấy gì lạ\n"
        "LÁCH:\t  - Không to"
    ),
    "organs with a word each": "GAN\tKhông to\nMẬT\tKhông sỏi\nTỤY\tKhông thấy gì lạ",
    "organs as headings": "I. GAN\nKhông to\nII. MẬT\nKhông sỏi\nIII. TỤY\nKhông thấy gì lạ",
    "the gall as a heading": "MẬT\n- Túi mật: thành mỏng\n- Ống mật chủ: không giãn",
}
