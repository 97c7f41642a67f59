"""Attachments numbered as a mail program lists them, for refusals that must not name a file."""

from __future__ import annotations

from msgspec.structs import replace

from gateway.model import Finding, FindingOutcome, Message, Part
from gateway.model.formats import Family, by_type


class Attachments:
    """The attachments of one mail by part path; they are counted when the first finding asks."""

    def __init__(self, message: Message | None) -> None:
        self._message = message
        self._numbers: dict[str, tuple[int, Part | None]] | None = None

    def placed(self, finding: Finding) -> Finding:
        """Return a finding about a part with the number of its attachment; what passed needs none."""
        path = finding.about.part
        if path is None or self._message is None or finding.outcome is FindingOutcome.PASSED:
            return finding
        if self._numbers is None:
            self._numbers = attachment_numbers(self._message.root)
        # Members of containers and parts of re-read content share the number of what holds them.
        holder = path.partition("!")[0]
        while holder and holder not in self._numbers:
            holder = holder.rpartition(".")[0]
        number, attachment = self._numbers.get(holder, (None, None))
        inside = attachment.filename if attachment is not None and attachment.path != path else None
        row = by_type(attachment.detected_type or "") if attachment is not None and "!" in path else None
        member = row is not None and row.family in {Family.ARCHIVE, Family.MAIL}
        return replace(finding, about=replace(finding.about, attachment=number, inside=inside, member=member))


def attachment_numbers(root: Part) -> dict[str, tuple[int, Part | None]]:
    """Return number and part of the attachment that each MIME part is in, from 1; 0 for the text of the mail itself."""
    numbers: dict[str, tuple[int, Part | None]] = {}
    count = 0
    stack: list[tuple[Part, tuple[int, Part | None], bool]] = [(root, (0, None), False)]
    while stack:
        part, held, shown_in_text = stack.pop()
        if not held[0] and _is_attachment(part, part is root) and not shown_in_text:
            count += 1
            held = (count, part)
        numbers[part.path] = held
        pictures = part.declared_type == "multipart/related"
        stack.extend((child, held, pictures and _is_picture(child)) for child in reversed(part.children))
    return numbers


def _is_attachment(part: Part, is_root: bool) -> bool:
    if part.declared_type.startswith("multipart/"):
        return False
    if part.content_disposition == "attachment" or part.filename is not None:
        return True
    return not is_root and not part.declared_type.startswith("text/")


def _is_picture(part: Part) -> bool:
    """Pictures beside the HTML that shows them are no attachments to their reader (RFC 2387)."""
    return part.declared_type.startswith("image/") and part.content_disposition != "attachment"
