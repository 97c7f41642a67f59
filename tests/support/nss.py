"""Makes an NSS certificate store with trusted roots, as LibreOffice and pdfsig read one: `python nss.py FOLDER ROOT.cer... [-- OTHER.cer...]`.

Through libnss3 itself, which every LibreOffice brings along; `certutil` is a package of its own. Runs in a process of its own,
since NSS is initialised once a process.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import subprocess
import sys
from pathlib import Path

_TRUSTED = 8 | 16
"""CERTDB_VALID_CA and CERTDB_TRUSTED_CA (certdb.h)."""


class _Trust(ctypes.Structure):
    _fields_ = (("ssl", ctypes.c_uint), ("email", ctypes.c_uint), ("signing", ctypes.c_uint))


def make(folder: Path, roots: list[Path], others: list[Path]) -> None:
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
    for number, file in enumerate([*roots, *others]):
        data = file.read_bytes()
        certificate = smime.CERT_DecodeCertFromPackage(data, len(data))
        if not certificate:
            raise RuntimeError(f"{file}: no certificate")
        _ask(nss.PK11_ImportCert(slot, certificate, 0, f"authority {number}".encode(), 0), "PK11_ImportCert")
        flags = _TRUSTED if file in roots else 0
        trust = _Trust(flags, flags, flags)
        changed = nss.CERT_ChangeCertTrust(nss.CERT_GetDefaultCertDB(), certificate, ctypes.byref(trust))
        _ask(changed, "CERT_ChangeCertTrust")
    nss.NSS_Shutdown()


def _ask(outcome: int, what: str) -> None:
    if outcome != 0:
        raise RuntimeError(what)


def make_apart(folder: Path, roots: list[Path], others: list[Path]) -> Path:
    """`make` in a process of its own; return the folder."""
    command = [sys.executable, __file__, str(folder), *map(str, roots), "--", *map(str, others)]
    subprocess.run(command, check=True, timeout=60)
    return folder


if __name__ == "__main__":
    given = sys.argv[2:]
    middle = given.index("--") if "--" in given else len(given)
    make(Path(sys.argv[1]), [Path(one) for one in given[:middle]], [Path(one) for one in given[middle + 1 :]])
