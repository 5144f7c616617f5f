"""What takes long gives way to the page, which a hundred people may look at while clips are made."""

import contextlib
import os
import sys
import threading

_NICER = 6  # of 19; with 10 an answer took 0.6 to 1.2 s beside four other busy programs, with 3 a hundred visitors wait
_TURN = 0.0005  # seconds a thread may keep Python to itself while another one waits; usually it is ten times that


def give_way() -> None:
    """The thread that calls this, and those that it starts, come after the others; where the system can do that."""
    if sys.platform == "linux":  # elsewhere it would be the whole program
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICER)


def take_short_turns() -> None:
    """Threads that compute in Python leave it sooner to the one that answers."""
    sys.setswitchinterval(_TURN)
