"""Import from a real LDAP server, Debian's slapd, over TLS."""

import os
import shutil
import socket
import subprocess
import time
from dataclasses import replace

import pytest

from gateway.errors import UserError
from gateway.identity.ldap_import import LdapSource, imported
from tests.support.certificates import Pki

pytest.importorskip("ldap3", reason="the extra `ldap` is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SLAPD = shutil.which("slapd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
BASE = "dc=binhtan,dc=example"
READER, PASSWORD = f"cn=doc,{BASE}", "mat-khau-canary"
CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
sizelimit {size}
database mdb
suffix "{base}"
directory {folder}
access to attrs=userPassword by anonymous auth by * none
access to * by users read
"""
ENTRIES = f"""\
dn: {BASE}
objectClass: organization
objectClass: dcObject
o: x
dc: binhtan

dn: {READER}
objectClass: person
cn: doc
sn: doc
userPassword: {PASSWORD}

dn: ou=mail,{BASE}
objectClass: organizationalUnit
ou: mail

dn: ou=khác,ou=mail,{BASE}
objectClass: referral
objectClass: extensibleObject
ou: khác
ref: ldap://127.0.0.1:{{elsewhere}}/ou=a,dc=khac,dc=example

dn: ou=dời,{BASE}
objectClass: referral
objectClass: extensibleObject
ou: dời
ref: ldap://127.0.0.1:{{elsewhere}}/ou=b,dc=khac,dc=example
"""
PERSON = """
dn: cn={name},ou=mail,{base}
objectClass: inetOrgPerson
cn: {name}
sn: x
displayName: {name}
mail: {local}.binhtan@tphcm.gov.vn
mail: {local}.khac.binhtan@tphcm.gov.vn
ou: Phòng Nội vụ
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def elsewhere():
    """A listener in place of the server that referrals name; nobody is to come."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def ldap(tmp_path_factory, elsewhere, pki):
    """Start a server of the same entries: `ldap(size, certificate)` returns a source of its whole tree."""
    if SLAPD is None:
        pytest.skip("no slapd (make system-test)")
    running = []

    def start(*, size="unlimited", issued=None):
        folder = tmp_path_factory.mktemp("ldap")
        certificate, key = issued or pki.issue("localhost")
        configuration = folder / "slapd.conf"
        configuration.write_text(
            CONFIGURATION.format(certificate=certificate, key=key, size=size, base=BASE, folder=folder)
        )
        people = "".join(PERSON.format(name=f"Đỗ Thị Ữ {n}", local=f"u{n}", base=BASE) for n in range(1200))
        entries = ENTRIES.format(elsewhere=elsewhere.getsockname()[1]) + people
        subprocess.run(
            [SLAPD, "-Ta", "-q", "-f", configuration],
            input=entries.encode(),
            check=True,
            capture_output=True,
            timeout=300,
        )
        port, until = free_port(), time.monotonic() + 60
        running.append(subprocess.Popen([SLAPD, "-d0", "-f", configuration, "-h", f"ldaps://127.0.0.1:{port}"]))
        while True:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert running[-1].poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        return LdapSource(
            url=f"ldaps://localhost:{port}", base=BASE, user=READER, password=PASSWORD, ca_file=pki.ca_file
        )

    yield start
    for server in running:
        server.kill()
        server.wait()


@pytest.fixture(scope="module")
def whole(ldap):
    return ldap()


def nobody_came(elsewhere):
    with pytest.raises(BlockingIOError):
        elsewhere.accept()


def test_every_mailbox_is_read_and_branches_of_other_servers_are_named_and_not_asked(whole, elsewhere, tmp_path):
    file, branches = imported(whole, tmp_path / "d.json")
    assert len(file.mailboxes) == 1200
    one = next(row for row in file.mailboxes if row.name == "Đỗ Thị Ữ 7")
    assert {one.address, *one.aliases} == {"u7.binhtan@tphcm.gov.vn", "u7.khac.binhtan@tphcm.gov.vn"}
    assert one.unit == "Phòng Nội vụ"
    assert len(branches) == 2
    nobody_came(elsewhere)


@pytest.mark.parametrize(
    ("base", "said"),
    [
        (f"ou=dời,{BASE}", "referral"),
        (f"ou=không-có,{BASE}", "noSuchObject"),
        (READER, "success, 0 hộp thư"),
        ("sai", "không đọc được LDAP"),
    ],
)
def test_a_base_without_mailboxes_keeps_the_file_and_sends_no_password_elsewhere(
    whole, elsewhere, base, said, tmp_path
):
    with pytest.raises(UserError, match=said):
        imported(replace(whole, base=base), tmp_path / "d.json")
    nobody_came(elsewhere)


def test_an_answer_that_the_server_cuts_is_no_directory(ldap, tmp_path):
    with pytest.raises(UserError, match="sizeLimitExceeded"):
        imported(ldap(size="1000"), tmp_path / "d.json")


@pytest.mark.parametrize("issued", [{"name": "khac.example"}, {"name": "localhost", "days_left": -1}])
def test_a_certificate_of_another_name_or_time_ends_it_before_the_password(ldap, pki, issued, tmp_path):
    with pytest.raises(UserError, match=r"doesn't match|expired"):
        imported(ldap(issued=pki.issue(**issued)), tmp_path / "d.json")
