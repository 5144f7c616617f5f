"""Hugging Face's hub or a mirror: what it says of a file, the file's bytes, and the shared cache's locks and links."""

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from animate.catalogue import HubFile
from animate.errors import WeightsError, wants_space
from animate.places import hub_cache, repository_folder

TIMEOUT = 15  # seconds of silence
HEX = frozenset("0123456789abcdef")


class NotGot(WeightsError):
    """A model's files could not be got. passing: another try may help; after: when, in seconds, as the hub asks."""

    def __init__(self, words: str, *, passing: bool = False, after: float | None = None):
        super().__init__(words)
        self.passing, self.after = passing, after


def is_hash(name: str) -> bool:
    """Whether what the hub calls a file, as the cache does too, is its sha256 or git's hash."""
    return len(name) in (40, 64) and set(name) <= HEX


def named_hash(path: Path) -> str:
    """The hash by which the cache calls a file; "" where it tells none, and where it holds no links."""
    name = path.readlink().name if path.is_symlink() else ""
    return name if is_hash(name) else ""


def asked_by(variable: str) -> bool:
    """Whether a variable of the environment says yes, as for all programs that use the hub."""
    return os.environ.get(variable, "").lower() in ("1", "on", "yes", "true")


@dataclass(frozen=True)
class Remote:
    """A file as the hub has it now, at the commit it told.

    size in bytes; etag: its name among the cache's blobs; hash: sha256, or git's for small files, or "" where a mirror
    tells none; arrived: bytes that an earlier try has left.
    """

    file: HubFile
    size: int
    etag: str
    hash: str
    arrived: int = 0

    @property
    def folder(self) -> Path:
        return repository_folder(self.file.repository)

    @property
    def blob(self) -> Path:
        return self.folder / "blobs" / self.etag

    @property
    def partial(self) -> Path:
        return self.blob.with_name(f"{self.etag}.incomplete")

    @property
    def arrived_now(self) -> int:
        return self.partial.stat().st_size if self.partial.is_file() else 0

    @property
    def path(self) -> Path:
        """Where all programs look for it: by its commit and name."""
        return self.folder / "snapshots" / self.file.revision / self.file.path

    def link(self) -> None:
        """The blob to where programs look; itself, where the cache holds no links, as other programs do there too."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        if not asked_by("HF_HUB_DISABLE_SYMLINKS"):
            with suppress(OSError):  # Windows without developer mode, exFAT
                self.path.symlink_to(os.path.relpath(self.blob, self.path.parent))
                return
        self.blob.replace(self.path)


@dataclass(frozen=True)
class Hub:
    """endpoint: its address; token: for what is given only to those who agreed to terms; offline: ask nobody."""

    endpoint: str
    token: str | None = None
    offline: bool = False

    @classmethod
    def of_environment(cls) -> "Hub":
        """As for all programs that use the hub: HF_ENDPOINT, HF_TOKEN or a login, HF_HUB_OFFLINE."""
        from huggingface_hub import get_token

        endpoint = os.environ.get("HF_ENDPOINT") or "huggingface.co"
        if "://" not in endpoint:
            endpoint = f"https://{endpoint}"
        return cls(endpoint.rstrip("/"), get_token(), asked_by("HF_HUB_OFFLINE"))

    @property
    def _pass(self) -> str | bool:
        return self.token or False  # False: and do not look for one

    def _url(self, file: HubFile) -> str:
        from huggingface_hub import hf_hub_url

        return hf_hub_url(file.repository, file.path, revision=file.revision, endpoint=self.endpoint)

    def look_up(self, file: HubFile) -> Remote:
        """Size and hash, asked of the hub. Raises NotGot where they are not those the catalogue knows."""
        from huggingface_hub import get_hf_file_metadata

        told = get_hf_file_metadata(self._url(file), token=self._pass, timeout=TIMEOUT, endpoint=self.endpoint)
        if told.commit_hash is None or told.etag is None or told.size is None:
            raise NotGot(
                f"{self.endpoint} answers, but not as a hub does: perhaps a login page of the network. "
                "Open it in a browser, or set HF_ENDPOINT to a mirror."
            )
        known = told.etag if is_hash(told.etag) else ""
        differs = file.size not in (None, told.size) or (len(known) == 64 and file.sha256 not in (None, known))
        differs = differs or file.revision not in ("main", told.commit_hash)
        if differs:
            raise NotGot(f"{self.endpoint} has another {file.name} than the one this project knows. It was not got.")
        remote = Remote(replace(file, revision=told.commit_hash), told.size, told.etag, file.sha256 or known)
        return replace(remote, arrived=min(remote.arrived_now, told.size))

    @contextmanager
    def stream(self, remote: Remote, begin: int) -> Iterator[Any]:
        """The response with the file's bytes from `begin` on."""
        from huggingface_hub import get_session
        from huggingface_hub.utils import build_hf_headers, hf_raise_for_status

        headers = build_hf_headers(token=self._pass) | {"Accept-Encoding": "identity"}
        if begin:
            headers["Range"] = f"bytes={begin}-"
        with get_session().stream("GET", self._url(remote.file), headers=headers, timeout=TIMEOUT) as response:
            hf_raise_for_status(response)
            yield response

    @contextmanager
    def lock(self, remote: Remote, stop: threading.Event) -> Iterator[None]:
        """The cache's own lock on a blob, as other programs take it; waited for until `stop`."""
        from filelock import Timeout
        from huggingface_hub.utils import WeakFileLock

        path = hub_cache() / ".locks" / remote.folder.name / f"{remote.etag}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        held: AbstractContextManager[Any] | None = None
        while held is None and not stop.is_set():
            with suppress(Timeout):
                waiting = WeakFileLock(path, timeout=0.5)
                waiting.__enter__()
                held = waiting
        try:
            yield
        finally:
            if held:
                held.__exit__(None, None, None)


