"""Reports as files, read and verified with the readers in this process."""

import functools

from gateway.model import Document, ReadStatus
from gateway.report import proof
from gateway.report.labels import labels
from gateway.report.render import Format, render
from gateway.report.write import write
from tests.report.support import make, report
from tests.support.policies import preset
from tests.support.reading import document_of

POLICIES = preset()


def read(octets: bytes, form: Format) -> Document:
    document = document_of(octets, f"a.{form.value}")
    assert document.status is ReadStatus.OK, document.reason
    return document


def lines(octets: bytes, form: Format) -> tuple[str, ...]:
    return proof.text_lines(octets) if form in {Format.CSV, Format.JSON} else proof.lines_of(read(octets, form))


def rendered(data, form: Format, **wanted) -> bytes:
    return _rendered(data, form, tuple(wanted.items()))


@functools.cache
def _rendered(data, form: Format, wanted: tuple) -> bytes:
    made = report(data, **dict(wanted))
    return render(made, labels(made, POLICIES, None), form)


def verified(data, octets: bytes, form: Format) -> proof.Differences:
    """Return what `gateway report verify` finds, with the readers in this process."""
    found = lines(octets, form)
    asked = proof.asked(found)
    assert asked is not None
    ours, blanks = _given(data, asked, form)
    return proof.compare(ours, found, blanks=blanks, strict=form is not Format.DOCX)


@functools.cache
def _given(data, asked: proof.Asked, form: Format) -> tuple[tuple[str, ...], tuple]:
    """Return the lines of the file that the log gives, and what an office may fill in there."""
    made = make(data, asked.wanted, now=asked.made, again=asked.again)
    names = labels(made, POLICIES, None, asked.language)
    blanks = proof.blanks(write(made, names, asked.language)) if form is Format.DOCX else ()
    return lines(render(made, names, form, asked.language), form), blanks
