"""Who may come in: decided once, at the start, from where the page is reached and whether there is a login."""

import argparse
import logging
import os
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from animate import AnimateError, catalogue
from animate.settings import PRECISIONS
from studio.limits import LIMITS, Limits, host_limits, on_space

_HERE = ("127.0.0.1", "localhost", "::1")
# Hosts that stand for all addresses of this computer, each with one that belongs to nobody.
_ALL = {"0.0.0.0": (socket.AF_INET, "203.0.113.1"), "::": (socket.AF_INET6, "2001:db8::1")}
_CONTAINERS = ("/.dockerenv", "/run/.containerenv")  # files that tell that this is one
LOGIN = "ANIMATE_LOGIN"  # not an option, since everybody on a computer sees the options of its programs


@dataclass(frozen=True)
class Door:
    """login: name and password, or None; limits: of whoever comes in."""

    login: tuple[str, str] | None
    limits: Limits

    @classmethod
    def of(cls, *, host: str, share: bool, public: bool) -> "Door":
        """Raises AnimateError, in words, where strangers could come in although nobody has said that they may."""
        name, _, password = (given := os.environ.get(LOGIN, "")).partition(":")
        if given and not (name and password):
            raise AnimateError(f"{LOGIN} is to be a name, a colon and a password.")
        login = (name, password) if given else None
        strangers = not login and (share or host not in _HERE)
        if strangers and not (public or on_space()):
            raise AnimateError(
                "Others could reach this page without a login. "
                f"Set {LOGIN}=name:password for one, or add --public to let everybody in, under strict limits."
            )
        return cls(login, LIMITS["space"] if public or strangers else host_limits())


def require_own(host: str) -> None:
    """Raises AnimateError, in words and at once, for a host that is no address of this computer."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), 0, type=socket.SOCK_STREAM)
        family, kind, _, _, place = found[0]
        with socket.socket(family, kind) as tried:
            tried.bind(place)
    except (OSError, ValueError) as error:  # ValueError: of what is no name at all
        raise AnimateError(
            f"{host} is no address of this computer. --host 0.0.0.0 takes all that it has, and without --host the page "
            "is for this computer alone."
        ) from error


def in_network(host: str, port: int | None) -> str | None:
    """The address at which other devices reach a page that listens at `host`, without a slash at its end.

    None where it is this computer's alone; "" where it is not known, as in a container, whose own is of no use to them.
    """
    if host in _HERE:
        return None
    if host in _ALL:
        host = _own_address(*_ALL[host])
    return host and f"http://{f'[{host}]' if ':' in host else host}:{port}"


def tell_of(network: str | None, port: int | None) -> None:
    """A line in the terminal for the other devices that reach the page, as in_network gives their address."""
    if network is not None:
        print(f"For phones in your network: {network or f'http://THIS-COMPUTERS-ADDRESS:{port}'}/", flush=True)


def _own_address(family: int, other: str) -> str:
    """This computer's on the way to another; "" where there is none. Nothing is sent."""
    if any(Path(each).exists() for each in _CONTAINERS):
        return ""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((other, 9))
            return way.getsockname()[0]
    except OSError:
        return ""


def options() -> argparse.ArgumentParser:
    """The options of the start script."""
    parser = argparse.ArgumentParser(description="Make a picture dance, in the browser.")
    parser.add_argument("--host", default="0.0.0.0" if on_space() else "127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on; by default the first free one from 7860")
    parser.add_argument("--share", action="store_true", help="also make a public address for 72 hours")
    parser.add_argument("--public", action="store_true", help="let everybody in without a login, under strict limits")
    parser.add_argument("--metrics", action="store_true", help="tell Prometheus at /metrics how things go")
    parser.add_argument("--json-log", action="store_true", help="log a JSON object a line")
    parser.add_argument("--model", default="mini", help="a model's name, or the folder of a checkpoint")
    parser.add_argument("--dtype", choices=PRECISIONS, help="precision; chosen by itself")
    parser.add_argument("--folder", type=Path, help="the page's own, empty at first; by default in the cache")
    return parser


def require(given: argparse.Namespace) -> None:
    """Raises AnimateError, in words and at once, for options with which no page opens: nothing that can be listened on,
    or a model that is not here."""
    if given.port is not None and not 0 < given.port < 65536:
        raise AnimateError(f"Port {given.port} cannot be listened on. Choose one from 1 to 65535 with --port.")
    require_own(given.host)
    catalogue.find(given.model)


@contextmanager
def in_words(*, host: str, port: int | None) -> Iterator[None]:
    """What keeps the page from opening is one line of plain words, and exit code 2."""
    try:
        yield
    except (AnimateError, OSError, sqlite3.Error) as error:
        print(error if isinstance(error, AnimateError) else _trouble(error, host, port), file=sys.stderr)
        sys.exit(2)


def _trouble(error: OSError | sqlite3.Error, host: str, port: int | None) -> str:
    if isinstance(error, sqlite3.Error):
        return (
            f"The page cannot open: {error}. Free some space, or choose another folder with --folder or ANIMATE_CACHE."
        )
    if error.errno is not None:
        place = f"{error.filename} cannot be written" if error.filename else "The page cannot open"
        return f"{place}: {error.strerror}. Choose another folder with --folder or ANIMATE_CACHE."
    ports = "The first ports from 7860" if port is None else f"Port {port}"  # gradio does not say why
    return f"{ports} cannot be listened on at {host}; another program may do so. Choose another with --port."


def until_asked_to_stop(close: Callable[[], None], *, within: float = 4.0) -> None:
    """Wait for Ctrl-C or SIGTERM, then close. within: seconds after which the program ends though something in it
    still works, of the ten that it may take: where six other programs compute, threads that give way take up to five to
    die. What it was making is kept, and gone on with at the next start."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        last = threading.Timer(within, os._exit, (0,))
        last.daemon = True
        last.start()
        close()
        logging.disable()  # pages that still ask now fail, of which nobody needs to know
