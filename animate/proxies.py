"""Proxies as the environment or the system names them: made such that can be used, or refused in words.

What speaks HTTP here would end with a traceback instead, gradio as soon as it is imported.
"""

import os
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies

from animate.errors import AnimateError

KINDS = ("http", "https", "all")  # of what goes through a proxy
SCHEMES = ("http", "https", "socks5", "socks5h")
HERE = ("localhost", "127.0.0.1", "::1")


def settle(*own: str) -> None:
    """From now on proxies are used where they can be, and never on the way to this computer itself.

    own: addresses of it beside the usual ones. Raises AnimateError, naming the variable, for a proxy that is none.
    """
    found = getproxies()
    used = {f"{kind}_proxy": usable(kind, found[kind]) for kind in KINDS if found.get(kind)}
    if used:
        direct = ",".join((*filter(None, [found.get("no")]), *HERE, *own))
        os.environ.update(used, no_proxy=direct, NO_PROXY=direct)


def usable(kind: str, proxy: str) -> str:
    """A proxy's address as it can be used; GNOME calls SOCKS5 by another name."""
    address = proxy if "://" in proxy else f"http://{proxy}"
    if address.lower().startswith("socks://"):
        address = f"socks5{address[5:]}"
    names = (f"{kind}_proxy", f"{kind.upper()}_PROXY")
    name = next((name for name in names if os.environ.get(name)), "The system")
    if not is_proxy(address):
        raise AnimateError(
            f"{name} names no proxy that can be used. Unset it, or write it as http://, https:// or socks5://HOST:PORT."
        )
    if address.startswith("socks") and find_spec("socksio") is None:
        raise AnimateError(f"{name} names a SOCKS proxy. Unset it, or install what speaks to one: pip install socksio.")
    return address


def is_proxy(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
