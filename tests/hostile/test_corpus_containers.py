"""Real containers, sound, locked, damaged and hostile, through the real wall: never clean for what was not read."""

import pytest

from gateway.documents.wall.pool import PoolSettings, WorkerPool
from gateway.documents.wall.wire import Limits
from gateway.model import ReadStatus
from tests.support.corpus import corpus_file, rows
from tests.workers.mails import mail, request

pytestmark = pytest.mark.slow

KNOWN = {
    # file: (status of the container itself, why it is not what its manifest says)
    "libarchive__cab_lzx_invalid_history.cab": ReadStatus.OK,  # a later libarchive refuses it, this one and 7-Zip read it
    "tika__testZip_with_DataDescriptor.zip": ReadStatus.MALFORMED,  # its offsets point beside the local headers
    "py7zr__zstdmt-brotli.7z": ReadStatus.UNSUPPORTED,  # Brotli in skippable frames, 7-Zip does not open it either
    "rarfile__rar3-comment-plain.rar": ReadStatus.PARTIAL,  # its comment, which WinRAR shows, is packed
    "rarfile__rar15-comment-lock.rar": ReadStatus.UNSUPPORTED,  # compression of RAR 1.5
    "rarfile__rar2-unix-owner.rar": ReadStatus.UNSUPPORTED,  # compression of RAR 2
    "rarfile__unicode.rar": ReadStatus.UNSUPPORTED,  # solid RAR 4
    "tika__moby.zip": ReadStatus.UNSUPPORTED,  # implode, of PKZIP 1
}


@pytest.fixture(scope="module")
def real_pool():
    pool = WorkerPool.start(PoolSettings())
    yield pool
    pool.close()


async def inspected(pool, name, body="Kính gửi\n"):
    content = mail((name.rpartition("__")[2], corpus_file(name)), body=body)
    return await pool.connect().inspect(request(content, limits=Limits()))


def containers(inspection, part="2"):
    return [document for document in inspection.documents if document.part == part]


ARCHIVES = rows("archives")


@pytest.mark.parametrize("row", ARCHIVES, ids=[row["file"].partition("/")[2] for row in ARCHIVES])
async def test_archives_are_recognised(real_pool, row):
    name = row["file"]
    found = containers(await inspected(real_pool, name))
    statuses = {document.status for document in found}
    expected = row["expected"]
    if (known := KNOWN.get(name.partition("/")[2])) is not None:
        assert known in statuses
    elif expected.get("encrypted"):
        assert ReadStatus.ENCRYPTED in statuses or any(document.opened_with_password for document in found)
    elif expected.get("malformed") or expected.get("corrupt") or "malformed" in row["kind"]:
        assert ReadStatus.MALFORMED in statuses
    elif "volumes" in row["kind"]:
        assert statuses == {ReadStatus.UNSUPPORTED}
    elif "bomb" in row["kind"]:
        inspection = await inspected(real_pool, name)
        assert {document.status for document in inspection.documents} & {ReadStatus.LIMIT, ReadStatus.MALFORMED}
    else:
        programs = {document for document in found if document.format == "application/x-dosexec"}
        assert {document.status for document in found if document not in programs} == {ReadStatus.OK}


ENCRYPTED = [row for row in rows("encrypted") if row["kind"].startswith("office")]


@pytest.mark.parametrize("row", ENCRYPTED, ids=[row["file"].partition("/")[2] for row in ENCRYPTED])
async def test_office_files_open_with_their_password_only(real_pool, row):
    name, expected = row["file"], row["expected"]
    inspection = await inspected(real_pool, name)
    closed = containers(inspection)
    if not expected["encrypted"]:
        assert ReadStatus.ENCRYPTED not in {document.status for document in closed}
        return
    built_in = expected.get("default_password") or expected.get("password") == "VelvetSweatshop"
    opened = [document for document in closed if document.opened_with_password]
    assert opened or {document.status for document in closed} & {ReadStatus.ENCRYPTED, ReadStatus.UNSUPPORTED}
    if built_in:
        assert opened or name.endswith(".xls")
    password = expected.get("password")
    if password and password != "VelvetSweatshop" and not name.endswith("extenxls_pwd123.xlsx"):
        told = containers(await inspected(real_pool, name, body=f"Mật khẩu: {password}\n"))
        # msoffcrypto does not open every old PowerPoint file; those stay shut, with the cause.
        assert any(document.opened_with_password for document in told) or name.endswith(".ppt")


MESSAGES = [row for row in rows("tnef-msg") if isinstance(row["expected"].get("files"), list)]


@pytest.mark.parametrize("row", MESSAGES, ids=[row["file"].partition("/")[2] for row in MESSAGES])
async def test_tnef_gives_every_file_that_others_find(real_pool, row):
    inspection = await inspected(real_pool, row["file"])
    names = {part.filename for part in inspection.root.walk()}
    wanted = {name for name in row["expected"]["files"] if name and "body" not in name}
    assert wanted <= names


async def test_a_gzip_that_holds_itself_ends_at_the_depth(real_pool):
    inspection = await inspected(real_pool, "archives/tika__quine.gz")
    assert any((document.status, document.reason) == (ReadStatus.LIMIT, "depth") for document in inspection.documents)
