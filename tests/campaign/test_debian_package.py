"""The Debian package in a fresh Debian with its own systemd: installed, asked, run, copied, upgraded and taken back.

The commands are those of the administrator's guide, as they stand there.
"""

import os
import re
import shutil
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from gateway.demo.mails import samples
from tests.campaign.machine import LONG_S, NEEDED, ROOT, Machine, must
from tests.support.certificates import Pki

pytestmark = [
    pytest.mark.timeout(4 * LONG_S),
    pytest.mark.skipif(os.geteuid() != 0, reason="a machine of its own needs root"),
    pytest.mark.skipif(bool([name for name in NEEDED if not shutil.which(name)]), reason="make campaign installs them"),
]
STAFF, COLLEAGUE, PASSWORD = "an.binhtan@tphcm.gov.vn", "binh.binhtan@tphcm.gov.vn", "Mot-2-ba!"
CITY, PORT = "mail.tphcm.gov.vn", 2587
DOCTOR = "gateway doctor --config /etc/gateway/gateway.yaml"
SEND = f"""
import smtplib, socket, ssl, sys
context = ssl.create_default_context(cafile="/etc/gateway/tls.crt")
with smtplib.SMTP(socket.gethostname(), 587, timeout=120) as client:
    client.starttls(context=context)
    client.login({STAFF!r}, {PASSWORD!r})
    text = sys.argv[1]
    head = "MIME-Version: 1.0\\r\\nContent-Type: text/plain; charset=utf-8\\r\\nContent-Transfer-Encoding: 8bit\\r\\n"
    mail = f"From: {STAFF}\\r\\nTo: {COLLEAGUE}\\r\\nSubject: Lich hop\\r\\n" + head + "\\r\\n" + text + "\\r\\n"
    try:
        client.sendmail({STAFF!r}, [{COLLEAGUE!r}], open(text, "rb").read() if text.endswith(".eml") else mail.encode())
        print("taken")
    except smtplib.SMTPResponseException as refused:
        print(refused.smtp_code, refused.smtp_error.decode())
"""


def section(heading: str, guide: str = "en") -> list[str]:
    """Return the blocks of commands under a heading of a guide."""
    text = (ROOT / f"docs/admin-guide.{guide}.md").read_text("utf-8")
    (body,) = re.findall(rf"(?ms)^### {heading}$(.*?)(?=^##)", text)
    return re.findall(r"(?ms)^```\n(.*?)^```", body)


@pytest.fixture(scope="module")
def package():
    return ROOT / must(ROOT / "deploy/debian/build.sh").splitlines()[-1]


@pytest.fixture(scope="module")
def next_package(package, tmp_path_factory):
    """The same with a higher version and a sample configuration that has changed."""
    folder = tmp_path_factory.mktemp("next")
    must("dpkg-deb", "-R", package, folder / "root")
    control = folder / "root/DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*$", "Version: 99.0", control.read_text()))
    with (folder / "root/etc/gateway/gateway.yaml").open("a") as sample:
        sample.write("# new\n")
    target = folder / "congvu-gateway_99.0.deb"
    must("dpkg-deb", "-Zgzip", "-z1", "--root-owner-group", "-b", folder / "root", target)
    shutil.rmtree(folder / "root")
    return target


