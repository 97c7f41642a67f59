"""`gateway trust list | check | add | update`: trust anchors.

`add` copies an authority's certificate into the folder only when its fingerprint is pinned in the manifest or given by
hand; `update` fetches the revocation lists that the manifest names, from those addresses only, and stores a list only when
an anchor of the folder signed it and it is no older than what is there. Nothing is ever fetched while a mail waits.
"""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.common import EXIT_REFUSED
from gateway.commands.options import command, group, words
from gateway.commands.progress import progress
from gateway.documents.signatures import crl
from gateway.documents.signatures.certificates import (
    distinguished_name,
    fingerprint,
    is_authority,
    load_certificates,
    validity,
)
from gateway.documents.signatures.trust import CERTIFICATE_SUFFIXES, LIMIT_BYTES, Pin, TrustStore, load_pins
from gateway.documents.signatures.wall import LibraryFault
from gateway.errors import UserError
from gateway.files import read_file
from gateway.system.atomic_file import replace_file
from gateway.texts.catalogue import both, reasons
from gateway.vietnamese.printed import clean

_TIMEOUT_S = 20


_say = partial(both, "start", "trust")
app = group("trust")


@command(app, "list")
def show(certs: Path) -> int:
    """Liệt kê gốc tin cậy và CRL / list the anchors and the age of their revocation lists."""
    store = TrustStore.load(certs)
    if not store.anchors:
        print(_say("none", folder=certs))
    for anchor in store.anchors:
        begin, end = validity(anchor)
        print(f"{fingerprint(anchor)[:16]}  {begin:%Y-%m-%d}..{end:%Y-%m-%d}  {distinguished_name(anchor.subject)}")
        for one in store.lists:
            if one.issuer == anchor.subject.hashable:
                print(f"{'':18}CRL {one.this_update:%Y-%m-%d}..{_day(one.next_update)}")
    return 0


@command(app, "check")
def trust_check(certs: Path) -> int:
    """Báo thiếu, hết hạn, CRL cũ / say what is missing, expired or stale."""
    return check(certs)


def check(folder: Path, *, now: datetime | None = None) -> int:
    """Say what is missing, expired or stale; 1 when anything is."""
    moment = now or datetime.now(UTC)
    store = TrustStore.load(folder)
    complaints = list(_complaints(store, folder, moment))
    for line in complaints:
        print(line)
    if not complaints:
        print(_say("whole", folder=folder, anchors=len(store.anchors), lists=len(store.lists)))
    return EXIT_REFUSED if complaints else 0


def _complaints(store: TrustStore, folder: Path, now: datetime) -> Iterator[str]:
    if not store.anchors:
        yield _say("none", folder=folder)
    held = {fingerprint(anchor) for anchor in store.anchors}
    for pin in store.pins:
        if pin.file and pin.sha256 not in held:
            yield _say("missing", file=pin.file, name=pin.subject, origin=pin.origin)
    for anchor in store.anchors:
        name = distinguished_name(anchor.subject)
        if validity(anchor)[1] < now:
            yield _say("expired", name=name)
        own = [one for one in store.lists if one.issuer == anchor.subject.hashable and one.trusted_keys]
        if not own:
            yield _say("no_list", name=name)
        elif all(one.next_update is not None and one.next_update < now for one in own):
            yield _say("stale", name=name)
    for one in store.lists:
        if not one.trusted_keys:
            yield _say("strange_list", name=one.parsed.issuer.rfc4514_string())


