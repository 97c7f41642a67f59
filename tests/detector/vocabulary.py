"""Words and inks of the pages that training draws."""

from __future__ import annotations


def words_of(text: str, mark: str | None = None) -> list[str]:
    """Part a text at spaces, or at a mark."""
    return text.split(mark)


NEAR = words_of(
    "MẶT MẮT MẤT MÁT MẠT MẬP MẬN MẬU MỘT NHẬT LUẬT THẬT CHẬT VẬT BẬT KHẬT HẬT ĐẬT RẤT MẠNH MẠCH MỨT MÚT MÃ TẬT ĐẶT MẸT "
    "MỆT MẶC MẪU MỘC MÃT MẬ ẬT HẠT ĐẠT PHẠT NHẤT CHẤT"
)


FAR = words_of(
    "KHẨN,HỎA TỐC,THƯỢNG KHẨN,HOẢ TỐC,BẢN SAO,SAO Y,SAO LỤC,DỰ THẢO,ĐÃ THU,ĐÃ THU TIỀN,CÔNG VĂN ĐẾN,TỐI ĐA,TUYỆT ĐỐI,"
    "TUYỆT VỜI,MẶT TRẬN,MẶT BẰNG,MẶT TRẬN TỔ QUỐC,LUẬT,PHÁP LUẬT,NHẬT KÝ,BÁO CÁO,TỜ TRÌNH,QUYẾT ĐỊNH,THÔNG BÁO,KẾ HOẠCH,"
    "ỦY BAN NHÂN DÂN,XEM XONG TRẢ LẠI,TÀI LIỆU HỌP,LƯU HÀNH NỘI BỘ,GIẤY MỜI,HỢP ĐỒNG,HÓA ĐƠN,ĐÃ KIỂM TRA,PAID,COPY,DRAFT,"
    "NGÀY,SỐ,TỐI,TUYỆT,MẶT TRƯỚC,MẶT SAU,LUẬT NHẤT,CHẤT LƯỢNG,NHẤT,CHỦ TỊCH,GIÁM ĐỐC,NỘI BỘ,HỎA,MÁT,BẢN CHÍNH,VẬT TƯ,"
    "NHẬT BẢN,SỰ THẬT,CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM,T M,M T,ĐÃ DUYỆT,ĐẾN,HỎA TỐC HẸN GIỜ,TỐI NAY,NỘP THUẾ,ĐÃ KÝ SỐ,"
    "TỔNG CỘNG,THÀNH PHỐ,PHÒNG NỘI VỤ,MẪU SỐ 01,TM. ỦY BAN,KT. CHỦ TỊCH,SAMPLE,CERTIFIED,MART,MATCH,FORMAT,DATA,MAX,TEAM",
    ",",
)


UNSURE = ("MẬT ONG", "BẢO MẬT", "BÍ MẬT", "MẬT KHẨU", "MẬT ĐỘ", "THÂN MẬT", "MAT", "MÂT", "TOI MAT")
"""Words to which the detector may say either: they are told by their neighbours at full resolution."""


MARKS = ("MẬT", "MẬT", "MẬT", "TỐI MẬT", "TUYỆT MẬT", "MỨC ĐỘ: MẬT", "TÀI LIỆU MẬT", "VĂN BẢN MẬT", "MẬT - KHẨN")


BODY = words_of(
    "thực hiện kế hoạch của ủy ban nhân dân thành phố về chuyển đổi số các phòng ban chuyên môn rà soát bảo đảm an toàn bảo "
    "mật thông tin dữ liệu tài liệu mật tối mật theo luật bảo vệ bí mật nhà nước báo cáo về văn phòng trước ngày tổng hợp "
    "trình Chủ tịch xem xét quyết định Mật khẩu truy cập hệ thống thư điện tử công vụ phải được thay đổi mặt trận tổ quốc "
    "Việt Nam Nguyễn Văn An Luật Nhật ký vật tư một trong những khó khăn vướng mắc đề nghị phản ánh kịp thời 2026 12 "
    "15/KH-UBND ngày tháng năm Điều Khoản"
)


CAPITALS = [word for word in " ".join((*FAR, *NEAR)).split() if word not in ("T", "M")]


INKS = ((200, 20, 30), (180, 10, 20), (215, 60, 60), (225, 45, 35), (35, 60, 170), (105, 40, 140), (25, 25, 25),
        (25, 25, 25), (25, 25, 25), (238, 150, 152), (180, 150, 200), (150, 150, 152), (205, 205, 205), (20, 90, 60))  # fmt: skip
