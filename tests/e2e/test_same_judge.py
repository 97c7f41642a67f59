"""Relay, milter and `gateway check` are one judge: the same mails, the same findings."""

import re

import pytest

from tests.e2e import corpus
from tests.e2e.gateway_process import cli, configured, serving
from tests.e2e.milter_client import MilterClient, header_fields
from tests.support.client import RawClient
from tests.support.sink import Sink

pytestmark = pytest.mark.slow

SENDER, RECIPIENT = "an.binhtan@tphcm.gov.vn", "binh.binhtan@tphcm.gov.vn"
WANTED = 200


def sample() -> list[bytes]:
    """Corpus mails that an MTA can show to a milter as they are (fields alone in the header), then documents in mails."""
    count = len(list(corpus.CORPUS.rglob("*.eml")))
    found = [mail for mail in corpus.mails(count) if header_fields(mail) and mail.upper().count(b"\r\nRECEIVED:") < 50]
    return found[:WANTED] + corpus.documents(max(0, WANTED - len(found)))


def facts(findings) -> list[tuple]:
    """What must be the same wherever a mail was judged."""
    return sorted((f["policy"], f["rule"], f["outcome"], f.get("part") or "") for f in findings)


def without_names(judged: tuple) -> tuple:
    """The same without file names in part paths: the audit keeps none of a classified mail."""
    findings, disposition, _ = judged
    bare = sorted((policy, rule, outcome, re.sub(r"(?s)!.*", "!", part)) for policy, rule, outcome, part in findings)
    return bare, disposition


def read_in_time(judged: tuple) -> bool:
    """Whether no picture was left unread: how many are read within their time depends on the load of the machine."""
    return not {"unread_image", "unread_pages"} & {rule for _, rule, _, _ in judged[0]}


async def judged(gateway, front_end: str) -> dict[str, tuple]:
    """Findings and disposition by the digest or the number of a mail, from the audit."""
    found = {}
    for record in await gateway.records():
        if record["kind"] in {"intent", "refused"} and record["mail"]["session"]["front_end"] == front_end:
            mail = record["mail"]
            found[record["id"]] = (facts(mail.get("findings", [])), mail["disposition"], mail.get("omitted", 0))
    return found


async def test_two_hundred_corpus_mails_are_judged_the_same_by_relay_milter_and_check(tmp_path):
    mails = sample()
    assert len(mails) == WANTED
    files = []
    for number, mail in enumerate(mails):
        files.append(tmp_path / f"{number:03d}.eml")
        files[-1].write_bytes(mail)
    socket = tmp_path / "milter.sock"
    by_relay, by_milter = [], []
    async with Sink() as sink:
        config = configured(
            sink, {"kind": "relay", "listen": "127.0.0.1:0"}, {"kind": "milter", "listen": f"unix:{socket}"}, workers=1
        )
        async with serving(tmp_path / "gateway", config=config) as gateway:
            async with RawClient(*gateway.address()) as client:
                await client.ehlo()
                for mail in mails:
                    reply = await client.mail(mail, sender=SENDER, recipients=(RECIPIENT,))
                    by_relay.append(reply.code)
            client = await MilterClient.connect(socket)
            for mail in mails:
                (*_, (answer, _)) = await client.send(mail, sender=SENDER, recipients=[RECIPIENT])
                by_milter.append(answer)
            client.close()
            relay, milter = await judged(gateway, "relay"), await judged(gateway, "milter")
    run = await cli("check", "--json", "--from", SENDER, "--to", RECIPIENT, *files)
    assert run.code == 1, run.err
    check = [(facts(result["findings"]), result["disposition"], 0) for result in run.json]
    assert len(relay) == len(milter) == len(check) == len(mails)
    compared = 0
    for number, (one, two, three) in enumerate(zip(relay.values(), milter.values(), check, strict=True)):
        if not all(map(read_in_time, (one, two, three))):
            continue
        compared += 1
        if not one[2]:
            assert without_names(one) == without_names(three), f"relay and check differ on mail {number}"
        assert one == two, f"relay and milter differ on mail {number}"
    assert compared >= WANTED * 0.95
    told = {b"c": 2, b"y": 5}
    assert [code // 100 for code in by_relay] == [told[answer] for answer in by_milter]
    assert {250, 550} <= set(by_relay), "the sample has both"