@pytest.fixture(scope="module")
def machine(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("debian")
    with closing(Machine(folder, "systemd-sysv", "dbus", "openssh-server", "rsync", "ca-certificates")) as machine:
        shutil.copy(package, machine.root / "root/now.deb")
        machine.installed = machine.before_boot("apt-get install -y --no-install-recommends /root/now.deb")
        pki = Pki(folder)
        shutil.copy(pki.ca_file, machine.root / "usr/local/share/ca-certificates/city.crt")
        machine.before_boot("update-ca-certificates")
        (machine.root / "etc/hosts").write_text(f"127.0.0.1 localhost {CITY}\n127.0.0.1 gw nhatky.example ca.test\n")
        (machine.root / "etc/dpkg/dpkg.cfg.d/keep").write_text("force-confold\n")
        machine.boot()
        machine.pki, machine.mails = pki, folder / "mails"
        machine.mails.mkdir()
        server = machine.server("tests.campaign.city", PORT, *pki.issue(CITY), machine.mails, STAFF, PASSWORD)
        yield machine
        server.kill()
        server.wait()


def send(machine, text: str) -> str:
    return machine.must(f"/opt/gateway/.venv/bin/python - '{text}'", SEND).strip()


def state(machine) -> str:
    return machine.run("systemctl is-active gateway").stdout.strip()


def test_after_apt_install_the_doctor_asks_as_the_service_and_only_the_next_hop_is_missing(machine):
    assert "congvu-gateway: edit /etc/gateway/gateway.yaml" in machine.installed
    assert state(machine) == "inactive"
    fresh = machine.run(DOCTOR)
    bad = [line for line in fresh.stdout.splitlines() if line.startswith("FAIL")]
    assert (fresh.returncode, len(bad)) == (1, 1), fresh.stdout
    assert f"{CITY}:587" in bad[0]
    assert re.search(r"(?m)^ok +user +gateway$", fresh.stdout)
    assert re.search(r"(?m)^ok +sandbox ", fresh.stdout), "the readers' walls stand"
    assert re.search(r"(?m)^ok +scans ", fresh.stdout), "what the package depends on reads scans"


def test_the_doctor_sees_what_the_service_may_not_read(machine):
    machine.must("chmod 0600 /etc/gateway/directory.yaml")
    asked = machine.run(DOCTOR)
    machine.must("chmod 0644 /etc/gateway/directory.yaml")
    assert asked.returncode == 1
    assert re.search(r"(?m)^FAIL .*directory\.yaml", asked.stdout), asked.stdout


def test_with_its_next_hop_the_doctor_is_green_and_mail_goes_through(machine):
    machine.must(f"sed -i 's/^  address: .*/  address: {CITY}:{PORT}/' /etc/gateway/gateway.yaml")
    machine.must(DOCTOR)
    machine.must("systemctl enable --now gateway")
    assert send(machine, "Kính mời họp.") == "taken"
    assert send(machine, "TỐI MẬT").startswith("550 ")
    letter = next(one for one in samples(lambda octets: octets) if one.key == "word_file")
    content = replace(letter, reverse_path=STAFF, recipient=COLLEAGUE).content(datetime.now(UTC))
    (machine.root / "root/letter.eml").write_bytes(content)
    assert send(machine, "/root/letter.eml") == "taken", "documents are read in the unit's surroundings"
    mail = min(machine.mails.iterdir())
    assert "Kính mời họp." in mail.read_text("utf-8")
    running = machine.must(DOCTOR)
    assert not re.search(r"(?m)^(FAIL|warn) +(tls|spool|data|next hop)", running), running
    machine.must("systemctl reload gateway")
    assert "gateway" not in machine.run("systemd-analyze verify --man=no gateway.service").stdout


def test_backup_while_it_runs_and_restore_as_the_guide_says(machine):
    backup, restore = section("Backup and restore")
    assert section("Sao lưu và khôi phục", "vi") == [backup, restore], "both guides say the same"
    machine.must("systemctl restart gateway")  # a checkpoint is made at the end
    machine.must(backup)
    assert send(machine, "Sau khi sao lưu.") == "taken"
    machine.must("systemctl restart gateway && cp -a /var/lib/gateway/checkpoints /root/checkpoints-before")
    said = machine.must(restore)
    assert "NGUYÊN VẸN" in said, said
    assert state(machine) == "active"
    rows = machine.must("runuser -u gateway -- gateway audit list --json --data /var/lib/gateway")
    assert len(rows.splitlines()) == 3, "the mail after the backup is not there"
    assert send(machine, "Sau khi khôi phục.") == "taken"
    assert machine.must("stat -c %U:%a /var/lib/gateway/audit.db").strip() == "gateway:600"
    machine.must("runuser -u gateway -- gateway audit verify --data /var/lib/gateway")


def test_checkpoints_go_to_another_account_and_show_that_the_log_was_put_back(machine):
    (_, commands) = section("Timers")
    assert section("Việc định kỳ", "vi")[1] == commands, "both guides say the same"
    machine.must("useradd --create-home --shell /bin/sh diemkiem && install -d -m 0700 -o diemkiem ~diemkiem/.ssh")
    # What ssh-copy-id does once the password has been typed.
    by_hand = (
        "install -o diemkiem -m 0600 /etc/gateway/checkpoints.key.pub ~diemkiem/.ssh/authorized_keys; "
        "install -d -o diemkiem ~diemkiem/gateway; systemctl start ssh; systemctl restart gateway"
    )
    machine.must(re.sub(r"(?m)^ssh-copy-id .*$", by_hand, commands))
    here, there = "/var/lib/gateway/checkpoints", "/home/diemkiem/gateway"
    machine.must(f"diff -r {here} {there}")
    # A file that was changed here does not replace the one over there.
    machine.must(f"cp -a {here} /root/kept && for note in {here}/*.notes; do sed -i '3s/^./X/' $note; done")
    machine.must("systemctl start gateway-checkpoints.service")
    machine.must(f"diff -r /root/kept {there} && cp -a /root/kept/. {here}")
    assert "gateway-checkpoints.timer" in machine.must("systemctl list-timers 'gateway-*' --no-pager")
    verify = "gateway audit verify --data /var/lib/gateway --checkpoint"
    machine.must(f"{verify} {there}")
    cut = machine.run(f"{verify} /root/checkpoints-before")
    assert cut.returncode == 1, "the copy from before the restore knows a longer log"


def test_the_timer_of_revocation_lists_fetches_one_and_the_gateway_takes_it(machine):
    authority = x509.load_pem_x509_certificate(machine.pki.ca_file.read_bytes())
    der = authority.public_bytes(serialization.Encoding.DER)
    revoked = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(authority.not_valid_before_utc)
        .next_update(authority.not_valid_after_utc)
        .sign(machine.pki.key, hashes.SHA256())
    )
    web = machine.root / "srv/web"
    web.mkdir()
    (web / "own.crl").write_bytes(revoked.public_bytes(serialization.Encoding.DER))
    certs = machine.root / "etc/gateway/certs"
    (certs / "own.cer").write_bytes(der)
    fingerprint = authority.fingerprint(hashes.SHA256()).hex()
    with (certs / "manifest.yaml").open("a") as manifest:
        manifest.write(
            f'\n  - sha256: "{fingerprint}"\n    subject: "CN=Test CA"\n    file: "own.cer"\n    origin: "test"\n'
            f'    not_before: "{authority.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}"\n'
            f'    not_after: "{authority.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"\n'
            '    crl: "http://ca.test:8000/own.crl"\n'
        )
    machine.must("systemd-run --quiet --unit=web --working-directory=/srv/web python3 -m http.server 8000")
    (enable, _) = section("Timers")
    machine.must(enable)
    machine.must(
        "until : 2>/dev/null </dev/tcp/ca.test/8000; do sleep 0.2; done; systemctl start gateway-trust.service"
    )
    assert list((certs / "crl").iterdir()), machine.run("journalctl -u gateway-trust --no-pager").stdout
    assert "own.crl" in machine.run("journalctl -u gateway-trust --no-pager").stdout
    assert state(machine) == "active"
    assert "CRL" in machine.must("gateway trust list --config /etc/gateway/gateway.yaml")


