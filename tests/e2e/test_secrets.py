"""What must not be kept is nowhere: a password (promise 6), and the words of a classified mail (promise 4)."""

import base64
import os
import tempfile
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import docx
import pytest

from tests.e2e.gateway_process import configured, four_flags, serving
from tests.support.certificates import Pki
from tests.support.client import RawClient
from tests.support.octets import file_of, zipped
from tests.support.sink import Act, Sink

pytestmark = pytest.mark.slow

LOGIN, COLLEAGUE = "an.binhtan@tphcm.gov.vn", "binh.binhtan@tphcm.gov.vn"
PASSWORD, WRONG = "ChimHoangYen-7Qz!canary", "ChimSeDong-9Wx!canary"
SECRET_FOLDERS = (Path("/dev/shm"), Path("/run"), Path("/var/tmp"), Path(tempfile.gettempdir()))


def spellings(word: str) -> list[bytes]:
    """The octets in which a word may have been kept."""
    plain = word.encode()
    login = LOGIN.encode()
    return [
        plain,
        base64.b64encode(plain).rstrip(b"="),
        base64.b64encode(b"\0" + login + b"\0" + plain).rstrip(b"="),
        plain.hex().encode(),
        plain.hex().upper().encode(),
        word.encode("utf-16-le"),
        word.encode("unicode_escape"),
        repr(word)[1:-1].encode(),
    ]


def files_with(folder: Path, needles: list[bytes], *, newer_than: float = 0.0) -> list[str]:
    """Files below a folder that hold one of the needles, or bear it in their names."""
    found = []
    for path in folder.rglob("*"):
        if any(needle in os.fsencode(path.name) for needle in needles):
            found.append(str(path))
        with suppress(OSError):
            if path.is_file() and not path.is_symlink() and path.stat().st_mtime >= newer_than:
                data = path.read_bytes()
                found += [str(path) for needle in needles if needle in data]
    return found


def process_texts(pids) -> dict[str, bytes]:
    """Command line, environment and name of processes, and what stands behind their open file names."""
    texts = {}
    for pid in pids:
        for name in ("cmdline", "environ", "comm"):
            with suppress(OSError):
                texts[f"{pid}/{name}"] = Path(f"/proc/{pid}/{name}").read_bytes()
        with suppress(OSError):
            for entry in os.scandir(f"/proc/{pid}/fd"):
                with suppress(OSError):
                    texts[f"{pid}/fd/{entry.name}"] = os.fsencode(os.readlink(entry.path))
    return texts


async def auth(client, mechanism: str, password: str):
    match mechanism:
        case "PLAIN":
            return await client.login(LOGIN, password)
        case "PLAIN in two steps":
            assert (await client.cmd("AUTH PLAIN")).code == 334
            return await client.cmd(base64.b64encode(f"\0{LOGIN}\0{password}".encode()))
        case "LOGIN":
            assert (await client.cmd("AUTH LOGIN")).code == 334
            assert (await client.cmd(base64.b64encode(LOGIN.encode()))).code == 334
            return await client.cmd(base64.b64encode(password.encode()))
        case "XOAUTH2":
            token = f"user={LOGIN}\x01auth=Bearer {password}\x01\x01"
            reply = await client.cmd(b"AUTH XOAUTH2 " + base64.b64encode(token.encode()))
            return await client.cmd("") if reply.code == 334 else reply
        case "as an unknown command":
            return await client.cmd(b"AUHT PLAIN " + base64.b64encode(f"\0{LOGIN}\0{password}".encode()))
        case "on a line that is too long":
            return await client.cmd(b"AUTH PLAIN " + base64.b64encode(f"\0{LOGIN}\0{password * 1000}".encode()))
        case _:
            raise ValueError(mechanism)


def submission(pki, sink, *kinds, **sections):
    """A configuration with TLS on both sides that logs everything."""
    certificate, key = map(str, pki.issue("gateway.test"))
    return {
        "listeners": [
            {"kind": kind, "listen": "127.0.0.1:0", "certificate": certificate, "key": key}
            for kind in kinds or ("submission",)
        ],
        "next_hop": {
            "address": f"127.0.0.1:{sink.port}",
            "tls": "starttls",
            "ca_file": str(pki.ca_file),
            "server_name": "city.test",
        },
        "log_level": "debug",
        **sections,
    }


