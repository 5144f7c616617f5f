"""Processes that train side by side on one machine and average their parameters every few steps.

On a processor two single-threaded processes train faster than one with two threads.
"""

import os
from collections.abc import Sequence

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
        self._barrier = torch.multiprocessing.get_context("fork").Barrier(processes)

    def split(self) -> None:
        """Forks; from here on every process has its own `rank`."""
        for rank in range(1, self.processes):
            if os.fork() == 0:
                self.rank = rank
                return

    @torch.no_grad()
    def meet(self, step: int, *, over: bool) -> bool:
        """After each step: averages when it is time. over: rank 0's word that the budget is spent. Whether to stop."""
        if self.processes == 1:
            return over
        if step % EVERY:
            return False
        if self.rank == 0:
            self._stop[0] = float(over)
        torch.cat([parameter.flatten() for parameter in self.parameters], out=self._shared[self.rank])
        self._barrier.wait()
        mean = self._shared.mean(0)
        for parameter, part in zip(self.parameters, mean.split([p.numel() for p in self.parameters]), strict=True):
            parameter.copy_(part.view_as(parameter))
        stop = bool(self._stop[0])
        self._barrier.wait()
        return stop

    def leave(self) -> None:
        """Ends the processes beside rank 0."""
        if self.rank:
            os._exit(0)