def test_records_past_their_time_are_removed_by_the_unit(machine):
    machine.must("systemctl start gateway-prune.service")
    assert "1825" in machine.must("systemctl show -p Environment gateway-prune.service")
    said = machine.must("journalctl -u gateway-prune --no-pager")
    assert "Không có bản ghi nào" in said, said


def test_upgrade_and_way_back_keep_settings_log_and_service(machine, next_package, package):
    upgrade, back = section("Upgrade and way back")
    assert section("Nâng cấp và quay lại", "vi") == [upgrade, back], "both guides say the same"
    shutil.copy(next_package, machine.root / "root/next.deb")
    before = machine.must("systemctl show -p MainPID gateway")
    settings = machine.must("cat /etc/gateway/gateway.yaml")
    for commands, deb, version in ((upgrade, "next.deb", "99.0"), (back, "now.deb", None)):
        machine.must(re.sub(r"\./congvu-gateway_\S+\.deb", f"-y ./{deb}", commands))
        assert state(machine) == "active"
        after = machine.must("systemctl show -p MainPID gateway")
        assert after != before, "the new version runs"
        before = after
        assert machine.must("cat /etc/gateway/gateway.yaml") == settings
        assert (machine.must("dpkg-query -W -f '${Version}' congvu-gateway") == "99.0") is (version == "99.0")
        assert send(machine, "Sau khi nâng cấp.") == "taken"
    machine.must("runuser -u gateway -- gateway audit verify --data /var/lib/gateway")


def test_a_purge_leaves_the_log_and_nothing_else(machine):
    said = machine.must("apt-get purge -y congvu-gateway 2>&1")
    assert "/var/lib/gateway" in said
    assert state(machine) == "inactive"
    left = machine.run(
        "ls -d /opt/gateway /usr/bin/gateway /etc/gateway/tls.key /usr/lib/systemd/system/gateway.service"
    )
    assert left.stdout.count("No such file") == 4, left.stdout
    assert Path(machine.root / "var/lib/gateway/audit.db").exists()