@contextmanager
def in_words(file: HubFile) -> Iterator[None]:
    """Failures of the hub, the network and the disk as NotGot."""
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError as failure:
        raise NotGot(
            f"{file.repository} is given to people who have agreed to its terms: agree at "
            f"https://huggingface.co/{file.repository}, make a token there, and set HF_TOKEN to it."
        ) from failure
    except (errors.RepositoryNotFoundError, errors.EntryNotFoundError, errors.RevisionNotFoundError) as failure:
        raise NotGot(
            f"The hub has no {file.name} at {file.revision} (any more). If it asks for a login, set HF_TOKEN."
        ) from failure
    except errors.HfHubHTTPError as failure:
        raise refusal(file, failure.response) from failure
    except errors.HTTPError as failure:  # of the library that huggingface_hub speaks HTTP with
        if type(failure).__name__.startswith("Connect"):
            words = "The hub cannot be reached. Check the network, or set HF_ENDPOINT to a mirror, and try again."
        else:
            words = f"The way to the hub broke while {file.name} was on it. What has arrived is kept; try again."
        raise NotGot(words, passing=True) from failure
    except OSError as failure:
        if wants_space(failure):
            raise NotGot(
                f"The disk is full: {file.name} did not fit into {hub_cache()}. What has arrived is kept; "
                "free some space, or set HF_HOME to a folder on another disk, and try again."
            ) from failure
        raise NotGot(f"{file.name} cannot be written into {hub_cache()} ({failure.strerror or failure}).") from failure


def refusal(file: HubFile, response: Any) -> NotGot:
    """What a refusing answer means, and whether it passes."""
    status = response.status_code
    if status in (401, 403):
        return NotGot(f"The hub does not give {file.name} to just anyone: set HF_TOKEN to a token that may read it.")
    if status == 429:
        after = response.headers.get("Retry-After", "")
        seconds = float(after) if after.isdigit() else None
        if seconds is not None and seconds > 60:
            return NotGot(f"The hub asks to be left alone for {seconds / 60:.0f} min. Try again then.")
        return NotGot("The hub is asked too often from here. Try again in an hour.", passing=True, after=seconds)
    return NotGot(
        f"The hub answered {status} for {file.name}. Try again later.", passing=status in (408, 416) or status >= 500
    )
