"""Shared by all tests: where Chromium is, and that tests which need it are skipped without it."""

import os
import shutil

import pytest
from playwright.sync_api import expect

expect.set_options(timeout=20000)  # milliseconds: what a slow machine still does; what is there already takes none


def chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if chromium() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """How pytest-playwright starts the browser."""
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
    return {**browser_type_launch_args, "executable_path": chromium(), "args": [*quiet, "--mute-audio"]}
