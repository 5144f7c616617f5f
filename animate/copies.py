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
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from animate.places import own_cache

DIGITS = 8  # of a name that say whose copy it is, and as many that say of which state
BIG = 64 * 2**20  # bytes; smaller files load in no time as they are
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
    source = source.resolve()
    known = source.stat()
    whose, which = (
        hashlib.sha256(about.encode()).hexdigest()[:DIGITS]
        for about in (f"{source}|{dtype}", f"{source}|{known.st_size}|{known.st_mtime_ns}|{dtype}")
    )
    return own_cache() / "weights" / f"{source.stem}-{whose}{which}.safetensors"


def mapped(source: Path) -> bool:
    """Whether a file can be read by mapping it; what torch wrote before its version 1.6 cannot."""
    return source.suffix == ".safetensors" or zipfile.is_zipfile(source)


def worth_it(source: Path, state: Mapping[str, Tensor], dtype: torch.dtype) -> bool:
    """Big, and not already mapped in this precision."""
    if source.stat().st_size < BIG or not {value.dtype for value in state.values()} <= set(NAMES):
        return False
    return not mapped(source) or any(cast(value, dtype).dtype != value.dtype for value in state.values())


def cast(value: Tensor, dtype: torch.dtype) -> Tensor:
    return value.to(dtype) if value.is_floating_point() else value


def write(target: Path, state: Mapping[str, Tensor], dtype: torch.dtype) -> bool:
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
            write_tensors(file, state, dtype)
        aside.replace(target)
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
    return True


def write_tensors(file: BinaryIO, state: Mapping[str, Tensor], dtype: torch.dtype) -> None:
    """The safetensors format: the header's length, the header, the numbers."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
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
