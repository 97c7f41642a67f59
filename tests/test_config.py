"""gateway.yaml beyond its schema: every value that would fail later is a fault of the file, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.config import Configuration
from gateway.errors import ConfigError
from gateway.yaml_file import parse_yaml


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text.encode(), Configuration, path="gateway.yaml")
    return tuple(str(fault) for fault in caught.value.faults)


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
        ("next_hop: {address: 'mail.test:0'}", "the port must be from 1 to 65535"),
        ("next_hop: {address: '10.1.2.3:25', tls: none}", "mail would leave without TLS"),
        ("listeners: [{kind: relay, listen: '[127.0.0.1]:25'}]", "expected HOST:PORT"),
        ("listeners: [{kind: relay, listen: '127.0.0.1:25', networks: [10.0.0.1/8]}]", "did you mean “10.0.0.0/8”"),
        ("listeners: [{kind: relay, listen: '127.0.0.1:25', networks: [office]}]", "“office” is no IP network"),
        ("listeners: [{kind: submission, listen: '127.0.0.1:25', certificate: a.pem}]", "key is missing"),
        ("listeners: [{kind: submissions, listen: '127.0.0.1:25'}]", "needs certificate and key"),
        ("log_level: verbose", "use one of: debug, info, warning, error"),
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
        "hostname: gw-1.binhtan.example\nauthentication: {nameservers: ['2001:db8::53']}",
        "",
    ],
)
def test_ordinary_values_are_taken(text: str):
    parse_yaml(text.encode(), Configuration, path="gateway.yaml")


def test_octets_that_are_no_text_are_shown_where_they_stand():
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
