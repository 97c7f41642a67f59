"""Mails of the gateway itself: kinds in `gateway/texts/notice.toml`, handed to the next hop with the null reverse-path.

    mail.py    a kind, a recipient and fields to a mail, and the mail to the next hop
    book.py    notices.db: how many a mailbox had, and what waits for the next hop
    sender.py  `Notices.send`: for whoever needs the next hop's answer
    outbox.py  sends what waits in the book, again for hours while the next hop is away

A new kind is one table of `notice.toml` and one call. Its words name no file and no subject, and its links show a page.
"""

from gateway.notice.book import NoticeBook
from gateway.notice.mail import hand_over, mailbox_of, notice
from gateway.notice.sender import Author, Notices

__all__ = ["Author", "NoticeBook", "Notices", "hand_over", "mailbox_of", "notice"]
