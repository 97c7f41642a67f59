"""Updates of signed PDF files whose cross-reference has a second reading: what viewers show is not what was judged."""

from __future__ import annotations

import re
import struct

import pytest

from gateway.demo.sign import PdfSigning, sign_pdf
from gateway.model import Changes, Indication
from gateway.signatures import verify
from tests.pki.tree import NOW, letter_pdf, store, tree

EMPTY = "<</Length 3>>\nstream\nq Q\nendstream\nendobj\n"


def look(data):
    return verify(data, part="1", filename="a.pdf", detected_type="application/pdf", trust=store(), now=NOW)


def stand(data):
    return {one.indication for one in look(data)} == {Indication.TOTAL_PASSED}


@pytest.fixture(scope="module")
def once():
    return sign_pdf(letter_pdf(), tree().g2_person)


class Update:
    """A revision written by hand after a signed file."""

    def __init__(self, signed):
        self.data = signed
        self.start = int(re.findall(rb"startxref\s+(\d+)", signed)[-1])
        self.root = re.findall(rb"/Root (\d+ \d+ R)", signed)[-1].decode()
        self.free = max(int(one) for one in re.findall(rb"/Size (\d+)", signed))
        self.content = int(re.search(rb"/Contents (\d+) 0 R", signed).group(1))
        self.place = signed.index(f"\n{self.content} 0 obj".encode()) + 1
        """Where the signed content of the page lies."""

    def add(self, text):
        """Append; return where."""
        place = len(self.data)
        self.data += text if isinstance(text, bytes) else text.encode()
        return place

    def body(self, generation=0):
        """Append another content of the page."""
        return self.add(f"{self.content} {generation} obj\n{EMPTY}")

    def stream(self, entries, *, own=True):
        """Append a cross-reference stream over [(number, place)]; return where."""
        place, number = len(self.data), self.free + 1
        rows = [*entries, *([(number, place)] if own else [])]
        index = " ".join(f"{one} 1" for one, _ in rows)
        body = b"".join(struct.pack(">BIH", 1, offset, 0) for _, offset in rows)
        head = f"/Type/XRef/Size {self.free + 9}/W[1 4 2]/Index[{index}]/Root {self.root}/Prev {self.start}"
        self.add(f"{number} 0 obj\n<<{head}/Length {len(body)}>>\nstream\n".encode() + body + b"\nendstream\nendobj\n")
        return place

    def table(self, entries, *, more=""):
        """Append a table over [(number, place, generation)]; return where."""
        rows = "".join(f"{number} 1\n{place:010} {generation:05} n \n" for number, place, generation in entries)
        trailer = f"<</Size {self.free + 9}/Root {self.root}/Prev {self.start}{more}>>"
        return self.add(f"xref\n{rows or '0 0' + chr(10)}trailer\n{trailer}\n")

    def finish(self, place):
        """End the file with a cross-reference at `place`."""
        return self.data + f"startxref\n{place}\n%%EOF\n".encode()


@pytest.mark.parametrize("generation", [1, 7])
def test_the_page_s_content_does_not_come_back_in_another_generation(once, generation):
    """Most viewers look for the number alone and would show the new page."""
    update = Update(once)
    place = update.body(generation)
    assert not stand(update.finish(update.table([(update.content, place, generation)])))


@pytest.mark.parametrize("new_first", [True, False])
def test_a_table_that_lists_an_object_twice_has_two_readings(once, new_first):
    update = Update(once)
    entries = [(update.content, update.body(), 0), (update.content, update.place, 0)]
    (one,) = look(update.finish(update.table(entries if new_first else entries[::-1])))
    assert one.changes is Changes.FORBIDDEN
    assert "two-readings" in one.problems


@pytest.mark.parametrize("new_first", [True, False])
def test_a_stream_that_lists_an_object_twice_has_two_readings(once, new_first):
    update = Update(once)
    entries = [(update.content, update.body()), (update.content, update.place)]
    (one,) = look(update.finish(update.stream(entries if new_first else entries[::-1])))
    assert one.changes is Changes.FORBIDDEN


@pytest.mark.parametrize("in_stream", [True, False])
def test_a_hybrid_file_whose_table_and_stream_disagree_has_two_readings(once, in_stream):
    update = Update(once)
    places = [update.body(), update.place]
    stream = update.stream([(update.content, places[not in_stream])])
    table = update.table([(update.content, places[in_stream], 0)], more=f"/XRefStm {stream}")
    (one,) = look(update.finish(table))
    assert one.changes is Changes.FORBIDDEN


def test_an_object_that_an_update_holds_and_does_not_list_has_two_readings(once):
    """A viewer that mends the file finds it; nothing in an honest update is unlisted."""
    update = Update(once)
    update.body()
    (one,) = look(update.finish(update.table([])))
    assert one.changes is Changes.FORBIDDEN


def test_updates_that_change_nothing_have_one_reading(once):
    update = Update(once)
    assert stand(update.finish(update.table([])))
    update = Update(once)
    assert stand(update.finish(update.stream([])))
    assert stand(update.finish(update.stream([], own=False)))


def test_the_seal_does_not_heal_an_update_with_two_readings(once):
    update = Update(once)
    entries = [(update.content, update.body(), 0), (update.content, update.place, 0)]
    between = update.finish(update.table(entries))
    sealed = sign_pdf(between, tree().g2_seal, PdfSigning(field="Signature2", box=(10, 10, 40, 40)))
    assert not stand(sealed)
