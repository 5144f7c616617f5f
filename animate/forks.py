"""A process that has loaded what looks at files, and forks for each: a look takes 20 ms of a processor, not 200.

It has nothing of any visitor's, opens no file and learns no verdict, so that each fork knows its own file alone. Linux.
"""

import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_LONGEST = 65536  # bytes of a question

Question = dict[str, Any]


class Forks:
    """The asker's side. command: starts the process, and is handed the number of its end of a socket."""

    possible = hasattr(os, "fork") and hasattr(socket, "send_fds") and hasattr(socket, "SOCK_SEQPACKET")

    def __init__(self, command: Sequence[str], *, cwd: os.PathLike[str], environment: Mapping[str, str]):
        self._command, self._cwd, self._environment = [*command], cwd, {**environment}
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._door: socket.socket | None = None

    def ask(self, question: Question, *, seconds: float) -> bytes:
        """What a fork answers within so many seconds on the clock; empty where it was killed, crashed or took longer.
        Raises OSError where there is no process to fork."""
        reading, writing = os.pipe()
        try:
            try:
                self._send(json.dumps({**question, "seconds": seconds}).encode(), writing)
            finally:
                os.close(writing)
            return _read(reading, until=time.monotonic() + seconds)
        finally:
            os.close(reading)

    def close(self) -> None:
        """The process ends, and with it what it has forked."""
        with self._lock:
            if self._door is not None:
                self._door.close()
                self._door = None
            if self._process is not None:
                self._process.wait(10)
                self._process = None

    def _send(self, message: bytes, descriptor: int) -> None:
        with self._lock:
            if self._process is not None and self._process.poll() is None and self._door is not None:
                with contextlib.suppress(OSError):  # it has just ended; another then
                    socket.send_fds(self._door, [message], [descriptor])
                    return
            socket.send_fds(self._begin(), [message], [descriptor])

    def _begin(self) -> socket.socket:
        if self._door is not None:
            self._door.close()
        self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [*self._command, str(theirs.fileno())],
                cwd=self._cwd,
                env=self._environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C is for the asker, who closes the door
            )
        return self._door


def stay(number: int, answer: Callable[[Question], bytes]) -> None:
    """The process's side: fork for each question, until the asker is gone. number: of its end of the socket; answer:
    called in the fork."""
    _be_left_alone()
    gc.collect()
    gc.freeze()  # the forks share what is loaded
    going: dict[int, float] = {}  # forks to when they are ended
    with socket.socket(fileno=number) as door:
        while True:
            patience = max(0.0, min(going.values()) - time.monotonic()) if going else None
            asked, _, _ = select.select([door], [], [], patience)
            _tidy(going)
            if not asked:
                continue
            message, descriptors, _, _ = socket.recv_fds(door, _LONGEST, 1)
            if not message:
                break
            question = json.loads(message)
            if (fork := os.fork()) == 0:
                door.close()
                _answer(answer, question, descriptors[0])
            os.close(descriptors[0])
            going[fork] = time.monotonic() + question["seconds"]
    for fork in going:
        with contextlib.suppress(OSError):
            os.kill(fork, signal.SIGKILL)


def _be_left_alone() -> None:
    """No fork may look into this process, or change it, though it is the same user's."""
    with contextlib.suppress(OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE


def _answer(answer: Callable[[Question], bytes], question: Question, descriptor: int) -> None:
    """In the fork, which ends with it."""
    try:
        left = answer(question)
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os._exit(0)


def _tidy(going: dict[int, float]) -> None:
    """Forget forks that have ended, and end those that take too long."""
    for fork, until in [*going.items()]:
        if until <= time.monotonic():
            os.kill(fork, signal.SIGKILL)  # still ours, since nobody has waited for it
        if os.waitpid(fork, os.WNOHANG)[0]:
            del going[fork]
        elif until <= time.monotonic():
            os.waitpid(fork, 0)
            del going[fork]


def _read(descriptor: int, *, until: float) -> bytes:
    """All that is written before the other end is closed; empty where that takes too long."""
    parts = []
    while (left := until - time.monotonic()) > 0 and select.select([descriptor], [], [], left)[0]:
        part = os.read(descriptor, _LONGEST)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return b""
