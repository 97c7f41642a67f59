"""Merged view: a search at the centre returns the results of all local logs, in time order."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.audit import record as r
from gateway.audit.export import Export, export_jsonl
from gateway.audit.filter import Filter, Sight
from gateway.audit.query import AuditReader
from gateway.audit.render import render_history, render_rows
from gateway.cluster.reader import ClusterReader
from gateway.commands.audit import find, show
from gateway.config.cluster import Cluster
from gateway.errors import GatewayError, SearchError
from tests.audit.support import fill
from tests.audit.test_query import _write_refused_content
from tests.audit.test_search_box import _write
from tests.cluster.support import centre, shipped

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def both(postgres, tmp_path_factory):
    """A log opened here, and the same at the centre."""
    data, dsn = tmp_path_factory.mktemp("log"), postgres.dsn(postgres.new_database())
    asyncio.run(_write(data))
    asyncio.run(_write_refused_content(data))
    with centre(dsn):
        shipped(data, dsn)
    with AuditReader.open(data) as here, ClusterReader.open(Cluster(node="x", dsn=dsn)) as there:
        there._keyed = here.keyed  # the log was written under a key of its own
        yield here, there


WORDS = [
    "mật", "mat", "mất", "MẬT ĐỘ", '"mật độ"', '"độ mật"', "mật*", "ke hoach", "kế hoạch", "tep:ke", "tep:đề", "tep:de",
    "tu:an", "tu:gov.example", "den:office", "den:@gov.example", "tu:an@gov.example", "luat:typography", "luat:X-01", "x-01",
    "-bao", "-báo", "vé -máy", "-tu:an", "-den:office@gov.example", "cong van", "docx", "ke_hoach", "BT-00000003", "00000003",
    "bt-0000000*", '"cmd calc"', "dv:noi", "du thao", "bao cao", "báo cáo", "khong dau", "hyperlink", "kho*", '"bao cao mat do"',
    "-zzz", "zzz", "đ", "o", "office -de", "4kQ0zz77", "-4Kq0zz77", "4Kq0zz77 mat",
]  # fmt: skip
FILTERS = [
    *({"words": words} for words in WORDS),
    {}, {"limit": 3}, {"state": "relayed"}, {"state": "unknown"}, {"state": "auth_failed"}, {"state": "refused"},
    {"disposition": "reject"}, {"disposition": "tag"}, {"rule": "typography.font"}, {"sender": "an@gov.example"},
    {"recipient": "office@gov.example"}, {"login": "mallory@gov.example"}, {"filename": "đề nghị"}, {"filename": "de nghi"},
    {"reference": "bt-00000002"}, {"sha256": "ab" * 32}, {"sha256": "cd" * 32, "disposition": "relay"},
    {"sight": Sight(everybody=True)}, {"sight": Sight(addresses=frozenset({"mallory@gov.example", "x@bad.example"}))},
    {"sight": Sight(units=frozenset({"Phòng Nội vụ"}))}, {"since": datetime(2026, 1, 1, tzinfo=UTC)},
    {"until": datetime(2026, 1, 1, tzinfo=UTC)},
]  # fmt: skip


def _same(both, wanted):
    here, there = both
    try:
        local = here.find(wanted)
    except SearchError as error:
        with pytest.raises(SearchError, match=re.escape(str(error)[:20])):
            there.find(wanted)
        return
    merged = there.find(wanted)
    assert {row.node for row in merged} <= {"one"}
    assert [replace(row, node="") for row in merged] == sorted(local, key=lambda row: (row.time, row.seq), reverse=True)


@pytest.mark.parametrize("wanted", FILTERS)
def test_the_centre_finds_what_the_log_finds(wanted, both):
    _same(both, Filter(**wanted))


@given(st.text(st.sampled_from("mậtdđoộ báo.-_*\"':tep21'\\\0()&|!<>"), max_size=12))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_words_reach_the_syntax_of_the_centre_and_all_find_the_same(both, text):
    _same(both, Filter(words=text))


def test_rows_of_several_nodes_stand_in_the_order_of_their_time_and_pages_follow_one_another(
    tmp_path, cluster_dsn, capsys
):
    with centre(cluster_dsn):
        for number in (1, 11, 21):
            for node in ("one", "two"):
                asyncio.run(fill(tmp_path / node, 5, first=number))
                shipped(tmp_path / node, cluster_dsn, node)
    cluster = Cluster(node="x", dsn=cluster_dsn)
    with ClusterReader.open(cluster) as reader:
        rows = reader.find(Filter(limit=100))
        assert [row.node for row in rows[::5]] == ["two", "one"] * 3
        assert [row.time for row in rows] == sorted((row.time for row in rows), reverse=True)
        paged = list(Export(reader, Filter(limit=0), lambda policy, rule: rule)._all_rows())
        assert paged == list(rows)
        assert reader.find(Filter(before=rows[6], limit=4)) == rows[7:11]
        lines = [json.loads(line) for line in export_jsonl(reader)]
        assert len(lines) == reader.last == 2 * 3 * 17
        assert [line["node"] for line in lines[:17]] == ["one"] * 17
        history = reader.show("bt-00000001")  # two mails, one on each node, were given this reference
        assert history.nodes == ("one",) * 3 + ("two",) * 3
        assert "  two " in render_history(history)
        assert "one" in render_rows(rows[-2:])
        assert reader.show("BT-NONE") is None
        assert next(Export(reader, Filter(limit=1), lambda policy, rule: rule).csv()).startswith("Nút,")
    assert find(cluster, Filter(limit=2), as_json=False) == 0
    assert show(cluster, "BT-00000002", as_json=True) == 0
    assert '"nodes":["one"' in capsys.readouterr().out.replace(" ", "")


def test_a_centre_without_tables_is_a_plain_message(cluster_dsn):
    with pytest.raises(GatewayError, match="cluster init"):
        ClusterReader.open(Cluster(node="x", dsn=cluster_dsn))


def test_an_outcome_that_comes_in_a_later_batch_is_found(tmp_path, cluster_dsn):
    asyncio.run(fill(tmp_path, 3))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with centre(cluster_dsn):
        shipped(tmp_path, cluster_dsn)
    with ClusterReader.open(Cluster(node="x", dsn=cluster_dsn)) as reader:
        assert len(reader.find(Filter(state="relayed", since=yesterday))) == 3


@pytest.mark.parametrize("body", [b"\xff", b'{"seq":2,"time":"x"}'])
def test_a_record_damaged_at_the_centre_hides_no_other(tmp_path, cluster_dsn, body):
    asyncio.run(fill(tmp_path, 3))
    with centre(cluster_dsn) as connection:
        shipped(tmp_path, cluster_dsn)
        connection.execute("UPDATE record SET body = %s WHERE seq IN (5, 6)", (body,))
    with ClusterReader.open(Cluster(node="x", dsn=cluster_dsn)) as reader:
        assert len(reader.find(Filter())) == 3
        history = reader.show("BT-00000002")
        assert "unreadable" in {r.kind_of(record) for record in history.records}
