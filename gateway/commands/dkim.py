"""`gateway dkim keygen|check`. A private key is never printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.common import Result
from gateway.commands.options import command, group, words
from gateway.errors import UserError
from gateway.identity.dkim_sign import Signer, load_signer, new_key, pem, public_key
from gateway.identity.resolver import DnsOutage, Resolver
from gateway.system.atomic_file import make_file
from gateway.texts.catalogue import reason

app = group("dkim")
_DOMAIN = Annotated[str, typer.Argument(help=words("domain"))]
_SELECTOR = Annotated[str, typer.Argument(help=words("selector"))]


@command(app, "keygen")
def keygen(
    domain: _DOMAIN,
    selector: _SELECTOR,
    key: Annotated[Path, typer.Argument(help=words("new_key"))],
    ed25519: Annotated[bool, typer.Option("--ed25519", help=words("ed25519"))] = False,
) -> Result:
    """Tạo khóa ký DKIM / make a DKIM key and show the record to publish."""
    made, path = new_key("ed25519-sha256" if ed25519 else "rsa-sha256"), key
    try:
        make_file(path, pem(made))
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


@command(app, "check")
def dkim_check(
    domain: _DOMAIN, selector: _SELECTOR, key: Annotated[Path, typer.Argument(help=words("dkim_key"))]
) -> Result:
    """So khóa với DNS / compare a key with what the DNS publishes."""
    return check(domain, selector, key, Resolver())


def check(domain: str, selector: str, path: Path, resolver: Resolver) -> Result:
    """Compare a key file with what the DNS publishes for it: 0 the same, 1 not."""
    signer = load_signer(domain, selector, path)
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
