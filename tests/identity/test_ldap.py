"""Import from LDAP, against the server that the LDAP library itself offers for tests."""

import json
from pathlib import Path

import pytest

from gateway.errors import UserError
from gateway.identity.directory import load
from gateway.identity.ldap_import import LdapSource, fetch, imported, rows
from gateway.model import MailboxKind, MailboxStatus

ldap3 = pytest.importorskip("ldap3", reason="the extra `ldap` is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

BASE = "ou=mail,dc=tphcm,dc=gov,dc=vn"


@pytest.fixture
def connection():
    server = ldap3.Server("test", get_info=ldap3.NONE)
    made = ldap3.Connection(server, client_strategy=ldap3.MOCK_SYNC)
    for name, attributes in {
        "a": {"mail": "A.BinhTan@tphcm.gov.vn", "department": "Nội vụ", "userAccountControl": 512,
              "proxyAddresses": ["SMTP:a.binhtan@tphcm.gov.vn", "smtp:nguyenvana.binhtan@tphcm.gov.vn", "X500:/o=x"]},
        "b": {"mail": "b.binhtan@tphcm.gov.vn", "userAccountControl": 514},
        "vp": {"mail": "vanphong.binhtan@tphcm.gov.vn"},
        "no": {"department": "x"},
    }.items():  # fmt: skip
        made.strategy.add_entry(f"cn={name},{BASE}", {"objectClass": "person", "cn": name, **attributes})
    made.bind()
    return made


def test_mailboxes_are_read_with_aliases_units_and_status(connection):
    file = rows(fetch(connection, BASE, "(objectClass=person)")[0], office=("VanPhong.binhtan@tphcm.gov.vn",))
    found = {row.address: row for row in file.mailboxes}
    assert set(found) == {"a.binhtan@tphcm.gov.vn", "b.binhtan@tphcm.gov.vn", "vanphong.binhtan@tphcm.gov.vn"}
    assert found["a.binhtan@tphcm.gov.vn"].aliases == ("nguyenvana.binhtan@tphcm.gov.vn",)
    assert found["a.binhtan@tphcm.gov.vn"].unit == "Nội vụ"
    assert found["b.binhtan@tphcm.gov.vn"].status is MailboxStatus.SUSPENDED
    assert found["vanphong.binhtan@tphcm.gov.vn"].kind is MailboxKind.OFFICE


def test_a_shared_mailbox_is_one_of_a_unit():
    file = rows([{"mail": "noivu@b.vn", "msExchRecipientTypeDetails": [b"4"]}, {"mail": "a@b.vn"}])
    assert [row.kind for row in file.mailboxes] == [MailboxKind.UNIT, MailboxKind.PERSONAL]


def test_a_second_address_is_an_alias_unless_another_entry_has_it_too():
    entries = [
        {"mail": ["a@b.vn", " A2@b.vn ", "phong@b.vn", "c@b.vn"]},
        {"mail": ["c@b.vn", "phong@b.vn"]},
        {"mail": ["d@b.vn", "d@b.vn"]},
    ]
    assert [row.aliases for row in rows(entries).mailboxes] == [("a2@b.vn",), (), ()]


def test_the_unit_is_taken_from_department_or_ou_or_the_attribute_that_is_named():
    entries = [
        {"mail": "a@b.vn", "department": "Nội vụ", "ou": "x", "title": "Phòng Tư pháp"},
        {"mail": "c@b.vn", "ou": ["Văn phòng"]},
    ]
    assert [row.unit for row in rows(entries).mailboxes] == ["Nội vụ", "Văn phòng"]
    assert [row.unit for row in rows(entries, units=("title",)).mailboxes] == ["Phòng Tư pháp", ""]


def test_what_is_written_loads_again(tmp_path, connection):
    from gateway.commands.directory import write_rows

    target = tmp_path / "d.json"
    assert write_rows(rows(fetch(connection, BASE, "(objectClass=person)")[0]), target).exit_code == 0
    assert load(target).find("nguyenvana.binhtan@tphcm.gov.vn") is not None
    assert len(json.loads(target.read_text())["mailboxes"]) == 3


@pytest.mark.parametrize("url", ["http://x", "ldaps://", "x", "ldaps://127.0.0.1:1", "ldap://127.0.0.1:1"])
def test_a_server_that_cannot_be_asked_is_a_clear_error(url):
    source = LdapSource(url=url, base=BASE, user="u", password="canary-secret")
    with pytest.raises(UserError) as caught:
        imported(source, Path("d.json"))
    assert "canary-secret" not in str(caught.value) + repr(source)
