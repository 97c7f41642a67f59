"""Mails in the shapes that real mail programs give them, each around words of the caller: a line of the body or of a file.

Boundaries, capitals, folds and the order of fields are those of the programs, written from mails they sent.
"""

import base64
import binascii
import quopri

AUTHOR = b"an.binhtan@tphcm.gov.vn"
_NAME = b"=?UTF-8?B?Tmd1eeG7hW4gQW4=?="


def _head(*fields: str, author: bytes = _NAME + b" <" + AUTHOR + b">") -> bytes:
    common = b"From: " + author + b"\r\nTo: <b@example.vn>\r\nSubject: =?utf-8?Q?B=C3=A1o_c=C3=A1o?=\r\n"
    common += b"Date: Tue, 24 Nov 2026 10:00:00 +0700\r\nMessage-ID: <1@tphcm.gov.vn>\r\n"
    return common + "".join(f"{field}\r\n" for field in fields).encode() + b"\r\n"


def _b64(data: bytes, width: int = 76) -> bytes:
    digits = base64.b64encode(data)
    return b"".join(digits[at : at + width] + b"\r\n" for at in range(0, len(digits), width))


def _qp(data: bytes) -> bytes:
    return quopri.encodestring(data).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _parts(boundary: str, *parts: tuple[str, bytes], before: bytes = b"", end: bytes = b"") -> bytes:
    """Parts as header lines and encoded body."""
    line = b"--" + boundary.encode()
    inner = b"".join(
        line + b"\r\n" + head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body + b"\r\n" for head, body in parts
    )
    return before + inner + line + b"--\r\n" + end


def _html(words: str) -> bytes:
    return f"<html><head></head><body><p>{words}</p></body></html>\r\n".encode()


def _calendar(words: str, method: str) -> bytes:
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:040000008200E\r\n"
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:an.binhtan@tphcm.gov.vn\r\nDTSTART:20261125T010000Z\r\n"
        f"SUMMARY:{words}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


def _uuencoded(data: bytes) -> bytes:
    lines = [binascii.b2a_uu(data[at : at + 45], backtick=True).rstrip(b"\n") for at in range(0, len(data), 45)]
    return b"\r\n".join([b"begin 644 ghichu.txt", *lines, b"`", b"end"]) + b"\r\n"


