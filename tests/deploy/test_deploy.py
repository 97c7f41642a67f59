"""What is shipped for the machine: systemd units, the sample configuration, the Makefile, the package script."""

import errno
import importlib
import re
import shutil
import socket
import subprocess
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.commands import doctor
from gateway.config.sections import Configuration, Listener, ListenerKind, NextHopTls
from gateway.engine import load_policy_set
from gateway.engine.schema import PolicyFile
from gateway.errors import ConfigError
from gateway.metrics import families
from gateway.nexthop.probe import Fitness, Probe
from gateway.serve.app import warn_of_days
from gateway.steward.condition import certificate_line
from gateway.system.trouble import Trouble
from gateway.yaml.file import parse_yaml, read_yaml
from tests.support.certificates import Pki

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "systemd" / "gateway.service"
DROP_IN = DEPLOY / "systemd" / "gateway.service.d" / "low-ports.conf"
DEBIAN = ("build.sh", "postinst", "prerm", "postrm")
EXPOSURE = 15
"""In tenths: 1.5."""
GUIDES = ["docs/admin-guide.vi.md", "docs/admin-guide.en.md"]
DOCUMENTS = ["README.md", *GUIDES, "deploy/postfix/README.md"]


def run(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, check=False, cwd=ROOT)


def need_systemd():
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (make system-test)")


# --- systemd ------------------------------------------------------------------------------------------------------


def exposed(unit: Path) -> subprocess.CompletedProcess:
    return run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", unit)


def runnable(unit: Path, folder: Path) -> Path:
    """A copy whose programs and user exist here."""
    text = re.sub(r"(?m)^(Exec\w+)=([+]?)\S+", r"\1=\2/bin/true", unit.read_text())
    copy = folder / unit.name
    copy.write_text(re.sub(r"(?m)^(User|Group)=gateway", r"\1=root", text))
    return copy


def faults_of(unit: Path, *more: Path) -> list[str]:
    result = run("systemd-analyze", "verify", "--man=no", unit, *more)
    return [line for line in result.stderr.splitlines() if unit.stem in line]


@pytest.mark.system
@pytest.mark.parametrize(
    "drop_in",
    [None, DROP_IN, *(DROP_IN.with_name(f"{name}.conf") for name in ("sockets", "debian-12"))],
    ids=["plain", "ports", "sockets", "debian-12"],
)
def test_the_unit_is_exposed_by_at_most_1_5(tmp_path, drop_in):
    need_systemd()
    unit = Path(shutil.copy(UNIT, tmp_path))
    plain = exposed(unit)
    if drop_in is not None:
        folder = tmp_path / "gateway.service.d"
        folder.mkdir()
        shutil.copy(drop_in, folder)
    result = exposed(unit)
    assert result.returncode == 0, result.stdout + result.stderr
    (exposure,) = re.findall(r"Overall exposure level for \S+: (\d+\.\d)", result.stdout)
    assert float(exposure) <= EXPOSURE / 10
    assert (result.stdout != plain.stdout) is (drop_in == DROP_IN), "the drop-in was not read"


@pytest.mark.system
def test_the_exposure_check_fails_without_the_hardening(tmp_path):
    need_systemd()
    unit = tmp_path / UNIT.name
    unit.write_text(re.sub(r"(?m)^(Protect|Restrict|SystemCall|Capability|NoNew|Private).*$", "", UNIT.read_text()))
    assert exposed(unit).returncode != 0


@pytest.mark.system
def test_the_unit_has_no_unknown_keys(tmp_path):
    need_systemd()
    unit = runnable(UNIT, tmp_path)
    assert faults_of(unit) == []
    unit.write_text(unit.read_text() + "\n[Service]\nProtectEverythng=yes\n")
    assert "ProtectEverythng" in str(faults_of(unit)), "the check can fail"


