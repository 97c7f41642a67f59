"""Fire: processes that write one log take turns, so that none starves the others."""

import subprocess
import sys
import threading

from gateway.audit.committer import Committer
from gateway.audit.store import Folder, Turn
from tests.e2e.gateway_process import environment

HOLDER = """
import sys
from pathlib import Path
from gateway.audit.store import Folder, Turn
with Turn(Folder(Path(sys.argv[1]))):
    print("taken", flush=True)
    sys.stdin.read()
"""


def test_who_wants_to_write_waits_for_the_turn_of_another_process(tmp_path):
    """And gets it the moment that it is given back, however soon the other one would like it again."""
    Committer.open(tmp_path).close()
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
    )
    assert other.stdout.readline() == b"taken\n"
    taken = threading.Event()
    turn = Turn(Folder(tmp_path), budget_s=60)

    def take():
        with turn:
            taken.set()

    waiting = threading.Thread(target=take)
    waiting.start()
    assert not taken.wait(0.3), "the other one still has it"
    other.communicate(b"")
    assert taken.wait(300)
    waiting.join()
    turn.close()
