"""LibreOffice as a converter, and as a judge of signatures with a profile of its own whose only trusted roots are the given ones."""

import json
import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from gateway.demo.pki import Identity
from tests.support.nss import Holder, make_apart

_MOST_OCTETS = 64 << 20
needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


def convert(
    files: Iterable[Path], target: str, folder: Path, *, fonts: Path | None = None, timeout: float = 300
) -> None:
    """Let LibreOffice convert files into a folder, with no fonts but those of `fonts`, where given.

    Some of its filters hang on some files and write without end: what it does not finish in time is left out, its whole
    process group is ended, and no file of it grows beyond `_MOST_OCTETS`.
    """
    home = _profile().name
    environment = {**os.environ, "HOME": home, "TMPDIR": home}
    if fonts is not None:
        (folder / "fonts.conf").write_text(
            f'<?xml version="1.0"?><fontconfig><dir>{fonts}</dir><cachedir>{folder}/cache</cachedir></fontconfig>'
        )
        environment["FONTCONFIG_FILE"] = str(folder / "fonts.conf")
    with subprocess.Popen(
        ["soffice", f"-env:UserInstallation=file://{home}/profile", "--headless", "--convert-to", target,
         "--outdir", str(folder), *map(str, files)],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        preexec_fn=_limit_files,  # noqa: PLW1509
    ) as process:  # fmt: skip
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:  # what it left locked or half written is nobody's
        _profile.cache_clear()


def converted(source: Path, kind: str) -> bytes:
    """Return a file as LibreOffice saves it in another format."""
    convert([source], kind, source.parent)
    return source.with_suffix(f".{kind.partition(':')[0]}").read_bytes()


@cache
def _profile() -> tempfile.TemporaryDirectory[str]:
    """Return a home for the conversions of this process: making a profile takes longer than converting a file."""
    return tempfile.TemporaryDirectory(prefix="lo-")


def _limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_OCTETS, _MOST_OCTETS))


@dataclass(frozen=True)
class Opinion:
    """What LibreOffice says of one signature."""

    opened: bool
    """The file opens as a document."""
    valid: bool
    """The cryptography holds."""
    trusted: bool
    """The certificate is valid under the given roots."""
    partial: bool
    """It covers only a part of the document."""
    signer: str


@cache
def missing() -> str:
    """Return why LibreOffice cannot be asked here, empty when it can."""
    if shutil.which("soffice") is None:
        return "soffice is not installed"
    python = _python()
    if subprocess.run([python, "-c", "import uno"], capture_output=True, check=False).returncode:
        return f"{python} has no module uno (python3-uno)"
    return ""


def _python() -> str:
    return "/usr/bin/python3"


def ask(files: Sequence[Path], *, roots: Sequence[bytes], others: Sequence[bytes] = ()) -> list[list[Opinion]]:
    """Return the opinions on each file; ValueError when LibreOffice cannot read one. Certificates are in DER."""
    return [_opinions(answer) for answer in _run("ask", files, roots=roots, others=others)]


def sign(
    files: Sequence[Path], holders: Sequence[Identity], *, roots: Sequence[bytes], others: Sequence[bytes]
) -> None:
    """Have each file signed in place by every holder; ValueError when LibreOffice refuses one."""
    for answer in _run("sign", files, roots=roots, others=others, holders=holders):
        if not isinstance(answer, list) or len(answer) != len(holders) or not all(one["signed"] for one in answer):
            raise ValueError(answer)


def _run(
    what: str,
    files: Sequence[Path],
    *,
    roots: Sequence[bytes],
    others: Sequence[bytes],
    holders: Sequence[Identity] = (),
) -> list[object]:
    with tempfile.TemporaryDirectory(prefix="lo-") as folder:
        home = Path(folder)
        keys = [holder_files(home, number, one) for number, one in enumerate(holders)]
        store = make_apart(home / "nss", _write(home, "root", roots), _write(home, "other", others), keys)
        pipe = f"signatures{os.getpid()}"
        office = subprocess.Popen(
            ["soffice", "--headless", "--norestore", "--nodefault", f"-env:UserInstallation=file://{home}/profile",
             f"--accept=pipe,name={pipe};urp;"],
            env={**os.environ, "MOZILLA_CERTIFICATE_FOLDER": str(store), "HOME": folder},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            script = Path(__file__).with_name("uno_signatures.py")
            command = [_python(), str(script), what, pipe, *(str(file.resolve()) for file in files)]
            clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300, env=clean)
            office.wait(300)
        finally:
            if office.poll() is None:
                os.killpg(office.pid, 9)
                office.wait(300)
    return [json.loads(line) for line in done.stdout.splitlines()]


def holder_files(home: Path, number: int, identity: Identity) -> Holder:
    """Write what NSS needs of somebody who signs."""
    one = Holder(*(home / f"holder{number}.{kind}" for kind in ("cer", "key", "modulus")))
    one.certificate.write_bytes(identity.certificate_der)
    one.key.write_bytes(identity.key_der)
    modulus = identity.key.public_key().public_numbers().n
    one.modulus.write_bytes(modulus.to_bytes((modulus.bit_length() + 7) // 8))
    return one


def _write(home: Path, name: str, certificates: Sequence[bytes]) -> list[Path]:
    files = []
    for number, data in enumerate(certificates):
        files.append(home / f"{name}{number}.cer")
        files[-1].write_bytes(data)
    return files


def _opinions(answer: object) -> list[Opinion]:
    if not isinstance(answer, list):
        raise ValueError(answer)
    return [
        Opinion(one["opened"], one["valid"], one["certificate"] == 0, one["partial"], one["signer"]) for one in answer
    ]
