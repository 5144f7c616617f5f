"""Content credentials in a WebM: an element at its end that every player passes over.

C2PA names no place in Matroska, so the credentials are signed over the file as it was before, as those are that lie
beside a file, and then kept in a Void element. What is checked is the file without that element.
"""

import io
from pathlib import Path
from typing import BinaryIO

_HEAD = b"\x1a\x45\xdf\xa3"  # every EBML file begins with it
_VOID = 0xEC
_SIGN = b"C2PA manifest store\0"  # what tells it from other empty space
_MOST = 1_000_000  # bytes of credentials
_ELEMENTS = 20  # at the outermost level, that are looked through
_SIZE_BYTES = 8


def append(path: Path, store: bytes) -> None:
    """Put credentials at the end of a WebM."""
    content = _SIGN + store
    size = (1 << 7 * _SIZE_BYTES | len(content)).to_bytes(_SIZE_BYTES)
    with path.open("ab") as file:
        file.write(bytes([_VOID]) + size + content)


def split(file: BinaryIO) -> tuple["Without", bytes] | None:
    """The file without its credentials, and those; None for one that has none."""
    if file.read(len(_HEAD)) != _HEAD:
        return None
    end, at = file.seek(0, io.SEEK_END), 0
    for _ in range(_ELEMENTS):
        file.seek(at)
        element, size = _number(file, marked=True), _number(file)
        if element is None or size is None or (after := file.tell() + size) > end:
            return None
        if element == _VOID and len(_SIGN) < size <= _MOST and file.read(len(_SIGN)) == _SIGN:
            store = file.read(size - len(_SIGN))
            return Without(file, at, after), store
        at = after
    return None


class Without(io.RawIOBase):
    """A file from which the bytes from start to end are left out."""

    def __init__(self, file: BinaryIO, start: int, end: int):
        self._file, self._start, self._gap, self._at = file, start, end - start, 0
        self._size = file.seek(0, io.SEEK_END) - self._gap

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[override]
        before = self._at < self._start
        self._file.seek(self._at if before else self._at + self._gap)
        most = min(len(buffer), self._start - self._at) if before else len(buffer)
        data = self._file.read(most)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def tell(self) -> int:
        return self._at


def _number(file: BinaryIO, *, marked: bool = False) -> int | None:
    """A number of EBML, whose first bits tell its length. marked: with those bits, as in an element's name."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    length = 9 - first[0].bit_length()
    data = first + file.read(length - 1)
    number = int.from_bytes(data)
    return None if len(data) < length else number if marked else number & (1 << 7 * length) - 1
