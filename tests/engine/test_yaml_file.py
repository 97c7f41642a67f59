"""YAML files: core schema, bounds, and every fault with its place and a way out."""

import contextlib
import time
from datetime import date
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from gateway.errors import ConfigError
from gateway.yaml.file import parse_values, parse_yaml, read_yaml
from tests.support.cases import examples


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    mode: Literal["off", "monitor", "enforce"] = "enforce"
    share: float = Field(default=1.0, ge=0, le=1)


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    version: int
    name: str = ""
    since: date | None = None
    policies: dict[str, Inner] = {}
    flags: tuple[str, ...] = ()


def faults(text: str, path: str = "policy.yaml") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text.encode(), Outer, path=path)
    return [str(fault) for fault in caught.value.faults]


def value(text: str) -> Outer:
    return parse_yaml(text.encode(), Outer, path="x.yaml").value


def test_words_of_yaml_1_1_stay_strings():
    outer = value("version: 1\nflags: [no, on, yes, off, 7600:4.1, 2026-11-24]\npolicies: {a: {mode: off}}\n")
    assert outer.flags == ("no", "on", "yes", "off", "7600:4.1", "2026-11-24")
    assert outer.policies["a"].mode == "off"


def test_dates_numbers_and_bases_are_read_by_the_core_schema():
    assert value("version: 0x10\nsince: 2025-07-01\n").since == date(2025, 7, 1)
    assert value("version: 0o17\n").version == 15
    assert parse_values(b"a: 010\nb: -1.5e3\nc: ~\nd: '1'\ne: .5\n", path="x")[0] == {
        "a": 10, "b": -1500.0, "c": None, "d": "1", "e": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("9" * 18, int("9" * 18)),
        ("9" * 19, "9" * 19),
        ("-" + "9" * 20, "-" + "9" * 20),
        ("9" * 19 + ".", 1e19),
        ("9e2", 900.0),
    ],
)
def test_a_number_of_more_digits_than_the_schema_has_loses_none_of_them(text, read):
    assert parse_values(f"a: {text}\n".encode(), path="x")[0] == {"a": read}


def test_all_faults_are_reported_at_once_with_line_and_column():
    text = "version: 1\npolicies:\n  a:\n    moode: off\n    share: 3\n  b:\n    mode: enforc\nextra: 1\n"
    found = faults(text)
    assert [line.split(": ")[0] for line in found] == [
        "policy.yaml:4:5", "policy.yaml:5:12", "policy.yaml:7:11", "policy.yaml:8:1",
    ]  # fmt: skip
    assert "“mode”" in found[0]
    assert "“enforce”" in found[2]


def test_a_missing_key_is_named():
    assert "“version”" in faults("name: x\n")[0]


def test_half_a_surrogate_pair_is_refused_with_its_place():
    assert faults('version: 1\nname: "x\\ud800"\n')[0].startswith("policy.yaml:2:7: ")
    with pytest.raises(ConfigError, match="a.json:1:7: .*half a character"):
        parse_values(b'{"k": "\\uDC00\\ud83d"}', path="a.json")
    assert parse_values(b'{"k": "\\ud83d\\ude00"}', path="a.json")[0] == {"k": "\N{GRINNING FACE}"}


