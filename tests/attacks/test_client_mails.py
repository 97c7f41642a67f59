"""What ordinary mail programs send is relayed whatever its shape, and a mark in it is found in every shape."""

import pytest

from tests.attacks.client_mails import client_mails
from tests.attacks.verdicts import answers

pytestmark = pytest.mark.slow

NAMES = list(client_mails(""))


@pytest.fixture(scope="module")
def innocent():
    return answers(client_mails("Đề nghị các phòng gửi báo cáo trước thứ Sáu.").items())


@pytest.fixture(scope="module")
def marked():
    return answers(client_mails("TỐI MẬT").items())


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_of_an_ordinary_program_is_relayed(innocent, name):
    assert innocent[name].refused_by == ()
    assert innocent[name].goes_out


@pytest.mark.parametrize("name", NAMES)
def test_a_mark_is_found_in_the_same_shape(marked, name):
    assert marked[name].marked
