"""An MTA's side of the milter protocol, for mails whose header block is well formed."""

import asyncio
import re
import struct

from gateway.milter.protocol import packet

OPTIONS = packet(b"O", struct.pack(">III", 6, 0x1FF, 0x1FFFFF))
CHUNK_BYTES = 65535
_FIELD = re.compile(rb"([!-9;-~]+):((?:[^\r\n]|\r\n[ \t])*)\r\n")


def header_fields(content: bytes) -> list[tuple[bytes, bytes]] | None:
    """Name and value (with its leading space) of each field; None when the block is not made of fields alone."""
    header, separator, _ = content.partition(b"\r\n\r\n")
    block = header + b"\r\n"
    fields, position = [], 0
    while position < len(block):
        match = _FIELD.match(block, position)
        if match is None:
            return None
        fields.append((match[1], match[2]))
        position = match.end()
    return fields if separator else None


class MilterClient:
    """One connection to the gateway's milter."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, path) -> "MilterClient":
        client = cls(*await asyncio.open_unix_connection(str(path)))
        client.writer.write(OPTIONS)
        assert (await client.receive())[0] == b"O"
        client.writer.write(packet(b"C", b"pc.example\x004\x00\x19192.0.2.7\x00") + packet(b"H", b"pc.example\x00"))
        return client

    async def receive(self) -> tuple[bytes, bytes]:
        async with asyncio.timeout(300):
            (length,) = struct.unpack(">I", await self.reader.readexactly(4))
            data = await self.reader.readexactly(length)
        return data[:1], data[1:]

    async def send(self, content: bytes, *, sender: str, recipients, queue_id="4XYZ") -> list[tuple[bytes, bytes]]:
        """Show one mail; return the answers to RCPT that are no `continue`, then those to its end."""
        answers = []
        macros = b"Mi\0" + queue_id.encode() + b"\0"
        self.writer.write(packet(b"D", macros) + packet(b"M", b"<" + sender.encode() + b">\0"))
        for recipient in recipients:
            self.writer.write(packet(b"R", b"<" + recipient.encode() + b">\0"))
            answer = await self.receive()
            if answer[0] != b"c":
                answers.append(answer)
        if len(answers) == len(recipients):
            self.writer.write(packet(b"A"))
            return answers
        self.writer.write(packet(b"T"))
        for name, value in header_fields(content):
            self.writer.write(packet(b"L", name + b"\0" + value.replace(b"\r\n", b"\n") + b"\0"))
        self.writer.write(packet(b"N"))
        body = content.partition(b"\r\n\r\n")[2]
        for start in range(0, len(body), CHUNK_BYTES):
            self.writer.write(packet(b"B", body[start : start + CHUNK_BYTES]))
            await self.writer.drain()
        self.writer.write(packet(b"E"))
        while True:
            answer = await self.receive()
            if answer[0] == b"p":
                continue
            answers.append(answer)
            if answer[0] in {b"c", b"y", b"t", b"r", b"a"}:
                return answers

    def close(self) -> None:
        self.writer.close()