GROUPS_OF_252 = (
    "aio basic-io chown clock cpu-emulation debug default file-system io-event ipc keyring known memlock module mount "
    "network-io obsolete pkey privileged process raw-io reboot resources setuid signal swap sync system-service timer"
)
"""Of system calls, as `systemd-analyze syscall-filter` of Debian 12 names them; it ignores others."""


def test_the_units_name_no_group_of_system_calls_that_debian_12_does_not_know():
    """It ignored @sandbox, and the gateway never started: the readers had no Landlock."""
    named = {
        group
        for unit in (DEPLOY / "systemd").rglob("*.*")
        if unit.is_file()
        for line in re.findall(r"(?m)^SystemCallFilter=(.*)$", unit.read_text())
        for group in re.findall(r"@([\w-]+)", line)
    }
    assert named
    assert named <= set(GROUPS_OF_252.split())
    allowed = " ".join(re.findall(r"(?m)^SystemCallFilter=(?!~)(.*)$", UNIT.read_text())).split()
    assert {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp"} <= set(allowed)


@pytest.mark.system
def test_debian_12_has_a_start_that_is_waited_for_and_a_reload(tmp_path):
    """Its systemd does not know notify-reload and takes the type for simple, without a reload."""
    drop_in = DROP_IN.with_name("debian-12.conf")
    assert re.findall(r"(?m)^(?:Type|ExecReload)=.*$", drop_in.read_text()) == [
        "Type=notify",
        "ExecReload=/bin/sh -c 'kill -HUP $MAINPID'",
    ]
    build = (DEPLOY / "debian/build.sh").read_text()
    assert re.search(r"VERSION_ID.* != 12 \] \|\| drop_ins\+=\(\S*/debian-12\.conf\)", build)
    need_systemd()
    unit = runnable(UNIT, tmp_path)
    (tmp_path / "gateway.service.d").mkdir()
    shutil.copy(drop_in, tmp_path / "gateway.service.d")
    assert faults_of(unit) == []


BESIDE = sorted(path for path in (DEPLOY / "systemd").glob("*.service") if path != UNIT)


@pytest.mark.system
@pytest.mark.parametrize("service", BESIDE, ids=lambda path: path.stem)
def test_a_service_beside_the_gateway_and_its_timer_have_no_unknown_keys_and_hold_little(tmp_path, service):
    need_systemd()
    timer = service.with_suffix(".timer")
    copy = runnable(service, tmp_path)
    copies = [Path(shutil.copy(timer, tmp_path))] if timer.exists() else []
    assert faults_of(copy, *copies) == []
    for copy in copies:
        (moment,) = re.findall(r"(?m)^OnCalendar=(.+)$", copy.read_text())
        assert run("systemd-analyze", "calendar", moment).returncode == 0
    security = run("systemd-analyze", "security", "--offline=true", "--threshold=45", service)
    assert security.returncode == 0, security.stdout


SOCKETS = sorted((DEPLOY / "systemd").glob("*.socket"))


@pytest.mark.system
@pytest.mark.parametrize("unit", SOCKETS, ids=lambda path: path.stem)
def test_a_socket_unit_has_no_unknown_keys(tmp_path, unit):
    need_systemd()
    runnable(UNIT, tmp_path)
    copy = Path(shutil.copy(unit, tmp_path))
    assert faults_of(copy) == []
    copy.write_text(copy.read_text() + "\n[Socket]\nListenStrem=1\n")
    assert "ListenStrem" in str(faults_of(copy)), "the check can fail"


def test_each_kind_of_listener_and_the_console_have_a_socket_unit_that_the_service_takes():
    names = {}
    for unit in SOCKETS:
        text = unit.read_text()
        names[re.search(r"(?m)^FileDescriptorName=(\S+)$", text)[1]] = text
        assert "\nService=gateway.service\n" in text
        assert "\nAccept=" not in text, "one socket for all connections is the default"
    assert set(names) == {kind.value for kind in ListenerKind} | {"console"}
    for name, text in names.items():
        assert f"listen: systemd:{name}\n" in text, "its first line shows the configuration"
        Listener.model_validate({"kind": "relay", "listen": f"systemd:{name}"})
    sockets = re.search(r"(?m)^Sockets=(.*)$", (DROP_IN.parent / "sockets.conf").read_text())[1]
    assert set(sockets.split()) <= {unit.name for unit in SOCKETS}


# --- configurations that are shown --------------------------------------------------------------------------------


def test_the_sample_configuration_is_valid_and_says_what_production_needs():
    sample = read_yaml(DEPLOY / "gateway.yaml", Configuration).value
    assert {listener.kind for listener in sample.listeners} == {ListenerKind.SUBMISSION, ListenerKind.SUBMISSIONS}
    assert sample.next_hop.tls is NextHopTls.STARTTLS
    assert not sample.next_hop.plaintext_allowed
    assert sample.inspection.require_sandbox
    assert sample.limits.message_bytes >= 25 * 1024 * 1024 * 4 // 3
    assert sample.limits.deadline_s < 60


def test_what_the_sample_shows_as_a_comment_is_valid_too():
    """An administrator uncomments it first."""
    text = (DEPLOY / "gateway.yaml").read_text("utf-8")
    uncommented = re.sub(r"(?m)^  # (-|  )", r"  \1", text)
    assert uncommented != text
    sample = parse_yaml(uncommented.encode(), Configuration, path="gateway.yaml").value
    assert {listener.kind for listener in sample.listeners} == set(ListenerKind)


def test_the_unit_and_the_sample_agree():
    sample = read_yaml(DEPLOY / "gateway.yaml", Configuration).value
    unit = UNIT.read_text()
    marked = sample.audit.marker.parent
    assert f"StateDirectory={sample.data.name} {marked.name}\n" in unit
    assert {str(sample.data.parent), str(marked.parent)} == {"/var/lib"}
    assert (f"RuntimeDirectory={sample.spool.name}\n" in unit, str(sample.spool.parent)) == (True, "/run")
    assert "/gateway serve --config /etc/gateway/gateway.yaml\n" in unit
    assert int(re.search(r"TimeoutStopSec=(\d+)s", unit)[1]) > sample.limits.drain_s
    credential = re.search(r"LoadCredential=(\S+?):", unit)[1]
    assert {str(listener.key) for listener in sample.listeners} == {f"/run/credentials/{UNIT.name}/{credential}"}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_configurations_in_the_documents_are_valid(document):
    """Every YAML block that is a gateway.yaml, or a piece of one, loads."""
    faults = []
    for number, block in enumerate(re.findall(r"```ya?ml\n(.*?)```", (ROOT / document).read_text("utf-8"), re.DOTALL)):
        keys = set(re.findall(r"(?m)^(\w+):", block))
        if keys and keys <= set(Configuration.model_fields):
            try:
                parse_yaml(block.encode(), Configuration, path=f"{document}#{number}")
            except ConfigError as error:
                faults.append(str(error))
    assert faults == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_policies_in_the_documents_are_valid(document, tmp_path):
    """Every YAML block that is a policy file, or a piece of one, loads."""
    found = 0
    for block in re.findall(r"```ya?ml\n(.*?)```", (ROOT / document).read_text("utf-8"), re.DOTALL):
        keys = set(re.findall(r"(?m)^(\w+):", block))
        if "policies" in keys and keys <= set(PolicyFile.model_fields):
            head = {"version": "1", "name": "documents", "extends": "binhtan-7600"}
            path = tmp_path / f"{found}.yaml"
            path.write_text("".join(f"{key}: {head[key]}\n" for key in head.keys() - keys) + block, "utf-8")
            load_policy_set(path)
            found += 1
    assert found or "postfix" in document


@pytest.mark.system
def test_postfix_knows_every_setting_and_service_of_the_samples(tmp_path):
    if shutil.which("postconf") is None:
        pytest.skip("Postfix is not installed (make system-test)")
    main = (DEPLOY / "postfix" / "main.cf.sample").read_text()
    (tmp_path / "main.cf").write_text(main)
    (tmp_path / "master.cf").write_text((DEPLOY / "postfix" / "master.cf.sample").read_text())
    shown = run("postconf", "-n", "-c", tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "unused" not in shown.stderr
    known = set(re.findall(r"(?m)^(\w+) = ", shown.stdout))
    assert known == set(re.findall(r"(?m)^(\w+) = ", main))
    services = run("postconf", "-M", "-c", tmp_path)
    assert (services.returncode, services.stderr) == (0, "")
    assert [line.split()[0] for line in services.stdout.splitlines()] == ["submission", "submissions"]


def test_the_milters_socket_is_where_the_service_may_write():
    text = (DEPLOY / "postfix" / "README.md").read_text()
    folder = re.findall(r"listen: unix:(\S+)/milter\.sock", text)
    assert re.findall(r"ReadWritePaths=(\S+?)\\n", text) == folder


# --- make and packages --------------------------------------------------------------------------------------------


def test_make_has_the_targets_of_the_documents():
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    assert targets >= {"help", "run", "test", "check", "lint", "types", "contracts", "unit", "system", "system-test"}
    named = set()
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *DEPLOY.rglob("*.md")]:
        named |= set(re.findall(r"`make ([a-z][a-z-]*)", path.read_text("utf-8")))
    assert named <= targets
    for target in ("run", "test", "check"):
        dry = run("make", "-n", target)
        assert dry.returncode == 0, dry.stderr


@pytest.mark.parametrize("name", ["system-packages.sh", *(f"debian/{name}" for name in DEBIAN)])
def test_a_script_is_valid_shell(name):
    script = DEPLOY / name
    shell = re.match(r"#!.*?(\w+)\n", script.read_text())[1]
    assert run(shell, "-n", script).returncode == 0
    assert script.stat().st_mode & 0o111


def test_a_removal_disables_every_unit_of_the_package(tmp_path):
    need_systemd()
    units = shutil.copytree(UNIT.parent, tmp_path / "usr/lib/systemd/system")
    enabled = [unit.name for unit in units.iterdir() if unit.is_file() and "[Install]" in unit.read_text()]
    assert run("systemctl", f"--root={tmp_path}", "enable", *enabled).returncode == 0
    links = lambda: [path for path in (tmp_path / "etc").rglob("*") if path.is_symlink()]
    assert len(links()) >= len(enabled)
    script = (DEPLOY / "debian/prerm").read_text().replace("[ -d /run/systemd/system ]", "true")
    script = script.replace("cd /usr", f"cd {tmp_path}/usr").replace("--now", f"--root={tmp_path}")
    assert run("sh", "-c", script, "prerm", "remove").returncode == 0
    assert links() == []


@pytest.mark.slow
def test_the_package_script_names_packages_and_installs_none():
    listed = run(DEPLOY / "system-packages.sh", "list", "run")
    assert (listed.returncode, "tesseract-ocr-vie" in listed.stdout.split()) == (0, True)


def test_the_package_takes_the_settings_of_the_sample_as_conffiles():
    """Every file of /etc/gateway that the sample names comes with the package or is made by it."""
    sample = read_yaml(DEPLOY / "gateway.yaml", Configuration).value
    build, postinst = (DEPLOY / "debian/build.sh").read_text(), (DEPLOY / "debian/postinst").read_text()
    assert str(sample.certs) == "/etc/gateway/certs"
    assert f"/{sample.directory.name}" in build
    for listener in sample.listeners:
        assert str(listener.certificate) in postinst


@pytest.mark.parametrize("guide", GUIDES)
def test_what_the_guide_names_of_deploy_is_there_and_in_the_package(guide):
    named = set(re.findall(r"\bdeploy/([\w.-]+(?:/[\w.-]+)*)", (ROOT / guide).read_text("utf-8")))
    assert [name for name in named if not (DEPLOY / name).exists()] == []
    packed = set(re.search(r"for folder in (.*); do", (DEPLOY / "debian/build.sh").read_text())[1].split())
    only_the_source = {"Containerfile", "gateway.yaml", "systemd"}
    assert {name.partition("/")[0] for name in named} - only_the_source <= packed
    copied = {name for name in named if name.startswith("systemd/gateway.service.d/")}
    assert copied
    assert {name.rpartition("/")[0] for name in copied} <= packed


@pytest.mark.parametrize("guide", GUIDES)
def test_the_guide_has_every_trouble_and_every_process_that_the_figures_tell(guide):
    text = (ROOT / guide).read_text("utf-8")
    troubles = re.search(r"`trouble\{kind\}` .*?\(([\w, ]+)\)", text)[1]
    assert set(troubles.split(", ")) == {trouble.value for trouble in Trouble}
    processes = re.search(r"`restarts_total` .*?`process`: ([\w, ]+)\)", text)[1]
    assert set(processes.split(", ")) == set(families._REPLACED.values())


def test_each_program_and_policy_that_the_project_names_exists():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    policies = project["entry-points"]["gateway.policies"].values()
    for place in (*project["scripts"].values(), *(f"{name}:RULES" for name in policies)):
        module, _, name = place.partition(":")
        assert hasattr(importlib.import_module(module), name)


def test_the_container_runs_the_gateway_and_not_as_root():
    text = (DEPLOY / "Containerfile").read_text()
    assert re.findall(r"(?m)^USER (\S+)$", text)[-1] not in {"root", "0"}
    assert "gateway" in re.findall(r"(?m)^(?:ENTRYPOINT|CMD) (.*)$", text)[0]


# --- doctor on the sample, before the service first ran -----------------------------------------------------------


def test_what_only_the_running_service_has_is_no_fault_of_a_first_look(tmp_path, capsys):
    certificate, _ = Pki(tmp_path).issue("gw.binhtan.example", days_left=9)
    text = (DEPLOY / "gateway.yaml").read_text("utf-8").replace("/etc/gateway/tls.crt", str(certificate))
    sample = parse_yaml(text.encode(), Configuration, path="gateway.yaml").value
    lines = [*doctor._guarded(doctor._spool, sample), *doctor._guarded(doctor._tls, sample)]
    made_later = [line for line in lines if "exists only while the service runs" in line.both]
    assert {line.health for line in made_later} == {doctor.Health.WARNING}
    assert {line.both.split()[0] for line in made_later} == {
        "/run/gateway",
        "/run/credentials/gateway.service/tls.key",
    }
    assert not any(line.health is doctor.Health.BAD for line in lines)
    assert any("expires in 8 days" in line.both for line in lines), "the certificate is there to be looked at"
    doctor._print(lines, set())
    printed = capsys.readouterr().out.splitlines()
    assert len(set(printed)) == len(printed) < len(lines), "a line is repeated"
    certificate.unlink()
    assert any(line.health is doctor.Health.BAD for line in doctor._guarded(doctor._tls, sample))


def test_every_address_is_tried_and_a_port_without_the_right_is_not_taken_for_a_busy_one(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        address = f"127.0.0.1:{busy.getsockname()[1]}"
        listeners = [{"kind": "relay", "listen": "127.0.0.1:0"}]
        configuration = Configuration.model_validate(
            {"listeners": listeners, "next_hop": {"address": "127.0.0.1:25", "tls": "none"}, "metrics": address}
        )
        relay, metrics = doctor._ports(configuration)
        assert "cổng đang có chương trình dùng; bình thường nếu cổng thư đang chạy" in metrics.both
    assert (relay.health, metrics.health) == (doctor.Health.GOOD, doctor.Health.WARNING)
    assert address in metrics.both
    assert "fine when the gateway is running" in metrics.both

    def denied(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", denied)
    assert "low-ports.conf" in doctor._port("127.0.0.1:25", "relay").both


def test_a_spool_beside_a_mount_is_not_taken_for_a_part_of_it():
    assert doctor._file_system(Path("/proc/self")) == "proc"
    assert doctor._file_system(Path("/process")) == doctor._file_system(Path("/"))


@pytest.mark.parametrize(
    ("now", "found", "words"),
    [
        (timedelta(), "expires", "in 4 days"),
        (timedelta(days=-40), "not_yet", "check the clock"),
        (timedelta(days=8, hours=1), "expired", "expired 3 days ago"),
    ],
)
def test_an_expired_certificate_is_reported_with_what_to_do(tmp_path, now, found, words):
    certificate, _ = Pki(tmp_path).issue("gateway.test", days_left=5)
    line = certificate_line(certificate, datetime.now(UTC) + now)
    assert line.key == found
    assert words in line.both


def test_the_start_warns_of_an_expired_certificate_and_the_doctor_calls_it_bad(tmp_path, caplog):
    certificate, _ = Pki(tmp_path).issue("gateway.test", days_left=-2)
    (line,) = doctor._certificate(certificate)
    assert line.health is doctor.Health.BAD
    warn_of_days(certificate)
    assert caplog.records[0].levelname == "ERROR"
    assert line.both in caplog.text


@pytest.mark.parametrize(
    ("kinds", "fitness", "health"),
    [
        (["milter"], ["SILENT"], ["WARNING"]),
        (["milter", "relay"], ["SILENT"], ["BAD"]),
        (["relay"], ["SILENT", "GOOD"], ["WARNING", "GOOD"]),
        (["relay"], ["SILENT", "REJECTED"], ["BAD", "BAD"]),
    ],
)
def test_a_next_hop_is_bad_only_where_the_start_needs_it(monkeypatch, kinds, fitness, health):
    listeners = [{"kind": kind, "listen": f"127.0.0.1:{2500 + number}"} for number, kind in enumerate(kinds)]
    others = [{"address": f"127.0.0.1:{25 + number}"} for number in range(1, len(fitness))]
    next_hop = {"address": "127.0.0.1:25", "others": others, "tls": "none"}
    configuration = Configuration.model_validate({"listeners": listeners, "next_hop": next_hop})
    answers = iter(fitness)
    monkeypatch.setattr(doctor, "probe", lambda *_, **__: Probe(Fitness[next(answers)], "-"))
    assert [line.health.name for line in doctor._next_hop(configuration)] == health


def test_what_the_doctor_finds_does_not_keep_the_service_from_its_start():
    """A start stands what the doctor calls bad: a certificate that is over, a full disk, one of two servers that is silent."""
    (before,) = re.findall(r"(?m)^ExecStartPre=(.*)$", UNIT.read_text())
    assert before.startswith("-/opt/gateway/.venv/bin/gateway doctor ")


def test_a_scope_for_a_unit_that_the_directory_does_not_have_is_pointed_out(tmp_path):
    (tmp_path / "directory.yaml").write_text(
        "mailboxes:\n- {address: vanphong.binhtan@tphcm.gov.vn, kind: office, unit: Văn phòng}\n", "utf-8"
    )
    (tmp_path / "policy.yaml").write_text(
        "version: 1\nname: t\nextends: binhtan-7600\npolicies:\n  typography:\n    scopes:\n"
        "    - {units: [VĂN PHÒNG], mode: monitor}\n    - {units: [Phòng Nội vụ], mode: monitor}\n",
        "utf-8",
    )
    configuration = Configuration(policy=str(tmp_path / "policy.yaml"), directory=tmp_path / "directory.yaml")
    warned = [line.both for line in doctor._rules(configuration) if line.health is doctor.Health.WARNING]
    assert [words.rpartition(" unit ")[2] for words in warned] == ["“Phòng Nội vụ”"]
