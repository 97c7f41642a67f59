"""Cached readings of the leaves of mails, kept at the desk under keyed digests.

Observations of policies are kept, never words (docs/decisions/0021). The key of a leaf is made of all that its
reading depends on: its bytes as written in the mail, its path, names, types and encoding, the limits, the policies that
read words and their settings, the zygote (so its version, trust store and revocation lists) and the day, with which
reports on signatures end. With a policy that wants all words of a mail together nothing is kept. A leaf that rests on more, such as a password in the text of the mail or the file beside its
signature, is not kept, and mails that are signed as a whole are read as if nothing were known.
"""

from __future__ import annotations

import asyncio
import hashlib
import mmap
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import structs

import gateway
from gateway.documents.wall.desk_channel import Visit
from gateway.documents.wall.inline import read_text
from gateway.documents.wall.leaves import is_signature
from gateway.documents.wall.merge import leaf_of, unique
from gateway.documents.wall.places import AGAIN_S, PATIENCE
from gateway.documents.wall.pool import WorkerPool
from gateway.documents.wall.wire import (
    Done,
    Frame,
    FrameReader,
    Inspection,
    InspectionRequest,
    Result,
    Used,
    encode_reply,
)
from gateway.model import Part, Verdict, formats

_WHOLE: Final = frozenset({"multipart/signed", "multipart/encrypted", *formats.CMS.media_types})
"""Types whose parts are read by what is around them."""
_HASHED_AT_ONCE: Final = 8 << 20
"""Bytes beyond which digests are made in a thread."""
_MIB_S: Final = {"application/pdf": 1.0, "image/": 1.0, "application/zip": 0.5}
"""Processor time expected of a MiB, by the beginning of the declared type; scans cost the most."""
_OTHER_MIB_S: Final = 0.3


class Reading:
    """Readings of one mail, from a child or the cache."""

    def __init__(
        self, inspection: Inspection, *, keys: dict[str, bytes], known: frozenset[str], visit: Visit, origin: int
    ) -> None:  # fmt: skip
        self.inspection = inspection
        self._keys = keys
        self._known = known
        self._visit = visit
        self._origin = origin

    def keep(self, verdict: Verdict) -> None:
        """Keep what was read; of what is marked or suspected, only that it must be read again."""
        secret = {leaf_of(one.finding.about.part or "", self._keys) for one in verdict.findings if one.confidential}
        self._visit.keep(list(self._results(secret)))

    def _results(self, secret: set[str]) -> Iterator[tuple[bytes, bytes]]:
        of_the_mail = not secret <= self._keys.keys()  # a mark in the subject, or in what is no leaf
        for path, key in self._keys.items():
            if of_the_mail or path in secret:
                yield key, b""
            elif (
                path not in self._known
                and self.inspection.origin == self._origin
                and (frames := self.inspection.readings.get(path))
            ):
                yield key, b"".join(octets for frame in frames for octets in encode_reply(frame))


class Readings:
    """Reads mails for one front end, and takes what is known of their leaves."""

    def __init__(self, pool: WorkerPool, secret: bytes) -> None:
        """Prepare; `secret` is the key of the digests, the same for all front ends of one start. Empty: keep nothing."""
        self._pool = pool
        self._secret = secret
        self.going: set[str] = set()
        """Ids of requests that are being read and from which something may be kept."""

    @asynccontextmanager
    async def read(
        self,
        request: InspectionRequest,
        content: bytes | mmap.mmap,
        *,
        content_fd: int | None,
        sender: str,
        later_s: float = 0.0,
    ) -> AsyncIterator[Reading]:
        """Read a mail, or take what is known of it; what was not kept at the end may be read by others.

        Mails that come up to `later_s` seconds later have their turn before it.
        """
        request = structs.replace(request, root=unique(request.root))
        origin = self._pool.process.origin
        visit = self._pool.desk.visit(hashlib.blake2b(sender.encode("utf-8", "replace"), digest_size=8).digest())
        try:
            keys = await self._keys(request, content, origin) if origin and self._secret else {}
            if keys:
                self.going.add(request.id)
            found = dict(zip(keys, await visit.ask(list(keys.values())), strict=True)) if keys else {}
            known = {path: list(FrameReader().feed(value)) for path, value in found.items() if value}
            kept, again = frozenset(known), b"" in found.values()
            unknown = [leaf for leaf in request.root.leaves() if leaf.path not in known]
            if known and (texts := _texts(unknown, content)):
                known.update(texts)
            cost_s = -AGAIN_S / PATIENCE if again else sum(map(expected_s, unknown))
            cost_s += later_s / PATIENCE
            inspection = await self._pool.inspect(
                request, content_fd=content_fd, known=_frames(known), visit=visit, cost_s=cost_s
            )
            if known and inspection.asked:
                # Something is locked, and the password may be in what was not read this time.
                inspection = await self._pool.inspect(request, content_fd=content_fd, visit=visit, cost_s=cost_s)
            yield Reading(inspection, keys=keys, known=kept, visit=visit, origin=origin)
        finally:
            self.going.discard(request.id)
            visit.keep()

    async def _keys(self, request: InspectionRequest, content: bytes | mmap.mmap, origin: int) -> dict[str, bytes]:
        """Return the keys of the leaves that may be kept, by path."""
        parts = list(request.root.walk())
        if any(part.declared_type in _WHOLE or is_signature(part) for part in parts):
            return {}
        if any(one.whole for one in request.observers):
            return {}
        day = request.now.astimezone().date()
        about = repr((gateway.__version__, origin, day, structs.astuple(request.limits), request.observers))
        leaves = list(request.root.leaves())
        if len(content) > _HASHED_AT_ONCE:
            return await asyncio.to_thread(self._digests, leaves, content, about)
        return self._digests(leaves, content, about)

    def _digests(self, leaves: list[Part], content: bytes | mmap.mmap, about: str) -> dict[str, bytes]:
        keys = {leaf.path: self._digest(leaf, content, about) for leaf in leaves}
        if isinstance(content, mmap.mmap):
            content.madvise(mmap.MADV_DONTNEED)
        return keys

    def _digest(self, leaf: Part, content: bytes | mmap.mmap, about: str) -> bytes:
        """Return GMAC of the bytes, under a key made of all else: under a secret key none can be forged."""
        plain = structs.replace(leaf, offset=0, header=(), children=())
        said = f"{about}\0{plain!r}".encode("utf-8", "surrogatepass")
        key = hashlib.blake2b(said, key=self._secret, digest_size=32).digest()
        with memoryview(content) as view, view[leaf.offset : leaf.offset + leaf.length] as body:
            return AESGCM(key).encrypt(bytes(12), b"", body)


def expected_s(leaf: Part) -> float:
    """Return the processor time that a leaf is expected to take, by its type and size."""
    of_a_mib = next((cost_s for kind, cost_s in _MIB_S.items() if leaf.declared_type.startswith(kind)), _OTHER_MIB_S)
    return of_a_mib * leaf.length / (1 << 20)


def _texts(leaves: list[Part], content: bytes | mmap.mmap) -> dict[str, list[Frame]]:
    """Read plain texts here when nothing else is left to read; empty when a child is needed all the same."""
    read: dict[str, list[Frame]] = {}
    for leaf in leaves:
        found = read_text(leaf, content)
        if found is None:
            return {}
        part, document = found
        done = Done(path=leaf.path, used=Used(), alone=True)
        read[leaf.path] = [Result(part=part, documents=(document,)), done]
    return read


def _frames(known: dict[str, list[Frame]]) -> Iterable[Frame]:
    return [frame for frames in known.values() for frame in frames]
