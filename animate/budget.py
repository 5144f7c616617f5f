"""What a clip takes of memory, and how much there is: told before anything is rendered."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from animate.guide import workers
from animate.memory import PLANS, SPARE, Lodging
from animate.settings import RenderSettings

# Bytes for each pixel of a clip that the puppet moves, as many more for each thread that moves frames, and beside them.
# With two threads the process grew by 292 MB at 256x384, 633 at 512x768, 1521 at 1024x1536 and 2750 at 1536x2048, with
# four by 805 at 512x768 and 2207 at 1024x1536; finding the dancer takes about 50 more.
MOVING, MOVING_EACH, MOVING_AT_ALL = 370, 230, 330 * 10**6


@dataclass(frozen=True)
class Room:
    """need: bytes that a clip takes at once; free: those there are, None where the system does not tell."""

    need: int
    free: int | None

    @property
    def fits(self) -> bool:
        return self.free is None or self.need <= self.free


def room_for(lodging: Lodging | None, settings: RenderSettings, *, frames: int) -> Room:
    """Of the device or, where that has room for a window alone, of the host, which then keeps what grows with the clip.

    lodging: of a released model; None is the embedded one, which works in the host's memory.
    """
    settings = settings.within(frames)
    area, host = settings.width * settings.height, free_of_host()
    if lodging is None:
        return Room(MOVING_AT_ALL + (MOVING + MOVING_EACH * workers()) * area, host)
    free = lodging.free()
    if free is None:
        return Room(lodging.need(PLANS[0], settings, frames=frames), host)
    plan, room = lodging.fitting(settings) or PLANS[-1], int(SPARE * free)
    if lodging.has_room(plan, settings, frames=frames):
        return Room(lodging.need(plan, settings, frames=frames), room)
    device, beside = Room(lodging.need(plan, settings), room), Room(lodging.kept(settings, frames), host)
    return beside if device.fits and not beside.fits else device


def free_of_host() -> int | None:
    """Bytes that this process may still take: of the machine, or of a container that holds it to less."""
    free = None
    with contextlib.suppress(OSError, ValueError, IndexError):
        told = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        free = int(told["MemAvailable"].split()[0]) * 1024
    with contextlib.suppress(OSError, ValueError):  # "max" where there is no limit
        most, taken = (int(Path(f"/sys/fs/cgroup/memory.{name}").read_text()) for name in ("max", "current"))
        cache = Path("/sys/fs/cgroup/memory.stat").read_text().partition("inactive_file ")[2].split("\n")[0]
        free = min(free if free is not None else most, most - taken + int(cache or 0))
    if free is None:
        with contextlib.suppress(ValueError, OSError, AttributeError):  # a system that tells only what it has in all
            return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return free
