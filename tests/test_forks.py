"""One process that has loaded what is needed, and forks for each question."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from animate.forks import Forks, stay
from tests.awaiting import wait_for

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not Forks.possible, reason="only Linux can do that")

_seen: list[str] = []


def answer(question: dict[str, Any]) -> bytes:
    """In the fork."""
    _seen.append(question["name"])
    match question["name"]:
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "wrong":
            raise ValueError
        case "long":
            Path(question["file"]).write_text(str(os.getpid()))
            time.sleep(60)
        case "much":
            return b"x" * 300_000
    return f"{os.getppid()} {os.getpid()} {','.join(_seen)} {os.environ.get('SECRET')}".encode()


@pytest.fixture
def forks(monkeypatch) -> Iterator[Forks]:
    monkeypatch.setenv("SECRET", "ours")
    code = "import sys; from tests.test_forks import answer, stay; stay(int(sys.argv[1]), answer)"
    made = Forks([sys.executable, "-c", code], cwd=ROOT, environment={"PATH": os.environ["PATH"]})
    yield made
    made.close()


def ask(forks: Forks, name: str, *, seconds: float = 20, **more: str) -> list[str]:
    return forks.ask({"name": name, **more}, seconds=seconds).decode().split()


def is_there(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_each_question_has_a_fork_that_knows_of_no_other(forks):
    told = [ask(forks, name) for name in ("one", "two", "three")]
    assert [each[2] for each in told] == ["one", "two", "three"]
    assert len({each[0] for each in told}) == 1
    assert len({each[1] for each in told}) == 3
    assert {each[3] for each in told} == {"None"}


def test_many_ask_at_once_and_each_has_its_answer(forks):
    told: dict[str, str] = {}
    threads = [
        threading.Thread(target=lambda name=str(number): told.update({name: ask(forks, name)[2]}))
        for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert told == {str(number): str(number) for number in range(12)}


def test_long_answers_come_whole(forks):
    assert forks.ask({"name": "much"}, seconds=20) == b"x" * 300_000


def test_a_fork_that_is_killed_or_fails_tells_nothing_and_the_next_does(forks):
    before = ask(forks, "one")[0]
    assert ask(forks, "killed") == ask(forks, "wrong") == []
    assert ask(forks, "two")[0] == before


def test_one_that_takes_too_long_is_ended(forks, tmp_path):
    ask(forks, "one")
    begun = time.monotonic()
    assert ask(forks, "long", seconds=1, file=str(tmp_path / "fork")) == []
    assert time.monotonic() - begun < 5
    fork = int((tmp_path / "fork").read_text())
    wait_for(lambda: not is_there(fork), seconds=10)
    assert ask(forks, "two")


def test_a_process_that_has_ended_is_begun_anew(forks):
    first = ask(forks, "one")[0]
    os.kill(int(first), signal.SIGKILL)
    wait_for(lambda: not is_there(int(first)), seconds=10)
    assert ask(forks, "two")[0] != first


def test_with_the_asker_all_end(forks, tmp_path):
    first = int(ask(forks, "one")[0])
    threading.Thread(target=ask, args=(forks, "long"), kwargs={"file": str(tmp_path / "fork")}, daemon=True).start()
    wait_for(lambda: (tmp_path / "fork").is_file() and (tmp_path / "fork").read_text(), seconds=10)
    fork = int((tmp_path / "fork").read_text())
    assert is_there(fork)
    forks.close()
    wait_for(lambda: not (is_there(first) or is_there(fork)), seconds=10)


def test_what_forks_have_seen_leaves_no_file_open(forks):
    for _ in range(5):
        ask(forks, "one")
    before = len(os.listdir("/proc/self/fd"))
    process = int(ask(forks, "one")[0])
    with contextlib.suppress(PermissionError):  # it may not be looked into, but by root
        theirs = len(os.listdir(f"/proc/{process}/fd"))
        for _ in range(5):
            ask(forks, "one")
        assert len(os.listdir(f"/proc/{process}/fd")) <= theirs
    assert len(os.listdir("/proc/self/fd")) == before


assert stay  # for the process
