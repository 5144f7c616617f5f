"""Processes that train side by side: they average what they have, and none waits for one that has ended."""

import os
import select
import signal
import threading
import time
from collections.abc import Callable

import pytest
import torch
from torch import nn

from training.crew import EVERY, Crew

SOON = 20.0  # seconds, however busy the machine


def outcome(work: Callable[[Crew], None]) -> str:
    """What rank 0 of three says of the work, once all of them have ended: "", or its failure."""
    read, write = os.pipe()
    if (first := os.fork()) == 0:
        os.setpgid(0, 0)
        try:
            crew = Crew([nn.Parameter(torch.zeros(3))], processes=3)
            crew.split()
            work(crew)
        except BaseException as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    told = b""
    while select.select([read], [], [], SOON)[0]:
        if not (some := os.read(read, 1000)):
            os.waitpid(first, 0)
            os.close(read)
            return told.decode()
        told += some
    os.killpg(first, signal.SIGKILL)
    raise AssertionError("one that holds the other end still waits")


def test_they_average_what_they_have_and_stop_together():
    def work(crew: Crew) -> None:
        [parameter] = crew.parameters
        with torch.no_grad():
            parameter.add_(crew.rank)
        stops = [crew.meet(step, over=step == 2 * EVERY) for step in range(1, 2 * EVERY + 1)]
        assert stops == [False] * (2 * EVERY - 1) + [True], stops
        assert torch.equal(parameter.data, torch.ones(3)), parameter

    assert outcome(work) == ""


@pytest.mark.parametrize("after", [0, 0.1])
def test_when_one_is_killed_the_first_does_not_wait_for_it(after):
    """Before it meets the others, or when it has begun to wait for them."""

    def work(crew: Crew) -> None:
        if crew.rank == 1:
            threading.Timer(after, os.kill, (os.getpid(), signal.SIGKILL)).start()
            time.sleep(0.0 if after else SOON)
        if crew.rank == 0:
            time.sleep(3 * after)
        crew.meet(EVERY, over=False)

    assert "has ended" in outcome(work)


def test_when_the_first_is_killed_the_others_end():
    def work(crew: Crew) -> None:
        if crew.rank == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        crew.meet(EVERY, over=False)

    assert outcome(work) == ""
