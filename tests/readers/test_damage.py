"""Damaged files of every kind are read, read in part, or refused with a cause, in time; nothing else is raised."""

import gzip
import time

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.readers.archives import rar, seven_zip, stream, tar
from gateway.documents.readers.base import Budget, ReadError, Source
from gateway.documents.readers.excel import xls
from gateway.documents.readers.mail import tnef
from gateway.documents.readers.ooxml import reader as ooxml
from gateway.documents.readers.powerpoint import ppt
from gateway.documents.readers.word import doc
from tests.readers import test_archives_other as archives
from tests.readers import test_doc, test_docx_hostile, test_ppt, test_tnef, test_xls
from tests.readers.ole_support import damaged
from tests.support.cases import examples
from tests.support.octets import seven_zip as seven_zip_of
from tests.support.octets import tarred

pytestmark = pytest.mark.slow

SOUND = {
    "doc": (doc, "", test_doc.SMALL),
    "xls": (xls, "", test_xls.SMALL),
    "ppt": (ppt, "", test_ppt.SMALL),
    "docx": (ooxml, "", test_docx_hostile.SAMPLE),
    "tnef": (tnef, "application/ms-tnef", test_tnef.SOUND),
    "7z": (seven_zip, archives.SEVEN, seven_zip_of({"a.txt": archives.TEXT})),
    "rar4": (rar, archives.RAR, archives.RARS[0]),
    "rar5": (rar, archives.RAR, archives.RARS[1]),
    "tar": (tar, archives.TAR, tarred({"a.txt": archives.TEXT})),
    "gz": (stream, "application/gzip", gzip.compress(archives.TEXT)),
    "zst": (stream, "application/zstd", zstd.compress(archives.TEXT)),
}


@pytest.mark.parametrize("kind", SOUND)
@examples(150)
@given(seed=st.integers(0, 1 << 32))
def test_a_damaged_file_is_read_or_refused_with_a_cause_in_time(kind, seed):
    reader, detected, data = SOUND[kind]
    source = Source(data=damaged(data, seed), part="1", detected_type=detected, passwords=("x",))
    began = time.process_time()
    try:
        reader.read(source, Budget())
    except ReadError as error:
        assert error.reason  # noqa: PT017
    assert time.process_time() - began < 2
