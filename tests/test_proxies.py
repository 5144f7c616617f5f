"""Behind a proxy: one that can be used is used, but not on the way to this computer; any other is named."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock
from urllib.request import getproxies

import httpx
import pytest

from animate import AnimateError, proxies
from animate.__main__ import main
from tests.hub import serve

ROOT = Path(__file__).parents[1]
SOCKS = "127.0.0.1:7890"


@pytest.fixture
def set_only(monkeypatch) -> Iterator[Callable[..., None]]:
    """Sets variables of an environment that is put back, and says whether what speaks SOCKS is installed."""
    with mock.patch.dict(os.environ):
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            del os.environ[name]
        monkeypatch.setattr(proxies, "find_spec", lambda name: object())
        yield os.environ.update


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (f"socks://{SOCKS}/", f"socks5://{SOCKS}/"),
        (f"SOCKS5://{SOCKS}", f"SOCKS5://{SOCKS}"),
        (f"socks5h://me:secret@{SOCKS}", f"socks5h://me:secret@{SOCKS}"),
        ("proxy.example:3128", "http://proxy.example:3128"),
        ("http://proxy.example", "http://proxy.example"),
    ],
)
def test_a_proxy_that_can_be_used_is(set_only, given, used):
    set_only(ALL_PROXY=given)
    proxies.settle()
    assert getproxies()["all"] == used
    proxies.settle()
    assert getproxies()["all"] == used


@pytest.mark.parametrize(
    "given", ["ftp://x", "socks4://x:1", "http://", "http://x:port", "http://[x", "http://x:99999"]
)
def test_what_is_none_is_named_by_its_variable_in_one_line(set_only, given, capsys):
    set_only(https_proxy=given)
    assert main(["get", "moore"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("https_proxy names no proxy")


def test_a_socks_proxy_without_its_package_says_what_to_install(set_only, monkeypatch):
    monkeypatch.setattr(proxies, "find_spec", lambda name: None)
    set_only(ALL_PROXY=f"socks5://{SOCKS}")
    with pytest.raises(AnimateError, match=r"ALL_PROXY names a SOCKS proxy.*pip install socksio"):
        proxies.settle()


def test_this_computer_is_asked_without_a_proxy(set_only):
    """As the page asks itself when it opens."""
    set_only(HTTP_PROXY="http://127.0.0.1:1", NO_PROXY="intranet.example")
    proxies.settle("192.168.1.5")
    with serve() as served:
        assert httpx.get(served.endpoint).status_code == 404
    assert {"intranet.example", "192.168.1.5", "::1"} <= set(os.environ["no_proxy"].split(","))
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://hub.example")


def test_where_there_is_none_nothing_changes(set_only):
    before = dict(os.environ)
    proxies.settle()
    assert dict(os.environ) == before


def test_the_page_says_so_before_anything_of_it_is_loaded(set_only):
    set_only(ALL_PROXY="ftp://x")
    done = subprocess.run([sys.executable, "app.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("ALL_PROXY names no proxy")
