"""Shared by all tests: where Chromium is, that tests which need it are skipped without it, and how threads wait."""

import os
import shutil
import sys
from collections import Counter

import pytest
from playwright.sync_api import expect
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Torch's threads wait asleep, in programs that tests start too: awake they keep the cores, often two, from the page,
# the browser and each other, and the same work takes many times as long. It is read when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
expect.set_options(timeout=20000)  # milliseconds: what a slow machine still does; what is there already takes none


def chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if chromium() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))
    sizes = Counter(group_of(item.nodeid) for item in items)
    long = {group_of(item.nodeid) for item in items for mark in ("browser", "slow") if item.get_closest_marker(mark)}
    items.sort(key=lambda item: (group_of(item.nodeid) not in long, -sizes[group_of(item.nodeid)]))


def group_of(nodeid: str) -> str:
    """Of tests that stay in one program: those of a file, and all that drive a browser."""
    file = nodeid.partition("::")[0]
    return "browser" if "test_browser" in file else file


class Sharing(LoadScopeScheduling):
    """Which of two programs runs a test: groups in turn, what takes long first, so that both end at about one time."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing:
    return Sharing(config, log)


@pytest.fixture(scope="session", autouse=True)
def one_thread(worker_id: str) -> None:
    """Torch's, where several programs share the tests, and with them the cores: so their work takes less of these.
    Programs that tests start have as many as their users'."""
    if worker_id != "master" and (torch := sys.modules.get("torch")):
        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """How pytest-playwright starts the browser."""
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
    return {**browser_type_launch_args, "executable_path": chromium(), "args": [*quiet, "--mute-audio"]}
