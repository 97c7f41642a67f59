"""What a self-check leaves in the log: found by those who look for it, in no other list and no count."""

import hashlib

from gateway.audit import record
from gateway.audit.filter import Filter, Sight
from gateway.audit.query import AuditReader
from gateway.audit.verify import verify
from tests.audit.support import running, standalone

AN = "an.binhtan@tphcm.gov.vn"


async def test_a_self_check_is_found_by_its_state_alone_and_counts_nowhere(tmp_path):
    async with running(tmp_path, policy="test") as log:
        digest = hashlib.sha256(b"cong van").hexdigest()
        checked = record.Checked(
            id="BT-CHECK001", via="page", who=AN, reverse_path=AN, size=8, digests=(digest,), disposition="reject",
            would_be="reject", rules=("classified.marked",), codes=("CLS-01",), confidential=True, marked=True,
        )  # fmt: skip
        await log.checked(checked)
    with AuditReader.open(tmp_path) as reader:
        (row,) = reader.find(Filter(state="checked"))
        assert (row.reference, row.sender, row.disposition, row.codes) == ("BT-CHECK001", AN, "reject", ("CLS-01",))
        for wanted in (
            Filter(),
            Filter(disposition="reject"),
            Filter(rule="CLS-01"),
            Filter(sender=AN),
            Filter(words="an"),
        ):
            assert reader.find(wanted) == ()
        assert reader.find(Filter(sha256=digest)) == reader.find(Filter(reference="BT-CHECK001")) == (row,)
        own, others = Sight(addresses=frozenset({AN})), Sight(everybody=True)
        assert reader.find(Filter(state="checked", sight=own)) == (row,)
        assert reader.find(Filter(state="checked", sight=others)) == ()
        (body,) = (body for _, body, _ in reader.links() if b'"checked"' in body)
        assert digest.encode() not in body
        assert reader.keyed(digest)[0].encode() in body
        with reader.index() as index:
            assert index.execute("SELECT count(*) FROM tally").fetchone() == (0,)
    assert verify(tmp_path).exit_code == 0
    assert standalone(tmp_path / "audit.db", tmp_path / "checkpoints") == 0