async def test_a_password_appears_nowhere_whatever_becomes_of_the_login(tmp_path):
    pki = Pki(tmp_path)
    content = f"From: {LOGIN}\r\nTo: {COLLEAGUE}\r\nSubject: x\r\n\r\nxin chao\r\n".encode()
    async with Sink(users={LOGIN: PASSWORD}, tls=pki.server("city.test")) as sink:
        # The rule of Điều 6 looks at each accepted password, and keeps nothing of it.
        passwords = {"check": True, "notice": True, "notice_from": "vanphong.binhtan@tphcm.gov.vn"}
        config = submission(pki, sink, "submission", "submissions", passwords=passwords)
        async with serving(tmp_path / "gateway", config=config) as gateway:
            for mechanism in ("PLAIN", "PLAIN in two steps", "LOGIN", "XOAUTH2"):
                for password, code in ((WRONG, 535), (PASSWORD, 235)):
                    async with RawClient(*gateway.address("submission")) as client:
                        await client.ehlo()
                        await client.starttls(pki.client())
                        await client.ehlo()
                        assert (await auth(client, mechanism, password)).code == code, mechanism
                        if code == 235:
                            reply = await client.mail(content, sender=LOGIN, recipients=(COLLEAGUE,))
                            assert reply.code == 250
            for mistake in ("as an unknown command", "on a line that is too long"):
                async with RawClient(*gateway.address("submissions"), tls=pki.client()) as client:
                    await client.ehlo()
                    assert (await auth(client, mistake, PASSWORD)).code >= 500
            async with RawClient(*gateway.address("submission")) as client:  # before TLS: refused, and not kept
                await client.ehlo()
                assert (await auth(client, "PLAIN", PASSWORD)).code >= 500
            # A connection that breaks in the middle of AUTH must not put the secret into an exception.
            sink.script = lambda stage, session: Act(reply=None, close=True) if stage == "auth" else None
            async with RawClient(*gateway.address("submissions"), tls=pki.client()) as client:
                await client.ehlo()
                assert (await auth(client, "LOGIN", PASSWORD)).code in {421, 451, 454}
            texts = process_texts([gateway.pid, *gateway.descendants()])
            await gateway.terminate()
            texts["stderr"], texts["stdout"] = gateway.stderr.read_bytes(), gateway.stdout.read_bytes()
            exported = await gateway.audit("export")
            texts["audit"] = exported.out.encode()
            needles = [spelling for word in (PASSWORD, WRONG) for spelling in spellings(word)]
            assert {name for name, text in texts.items() for needle in needles if needle in text} == set()
            assert files_with(gateway.folder, needles) == []
            # The search can fail: the login itself is where it belongs.
            assert LOGIN in exported.out
            assert files_with(gateway.data, [LOGIN.encode()])
            failed = [record for record in await gateway.records() if record["kind"] == "auth_failed"]
            assert {record["login"] for record in failed} >= {LOGIN}
            judged = [record for record in await gateway.records() if record["kind"] == "password"]
            assert {(record["login"], record["sound"]) for record in judged} == {(LOGIN, True)}


# --- classified content -------------------------------------------------------------------------------------------

WORDS = "Kế hoạch chim yến vượt sông 8Kx2"
SUBJECT, NAME, INNER = "Ho so bo doi 4Zr7", "ho-so-thien-nga-5Tq9.zip", "bao-cao-dai-bang-3Wd1.docx"
MARKED_BODY = "con ong xanh 6Pm4"


def classified_mail(words=WORDS) -> bytes:
    document = docx.Document()
    document.add_paragraph("TỐI MẬT")
    for _ in range(20):
        document.add_paragraph(words)
    archive = zipped({INNER: file_of(document)})
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = LOGIN, COLLEAGUE, SUBJECT
    mail.set_content(f"{MARKED_BODY}\n")
    mail.add_attachment(archive, maintype="application", subtype="zip", filename=NAME)
    # Large enough for the file behind the spool, too.
    mail.add_attachment(
        os.urandom(600_000).hex().encode(), maintype="text", subtype="plain", filename="so-lieu-2Lb8.txt"
    )
    return mail.as_bytes()


def kept_forms() -> list[bytes]:
    texts = (WORDS, SUBJECT, NAME, INNER, "so-lieu-2Lb8", MARKED_BODY)
    forms = []
    for text in texts:
        forms += [text.encode(), text.encode("utf-16-le"), text.encode("unicode_escape"), text.split()[-1].encode()]
        forms.append(base64.b64encode(text.encode())[4:-4])
    return forms


async def test_nothing_of_a_classified_mail_is_kept(tmp_path):
    """In memory while in hand; afterwards in no file, log, notice or audit record, and not at the next hop."""
    began = tmp_path.stat().st_mtime - 1
    needles = kept_forms()
    async with Sink() as sink:
        config = configured(sink, log_level="debug")
        private = tmp_path / "tmp"
        private.mkdir()
        async with serving(tmp_path / "gateway", config=config, env={"TMPDIR": str(private)}) as gateway:
            reply = await gateway.send(classified_mail(), sender=LOGIN, recipients=(COLLEAGUE,))
            assert reply.code == 550
            for needle in needles:
                assert needle not in reply.raw
            texts = process_texts([gateway.pid, *gateway.descendants()])
            await gateway.terminate()
            (refused,) = [record for record in await gateway.records() if record["kind"] == "refused"]
            assert refused["mail"]["confidential"] is True
            assert any(
                f["policy"] == "classified" and f.get("params", {}).get("level") == "toi_mat"
                for f in refused["mail"]["findings"]
            )
            assert {name for name, text in texts.items() for needle in needles if needle in text} == set()
            assert files_with(tmp_path, needles) == []
            for folder in SECRET_FOLDERS:
                assert files_with_shallow(folder, needles, newer_than=began) == []
            received = b"".join(bytes(session.raw) for session in sink.sessions)
            assert not [needle for needle in needles if needle in received]
            # The search can fail: the sender is where it belongs.
            assert files_with(gateway.data, [LOGIN.encode()])


async def test_nothing_of_a_mail_is_in_the_log_when_its_reading_fails(tmp_path):
    """A fault of ours on a mail does not put its words into the log either: the front end's wall keeps them."""
    content = classified_mail().replace(b"application/zip", b"multipart/mixed", 1)
    needles = kept_forms()
    async with Sink() as sink, serving(tmp_path, *four_flags(sink.port)) as gateway:
        reply = await gateway.send(content, sender=LOGIN, recipients=(COLLEAGUE,))
        assert reply.code >= 400
        assert not [needle for needle in needles if needle in gateway.stderr.read_bytes()]


def files_with_shallow(folder: Path, needles, *, newer_than) -> list[str]:
    """As `files_with`, for folders of the whole machine: files of ours, changed since then, at most 64 MiB each."""
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(("pytest-of-", "e2e", "brief"))]
        for name in names:
            path = Path(root) / name
            with suppress(OSError):
                status = path.lstat()
                if status.st_mtime < newer_than or status.st_size > 64 << 20 or not path.is_file():
                    continue
                data = path.read_bytes()
                found += [str(path) for needle in needles if needle in data or needle in os.fsencode(name)]
    return found
