"""Both branches of classifier-free guidance at once, each on its share of a processor's cores.

Threads that share every operation wait for each other a thousand times a step, and each time for whatever else keeps a
core of the machine busy. Threads with a branch each meet once. Measured: benchmarks/cores.py.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from animate import processor

FEW = 40_000  # places of all frames up to which it is worth the memory of a second branch: 24 frames at 256x384


def pays(x: Tensor) -> bool:
    """x: f c h w latents. Autocast is told to one thread alone."""
    several = torch.get_num_threads() > 1 and not torch.is_autocast_enabled("cpu")
    return several and processor.fit(x) and x[:, 0].numel() <= FEW


def at_once(one: Callable[[], Tensor], other: Callable[[], Tensor]) -> tuple[Tensor, Tensor]:
    """What two pieces of work of the same size answer, without gradients. Raises what either raises."""
    threads = torch.get_num_threads()
    torch.set_num_threads(threads // 2)  # of this thread; the other takes the rest
    try:
        with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(threads - threads // 2,)) as beside:
            found = beside.submit(torch.no_grad()(other))
            return torch.no_grad()(one)(), found.result()
    finally:
        torch.set_num_threads(threads)
