"""What was found in a file is found once for all who ask, and forgotten with the file."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from animate.remembered import Remembered, identity


@pytest.fixture
def file(tmp_path) -> Path:
    (tmp_path / "file").write_bytes(b"one")
    return tmp_path / "file"


def test_many_who_ask_at_once_have_it_looked_for_once(file):
    looked, begun, go = [], threading.Event(), threading.Event()

    def look() -> int:
        looked.append(1)
        begun.set()
        assert go.wait(30)
        return len(looked)

    remembered = Remembered[int](4)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(remembered.find, "key", file, look)
        assert begun.wait(30)
        assert remembered.get("key") is None, "not found yet"
        others = [threads.submit(remembered.find, "key", file, look) for _ in range(3)]
        go.set()
        assert [each.result(30) for each in (first, *others)] == [1] * 4
    assert remembered.get("key") == 1


def test_a_failure_is_told_and_not_remembered(file):
    remembered = Remembered[int](4)
    with pytest.raises(ZeroDivisionError):
        remembered.find("key", file, lambda: 1 // 0)
    assert remembered.find("key", file, lambda: 2) == 2


def test_only_the_newest_are_kept_and_none_of_a_file_that_is_gone(file, tmp_path):
    remembered = Remembered[int](2)
    for key in range(3):
        remembered.keep(key, file, key)
    assert [remembered.get(key) for key in range(3)] == [None, 1, 2]
    other = tmp_path / "other"
    other.touch()
    remembered.keep("other", other, 3)
    file.unlink()
    remembered.forget()
    assert [remembered.get(key) for key in (1, 2, "other")] == [None, None, 3]
    remembered.forget(all_of_it=True)
    assert remembered.get("other") is None


def test_a_file_is_the_same_under_each_of_its_names_until_it_is_changed(file, tmp_path):
    os.link(file, tmp_path / "link")
    (tmp_path / "copy").write_bytes(file.read_bytes())
    assert identity(file) == identity(tmp_path / "link")
    assert len({identity(file), identity(tmp_path / "copy"), identity(tmp_path / "none")}) == 3
    before = identity(file)
    file.write_bytes(b"three")
    assert identity(file) != before
