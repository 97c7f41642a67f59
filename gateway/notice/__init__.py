"""Notices: mails that the gateway writes, with kinds in `gateway/texts/notice.toml` and the null reverse-path.

    mail.py    renders a notice and sends it to the next hop
    book.py    notices.db: rate limit per mailbox, and the queue
    sender.py  `Notices.send`: synchronous, returns the next hop's reply
    outbox.py  queue runner, with retries for hours while the next hop is unreachable

A new kind is one table of `notice.toml` and one call. Its text names no file and no subject; its links only show a page.
"""

from gateway.notice.book import NoticeBook
from gateway.notice.mail import Author, hand_over, mailbox_of
from gateway.notice.sender import Notices

__all__ = ["Author", "NoticeBook", "Notices", "hand_over", "mailbox_of"]
