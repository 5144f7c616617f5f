"""Processes that train side by side on one machine and average their parameters every few steps.

On a processor two single-threaded processes train faster than one with two threads.
"""

import os
from collections.abc import Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection

import torch
from torch import nn

EVERY = 4  # steps


class Crew:
    """Made before the fork, with the parameters that all will train. Rank 0 alone reports, validates and saves."""

    def __init__(self, parameters: Sequence[nn.Parameter], *, processes: int):
        self.parameters, self.processes, self.rank = parameters, processes, 0
        self._size = sum(parameter.numel() for parameter in parameters)
        self._shared = torch.zeros(processes if processes > 1 else 0, self._size).share_memory_()
        self._stop = torch.zeros(1).share_memory_()
        self._lines: list[Connection] = []  # from rank 0 to each of the others, from them to it

    def split(self) -> None:
        """Forks; from here on every process has its own `rank`."""
        for rank in range(1, self.processes):
            mine, theirs = Pipe()
            if os.fork() == 0:
                for line in (*self._lines, mine):  # which else stayed open when rank 0 has ended
                    line.close()
                self.rank, self._lines = rank, [theirs]
                return
            theirs.close()
            self._lines.append(mine)

    @torch.no_grad()
    def meet(self, step: int, *, over: bool) -> bool:
        """After each step: averages when it is time. over: rank 0's word that the budget is spent. Whether to stop.

        Raises ChildProcessError at rank 0 when another has ended; when rank 0 has, the others end too.
        """
        if self.processes == 1:
            return over
        if step % EVERY:
            return False
        if self.rank == 0:
            self._stop[0] = float(over)
        torch.cat([parameter.flatten() for parameter in self.parameters], out=self._shared[self.rank])
        self._gather()
        mean = self._shared.mean(0)
        for parameter, part in zip(self.parameters, mean.split([p.numel() for p in self.parameters]), strict=True):
            parameter.copy_(part.view_as(parameter))
        stop = bool(self._stop[0])
        self._gather()
        return stop

    def _gather(self) -> None:
        """Waits until all are here. A line, unlike a barrier, tells of its other end's death, however that came."""
        try:
            if self.rank:
                self._lines[0].send_bytes(b"here")
                self._lines[0].recv_bytes()
                return
            for line in self._lines:
                line.recv_bytes()
            for line in self._lines:
                line.send_bytes(b"all")
        except (EOFError, OSError) as error:
            if self.rank:
                os._exit(1)
            raise ChildProcessError(
                "A process that trains beside this one has ended, as they do where memory is short. "
                "Start again with fewer --processes; training goes on from what was saved last."
            ) from error

    def leave(self) -> None:
        """Ends the processes beside rank 0."""
        if self.rank:
            os._exit(0)
