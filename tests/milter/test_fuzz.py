"""Any octets at the milter's door: hypothesis makes conversations that are nearly right, atheris follows the coverage."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.milter.protocol import packet
from tests.milter import conversations
from tests.support.cases import examples

ROOT = Path(__file__).parents[2]
TEXT = st.binary(max_size=30).map(lambda octets: octets.replace(b"\0", b" "))
TERMINATED = TEXT.map(lambda octets: octets + b"\0")
STRINGS = st.lists(TERMINATED, max_size=4).map(b"".join)
PATH = st.sampled_from([b"<an@tphcm.gov.vn>\0", b"<>\0", b"<x@noikhac.example>\0", b"khong-ngoac\0"])
PACKETS = st.one_of(
    st.integers(0, 0x1FFFFF).map(conversations.negotiation),
    st.tuples(st.sampled_from([b"C", b"M", b"R", b"L", b"E", b"H"]), STRINGS).map(
        lambda made: packet(b"D", made[0] + made[1])
    ),
    st.tuples(TERMINATED, st.sampled_from([b"4\0\x19192.0.2.1\0", b"6\0\x19IPv6:::1\0", b"U", b"L\0\0/x\0"])).map(
        lambda made: packet(b"C", b"".join(made))
    ),
    PATH.map(lambda path: packet(b"M", path)),
    PATH.map(lambda path: packet(b"R", path)),
    st.tuples(TERMINATED, TERMINATED).map(lambda made: packet(b"L", b"".join(made))),
    st.binary(max_size=300).map(lambda body: packet(b"B", body)),
    st.sampled_from([packet(command) for command in (b"T", b"N", b"A", b"K", b"Q", b"U", b"E", b"E", b"E")]),
    st.tuples(st.sampled_from([bytes([octet]) for octet in b"OCDHMRLTNBEAKQUx"]), st.binary(max_size=40)).map(
        lambda made: packet(*made)
    ),
    st.binary(max_size=12),
)


@examples(700)
@given(st.lists(PACKETS, max_size=25).map(b"".join) | st.binary(max_size=400))
def test_any_conversation_and_any_bytes_are_answered_or_ended(data):
    conversations.check(data)


def test_a_right_conversation_passes_a_message():
    """Otherwise the fuzzers would look at nothing."""
    import asyncio

    data = conversations.negotiation() + packet(b"M", b"<>\0") + packet(b"R", b"<a@b.vn>\0") + packet(b"E")
    written, engine, _ = asyncio.run(conversations.hold(data, 5))
    assert engine.passed == 1
    assert written.endswith(packet(b"c"))


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this Python or machine"
)
def test_atheris_finds_nothing(tmp_path):
    """Longer: GATEWAY_FUZZ_S=3600."""
    seconds = int(os.environ.get("GATEWAY_FUZZ_S", "5"))
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    mail = (
        packet(b"M", b"<an@tphcm.gov.vn>\0SIZE=10\0") + packet(b"R", b"<a@b.vn>\0") + packet(b"L", b"Subject\0 Hop\0")
    )
    seeds = (
        conversations.negotiation()
        + packet(b"D", b"Mi\x004XYZ\0")
        + mail
        + packet(b"N")
        + packet(b"B", b"x")
        + packet(b"E"),
        conversations.negotiation(0)
        + packet(b"C", b"h\x004\0\x19192.0.2.1\0")
        + packet(b"H", b"pc\0")
        + mail
        + packet(b"A"),
    )
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)
    run = subprocess.run(
        [sys.executable, "-m", "tests.milter.fuzz", f"-max_total_time={seconds}", "-max_len=2000", "-timeout=120",
         f"-artifact_prefix={tmp_path}/", corpus],
        cwd=ROOT, capture_output=True, text=True, timeout=seconds + 900, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert "Done" in run.stderr + run.stdout