def client_mails(words: str) -> dict[str, bytes]:
    """A mail of each program with these words as a line of their own."""
    text = f"Kính gửi\r\n{words}\r\nTrân trọng\r\n".encode()
    note = f"Ghi chú\r\n{words}\r\nHết\r\n".encode()
    inner = (
        _head("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit") + text
    )
    plain8 = ("Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit", text)
    mails: dict[str, bytes] = {}

    mails["Outlook"] = _head(
        "MIME-Version: 1.0", "X-Mailer: Microsoft Outlook 16.0", "Thread-Index: AQHb1234567890==", "Content-Language: vi",
        'Content-Type: multipart/mixed;\r\n\tboundary="----=_NextPart_000_0012_01DC5D3A.8B0D1A20"',
    ) + _parts(
        "----=_NextPart_000_0012_01DC5D3A.8B0D1A20",
        ('Content-Type: multipart/alternative;\n\tboundary="----=_NextPart_001_0013_01DC5D3A.8B0D1A20"', _parts(
            "----=_NextPart_001_0013_01DC5D3A.8B0D1A20",
            ('Content-Type: text/plain;\n\tcharset="utf-8"\nContent-Transfer-Encoding: base64', _b64(text)),
            ('Content-Type: text/html;\n\tcharset="utf-8"\nContent-Transfer-Encoding: quoted-printable', _qp(_html(words))), before=b"\r\n")),
        ('Content-Type: text/plain;\n\tname="=?utf-8?B?R2hpIGNow7oudHh0?="\nContent-Transfer-Encoding: base64\n'
         'Content-Disposition: attachment;\n\tfilename="=?utf-8?B?R2hpIGNow7oudHh0?="', _b64(note)),
        before=b"This is a multipart message in MIME format.\r\n\r\n",
    )  # fmt: skip
    mails["Outlook, read receipt"] = _head(
        "MIME-Version: 1.0", 'Content-Type: multipart/report;\r\n\tboundary="----=_NextPart_000_0000_01D";\r\n\treport-type=disposition-notification'
    ) + _parts(
        "----=_NextPart_000_0000_01D", ('Content-Type: text/plain;\n\tcharset="utf-8"\nContent-Transfer-Encoding: 8bit', text),
        ("Content-Type: message/disposition-notification\nContent-Transfer-Encoding: 7bit",
         b"Reporting-UA: tphcm.gov.vn; Microsoft Outlook 16.0\r\nFinal-Recipient: rfc822;" + AUTHOR + b"\r\n"
         b"Original-Message-ID: <1@y.vn>\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"),
        before=b"This is a multipart message in MIME format.\r\n\r\n",
    )  # fmt: skip
    mails["Thunderbird, signed with OpenPGP"] = _head(
        "MIME-Version: 1.0", 'Content-Type: multipart/signed; micalg=pgp-sha256;\r\n protocol="application/pgp-signature";\r\n boundary="------------0abc"'
    ) + _parts(
        "------------0abc", ('Content-Type: multipart/mixed; boundary="------------1abc";\n protected-headers="v1"', _parts("------------1abc", plain8)),
        ('Content-Type: application/pgp-signature; name="OpenPGP_signature.asc"\nContent-Description: OpenPGP digital signature\n'
         'Content-Disposition: attachment; filename="OpenPGP_signature"',
         b"-----BEGIN PGP SIGNATURE-----\r\n\r\nwsB5BAABCAAjFiEE\r\n=abcd\r\n-----END PGP SIGNATURE-----\r\n"),
        before=b"This is an OpenPGP/MIME signed message (RFC 4880 and 3156)\r\n",
    )  # fmt: skip
    mails["Thunderbird, forwarded"] = _head(
        "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="------------090"'
    ) + _parts(
        "------------090", ("Content-Type: text/plain; charset=UTF-8; format=flowed\nContent-Transfer-Encoding: 7bit", b"\r\n"),
        ('Content-Type: message/rfc822; charset=UTF-8;\n name="Re: x.eml"\nContent-Disposition: attachment; filename="Re: x.eml"\n'
         "Content-Transfer-Encoding: 8bit", inner),
        before=b"This is a multi-part message in MIME format.\r\n",
    )  # fmt: skip
    mails["Apple Mail"] = _head(
        "Mime-Version: 1.0 (Mac OS X Mail 16.0 \\(3776.700.51\\))", 'Content-Type: multipart/alternative;\r\n\tboundary="Apple-Mail=_6E8D4B11"',
        "X-Mailer: Apple Mail (2.3776.700.51)",
    ) + _parts(
        "Apple-Mail=_6E8D4B11",
        ("Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain;\n\tcharset=utf-8;\n\tformat=flowed;\n\tdelsp=yes", _qp(text)),
        ('Content-Type: multipart/mixed;\n\tboundary="Apple-Mail=_A2"', _parts(
            "Apple-Mail=_A2", ("Content-Transfer-Encoding: 8bit\nContent-Type: text/html;\n\tcharset=utf-8", _html(words)),
            ("Content-Disposition: attachment;\n\tfilename*=utf-8''Ghi%20chu%CC%81.txt\nContent-Type: text/plain;\n\tx-unix-mode=0644;\n\t"
             'name="=?utf-8?B?R2hpIGNodcyBLnR4dA==?="\nContent-Transfer-Encoding: base64', _b64(note)), before=b"\r\n")),
        before=b"\r\n",
    )  # fmt: skip
    mails["iPhone"] = _head(
        "Content-Type: multipart/mixed; boundary=Apple-Mail-3C2B1A90-1111-2222-3333-444455556666", "Content-Transfer-Encoding: 7bit",
        "Mime-Version: 1.0 (1.0)", "X-Mailer: iPhone Mail (21A329)",
    ) + _parts(
        "Apple-Mail-3C2B1A90-1111-2222-3333-444455556666",
        ("Content-Type: text/plain;\n\tcharset=utf-8\nContent-Transfer-Encoding: quoted-printable", _qp(text)),
        ("Content-Type: text/plain;\n\tname=ghichu.txt;\n\tx-apple-part-url=11-22\nContent-Disposition: attachment;\n\tfilename=ghichu.txt\n"
         "Content-Transfer-Encoding: base64", _b64(note)), before=b"\r\n",
    )  # fmt: skip
    mails["Gmail"] = _head("MIME-Version: 1.0", 'Content-Type: multipart/alternative; boundary="000000000000a1b2c3061f2e3d4c"') + _parts(
        "000000000000a1b2c3061f2e3d4c",
        ('Content-Type: text/plain; charset="UTF-8"\nContent-Transfer-Encoding: base64', _b64(text).rstrip()),
        ('Content-Type: text/html; charset="UTF-8"\nContent-Transfer-Encoding: quoted-printable', _qp(b'<div dir="ltr">' + _html(words))),
    )  # fmt: skip
    mails["Lotus Notes"] = _head(
        "MIME-Version: 1.0", "X-KeepSent: 1A2B3C4D:5E6F7081; name=$KeepSent; type=4", "X-Mailer: IBM Notes Release 9.0.1 October 14, 2013",
        'Content-type: multipart/mixed; \r\n\tBoundary="0__=C7BBF2B7DF8A2C3D8f9e8a93df938690918c"', "Content-Disposition: inline",
    ) + _parts(
        "0__=C7BBF2B7DF8A2C3D8f9e8a93df938690918c",
        ("Content-type: text/plain; charset=UTF-8\nContent-transfer-encoding: base64", _b64(text)),
        ('Content-type: application/octet-stream; \n\tname="=?UTF-8?B?R2hpIGNow7oudHh0?="\nContent-Disposition: attachment; '
         'filename="=?UTF-8?B?R2hpIGNow7oudHh0?="\nContent-ID: <1__=C7@notes>\nContent-transfer-encoding: base64', _b64(note)),
    )  # fmt: skip
    mails["Zimbra"] = _head(
        "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="----=_Part_1234_567890123.1700000000000"', "X-Originating-IP: [10.0.0.1]",
        author=b"=?utf-8?Q?Nguy=E1=BB=85n_V=C4=83n?= An <" + AUTHOR + b">",
    ) + _parts(
        "----=_Part_1234_567890123.1700000000000", ("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit", text),
        ('Content-Type: text/plain; name="=?utf-8?Q?Ghi_ch=C3=BA.txt?="\nContent-Disposition: attachment; '
         'filename="=?utf-8?Q?Ghi_ch=C3=BA.txt?="\nContent-Transfer-Encoding: base64', _b64(note)),
    )  # fmt: skip
    mails["Roundcube"] = _head("MIME-Version: 1.0", 'Content-Type: multipart/mixed;\r\n boundary="=_b0a1c2"') + _parts(
        "=_b0a1c2", ("Content-Transfer-Encoding: 8bit\nContent-Type: text/plain; charset=UTF-8;\n format=flowed", text),
        ('Content-Transfer-Encoding: base64\nContent-Type: text/plain;\n name="=?UTF-8?Q?Ghi_ch=C3=BA=2Etxt?="\nContent-Disposition: attachment;\n '
         f"filename*=UTF-8''Ghi%20ch%C3%BA.txt;\n size={len(note)}", _b64(note)),
    )  # fmt: skip
    mails["K-9"] = _head(
        "User-Agent: K-9 Mail for Android", "MIME-Version: 1.0", "Content-Type: multipart/mixed;\r\n boundary=----K9RMQ0Z0Y9", "Content-Transfer-Encoding: 7bit"
    ) + _parts(
        "----K9RMQ0Z0Y9", ("Content-Type: text/plain;\n charset=utf-8\nContent-Transfer-Encoding: quoted-printable", _qp(text)),
        ("Content-Type: text/plain;\n name*=UTF-8''Ghi%20ch%C3%BA%2Etxt\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment;\n "
         f"filename*=UTF-8''Ghi%20ch%C3%BA%2Etxt;\n size={len(note)}", _b64(note)),
    )  # fmt: skip
    mails["a scanner"] = _head("MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="DC_BOUND_PRE_<1700000000.0030006a>"', author=AUTHOR) + _parts(
        "DC_BOUND_PRE_<1700000000.0030006a>", ("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit", text),
        before=b"This is a multi-part message in MIME format.\r\n",
    )  # fmt: skip
    mails["cron"] = _head("MIME-Version: 1.0", "Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: 8bit",
                          author=AUTHOR + b" (Cron Daemon)") + text  # fmt: skip
    mails["a script, comment behind the charset"] = _head("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8 (Unicode)", "Content-Transfer-Encoding: 8bit;",
                                                          "Reply-To:", author=b"UBND (Van phong) <" + AUTHOR + b">") + text  # fmt: skip
    mails["a script, no last boundary"] = _head("MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="9dd4e461268c8034f5c8564e155c67a6"') + (
        b"--9dd4e461268c8034f5c8564e155c67a6\r\nContent-type:text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + text
    )  # fmt: skip
    mails["Exchange, out of office"] = _head(
        "Auto-Submitted: auto-generated", 'Content-Type: multipart/alternative;\r\n\tboundary="_000_c1a2b3d4e5f64a5b9c8d7e6f5a4b3c2d_"', "MIME-Version: 1.0"
    ) + _parts(
        "_000_c1a2b3d4e5f64a5b9c8d7e6f5a4b3c2d_", ('Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: base64', _b64(text)),
        ('Content-Type: text/html; charset="utf-8"\nContent-Transfer-Encoding: base64', _b64(_html(words))),
    )  # fmt: skip
    for name, returned in (("whole", ("Content-Description: Undelivered Message\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 8bit", inner)),
                           ("its header", ("Content-Description: Undelivered Message Headers\nContent-Type: text/rfc822-headers",
                                           _head('Content-Type: multipart/mixed; boundary="7C.1"')))):  # fmt: skip
        mails[f"Postfix, mail returned, {name}"] = _head(
            "Auto-Submitted: auto-replied", "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="7C3A31F.1700000000/mx.tphcm.gov.vn"',
            "Content-Transfer-Encoding: 8bit", author=b"MAILER-DAEMON@mx.tphcm.gov.vn (Mail Delivery System)",
        ) + _parts(
            "7C3A31F.1700000000/mx.tphcm.gov.vn", ("Content-Description: Notification\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit", text),
            ("Content-Description: Delivery report\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: 8bit",
             b"Reporting-MTA: dns; mx.tphcm.gov.vn\r\n\r\nFinal-Recipient: rfc822; c@d.vn\r\nAction: failed\r\nStatus: 5.1.1\r\n"), returned,
            before=b"This is a MIME-encapsulated message.\r\n\r\n",
        )  # fmt: skip
    mails["an answer to a meeting"] = _head("MIME-Version: 1.0", 'Content-Type: multipart/alternative;\r\n\tboundary="----=_NextPart_000_0001"') + _parts(
        "----=_NextPart_000_0001", ('Content-Type: text/plain;\n\tcharset="utf-8"\nContent-Transfer-Encoding: 7bit', b"\r\n"),
        ('Content-Type: text/calendar; charset="utf-8"; method=REPLY\nContent-Transfer-Encoding: base64', _b64(_calendar(words, "REPLY"))),
    )  # fmt: skip
    mails["a meeting alone"] = _head(
        "MIME-Version: 1.0", "Content-Type: text/calendar; method=REQUEST; charset=UTF-8; component=VEVENT", "Content-Transfer-Encoding: 8bit"
    ) + _calendar(words, "REQUEST")  # fmt: skip
    mails["a digest"] = _head("MIME-Version: 1.0", 'Content-Type: multipart/digest; boundary="dg"') + (
        b"--dg\r\n\r\n" + inner + b"\r\n--dg\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--dg--\r\n"
    )
    mails["Mailman, with its footer"] = _head(
        "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="===============0123456789=="', "Reply-To: An <an.binhtan@tphcm.gov.vn>",
        "List-Id: DS <danh-sach.tphcm.gov.vn>", 'Sender: "danh-sach" <danh-sach-bounces@tphcm.gov.vn>', author=b"An qua danh-sach <danh-sach@tphcm.gov.vn>",
    ) + _parts(
        "===============0123456789==", ('Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: base64', _b64(text)),
        ('Content-Type: text/plain; charset="us-ascii"\nMIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\nContent-Disposition: inline',
         b"_______________________________________________\r\ndanh-sach mailing list\r\n"),
    )  # fmt: skip
    mails["uuencode in the text"] = _head() + b"Gui anh file\r\n\r\n" + _uuencoded(note)
    mails["format=flowed with stuffed lines"] = _head(
        "MIME-Version: 1.0", "Content-Type: text/plain; charset=UTF-8; format=flowed; delsp=yes", "Content-Transfer-Encoding: 8bit"
    ) + b" From here \r\n>> quoted \r\n" + text + b"-- \r\nAn\r\n"  # fmt: skip
    mails["AppleDouble"] = _head("MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="ad"') + _parts("ad", (
        'Content-Type: multipart/appledouble; boundary="fork"', _parts(
            "fork", ('Content-Type: application/applefile; name="ghichu.txt"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename="ghichu.txt"',
                     _b64(bytes.fromhex("0005160700020000") + bytes(16) + bytes.fromhex("0001000000090000002600000020") + bytes(32))),
            ('Content-Type: text/plain; charset=utf-8; name="ghichu.txt"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename="ghichu.txt"', _b64(note)))))  # fmt: skip
    mails["a visiting card"] = _head("MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="vc"') + _parts(
        "vc", plain8, ('Content-Type: text/x-vcard; charset=utf-8;\n name="an.vcf"\nContent-Disposition: attachment;\n filename="an.vcf"',
                       b"begin:vcard\r\nfn:An Nguyen\r\nemail;internet:an.binhtan@tphcm.gov.vn\r\nversion:2.1\r\nend:vcard\r\n"),
    )  # fmt: skip
    mails["JavaMail in UTF-16"] = _head(
        "MIME-Version: 1.0", "Content-Type: text/plain; charset=UTF-16", "Content-Transfer-Encoding: base64",
        author=b"=?UTF-16?Q?=FE=FF=00N=00g=00u=00y=1E=C5=00n=00_?=\r\n =?UTF-16?Q?=FE=FF=00=C1=00n=00h?=\r\n <" + AUTHOR + b">",
    ) + _b64(text.decode().encode("utf-16"))  # fmt: skip
    mails["SMTPUTF8"] = _head("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "Organization: UBND Quận Bình Tân",
                              author='"Nguyễn, An 👩\u200d💻" <'.encode() + AUTHOR + b">") + text  # fmt: skip
    return mails
