"""What tests of the commands share: a mail, files to write, and the look at what is printed."""

STAFF, COLLEAGUE, OFFICE = "an.binhtan@tphcm.gov.vn", "binh.binhtan@tphcm.gov.vn", "vanphong.binhtan@tphcm.gov.vn"
CLEAN = f"From: {STAFF}\r\nTo: {COLLEAGUE}\r\nSubject: Lich hop\r\n\r\nKinh moi hop.\r\n".encode()


def no_traceback(text: str) -> None:
    assert "Traceback" not in text
    assert 'File "' not in text


def write(folder, name, text):
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def put(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path
