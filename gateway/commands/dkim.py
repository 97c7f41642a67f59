"""`gateway dkim keygen|check`: functions to a text and an exit code; UserError. A private key is never printed."""

from __future__ import annotations

from pathlib import Path

from gateway.commands.common import Result
from gateway.errors import UserError
from gateway.identity.dkim_sign import Algorithm, Signer, load_signer, new_key, pem, public_key
from gateway.identity.resolver import DnsOutage, Resolver
from gateway.system.atomic_file import make_file
from gateway.texts.catalogue import reason


def keygen(domain: str, selector: str, path: Path, *, algorithm: Algorithm = "rsa-sha256") -> Result:
    """Write a new key to a file that does not exist yet (mode 0600) and show the record to publish."""
    key = new_key(algorithm)
    try:
        make_file(path, pem(key))
    except FileExistsError:
        raise UserError(f"{path} đã có, không ghi đè / exists and is not overwritten") from None
    except OSError as error:
        raise UserError(f"không ghi được {path} / cannot write {path}: {reason(error)}") from None
    try:
        signer = load_signer(domain, selector, path)
    except UserError:
        path.unlink()
        raise
    return Result(_published(signer), 0)


def _published(signer: Signer) -> str:
    record = signer.record()
    strings = " ".join(f'"{record[start : start + 250]}"' for start in range(0, len(record), 250))
    return f"{signer.selector}._domainkey.{signer.domain}. IN TXT ( {strings} )"


def check(domain: str, selector: str, path: Path, resolver: Resolver | None = None) -> Result:
    """Compare a key file with what the DNS publishes for it: 0 the same, 1 not."""
    signer, resolver = load_signer(domain, selector, path), resolver or Resolver()
    try:
        records = resolver.start().texts(f"{selector}._domainkey.{domain}")
    except DnsOutage as error:
        raise UserError(f"DNS không trả lời / no answer from the DNS: {error}") from None
    name = f"{selector}._domainkey.{domain}"
    if not records:
        return Result(f"{name}: chưa công bố / not published. {_published(signer)}", 1)
    if len(records) > 1:
        return Result(f"{name}: có {len(records)} bản ghi, chỉ được một / more than one record", 1)
    published = "".join(records[0].decode("ascii", "replace").partition("p=")[2].partition(";")[0].split())
    if published != public_key(signer.key):
        return Result(f"{name}: khóa công bố khác khóa trong {path} / another key is published", 1)
    return Result(f"{name}: khớp / matches {path} ({signer.algorithm})", 0)
