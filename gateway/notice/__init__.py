"""Mails of the gateway itself: kinds in `gateway/texts/notice.toml`, handed to the next hop with the null reverse-path.

    mail.py   a kind, a recipient and fields to a mail, and the mail to the next hop

A new kind is one table of `notice.toml` and one call. Its words name no file and no subject, and its links show a page.
"""

from gateway.notice.mail import hand_over, mailbox_of, notice

__all__ = ["hand_over", "mailbox_of", "notice"]
