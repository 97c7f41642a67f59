"""The settings of the policies on senders."""

import pytest
from pydantic import ValidationError

from gateway.model import Document, Run
from policies import official_sender as policy
from policies import sender_identity


@pytest.mark.parametrize("phrase", policy.Settings().request_words)
def test_each_of_the_words_makes_a_request_also_over_two_lines(phrase):
    lines = ("Kính gửi", *phrase.split(" ", 1), "cho đơn vị")
    text = Document(part="1", format="text", runs=tuple(Run(text=line, block=n) for n, line in enumerate(lines)))
    assert policy.look(text, policy.Settings()).is_request


def test_what_only_shares_words_with_them_makes_none():
    text = Document(part="1", format="text", runs=(Run(text="nghi cap, cau cap, hop thu, mat khau, tai khoan"),))
    assert not policy.look(text, policy.Settings()).is_request


@pytest.mark.parametrize(
    ("module", "settings", "words"),
    [
        (policy, {"official_domains": [{"domain": ".gov.vn"}]}, "no domain"),
        (policy, {"official_domains": [{"domain": "tphcm.gov.vn", "from": "2027-01-01", "until": "2026-01-01"}]}, "is before"),
        (policy, {"forms": [{"claims": "x", "pattern": "y", "from": "2027-01-01", "until": "2026-01-01"}]}, "is before"),
        (policy, {"office_mailboxes": ["vanphong"]}, "no mail address"),
        (policy, {"office_mailboxes": ["Văn phòng <vp@tphcm.gov.vn>"]}, "no mail address"),
        (policy, {"request_words": [" "]}, "at least 1"),
        (policy, {"wards": {"An Lạc": []}}, "match pattern"),
        (sender_identity, {"trusted_domains": ["@example.vn"]}, "no domain"),
        (sender_identity, {"login_domain": "a b.vn"}, "no domain"),
    ],
)  # fmt: skip
def test_a_setting_that_could_never_match_is_a_fault(module, settings, words):
    with pytest.raises(ValidationError, match=words):
        module.Settings.model_validate(settings)


def test_settings_may_be_written_in_any_case_and_form():
    given = {
        "official_domains": [{"domain": "TPHCM.gov.vn."}],
        "office_mailboxes": ["VanPhong.BinhTan@tphcm.gov.vn"],
        "request_words": ["Cấp lại  mật khẩu"],
    }
    found = policy.Settings.model_validate(given)
    assert found.official_domains == policy.Settings().official_domains
    assert found.office_mailboxes == policy.Settings().office_mailboxes
    assert found.request_words == ("cap lai mat khau",)
    assert sender_identity.Settings(trusted_domains=("Bình-Tân.vn",)).trusted_domains == ("xn--bnh-tn-0ta9e.vn",)
