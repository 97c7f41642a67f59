"""A message inside a container or an encoded part to its parts (RFC 5322, RFC 2045), by `gateway.mime`.

Messages unencoded inside the mail are already in its part tree; this reader is for the others: attached with
a transfer encoding, kept in an archive, MHTML, a mailbox file (RFC 4155) of many messages, or one of Apple Mail (.emlx).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from gateway import mime
from gateway.documents.readers.base import Budget, Member, Reading, SignedEntity, Source
from gateway.documents.readers.beside import addresses_of
from gateway.documents.readers.containers import Contents
from gateway.documents.readers.sniff_text import COUNT_LINE
from gateway.model import Message, Part, ReadStatus, Role, Run
from gateway.vietnamese.marks.fields import shown_lines, speaks

_FROM_LINE: Final = re.compile(rb"^From [^\r\n]{3,200}\r?\n(?=[A-Za-z][A-Za-z0-9-]{1,60}:)", re.MULTILINE)


def read(source: Source, budget: Budget) -> Reading:
    """Return the header fields that people see as runs, and every leaf as a member."""
    contents = Contents(source, "eml", budget)
    starts = [match.start() for match in _FROM_LINE.finditer(source.data)]
    spans = list(zip(starts, [*starts[1:], len(source.data)], strict=True)) if starts and starts[0] == 0 else []
    with contents.filling():
        if len(spans) > 1:
            for number, (start, stop) in enumerate(spans, 1):
                content = source.data[start:stop].partition(b"\n")[2]
                contents.add(Member(name=f"message-{number}.eml", data=content, declared_type="message/rfc822"))
        else:
            counted = COUNT_LINE.match(source.data)
            start = counted.end() if counted else source.data.find(b"\n") + 1 if spans else 0
            end = start + int(counted[1]) if counted else len(source.data)
            contents.runs = _message(contents, source.data[start:end])
            if source.data[end:].strip():
                contents.add(Member(name="message.plist", data=source.data[end:], declared_type="application/xml"))
    return contents.reading()


def _message(contents: Contents, content: bytes) -> list[Run]:
    content = mime.wire_form(content)
    message = mime.parse(content)
    codes = [ambiguity.code for ambiguity in message.ambiguities]
    members: dict[int, Member] = {}
    parents = {id(child): part for part in message.root.walk() for child in part.children}
    for part in message.root.leaves():
        body = mime.decode_body(content, part)
        contents.budget.take_bytes(len(body.data))
        codes += [ambiguity.code for ambiguity in body.ambiguities(part)]
        name = part.filename or f"part-{part.path}"
        members[id(part)] = member = _member(name, body.data, part)
        parent = parents.get(id(part))
        if parent is not None and parent.declared_type == "multipart/signed" and part is not parent.children[0]:
            signed = [members[id(leaf)] for leaf in parent.children[0].leaves() if id(leaf) in members]
            member = replace(member, entity=SignedEntity(_raw(content, message, parent), tuple(signed)))
        contents.add(member)
        for number, other in enumerate(body.alternatives, 2):
            contents.budget.take_bytes(len(other))
            contents.add(_member(f"{name}.reading-{number}", other, part))
    if codes:
        contents.fault(ReadStatus.PARTIAL, "mime-" + ",".join(dict.fromkeys(codes)))
    fields = [(field.name.lower(), field.text) for field in message.fields]
    for part in message.root.walk():
        fields += [(field.name.lower(), field.text) for field in part.header]
    return [
        Run(text=shown_lines(name, text), block=block, role=Role.PROPERTY, locator=f"property:{name}")
        # Behind a line of blanks some readers show every field as words of the body.
        for block, (name, text) in enumerate(
            pair for pair in fields if (speaks(pair[0]) or "blank-fold" in codes) and pair[1]
        )
    ]


def _raw(content: bytes, message: Message, part: Part) -> bytes:
    """Return an entity as in the message: header, empty line, body."""
    header = b"".join(field.raw for field in part.header)
    header = header + b"\r\n" if header else content[: message.header_length]
    return header + content[part.offset : part.offset + part.length]


def _member(name: str, data: bytes, part: Part) -> Member:
    addresses = addresses_of(part)
    return Member(name=name, data=data, declared_type=part.declared_type, charset=part.charset, addresses=addresses)
