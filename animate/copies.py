"""Big weights kept once more in the precision they are used in, so that the next start reads half as much, mapped.

What is in that precision already, and can be mapped where it lies, is not. Written tensor by tensor, so the host never
holds more than one tensor beside the mapped files.
"""

import contextlib
import hashlib
import json
import os
import shutil
import struct
import sys
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from animate.places import own_cache, told_apart

ABANDONED = 3600  # seconds without a tensor more, after which nobody writes a copy any longer
DIGITS = 8  # of a name that say whose copy it is, and as many that say of which state
BIG = 64 * 2**20  # bytes; smaller files load in no time as they are
HEADER = 100 * 10**6  # bytes; the format allows no longer ones
NAMES = {
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


def place(source: Path, dtype: torch.dtype) -> Path:
    """Where the copy of a file in a precision is kept; a source that changes gets another place, of a name that begins
    alike."""
    whose, which = (
        hashlib.sha256(f"{about}|{dtype}".encode()).hexdigest()[:DIGITS] for about in (slot(source), told_apart(source))
    )
    return own_cache() / "weights" / f"{source.stem}-{whose}{which}.safetensors"


def lying(source: Path) -> Path:
    """By its own name, which in the hub's cache is a link to what it holds."""
    return source.parent.resolve() / source.name


def slot(source: Path) -> str:
    """Where it lies; of any commit in the hub's cache, which has a folder for each: models--…/snapshots/COMMIT."""
    parts = lying(source).parts
    commits = {
        at + 2 for at in range(len(parts) - 2) if parts[at].startswith("models--") and parts[at + 1] == "snapshots"
    }
    return "/".join(part for at, part in enumerate(parts) if at not in commits)


def mapped(source: Path) -> bool:
    """Whether a file can be read by mapping it; what torch wrote before its version 1.6 cannot."""
    return is_safetensors(source) or zipfile.is_zipfile(source)


def is_safetensors(source: Path) -> bool:
    """Whether a file is one by its beginning, whatever it is called: the length of a header, and the header, JSON."""
    with source.open("rb") as file:
        head = file.read(9)
    return head[8:] == b"{" and int.from_bytes(head[:8], "little") < source.stat().st_size


def worth_it(source: Path, state: Mapping[str, Tensor], dtype: torch.dtype) -> bool:
    """Big, and not already mapped in this precision."""
    if source.stat().st_size < BIG or not {value.dtype for value in state.values()} <= set(NAMES):
        return False
    return not mapped(source) or any(cast(value, dtype).dtype != value.dtype for value in state.values())


def cast(value: Tensor, dtype: torch.dtype) -> Tensor:
    return value.to(dtype) if value.is_floating_point() else value


def tidy() -> None:
    """Deletes what nobody finishes or reads any more: copies half written, and those whose source is gone or not told.

    What another program is reading or writing all the same costs it time and nothing else.
    """
    with contextlib.suppress(OSError):  # no folder yet
        for old in (own_cache() / "weights").iterdir():
            with contextlib.suppress(OSError):  # somewhere in use, or gone meanwhile
                half = old.suffix == ".part" and time.time() - old.stat().st_mtime > ABANDONED
                if half or (old.suffix == ".safetensors" and not ((source := source_of(old)) and source.is_file())):
                    old.unlink()


def source_of(copy: Path) -> Path | None:
    """What it is a copy of; those of older versions do not tell, nor do damaged ones."""
    with contextlib.suppress(struct.error, ValueError, LookupError, TypeError), copy.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return Path(json.loads(file.read(min(length, HEADER)))["__metadata__"]["source"])
    return None


def write(target: Path, source: Path, state: Mapping[str, Tensor], dtype: torch.dtype) -> bool:
    """Writes the copy whole or not at all, in place of one of what the file was before; False where there is no room or
    leave for it, which only costs time later."""
    aside = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for old in target.parent.iterdir():
            if old != target and old.suffix == target.suffix and old.stem[:-DIGITS] == target.stem[:-DIGITS]:
                with contextlib.suppress(OSError):  # somewhere in use
                    old.unlink()
        if shutil.disk_usage(target.parent).free < sum(value.numel() * dtype.itemsize for value in state.values()):
            return False
        with aside.open("wb") as file:
            write_tensors(file, state, dtype, source=str(lying(source)))
        aside.replace(target)
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
    return True


def write_tensors(file: BinaryIO, state: Mapping[str, Tensor], dtype: torch.dtype, *, source: str) -> None:
    """The safetensors format: the header's length, the header, the numbers."""
    header: dict[str, object] = {"__metadata__": {"format": "pt", "source": source}}
    position = 0
    for name, value in state.items():
        kept = dtype if value.is_floating_point() else value.dtype
        size = value.numel() * kept.itemsize
        header[name] = {
            "dtype": NAMES[kept],
            "shape": list(value.shape),
            "data_offsets": [position, position + size],
        }
        position += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    file.write(struct.pack("<Q", len(text)))
    file.write(text)
    assert sys.byteorder == "little", "the format is little-endian, as every machine torch runs on"
    file.flush()  # numpy writes past Python's buffer
    for value in state.values():
        cast(value, dtype).contiguous().flatten().view(torch.uint8).numpy().tofile(file)
