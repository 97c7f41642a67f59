"""Makes an NSS certificate store with trusted roots, as LibreOffice and pdfsig read one, and with keys to sign by.

`python nss.py FOLDER ROOT.cer... [-- OTHER.cer... [-- CERTIFICATE.cer KEY.der MODULUS...]]`

Through libnss3 itself, which every LibreOffice brings along; `certutil` is a package of its own. Runs in a process of its own,
since NSS is initialised once a process.
"""

import ctypes
import ctypes.util
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TRUSTED = 8 | 16
"""CERTDB_VALID_CA and CERTDB_TRUSTED_CA (certdb.h)."""


_ALL_USAGES = 0xFF


class _Item(ctypes.Structure):
    """SECItem (seccomon.h)."""

    _fields_ = (("type", ctypes.c_uint), ("data", ctypes.c_char_p), ("length", ctypes.c_uint))


class _Trust(ctypes.Structure):
    _fields_ = (("ssl", ctypes.c_uint), ("email", ctypes.c_uint), ("signing", ctypes.c_uint))


@dataclass(frozen=True)
class Holder:
    """Who can sign: files with a certificate, its RSA key in PKCS #8 and the modulus of the key, all without armour."""

    certificate: Path
    key: Path
    modulus: Path


def make(folder: Path, roots: list[Path], others: list[Path], holders: Sequence[Holder] = ()) -> None:
    """Write `cert9.db` and its companions; RuntimeError when NSS refuses anything."""
    names = [ctypes.util.find_library(name) for name in ("nss3", "smime3")]
    if None in names:
        raise RuntimeError("libnss3 is not installed")
    nss, smime = (ctypes.CDLL(name) for name in names)
    nss.PK11_GetInternalKeySlot.restype = ctypes.c_void_p
    smime.CERT_DecodeCertFromPackage.restype = ctypes.c_void_p
    smime.CERT_DecodeCertFromPackage.argtypes = (ctypes.c_char_p, ctypes.c_int)
    nss.PK11_InitPin.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p)
    nss.PK11_ImportCert.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_int)
    nss.CERT_ChangeCertTrust.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(_Trust))
    nss.CERT_GetDefaultCertDB.restype = ctypes.c_void_p
    folder.mkdir(parents=True, exist_ok=True)
    _ask(nss.NSS_InitReadWrite(b"sql:" + str(folder).encode()), "NSS_InitReadWrite")
    slot = nss.PK11_GetInternalKeySlot()
    _ask(nss.PK11_InitPin(slot, None, b""), "PK11_InitPin")
    for holder in holders:
        _add_key(nss, slot, holder)
    for number, file in enumerate([*roots, *others, *(holder.certificate for holder in holders)]):
        data = file.read_bytes()
        certificate = smime.CERT_DecodeCertFromPackage(data, len(data))
        if not certificate:
            raise RuntimeError(f"{file}: no certificate")
        _ask(nss.PK11_ImportCert(slot, certificate, 0, f"authority {number}".encode(), 0), "PK11_ImportCert")
        if any(file == holder.certificate for holder in holders):
            continue
        flags = _TRUSTED if file in roots else 0
        trust = _Trust(flags, flags, flags)
        changed = nss.CERT_ChangeCertTrust(nss.CERT_GetDefaultCertDB(), certificate, ctypes.byref(trust))
        _ask(changed, "CERT_ChangeCertTrust")
    nss.NSS_Shutdown()


def _add_key(nss: ctypes.CDLL, slot: int, holder: Holder) -> None:
    nss.PK11_ImportDERPrivateKeyInfo.argtypes = (
        ctypes.c_void_p, ctypes.POINTER(_Item), ctypes.POINTER(_Item), ctypes.POINTER(_Item),
        ctypes.c_int, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p,
    )  # fmt: skip
    octets = [holder.key.read_bytes(), b"holder", holder.modulus.read_bytes()]
    key, name, modulus = (_Item(0, one, len(one)) for one in octets)
    done = nss.PK11_ImportDERPrivateKeyInfo(
        slot, ctypes.byref(key), ctypes.byref(name), ctypes.byref(modulus), 1, 1, _ALL_USAGES, None
    )
    _ask(done, "PK11_ImportDERPrivateKeyInfo")


def _ask(outcome: int, what: str) -> None:
    if outcome != 0:
        raise RuntimeError(what)


def make_apart(folder: Path, roots: list[Path], others: list[Path], holders: Sequence[Holder] = ()) -> Path:
    """`make` in a process of its own; return the folder."""
    keys = [str(file) for one in holders for file in (one.certificate, one.key, one.modulus)]
    command = [sys.executable, __file__, str(folder), *map(str, roots), "--", *map(str, others), "--", *keys]
    subprocess.run(command, check=True, timeout=300)
    return folder


if __name__ == "__main__":
    groups: list[list[Path]] = [[]]
    for given in sys.argv[2:]:
        if given == "--":
            groups.append([])
        else:
            groups[-1].append(Path(given))
    signing = groups[2] if len(groups) > 2 else []
    triples = zip(signing[::3], signing[1::3], signing[2::3], strict=True)
    make(Path(sys.argv[1]), groups[0], groups[1] if len(groups) > 1 else [], [Holder(*one) for one in triples])