@command(app, "add")
def add(
    certs: Path,
    sources: Annotated[list[Path], typer.Argument(help=words("anchors"))],
    sha256: Annotated[str | None, typer.Option(help=words("fingerprint"))] = None,
) -> int:
    """Thêm gốc tin cậy sau khi so dấu vân tay / add an anchor after comparing its fingerprint."""
    pins = load_pins(certs / "manifest.yaml") if (certs / "manifest.yaml").exists() else ()
    known = {pin.sha256: pin for pin in pins}
    wanted = (sha256 or "").replace(":", "").lower()
    if not certs.is_dir():
        raise UserError(_say("no_folder", folder=certs))
    for file in _certificate_files(sources):
        try:
            certificates = load_certificates(read_file(file))
        except LibraryFault:
            raise UserError(_say("no_certificate", file=file)) from None
        for certificate in certificates:
            found = fingerprint(certificate)
            name = clean(distinguished_name(certificate.subject), limit=300)
            if not is_authority(certificate):
                print(_say("no_authority", name=name))
                continue
            if found not in known and found != wanted:
                words = _say("not_pinned", file=file, name=name)
                raise UserError(f"{words}\n  gateway trust add --sha256 {found} {file}")
            target = certs / (known[found].file if found in known and known[found].file else f"{found[:16]}.cer")
            replace_file(target, certificate.dump(), mode=0o644)
            print(_say("added", file=target.name, name=name))
    return 0


def _certificate_files(sources: Sequence[Path]) -> Iterator[Path]:
    """Yield every file that is named, and of a folder those with a certificate's ending; UserError for one with none."""
    for source in sources:
        if not source.is_dir():
            yield source
            continue
        files = [file for file in sorted(source.iterdir()) if file.suffix.lower() in CERTIFICATE_SUFFIXES]
        if not files:
            endings = ", ".join(sorted(CERTIFICATE_SUFFIXES))
            raise UserError(_say("no_files", folder=source, endings=endings))
        yield from files


@command(app, "update")
def update(certs: Path) -> int:
    """Tải danh sách thu hồi / fetch the revocation lists that the manifest names."""
    store = TrustStore.load(certs)
    wanted = [pin for pin in store.pins if pin.crl and pin.file]
    if not wanted:
        print(_say("no_crls", folder=certs))
    failed = 0
    with progress("trust", len(wanted)) as tick:
        for pin in wanted:
            try:
                print(f"{pin.crl}: {_fetch(certs, store, pin)}")
            except UserError as error:
                failed = EXIT_REFUSED
                print(f"{pin.crl}: {error}", file=sys.stderr)
            tick(1)
    return failed


def _fetch(folder: Path, store: TrustStore, pin: Pin) -> str:
    if not pin.crl.startswith(("http://", "https://")):
        raise UserError(_say("crl_address"))
    try:
        # The address comes from the administrator's own manifest; the list proves itself by its signature.
        with urllib.request.urlopen(pin.crl, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            data = answer.read(LIMIT_BYTES + 1)
    except (OSError, ValueError, HTTPException) as error:
        cause, said = getattr(error, "reason", None), clean(str(error) or type(error).__name__, limit=300)
        raise UserError(_say("crl_unfetched", reason=reasons(cause) if isinstance(cause, OSError) else said)) from None
    if len(data) > LIMIT_BYTES:
        raise UserError(_say("crl_large", mib=LIMIT_BYTES >> 20))
    try:
        one = crl.load_list(data, embedded=False)
    except LibraryFault:
        raise UserError(_say("crl_none")) from None
    authority = next((anchor for anchor in store.anchors if fingerprint(anchor) == pin.sha256), None)
    if authority is None or one.issuer != authority.subject.hashable or not crl.is_signed_by(one, authority):
        raise UserError(_say("crl_foreign"))
    if any(
        held.trusted_keys and held.issuer == one.issuer and held.this_update > one.this_update for held in store.lists
    ):
        raise UserError(_say("crl_older", day=_day(one.this_update)))
    (folder / "crl").mkdir(exist_ok=True)
    replace_file(folder / "crl" / f"{pin.sha256[:16]}.crl", data, mode=0o644)
    days = f"{one.this_update:%Y-%m-%d}..{_day(one.next_update)}"
    return _say("crl_fetched", entries=len(one.parsed), days=days)


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment is not None else "-"
