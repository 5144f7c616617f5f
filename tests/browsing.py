"""The page for the browser tests: in a process of its own, around the stand-in or the embedded model."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from studio.consent import is_needed
from tests.awaiting import wait_for

ROOT = Path(__file__).parents[1]
PLAYS = "v => v.readyState >= 2 && v.videoWidth > 0 && !v.error && v.muted === false && v.paused"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def served(
    command: list[str], folder: Path, *, port: int = 0, kill: bool = False, abused: bool = False
) -> Iterator[str]:
    """A page in a process of its own; its address. port: 0 takes a free one; kill: end it without a warning;
    abused: what is asked of it fails, and is logged."""
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "TMPDIR": str(folder)} | ({} if "hub" in command else {"HF_HUB_OFFLINE": "1"})
    command = [sys.executable, *(part.format(port=port) for part in command)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + 60
        while True:
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < end, "the page did not come up"
            try:
                urllib.request.urlopen(f"{address}/config", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
        assert process.poll() is None, (process.returncode, (folder / "log").read_text())
    finally:
        process.kill() if kill else process.terminate()
        process.wait(15)
    log = (folder / "log").read_text()
    assert abused or not ("Traceback" in log or "A call failed" in log), log


@contextmanager
def standing_in(folder: Path, *words: str) -> Iterator[str]:
    """The address of a page around the stand-in, whose examples are in folder/assets; words as it takes them."""
    command = ["-m", "tests.fake_animator", "{port}", str(folder / "own"), str(folder / "assets"), *words]
    with served(command, folder) as found:
        yield found


def measured(folder: Path) -> Path:
    """A folder of the page's in which it has noted how fast this machine is, which it would measure as it starts."""
    (folder / "private").mkdir(parents=True)
    (folder / "private" / "page.lock").touch()
    rates = {"watch": 0.03, "cut": 5.0, "denoise": 0.1, "write": 0.5}
    (folder / "pace.json").write_text(json.dumps({"models": {"": rates}, "rough": True}))
    return folder


def visit(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#animate")).to_be_visible()
    expect(page.locator("#small-print")).to_contain_text("at most")


def fill(page: Page, picture: Path, dance: Path, *, seconds: float | None = None) -> None:
    page.set_input_files("#picture input[type=file]", picture)
    expect(page.locator("#picture img")).to_be_visible()
    if is_needed(picture):
        page.get_by_label("I may use the pictures").check()
    page.set_input_files("#dance input[type=file]", dance)
    expect(page.locator("#dance video")).to_be_visible()
    if seconds is not None:
        page.get_by_role("button", name="Fine tuning").click()
        field = page.get_by_label("number input for Seconds")
        field.fill(str(seconds))
        field.press("Tab")
        expect(field).to_have_value(str(seconds))
        expect(page.get_by_label("range slider for Seconds")).to_have_value(str(seconds))


def put(page: Page, at: str, html: str) -> None:
    """Into the page's component `at`, in place of what the server has put there."""
    page.evaluate("([at, html]) => { document.querySelector(`${at} .prose`).innerHTML = html; }", [at, html])


def linger(page: Page) -> None:
    """The stand-in's next clip takes seconds more: enough for a slow page to be pressed while it is made."""
    page.get_by_role("button", name="Fine tuning").click()
    page.get_by_label("Steps", exact=True).fill("100")
    page.get_by_label("Steps", exact=True).press("Tab")


def noted(own: Path, *words: str) -> None:
    """Waits until the page in this folder has kept what a visitor has on it, with these words in it."""

    def kept() -> bool:
        with closing(sqlite3.connect(own / "private" / "left.db")) as base:
            return any(all(word in what for word in words) for (what,) in base.execute("SELECT what FROM given"))

    wait_for(kept, seconds=60)
