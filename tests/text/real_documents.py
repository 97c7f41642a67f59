"""Real public documents of the corpus, read by the gateway's readers, with what a person says of each.

The corpus stays outside the project; where it is absent there is nothing here. A format whose reader is not there yet is
left out. Labels are by a part of the file name: official document or not, as its head shows: a statute with its head is one,
the text of a statute from a database is none. What a person would argue about (slips for internal circulation, regulations
in an annex) has no label.
"""

import importlib
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from gateway.documents.readers import registry
from gateway.documents.readers.base import Budget, ReadError, Source
from gateway.model import Document, formats
from tests.text.accuracy import CORPUS

TYPES = {
    ".docx": formats.DOCX.media_type,
    ".pdf": "application/pdf",
    ".rtf": "application/rtf",
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
}
OFFICIAL = (
    "das__", "Quyet_dinh_93-2007", "Thong_tu_01-2011", "Nghi_dinh_86", "QD9UB1", "vbai__2114", "vbai__253_du_thao", "vbai__255_du_thao",
    "vbai__36-HD", "vbai__478_SNV", "vbai__62_kem", "vbai__779qd", "vbai__CV_", "vbai__Du_thao_CV", "vbai__QD_", "vbai__To-trinh",
    "vbai__ve_viec", "vbai__test_qc", "vbplus__30_2020", "2003-02144qd", "2004-0328NDCP", "2006-16EZE", "2006-1E499", "2008-23.QD-991",
    "synthetic-vni-2003-02120", "2003-A04", "2003-A06", "2003-A28", "2002-0112qd", "Luat_hop_tac_xasuadoi",
)  # fmt: skip
NOT_OFFICIAL = (
    "mauvanban__", "vanbanai__", "vbai__GIAI_TRINH", "vbplus__Phuluc", "B1-1-DONTC", "B1-3-LLTC", "HDTMDT", "Francois_Godement",
    "1113C_Michele", "13D56_Le", "1E849_Tran", "nghiencuu_2004", "KH2003-bieu", "Danh_muc.xls", "NK_01-05", "XK_01-05", "Bang-bieu", "CKTC_NSH",
    "Mau-MD", "huong-dan-ghi-phieu", "solieu9thang", "KTTrangTrai", "NGHI_DINH_37", "2003-A37", "2004-A33", "2004-B6", "NghiDinh116",
    "NghiDinh29", "TT132001",
)  # fmt: skip
LEGACY = ("viparse__",)
"""Files that their collectors say are in a legacy encoding."""
UNICODE = ("das__", "mauvanban__", "vanbanai__", "vbai__", "vbplus__")
"""Files in Unicode, some with legacy fonts among their styles."""


@cache
def documents() -> tuple[tuple[str, Document], ...]:
    """Every file of the corpus that can be read, by name."""
    return tuple(_read())


def _read() -> Iterator[tuple[str, Document]]:
    for path in sorted((CORPUS / "vietnam").glob("*")):
        kind = TYPES.get(path.suffix.lower())
        if kind is None or importlib.util.find_spec(str(registry.module_of(kind))) is None:
            continue
        document = _document(path, kind)
        if document is not None:
            yield path.name, document


def _document(path: Path, kind: str) -> Document | None:
    reader = importlib.import_module(str(registry.module_of(kind)))
    try:
        reading = reader.read(
            Source(data=path.read_bytes(), part="2", filename=path.name, detected_type=kind), Budget()
        )
    except ReadError:
        return None
    return reading.document


def labelled(names: tuple[str, ...]) -> list[tuple[str, Document]]:
    """The documents with words whose names hold one of the given parts."""
    return [
        (name, d)
        for name, d in documents()
        if any(part in name for part in names) and any(run.text.strip() for run in d.runs)
    ]
