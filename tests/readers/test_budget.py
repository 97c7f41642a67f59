"""What a document may take: processor time by its size and pages, shared by the parts of a mail, whatever the clock says."""

import time

import pytest

from gateway.documents.readers.base import Budget, ReadError
from gateway.model import ReadStatus


def burn(cpu_s):
    end = time.process_time() + cpu_s
    while time.process_time() < end:
        pass


def over(budget):
    with pytest.raises(ReadError) as caught:
        budget.check_time()
    assert caught.value.status is ReadStatus.TIMEOUT
    return caught.value.reason


def test_time_that_passes_without_work_is_not_counted():
    budget = Budget(cpu_s=0.5, part_cpu_s=0.5)
    time.sleep(0.6)
    budget.check_time()


def test_a_part_that_has_used_up_its_own_time_leaves_the_others_theirs():
    budget = Budget(part_cpu_s=0.05)
    burn(0.06)
    assert over(budget) == "cpu"
    assert not budget.shared_limit
    budget.begin_part(0)
    budget.check_time()


def test_the_mail_has_an_end_for_all_its_parts():
    budget = Budget(cpu_s=0.05, part_cpu_s=10)
    burn(0.06)
    budget.begin_part(0)
    assert over(budget) == "mail-cpu"
    assert budget.shared_limit


@pytest.mark.parametrize("key", ["part_cpu_s", "mib_cpu_s", "page_cpu_s"])
def test_each_allowance_adds_to_what_a_part_may_take(key):
    granted = []
    budget = Budget(**{"part_cpu_s": 0.0, "mib_cpu_s": 0.0, "page_cpu_s": 0.0} | {key: 2.0}, on_grant=granted.append)
    began = time.process_time()
    budget.begin_part(3 << 20)
    budget.allow_pages(5)
    times = {"part_cpu_s": 1, "mib_cpu_s": 3, "page_cpu_s": 5}[key]
    assert budget.end_s - began == pytest.approx(2.0 * times, abs=0.5)
    assert granted[-1] == budget.end_s


def test_words_that_are_short_because_of_other_parts_are_distinguished():
    budget = Budget(words_cpu_s=5.0)
    assert budget.words_left_s() == pytest.approx(5.0)
    assert not budget.short_of_words
    budget.spend_words(4.0)
    assert budget.words_left_s() == pytest.approx(1.0)
    assert budget.short_of_words
