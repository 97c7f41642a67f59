"""References: told apart, read however they were typed, and a wrong letter is noticed."""

import asyncio
import itertools
import re

import pytest

from gateway.audit import AuditLog
from gateway.audit import record as r
from gateway.audit.query import AuditReader, Filter, unknown
from gateway.audit.search_box import parse
from gateway.errors import KnownReferenceError, SearchError
from gateway.model import Reply
from gateway.model.reference import make_reference, mistyped, standard
from tests.audit.support import OK, evidence, running, transaction, verdict

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GOOD = "BT-7F3K2Q9XM4D6H"


def test_references_are_unique_and_readable():
    references = {make_reference() for _ in range(1000)}
    assert len(references) == 1000
    assert all(
        re.fullmatch(rf"BT-[{LETTERS}]{{13}}", reference) and not mistyped(reference) for reference in references
    )


def test_each_wrong_letter_and_each_two_that_changed_places_are_noticed():
    for place, letter in itertools.product(range(3, len(GOOD)), LETTERS):
        assert mistyped(GOOD[:place] + letter + GOOD[place + 1 :]) is (letter != GOOD[place])
    for one, other in itertools.combinations(range(3, len(GOOD)), 2):
        letters = list(GOOD)
        letters[one], letters[other] = letters[other], letters[one]
        assert mistyped("".join(letters))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (GOOD, GOOD), (f" {GOOD.lower()} ", GOOD), ("bt-7f3k2q9x", "BT-7F3K2Q9X"), ("bt-oik3k2qoxm4d9", "BT-01K3K2Q0XM4D9"), ("BT-7F3K2Q9X", "BT-7F3K2Q9X"),
        ("BT-7F3K2Q9", ""), ("BT-7F3K2Q9XM4DU9", ""), ("kế hoạch", ""), ("BT-٧٧٧٧٧٧٧٧", ""),
    ],
)  # fmt: skip
def test_both_lengths_are_read_however_they_were_typed(typed, read):
    assert standard(typed) == read
    assert not mistyped(typed)


async def test_a_search_and_a_look_take_what_was_typed_and_say_that_a_letter_is_wrong(tmp_path):
    async with running(tmp_path) as log:
        for reference in (GOOD, "BT-7F3K2Q9X"):
            await relay(log, reference)
    with AuditReader.open(tmp_path) as reader:
        for typed in (GOOD, "bt-7f3k2q9xm4d6h", "BT-7F3K2Q9X"):
            assert [row.reference for row in reader.find(Filter(words=typed))] == [standard(typed)]
            assert [row.reference for row in reader.find(Filter(reference=typed))] == [standard(typed)]
            assert reader.show(typed).reference == standard(typed)
    wrong = GOOD[:-1] + "J"
    with pytest.raises(SearchError, match="a letter is mistyped"):
        parse(wrong)
    assert "a letter is mistyped" in unknown(wrong)[1]
    assert "not in the log" in unknown(GOOD[:-5])[1]


async def relay(log, reference, reply=OK, *, number=1):
    mail = transaction(number)
    mail = type(mail)(**{name: getattr(mail, name) for name in mail.__struct_fields__} | {"id": reference})
    await log.intent_and_sending(mail, verdict(), evidence())
    await log.outcome(reference, reply)


async def test_two_mails_of_one_reference_at_different_times_each_show_their_own_outcome(tmp_path):
    refused = Reply(code=554, enhanced="5.0.0", lines=("no",))
    async with running(tmp_path) as log:
        await relay(log, GOOD)
        await relay(log, GOOD, refused, number=2)
    with AuditReader.open(tmp_path) as reader:
        assert [row.state for row in reader.find(Filter())] == ["upstream_refused", "relayed"]
        for state in ("relayed", "upstream_refused"):
            (row,) = reader.find(Filter(state=state))
            assert row.state == state


async def test_a_mail_with_the_reference_of_one_in_hand_is_refused_and_no_other_mail_is_touched(tmp_path):
    async with running(tmp_path) as log:
        other = AuditLog(tmp_path, log._door)  # another front end on the same writer
        await other.start()
        first, second = transaction(1), transaction(2)
        await log.intent_and_sending(first, verdict(), evidence())
        results = await asyncio.gather(
            other.intent_and_sending(transaction(1), verdict(), evidence()),
            log.intent_and_sending(second, verdict(), evidence()),
            return_exceptions=True,
        )
        assert isinstance(results[0], KnownReferenceError)
        assert isinstance(results[1], int)
        await log.outcome(first.id, OK)
        await log.outcome(second.id, OK)
        assert (await log.already_relayed("an@gov.example", first.envelope, first.sha256)).id == first.id
        await other.close()
    with AuditReader.open(tmp_path) as reader:
        assert [row.state for row in reader.find(Filter())] == ["relayed", "relayed"]
        records = reader.show(transaction(1).id).records
        assert [type(record) for record in records] == [r.Intent, r.Sending, r.Outcome]
