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


def test_who_asks_while_another_looks_step_by_step_waits_and_goes_on_alone_where_that_one_gives_up(file):
    looked = []

    def look():
        looked.append(1)
        yield from range(3)
        return "found"

    def results(walk) -> tuple[list[int], str]:
        steps = []
        while True:
            try:
                steps.append(next(walk))
            except StopIteration as end:
                return steps, end.value

    remembered = Remembered[str](4)
    first = remembered.walk("key", file, look, first=0)
    assert [next(first), next(first)] == [0, 1]
    second = remembered.walk("key", file, look, first=0)
    assert [next(second), next(second)] == [1, 1], "as far as the first"
    assert results(first) == ([2], "found")
    assert results(second) == ([], "found")
    assert results(remembered.walk("key", file, look, first=0)) == ([], "found")
    assert len(looked) == 1
    first, second = (remembered.walk("other", file, look, first=0) for _ in range(2))
    assert [next(first), next(second)] == [0, 0]
    first.close()
    assert results(second) == ([0, 1, 2], "found")
    assert len(looked) == 3


def test_nobody_waits_for_ever_for_who_stands_still(file, monkeypatch):
    monkeypatch.setattr("animate.remembered.PATIENCE", -1)
    remembered, begun = Remembered[str](4), []

    def look():
        begun.append(1)
        yield 0
        return "found"

    first, second = (remembered.walk("key", file, look, first=0) for _ in range(2))
    assert [next(first), next(second)] == [0, 0]
    assert len(begun) == 2