def test_duplicate_keys_are_refused_and_all_named():
    found = faults("version: 1\nname: a\nname: b\npolicies:\n  x: {}\n  x: {}\n")
    assert [line.split(": ")[0] for line in found] == ["policy.yaml:3:1", "policy.yaml:6:3"]
    assert "dòng 2" in found[0]
    assert "line 5" in found[1]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("version: 1\n\tname: x\n", "2:1", "Tab"),
        ("a:\n\u00a0\u00a0b: c\n  d: e\n", "3:4", "no-break spaces"),
        ("version: 1\nname: a: b\n", "2:8", "double quotes"),
        ("version: 1\nname: [a\n", "3:1", "bracket"),
        ("version: 1\nname: 'x\n", "2:7", "never closed"),
        ("version: 1\n---\nversion: 2\n", "2:1", "one YAML document"),
        ("version: !!python/object:os.system 1\n", "1:10", "not allowed"),
        ("version: *nowhere\n", "1:10", "&nowhere"),
        ("version: 1\nflags: &a [*a]\n", "2:12", "&a"),
        ("- 1\n- 2\n", "1:1", "key: value"),
        ("version: 1\n? [a]\n: b\n", "2:3", "plain string"),
        ("name: @tphcm.gov.vn\n", "1:7", "begins with @ needs double quotes"),
        ("name: [*@tphcm.gov.vn]\n", "1:8", "begins with * needs double quotes"),
        ("name: *\n", "1:8", "needs double quotes"),
        ("version: 1\nname\n", "2:1", "the colon is missing"),
        ('name: "C:\\dir"\n', "1:11", "written twice"),
        ("name: [a, b\nversion: 1\n", "2:8", "comma or a bracket"),
        ("name: 'a'b\n", "1:10", "behind a closing quotation mark"),
        ("name:\n  - a\n - b\n", "3:2", "one column"),
        ("name: - a\n", "1:7", "one column"),
    ],
)
def test_broken_yaml_names_the_place(text: str, place: str, words: str):
    found = faults(text)
    assert found[0].startswith(f"policy.yaml:{place}: ")
    assert words in found[0]


def test_aliases_and_merge_keys_work():
    outer = value("version: 1\nflags: &f [x]\npolicies:\n  a: &a {mode: monitor}\n  b: {<<: *a, share: 0.5}\n")
    assert outer.policies["b"] == Inner(mode="monitor", share=0.5)


def test_alias_bombs_end_at_the_limit_of_values():
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    started = time.process_time()
    with pytest.raises(ConfigError, match="too many values"):
        parse_values("\n".join(lines).encode(), path="bomb.yaml")
    assert time.process_time() - started < 5


def test_deep_nesting_is_refused_without_recursion():
    with pytest.raises(ConfigError, match="nested deeper"):
        parse_values(b"[" * 100_000, path="deep.yaml")


def test_files_that_cannot_be_read_give_one_fault(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"missing\.yaml"):
        read_yaml(tmp_path / "missing.yaml", Outer)
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * 2000)
    with pytest.raises(ConfigError, match="larger than 1000"):
        read_yaml(large, Outer, limit_bytes=1000)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"version: 1\nname: B\xecnh\n")
    with pytest.raises(ConfigError, match=r"latin.yaml:2:8: .*UTF-8"):
        read_yaml(latin, Outer)
    latin.write_bytes("\ufeffname: Bình Tân ơ".encode() + b"\xec\n")
    with pytest.raises(ConfigError, match=r"latin.yaml:1:17: .*UTF-8"):
        read_yaml(latin, Outer)


def test_json_is_read_and_its_faults_have_places(tmp_path: Path):
    good = tmp_path / "good.json"
    good.write_text('{"version": 1,\n\t"policies": {"a": {"mode": "off"}}}')
    assert read_yaml(good, Outer).value.policies["a"].mode == "off"
    assert faults('{"version": 1,\n "policies": {"a": {"mode": "of"}}}', "bad.json")[0].startswith("bad.json:2:29: ")
    assert "twice" in faults('{"version": 1, "version": 2}', "twice.json")[0]


def test_a_fault_found_later_still_finds_its_place():
    read = parse_yaml(b"version: 1\npolicies:\n  a:\n    mode: off\n", Outer, path="p.yaml")
    assert str(read.fault("no", "policies", "a", "mode")) == "p.yaml:4:11: no"
    assert str(read.fault("no", "policies", "nowhere")).startswith("p.yaml:2:")


def test_control_characters_of_a_file_do_not_reach_the_terminal():
    assert "\x1b" not in "".join(faults('version: 1\n"a\\e[31m": 1\n'))


@examples(150)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_give_values_or_a_config_error(octets: bytes):
    with contextlib.suppress(ConfigError):
        parse_yaml(octets, Outer, path="any.yaml")
