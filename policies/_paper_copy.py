"""Declaration of a paper copy of an unsigned document, and whether it counts (Điều 9.4b)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from gateway.model import Document, Evidence, MailboxKind, Message
from gateway.vietnamese.addresses import listed, normal_form, without_tag
from gateway.vietnamese.latin import unmarked
from gateway.vietnamese.normal import unify_line_breaks
from gateway.vietnamese.plain_text import plain_text
from policies._senders import official_domains, today
from policies._signing_settings import Settings

MEANT: Final = "meant"


def declaration(message: Message, settings: Settings, *, line: bool) -> str:
    """Return how the sender declares the paper copy: `header`, `subject`, `line`, or empty when not.

    Round brackets count as square ones; `meant` is a subject with the words but without brackets, which does not count.
    `line` says that a line of the text declares it.
    """
    if any(_fold(one.text) == "yes" for one in message.all(settings.paper_copy_header)):
        return "header"
    tokens = _folded(settings.paper_copy_subject)
    subjects = [_fold(one.text) for one in message.all("subject")]
    if any(token in subject for subject in subjects for token in tokens):
        return "subject"
    if line:
        return "line"
    words = [word for token in tokens if (word := token.strip("[] "))]
    if any(word in subject for subject in subjects for word in words):
        return MEANT
    return ""


def has_line(document: Document, settings: Settings) -> bool:
    """Return whether a line of a document begins as a declaration does."""
    beginnings = _folded(settings.paper_copy_line)
    text, plain = _text(document), plain_text(document)
    is_usual = plain is not None and plain.common is not None
    near = _begun(beginnings).findall("\n" + (text if is_usual else unify_line_breaks(text)))
    return any(_fold(line).startswith(beginnings) for line in near)


def _text(document: Document) -> str:
    """Return the text with each block on lines of its own."""
    blocks = [run.block for run in document.runs]
    if len(set(blocks)) == len(blocks):
        return "\n".join([run.text for run in document.runs])
    pieces: dict[int, list[str]] = {}
    for run in document.runs:
        pieces.setdefault(run.block, []).append(run.text)
    return "\n".join("".join(texts) for texts in pieces.values())


@lru_cache(maxsize=16)
def _folded(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a setting as `_fold` makes them, those that hold something."""
    return tuple([folded for word in words if (folded := _fold(word))])


@lru_cache(maxsize=16)
def _begun(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of lines that begin with a letter that becomes the first of one of these by `_fold`."""
    letters = {word[0] for word in words}
    heads = "".join(re.escape(letter) for letter in map(chr, range(0x2000)) if _fold(letter)[:1] in letters)
    return re.compile(rf"\n\s*+([{heads}].*)" if heads else r"(?!)")


def _fold(text: str) -> str:
    """Lower case without diacritics, one blank between words; only marks fall, letters stay what they are."""
    bare = unmarked(text.casefold().replace("đ", "d")).translate(_BRACKETS)
    return " ".join(bare.split()).replace("[ ", "[").replace(" ]", "]").replace(" :", ":")


_BRACKETS: Final = str.maketrans("()", "[]")


def not_units(evidence: Evidence, settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return the forward-paths that are no official unit mailboxes, and why: for them a paper copy does not count (Điều 9.4b).

    Why is a key of the words: `unlisted`, `person` or `inactive` by the directory; `foreign` or `personal-form` where none is
    loaded and the forms of addresses decide.
    """
    on = today(evidence)
    domains = official_domains(settings.official_domains, on)
    found = []
    for path in evidence.envelope.forward_paths:
        address = without_tag(normal_form(path))
        local, _, domain = address.rpartition("@")
        if evidence.directory is not None:
            mailbox = listed(evidence.directory, address)
            if mailbox is None:
                found.append((address or path, "unlisted"))
            elif mailbox.kind not in {MailboxKind.UNIT, MailboxKind.OFFICE}:
                found.append((address, "person"))
            elif not mailbox.usable(on):
                found.append((address, "inactive"))
        elif domain not in domains:
            found.append((address or path, "foreign"))
        elif any(re.fullmatch(form, local) for form in settings.personal_forms):
            found.append((address, "personal-form"))
    return tuple(found)
