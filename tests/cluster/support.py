"""Logs, a centre and shippers for the cluster tests."""

import sqlite3
from contextlib import closing, contextmanager

from gateway.cluster.database import connect
from gateway.cluster.schema import set_up
from gateway.cluster.ship import Shipper
from gateway.cluster.shipping import Shipping
from gateway.config.cluster import Cluster


@contextmanager
def centre(dsn):
    """A connection to a database with the cluster's tables."""
    with connect(Cluster(node="test", dsn=dsn)) as connection:
        set_up(connection)
        yield connection


def shipper(data, dsn, node="one"):
    """A shipper in this process, with its shared progress as `shown`."""
    shown = Shipping()
    made = Shipper(data, Cluster(node=node, dsn=dsn), shown)
    made.shown = shown
    return made


def shipped(data, dsn, node="one"):
    """Ship a whole log, and return the shipper's shared progress."""
    one = shipper(data, dsn, node)
    while one.step() == 0:
        pass
    one.close()
    return one.shown


def local(data, what="seq, body, hash", table="record"):
    """Rows of a log, in order."""
    with closing(sqlite3.connect(f"file:{data}/audit.db?mode=ro", uri=True)) as connection:
        return connection.execute(f"SELECT {what} FROM {table} ORDER BY 1").fetchall()


def there(connection, node="one", what="seq, body, hash", table="record"):
    """The same at the centre."""
    rows = connection.execute(f"SELECT {what} FROM {table} WHERE node = %s ORDER BY 1", (node,)).fetchall()
    return [tuple(bytes(one) if isinstance(one, memoryview) else one for one in row) for row in rows]
