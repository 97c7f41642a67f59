"""A file is the old one or the new one."""

import os
import stat
from pathlib import Path

import pytest

from gateway.system.atomic_file import replace_file


def test_a_file_is_replaced_with_its_mode_and_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    replace_file(link, b"new", mode=0o640)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    target = tmp_path / "target"
    target.write_bytes(b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_file(target, b"new", mode=0o640)
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["target"]


def test_a_device_is_written_to():
    replace_file(Path(os.devnull), b"x", mode=0o600)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_a_folder_that_is_not_there_is_reported_by_the_name_that_was_given(tmp_path: Path):
    with pytest.raises(FileNotFoundError) as caught:
        replace_file(tmp_path / "none" / "report.docx", b"x", mode=0o600)
    assert caught.value.filename == str(tmp_path / "none" / "report.docx")
