"""Kind of certificate holder: an organisation (its digital seal) or a person.

No standard attribute says so. The administrator's roles file decides where it speaks; else the shapes seen in
certificates of Ban Cơ yếu Chính phủ and of the licensed public authorities give a hint, which is reported and never
enforced by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gateway.documents.signatures.rows import read_rows
from gateway.model import HolderKind, Signer
from gateway.vietnamese.unit_names import fold

_UNIT_WORDS = (
    "ỦY BAN", "UBND", "HỘI ĐỒNG NHÂN DÂN", "HĐND", "VĂN PHÒNG", "PHÒNG", "SỞ", "TRUNG TÂM", "TRƯỜNG", "BAN", "BỘ",
    "CHI CỤC", "CỤC", "TỔNG CỤC", "CÔNG AN", "CÔNG TY", "THANH TRA", "BỆNH VIỆN", "TRẠM Y TẾ", "HẠT KIỂM LÂM", "HỘI",
    "ĐẢNG ỦY", "ĐẢNG BỘ", "THÀNH ỦY", "QUẬN ỦY", "LIÊN ĐOÀN", "MẶT TRẬN", "TÒA ÁN", "VIỆN", "KHO BẠC", "BẢO HIỂM",
    "BAN QUẢN LÝ", "HỢP TÁC XÃ", "NGÂN HÀNG",
)  # fmt: skip


_TITLE = re.compile(r"(?:^|,)T=")
_UNIT_PREFIXES = tuple(fold(word) + " " for word in _UNIT_WORDS)


@dataclass(frozen=True)
class Role:
    """One row of the roles file: certificates that match it are held by that kind of holder."""

    kind: HolderKind
    subject: str = ""
    """Exact distinguished name, RFC 4514, as `gateway verify` prints it."""
    serial: str = ""
    """Serial number in hex; with `issuer` when that is given."""
    issuer: str = ""
    tax_id: str = ""
    unit: str = ""
    """Unit of the directory that it signs for."""

    def matches(self, signer: Signer) -> bool:
        """Compare exactly, never by substring: names that look alike are how impostors come in."""
        if self.subject and fold(self.subject) == fold(signer.subject):
            return True
        if self.serial and self.serial.lower().lstrip("0") == signer.serial.lower().lstrip("0"):
            return not self.issuer or fold(self.issuer) == fold(signer.issuer)
        return bool(self.tax_id) and self.tax_id == signer.tax_id


def load_roles(path: Path) -> tuple[Role, ...]:
    """Read the `roles:` of a file, each with `kind: organisation` or `person`; ConfigError names what is wrong."""
    return read_rows(path, "roles", Role, _role)


def _role(row: dict[str, str]) -> Role:
    values = dict(row)
    kind = values.pop("kind")
    if kind not in {HolderKind.ORGANISATION.value, HolderKind.PERSON.value}:
        raise ValueError("kind: organisation hoặc person / organisation or person")
    role = Role(kind=HolderKind(kind), **values)
    if not (role.subject or role.serial or role.tax_id):
        raise ValueError("cần subject, serial hoặc tax_id / give subject, serial or tax_id")
    return role


def kind_of(signer: Signer, roles: tuple[Role, ...] = ()) -> HolderKind:
    """Return the kind of holder: by the roles file, else by the shape of the name, UNKNOWN when neither speaks."""
    for role in roles:
        if role.matches(signer):
            return role.kind
    if signer.citizen_id is not None:
        return HolderKind.PERSON
    name = signer.common_name
    if name is None:
        return HolderKind.ORGANISATION if signer.tax_id else HolderKind.UNKNOWN
    folded = fold(name)
    if signer.tax_id is not None and not _looks_like_person(signer, folded):
        return HolderKind.ORGANISATION
    owners = {fold(owner) for owner in (signer.organisation, signer.organisational_unit) if owner}
    if folded in owners or f"{folded} ".startswith(_UNIT_PREFIXES):
        return HolderKind.ORGANISATION
    return HolderKind.PERSON


def _looks_like_person(signer: Signer, folded_name: str) -> bool:
    """An employee's certificate may carry the tax number of the employer beside a title."""
    return _TITLE.search(signer.subject) is not None and not folded_name.startswith(_UNIT_PREFIXES)
