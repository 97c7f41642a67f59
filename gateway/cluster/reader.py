"""Merged view of all nodes' logs, in time order, from the records at the centre."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Self

from msgspec.structs import replace

from gateway.audit import record as r
from gateway.audit.conditions import storable
from gateway.audit.filter import Filter
from gateway.audit.keyed import Keyed
from gateway.audit.query import History
from gateway.audit.rows import Row, became, row_of
from gateway.cluster.database import Connection, DatabaseError, connect, failures, reason_of
from gateway.cluster.keys import read_key
from gateway.cluster.pipelined import Rows
from gateway.cluster.search import Keys, where
from gateway.config.cluster import Cluster
from gateway.model.reference import standard
from gateway.texts.catalogue import both

_PAGE = 2_000


class ClusterReader:
    """Reader of the centre (`gateway.audit.reader.Reader`)."""

    def __init__(self, connection: Connection, keyed: Keys = lambda _: ()) -> None:
        """`keyed` returns the keyed digests under which a file of a confidential mail is indexed."""
        self._connection = connection
        self._keyed = keyed
        self.index_was_wrong = False
        self.several = True

    @classmethod
    def open(cls, cluster: Cluster) -> ClusterReader:
        """Open the centre of a cluster; DatabaseError when it is unreachable or has no tables."""
        key = read_key(cluster)
        reader = cls(connect(cluster), Keyed(*filter(None, (key,))).digests)
        reader._rows("SELECT 1 FROM entry LIMIT 1")
        return reader

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def last(self) -> int:
        """Number of shipped records, all nodes together."""
        newest = "(SELECT max(seq) FROM record WHERE record.node = shipper.node)"
        return int(self._rows(f"SELECT coalesce(sum({newest}), 0) FROM shipper")[0][0])  # noqa: S608 - our own words

    def show_indexing(self, tick: Callable[[int], None]) -> None:
        """Do nothing: index rows are shipped with their records."""

    def find(self, wanted: Filter) -> tuple[Row, ...]:
        """Return matching rows, newest first; SearchError for an invalid filter."""
        condition, values = where(wanted, self._keyed)
        found = self._rows(
            "SELECT e.node, e.seq, r.body FROM ("  # noqa: S608 - our own words
            f"SELECT node, seq, at FROM entry WHERE {condition} ORDER BY at DESC, node DESC, seq DESC LIMIT %s"
            ") e JOIN record r USING (node, seq) ORDER BY e.at DESC, e.node DESC, e.seq DESC",
            (*values, max(1, wanted.limit)),
        )
        records = [(node, r.read(bytes(body), seq)) for node, seq, body in found]
        states = self._states((node, record) for node, record in records if isinstance(record, r.Intent))
        rows = [replace(row_of(record), node=node) for node, record in records]
        return tuple(replace(row, state=states.get((row.node, row.seq), row.state)) for row in rows)

    def show(self, reference: str) -> History | None:
        """Return all records of a reference (any spelling) from all nodes; None when no node has it."""
        wanted = storable(reference).strip().replace("\0", "\ufffd")
        for candidate in dict.fromkeys((standard(wanted) or wanted, wanted, wanted.upper())):
            found = self._rows(
                "SELECT node, seq, body FROM event JOIN record USING (node, seq) WHERE id = %s ORDER BY at, node, seq",
                (candidate,),
            )
            if found:
                records = tuple(r.read(bytes(body), seq) for _, seq, body in found)
                return History(candidate, records, tuple(node for node, *_ in found))
        return None

    def links(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Yield node, body and hash of every record in time order."""
        try:
            with self._connection.transaction(), self._connection.cursor("links") as cursor:  # one sort for all pages
                cursor.itersize = _PAGE
                cursor.execute("SELECT node, body, hash FROM record ORDER BY at, node, seq")
                for node, body, digest in cursor:
                    yield node, bytes(body), bytes(digest)
        except failures() as error:
            raise DatabaseError(both("cluster", "fault", "not_read", error=reason_of(error))) from None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _states(self, intents: Iterable[tuple[str, r.Intent]]) -> dict[tuple[str, int], str]:
        """Return the state of mails by node and sequence number of their intent; mails without later records are absent."""
        asked = [(node, intent.id, intent.seq) for node, intent in intents]
        if not asked:
            return {}
        rows = self._rows(
            "SELECT i.node, i.seq, e.seq, r.body FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS i (node, id, seq)"
            " JOIN event e ON e.node = i.node AND e.id = i.id AND e.seq > i.seq"
            " JOIN record r ON r.node = e.node AND r.seq = e.seq ORDER BY e.seq",
            tuple(map(list, zip(*asked, strict=True))),
        )
        later: dict[tuple[str, int], list[r.AnyRecord]] = {}
        for node, seq, at, body in rows:
            later.setdefault((node, seq), []).append(r.read(bytes(body), at))
        return {place: became(records) for place, records in later.items()}

    def _rows(self, statement: str, values: Sequence[object] = ()) -> Rows:
        try:
            rows: Rows = self._connection.execute(statement.encode(), values).fetchall()
        except failures() as error:
            raise DatabaseError(both("cluster", "fault", "not_read", error=reason_of(error))) from None
        return rows
