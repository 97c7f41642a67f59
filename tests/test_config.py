"""gateway.yaml beyond its schema: every value that would fail later is a fault of the file, in both languages."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.commands import doctor
from gateway.config.sections import Configuration, Listener, ListenerKind
from gateway.errors import ConfigError, UserError
from gateway.pipeline.rulebook import Rulebook
from gateway.serve.app import check_cluster, check_spool, next_hop_settings, outgoing, start_workers
from gateway.serve.console import console_settings
from gateway.serve.data_folder import DataFolder
from gateway.system.listening import take_addresses
from gateway.yaml.file import parse_yaml

KEY = "age1vaj086ahuewsna2tx9j6duz2a6euyklrn8g4ph3l5lgvvedayg7s8zwpcq"


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text.encode(), Configuration, path="gateway.yaml")
    return tuple(str(fault) for fault in caught.value.faults)


def test_a_default_is_not_blamed_beside_an_unknown_key_that_may_be_meant():
    listeners = "listeners: [{kind: relay, listen: '127.0.0.1:2526'}]\n"
    (fault,) = faults(listeners + "nexthop: {address: 'mail.test:25'}")
    assert "did you mean “next_hop”" in fault
    (fault,) = faults(listeners)
    assert "mail would go round" in fault
    assert len(faults(listeners + "nexthop: {}\nnext_hop: {address: '127.0.0.1:2526', tls: none}")) == 2


def test_a_list_is_not_too_short_beside_its_faulty_entry():
    (fault,) = faults("console: {listen: '127.0.0.1:1', networks: [office]}")
    assert "“office” is no IP network" in fault
    (fault,) = faults("console: {listen: '127.0.0.1:1', networks: []}")
    assert "the list needs 1 or more entries" in fault


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hostname: máy chủ", "1:11: “máy chủ” không phải tên máy.* / .*no host name"),
        ('hostname: "gw.test\\r\\n250 ok"', "no host name"),
        ("authentication: {authserv_id: 'a b'}", "no host name"),
        ("authentication: {nameservers: [10.0.0.1, dns.test]}", "“dns.test” không phải địa chỉ IP"),
        ("next_hop: {address: '::1:25', tls: none}", r"expected HOST:PORT, for example .*\[::1\]:2525"),
        ("next_hop: {address: 'mail server:25'}", "expected HOST:PORT"),
        ("next_hop: {address: 'mail.test:²'}", "expected HOST:PORT"),
        (f"hold: {{release: {{address: 'a:25'}}, recipient: {KEY}, identity: /k}}", "held mail needs the console"),
        ("hold: {release: {address: 'a:25'}}", "held mail needs recipient and identity"),
        ("hold: {release: {address: 'a:25', login: x}}", "login and password_file go together"),
        ("hold: {release: {address: '10.1.2.3:25', tls: none}}", "mail would leave without TLS"),
        ("hold: {days: 31}", "30"),
        ("hold: {recipient: age1x}", "age1"),
        ("next_hop: {address: 'mail.test:0'}", "the port must be from 1 to 65535"),
        ("next_hop: {address: '10.1.2.3:25', tls: none}", "mail would leave without TLS"),
        ("listeners: [{kind: relay, listen: '[127.0.0.1]:25'}]", "expected HOST:PORT"),
        ("listeners: [{kind: relay, listen: '127.0.0.1:25', networks: [10.0.0.1/8]}]", "did you mean “10.0.0.0/8”"),
        ("listeners: [{kind: relay, listen: '127.0.0.1:25', networks: [office]}]", "“office” is no IP network"),
        ("listeners: [{kind: submission, listen: '127.0.0.1:25', certificate: a.pem}]", "key is missing"),
        ("listeners: [{kind: submissions, listen: '127.0.0.1:25'}]", "needs certificate and key"),
        ("cluster: {node: 'Bình Tân'}", "small letters, digits or hyphens"),
        ("cluster: {node: a, dsn: 'mysql://x/y'}", "expected the URI of a PostgreSQL"),
        ("cluster: {node: a, dsn: 'postgresql://gw:secret@pg/x'}", "set cluster.password_file"),
        ("cluster: {node: a, dsn: 'postgresql://gw@pg/x?password=secret'}", "set cluster.password_file"),
        ("log_level: verbose", "use one of: debug, info, warning, error"),
        ("workers: true", "true is not a whole number"),
        ("limits: {deadline_s: true}", "true is not a number"),
        ("limits: {message_bytes: 35 MB}", "“35 MB” is not a whole number; .* did you mean 36700160"),
        ("limits: {drain_s: 2 min}", "“2 min” is not a number; .* did you mean 120"),
        ("limits: {drain_s: a while}", "“a while” is not a number$"),
        ("limits: {drain_s: 1e30}", "must be 86400 or less"),
        ("limits: {message_bytes: 2000000, in_flight_bytes: 1999999}", "2000000 .message_bytes. or more"),
        ("hostname: 10.1.2.3", "no host name"),
        ("policy:", "the key “policy” has no value"),
        ("workers:", "the key “workers” has no value"),
        ("limits:", "the key “limits” has no value"),
        ("listeners: [{kind: relay, listen: '127.0.0.1:25', networks: [~]}]", "the key “networks” has no value"),
        ("policy: ''", "binhtan-7600, monitor, strict"),
        ("policy: [strict]", "must be one value"),
        ("certs: ''", "remove the key"),
        ("spool: ~/spool", "~ is not expanded"),
        ("directory: 7", "must be the path of a file"),
        ("dkim: {keys: [{domain: a b, selector: s, key: /k}]}", "“a b” is no host name"),
        ("dkim: {keys: [{domain: '', selector: s, key: /k}]}", "no host name"),
        ("dkim: {keys: [{domain: a.vn, selector: 's t', key: /k}]}", "“s t” is no DKIM selector"),
        ("passwords: {check: true, login_domain: '@a.vn'}", "“@a.vn” is no host name"),
        ("listeners: [{kind: relay, listen: '300.1.1.1:25'}]", "1:35: .*expected HOST:PORT"),
        ("listeners: [{kind: relay, listen: '0.0.0.0:70000'}]", "1:35: .*from 0 to 65535"),
        ("listeners: [{kind: relay, listen: 'unix:/run/x'}]", "1:35: .*unix: is for milter listeners only"),
        ("listeners: [{kind: relay, listen: '127.0.0.1:0', networks: []}]", "no client could send"),
        ("listeners: [{kind: relay, listen: '127.0.0.1:0', proxy_networks: [10.0.0.1]}]", "needs proxy_protocol: true"),
        ("listeners: [{kind: relay, listen: '127.0.0.1:0', auth_without_tls: true}]", "no effect on a relay listener"),
        ("listeners: [{kind: milter, listen: 'unix:/run/x', networks: [10.0.0.1]}]", "no effect on a milter listener"),
        (
            "listeners: [{kind: submission, listen: '[::]:0', certificate: /c, key: /k, networks: [10.0.0.1]}]",
            "networks has no effect on a submission listener",
        ),
        ("next_hop: {address: '127.0.0.1:2525', tls: none}", "is a listener of this gateway"),
        ("next_hop: {address: 'localhost:2525', tls: none}", "is a listener of this gateway"),
        (
            "{console: {listen: '127.0.0.1:1'}, "
            f"hold: {{recipient: age1{'q' * 58}, identity: /k, release: {{address: 'localhost:2525', tls: none}}}}}}",
            "is a listener of this gateway",
        ),
        ("{metrics: '127.0.0.1:1', console: {listen: '127.0.0.1:1'}}", "127.0.0.1:1 is listed twice"),
        ("metrics: '127.0.0.1:2525'", "127.0.0.1:2525 is listed twice"),
        ("next_hop: {address: 'a:25', others: [{address: 'b:25'}, {address: 'a:25'}]}", "1:67: .*a:25 is listed twice"),
        ("listeners: [{kind: relay, listen: 'a:25'}, {kind: relay, listen: 'a:25'}]", "1:66: .*a:25 is listed twice"),
        (
            "{console: {listen: 'a'}, "
            f"hold: {{recipient: age1{'q' * 58}, identity: /k, release: {{address: 'b:25', plaintext_allowed: true}}}}}}",
            "expected HOST:PORT",
        ),
        ("passwords: {notice_from: 'the office'}", "mailbox"),
        ("self_check: {address: kiem-tra}", "must be a mailbox"),
        ("hold: {recipient: abc}", "“abc” is no public key age1...; make one by gateway hold key"),
        ("console: {listen: '127.0.0.1:1', url: x}", "write it like https://"),
        ("audit: {installation: x}", "gateway audit init prints it"),
        ("audit: {witnesses: [{url: 'https://a', key: x}]}", "gateway audit witness prints it"),
        ("cluster: {node: a, centre_keys: [x]}", "gateway cluster signing-key prints it"),
    ],
)
def test_a_value_that_would_fail_later_is_a_fault_of_the_file(text: str, words: str):
    (fault,) = faults(text)
    assert re.search(words, fault)
    assert re.match(r"gateway\.yaml:1:\d+: ", fault)


@pytest.mark.parametrize(
    "text",
    [
        "next_hop: {address: '[2001:db8::25]:587'}",
        "next_hop: {address: 'mail_1.tphcm.gov.vn.:587', server_name: mail.tphcm.gov.vn}",
        "listeners: [{kind: relay, listen: '[::]:2525', networks: [10.0.0.0/8, '2001:db8::/32', 10.1.2.3]}]",
        "listeners: [{kind: relay, listen: 'localhost:0'}]",
        "listeners: [{kind: relay, listen: '[::]:0', proxy_protocol: true, proxy_networks: [10.0.0.1]}]",
        "listeners: [{kind: milter, listen: 'unix:/run/gateway/milter.sock', auth_without_tls: false}]",
        "listeners: [{kind: relay, listen: '0.0.0.0:25'}]\nnext_hop: {address: 'mail.tphcm.gov.vn:25'}",
        "dkim: {keys: [{domain: tphcm.gov.vn, selector: gw2026.mail, key: /etc/gateway/dkim.key}]}",
        "hostname: 3com.example",
        "{metrics: '127.0.0.1:0', console: {listen: '127.0.0.1:0'}}",
        "{self_check: {address: ''}, notices: {mail_from: ''}}",
        "hostname: gw-1.binhtan.example\nauthentication: {nameservers: ['2001:db8::53']}",
        "",
    ],
)
def test_ordinary_values_are_taken(text: str):
    parse_yaml(text.encode(), Configuration, path="gateway.yaml")


def test_bytes_that_are_no_text_are_shown_in_their_place():
    for octets, place in (
        (b"workers: 1\nhostname: B\xecnh\n", "2:12"),
        (b"workers: 1\n# \x00\n", "2:3"),
        (b"workers: 1\nhostname: \x1b[31m\n", "2:11"),
    ):
        with pytest.raises(ConfigError, match=rf"gateway\.yaml:{place}: "):
            parse_yaml(octets, Configuration, path="gateway.yaml")


def test_the_sample_of_production_is_valid():
    sample = Path(__file__).parents[1] / "deploy" / "gateway.yaml"
    parse_yaml(sample.read_bytes(), Configuration, path=str(sample))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("workers: 1\npolicy: /nowhere/policy.yaml\n", "2:9"),
        ("workers: 1\npolicy: binhtan-7601\n", "2:9"),
        ("directory: /nowhere/directory.yaml\n", "1:12"),
        ("spool: /nowhere/spool\n", "1:8"),
        ("spool: /dev/null\n", "1:8"),
        ("certs: /nowhere/certs\n", "1:8"),
        ("next_hop: {address: 'mail.example:25', ca_file: /nowhere/ca.pem}\n", "1:49"),
        ("dkim:\n  keys:\n    - {domain: a.vn, selector: s, key: /nowhere/key}\n", "3:40"),
        ("listeners:\n  - {kind: milter, listen: 'unix:/nowhere/milter.sock'}\n", "2:28"),
        ("data: /dev/null/x\n", "1:7"),
    ],
)
def test_what_a_key_names_and_cannot_be_used_is_reported_with_the_line_of_the_key(tmp_path, text, place):
    path = tmp_path / "gateway.yaml"
    path.write_text(text)
    configuration = Configuration.load(path)
    use = {
        "policy": Rulebook,
        "directory": Rulebook,
        "spool": check_spool,
        "certs": start_workers,
        "next_hop": next_hop_settings,
        "dkim": outgoing,
        "listeners": take_addresses,
        "console": take_addresses,
        "data": lambda one: DataFolder(one).__enter__(),
    }[text.removeprefix("workers: 1\n").partition(":")[0]]
    with pytest.raises(UserError) as caught:
        use(configuration)
    assert str(caught.value).startswith(f"{path}:{place}: ")
    assert "nowhere" in str(caught.value) or "/dev/null" in str(caught.value) or "7601" in str(caught.value)


def test_what_a_flag_or_nobody_names_has_no_line_and_a_fault_with_its_own_line_keeps_it(tmp_path):
    path = tmp_path / "gateway.yaml"
    path.write_text("policy: binhtan-7600\n")
    with pytest.raises(UserError, match="^/nowhere/policy"):
        Rulebook(Configuration.load(path).with_flags(policy="/nowhere/policy.yaml"))
    with pytest.raises(UserError, match="^/nowhere/policy"):
        Rulebook(Configuration(policy="/nowhere/policy.yaml"))
    broken = tmp_path / "policy.yaml"
    broken.write_text("version: 1\nname: x\nextends: binhtan-7600\npolices: {}\n")
    with pytest.raises(UserError) as caught:
        Rulebook(Configuration.load(path).with_flags(policy=str(broken)))
    assert str(caught.value).startswith(f"{broken}:4:1: ")


def test_what_a_flag_names_goes_before_the_rules_of_the_cluster_but_not_at_a_start(tmp_path):
    bundle = tmp_path / "rules" / "in-force"
    bundle.mkdir(parents=True)
    (bundle / "policy.yaml").write_text("version: 1\nname: cum\nextends: strict\n")
    (bundle / "directory.yaml").write_text("mailboxes: []\n")
    key = "gateway-rules/00000000+00000000+AUQpkwZQBKoeTEj03QFYGUwCNJvMZkzZbkAOommRio1R"
    cluster = {"node": "a", "dsn": "postgresql://gateway@pg1/gateway", "rule_keys": [key]}
    node = Configuration.model_validate({"data": str(tmp_path), "cluster": cluster})
    ruled = (str(bundle / "policy.yaml"), bundle / "directory.yaml")
    assert (node.policy_in_use, node.directory_in_use) == node.rules_at_once() == ruled
    one, other = node.with_flags(policy="monitor"), node.with_flags(directory=tmp_path / "d.csv")
    assert (one.policy_in_use, one.directory_in_use) == one.rules_at_once() == ("monitor", ruled[1])
    assert (other.policy_in_use, other.directory_in_use) == other.rules_at_once() == (ruled[0], tmp_path / "d.csv")
    with pytest.raises(UserError, match="--policy: .* cluster publish"):
        check_cluster(one)


@pytest.mark.parametrize("listen", ["unix:", "unix:milter.sock", "unix:/" + "x" * 107])
def test_a_milter_socket_needs_a_path_that_the_kernel_takes(listen):
    with pytest.raises(ValidationError, match="unix:/run/gateway/milter"):
        Listener(kind=ListenerKind.MILTER, listen=listen)
    assert Listener(kind=ListenerKind.MILTER, listen="unix:/" + "x" * 106)


def test_no_folder_is_no_data_folder():
    with pytest.raises(ValidationError, match="/var/lib/gateway"):
        Configuration(data="")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("listeners: [{kind: relay, listen: '0.0.0.0:0', networks: ['::/0']}]", "any client may send without a login"),
        ("limits: {deadline_s: 30}\nlisteners: [{kind: relay, listen: '0.0.0.0:0', networks: [10.0.0.0/8]}]", ""),
    ],
)
def test_the_doctor_warns_of_settings_that_are_hardly_meant(text: str, words: str):
    configuration = parse_yaml(text.encode(), Configuration, path="gateway.yaml").value
    found = list(doctor._sense(configuration))
    assert [words in line.both for line in found] == [True] * bool(words)


def test_the_doctor_looks_at_the_folder_of_a_unix_socket(tmp_path):
    def healths(folder):
        listener = {"kind": "milter", "listen": f"unix:{folder}/milter.sock"}
        configuration = parse_yaml(json.dumps({"listeners": [listener]}).encode(), Configuration, path="g").value
        return [(line.health, str(folder) in line.both) for line in doctor._guarded(doctor._socket, configuration)]

    assert healths(tmp_path) == [(doctor.Health.GOOD, True)]
    assert healths(tmp_path / "none") == [(doctor.Health.BAD, True)]
    assert healths("/run/gateway-none") == []  # systemd makes it when the service starts


def test_a_name_of_the_console_is_the_one_that_browsers_send():
    section = Configuration(console={"listen": "127.0.0.1:0", "names": ["Gateway.Example"]}).console
    assert console_settings(section).names == ("gateway.example",)


@pytest.mark.parametrize(
    ("console", "base"),
    [
        ({"listen": "127.0.0.1:8443"}, "http://localhost:8443"),
        ({"listen": "127.0.0.1:8443", "names": ["gw.example"]}, "https://gw.example"),
        (
            {"listen": "0.0.0.0:443", "names": ["gw.example", "b.example"], "certificate": "c", "key": "k"},
            "https://gw.example",
        ),
        (
            {"listen": "0.0.0.0:8443", "names": ["gw.example"], "certificate": "c", "key": "k"},
            "https://gw.example:8443",
        ),
        ({"listen": "systemd:console", "names": ["gw.example"], "certificate": "c", "key": "k"}, "https://gw.example"),
        ({"listen": "127.0.0.1:8443", "url": "https://mail.example/"}, "https://mail.example"),
    ],
)
def test_links_in_notices_lead_to_where_browsers_find_the_console(console, base):
    assert Configuration(console=console).console.base == base


@pytest.mark.slow
def test_one_machine_alone_imports_nothing_that_a_cluster_needs():
    program = (
        "import sys; import gateway.serve.supervisor, gateway.serve.frontend, gateway.commands.doctor, gateway.cli\n"
        "print({'psycopg', 'psycopg_binary', 'boto3', 'botocore', 'ldap3'} & sys.modules.keys())"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=300)
    assert run.stdout == "set()\n"
