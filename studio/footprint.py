"""Memory that is free again goes back to the system, so that the program stays as small as what it holds.

What Python and the models free stays with the C library, in pieces between others, for every thread that ever
allocated a pool of its own: with small clips that was 400 MB beside 240 in use, up and down by a tenth and creeping.
"""

import ctypes
import sys
from functools import cache

_POOLS = 2  # the C library's own number is eight a processor
_M_ARENA_MAX, _M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -8, -3, -1  # malloc.h
_LARGE, _KEPT = 32 << 20, 512 << 20  # bytes: of one piece that is asked of the system by itself; that may stay free


@cache
def _c_library() -> ctypes.CDLL | None:
    """GNU's; other systems' look after themselves."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None  # musl has no such


def share_pools() -> None:
    """Threads begun from now on allocate in a few pools that all share, so that less stays between what is in use; and
    what is free stays there until it is given back. A clip after another then has a fifth of the page faults, and
    memory does not go up and down with each."""
    if (library := _c_library()) is not None:
        for what, value in ((_M_ARENA_MAX, _POOLS), (_M_MMAP_THRESHOLD, _LARGE), (_M_TRIM_THRESHOLD, _KEPT)):
            library.mallopt(what, value)


def give_back() -> None:
    """What is free goes back to the system; that takes some hundredths of a second."""
    if (library := _c_library()) is not None:
        library.malloc_trim(0)
