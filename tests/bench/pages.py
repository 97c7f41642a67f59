"""What a page of the console costs its own process: `python -m tests.bench.pages`.

The steward of the tests answers with fixed data, so its time is not counted; the console runs in its wall.
"""

import re
from contextlib import closing

from tests.console.conftest import System
from tests.support.processes import cpu_s, memory_kib

_ROUNDS = 200
_PAGES = (
    ("search, 50 rows", "/mails"),
    ("overview, 30 days", "/"),
    ("explanation", "/mails/BT-7F3K2Q00"),
    ("letter to a sender", "/t/BT-7F3K2Q00"),
    ("policy", "/policy"),
    ("log", "/audit"),
)


def main() -> None:
    with closing(System({})) as system:
        connection = system.connection()

        def get(path: str) -> bytes:
            connection.request("GET", path, headers={"Cookie": "session=auditor", "Accept-Encoding": "gzip"})
            return connection.getresponse().read()

        for name, path in _PAGES:
            page = get(path)
            least = float("inf")
            for _ in range(3):
                began = cpu_s([system.console])
                for _ in range(_ROUNDS):
                    get(path)
                least = min(least, 1000 * (cpu_s([system.console]) - began) / _ROUNDS)
            print(f"| {name} | {len(page) / 1000:.1f} | {least:.1f} |")
        files = {found: len(get(found)) for found in re.findall(r'"(/static/[^"]+)"', get("/mails").decode())}
        print("files", {name.rpartition("/")[2]: size for name, size in files.items()}, sum(files.values()))
        print("resident", memory_kib(system.console) // 1024, "MiB")


if __name__ == "__main__":
    main()
