"""Files that a person names are read to a limit and never waited for; every command ends with one message about them."""

import errno
import os
import socket
import threading
from pathlib import Path

import pytest

from gateway.errors import ConfigError, Fault
from gateway.files import read_file
from gateway.system.atomic_file import replace_file
from gateway.yaml.file import read_octets
from tests.e2e.gateway_process import cli


@pytest.fixture
def odd(tmp_path: Path):
    """A folder with what is no file that could be read to its end."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "endless").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        yield tmp_path


@pytest.mark.parametrize(
    ("name", "error"), [("pipe", "ESPIPE"), ("socket", "ENXIO"), ("folder", "EISDIR"), ("endless", "EFBIG")]
)
def test_what_is_no_file_is_an_error_at_once(odd, name, error):
    with pytest.raises(OSError) as told:
        read_file(odd / name, limit_bytes=1 << 20)
    assert errno.errorcode[told.value.errno] == error


def test_a_file_of_just_the_limit_is_read(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    assert read_file(tmp_path / "file", limit_bytes=5) == b"12345"
    with pytest.raises(OSError):
        read_file(tmp_path / "file", limit_bytes=4)


def test_a_pipe_of_the_shell_is_read_to_its_end():
    reading, writing = os.pipe()
    content = b"x" * 300_000  # more than a pipe holds: it is waited for
    writer = threading.Thread(
        target=lambda: (os.write(writing, content[:1]), os.write(writing, content[1:]), os.close(writing))
    )
    writer.start()
    assert read_file(Path(f"/dev/fd/{reading}")) == content
    writer.join()
    os.close(reading)


def test_a_yaml_file_says_the_same(odd):
    with pytest.raises(ConfigError, match=r"pipe: .*ống \(FIFO\)"):
        read_octets(odd / "pipe")
    with pytest.raises(ConfigError, match="endless: .*4194304"):
        read_octets(odd / "endless")


def test_a_name_cannot_write_lines_or_colours_to_a_terminal():
    assert str(Fault("lỗi", "a\n\x1b[31mb\u202e.yaml", 2, 3)) == "a\ufffd\ufffd[31mb\ufffd.yaml:2:3: lỗi"


COMMANDS = (
    ("policy", "lint", "{}"),
    ("policy", "diff", "{}", "strict"),
    ("policy", "test", "{}"),
    ("policy", "lint", "strict", "--directory", "{}"),
    ("doctor", "--config", "{}"),
    ("check", "{}"),
    ("check", "--policy", "{}", "x.eml"),
    ("check", "--directory", "{}", "x.eml"),
    ("lint", "{}"),
    ("fix", "{}", "-o", "copy.docx"),
    ("verify", "{}"),
    ("directory", "lint", "{}"),
    ("directory", "import", "{}", "copy.json"),
    ("audit", "list", "--data", "{}"),
)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
async def test_a_command_ends_with_one_message_about_what_is_no_file(odd, command):
    (odd / "x.eml").write_bytes(b"From: a@b.vn\r\n\r\nx\r\n")
    if command[0] == "audit":
        os.rename(odd / "pipe", odd / "audit.db")
        (odd / "pipe").symlink_to(".")
    for name in (
        "pipe",
        "endless" if command[0] not in {"check", "lint", "fix", "verify"} else "folder",
        "missing\x1b[31m",
    ):
        run = await cli(*(word.format(odd / name) for word in command), cwd=odd)
        said = (run.err or run.out).splitlines()
        assert run.code == 2, (name, run)
        assert "Traceback" not in run.err
        assert "\x1b" not in run.err
        assert len([line for line in said if " lỗi / faults" not in line]) == 1, (name, said)
        assert not (odd / "copy.docx").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")
def test_a_file_that_root_writes_can_be_read_by_the_user_of_the_service(tmp_path):
    os.chown(tmp_path, 0, 12345)
    replace_file(tmp_path / "new", b"1", mode=0o640)
    os.chown(tmp_path / "new", 23456, 12345)
    replace_file(tmp_path / "new", b"2", mode=0o640)
    replace_file(tmp_path / "other", b"3", mode=0o640)
    assert [(one.stat().st_uid, one.stat().st_gid) for one in sorted(tmp_path.iterdir())] == [
        (23456, 12345),
        (0, 12345),
    ]
