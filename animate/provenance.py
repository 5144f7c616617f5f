"""Where a clip comes from: content credentials (C2PA) in the file, signed here, and the mark in its pictures.

The key is made at the first start and never leaves this computer; whoever issued it is forgotten at once, so nothing
but clips can be signed with it. Nothing is asked of the net, neither when signing nor when checking.
"""

import contextlib
import json
import logging
import os
import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np

from animate import places, sidecar

log = logging.getLogger(__name__)
PROGRAM = "Animate"
VERSION = "0.1.0"
WEBM = "video/webm"
KINDS = {
    ".mp4": "video/mp4",
    ".webm": WEBM,
    ".gif": "image/gif",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
_MADE_BY_AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_VALID = timedelta(days=3650)
_WATCHED = 100  # frames in which the mark is looked for

SAID = {
    "credentials_here": "Its content credentials are whole: it was made by AI here.",
    "credentials_elsewhere": "Its content credentials are whole, and come from somewhere else.",
    "credentials_altered": "It has content credentials, and was altered after they were made.",
    "credentials_none": "It has no content credentials.",
    "mark_here": "Its pictures carry this installation's mark.",
    "mark_elsewhere": "Its pictures carry the mark of another installation of this program.",
    "mark_none": "Its pictures carry no mark of this program.",
}

_WHOLE = re.compile(
    r"(?P<key>-----BEGIN [A-Z ]*PRIVATE KEY-----\s[\w+/=\s]+-----END [A-Z ]*PRIVATE KEY-----\s+)"
    r"(?P<chain>(-----BEGIN CERTIFICATE-----\s[\w+/=\s]+-----END CERTIFICATE-----\s*)+)"
)  # an identity's file

Found = Literal["here", "elsewhere", "altered", "none"]


@dataclass(frozen=True)
class Identity:
    """An installation: its private key and the chain of certificates that vouch for it, as PEM."""

    key: str
    chain: str

    @classmethod
    def of(cls, file: Path | None = None) -> "Identity":
        """The one of this installation, made and kept (0600) where there is none, or a damaged one; what cannot be kept
        lasts as long as the program. file: where it is kept; by default beside the models."""
        file = file or places.own_cache() / "identity.pem"
        try:
            return cls._read(file)
        except ValueError:
            _put_aside(file)
        except OSError:
            pass
        made = cls._new()
        part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
                out.write(made.key + made.chain)
                out.flush()
                os.fsync(out.fileno())
            with contextlib.suppress(FileExistsError):
                part.rename(file) if os.name == "nt" else os.link(part, file)  # whoever comes first has made it
            return cls._read(file)
        except (OSError, ValueError):
            return made
        finally:
            with contextlib.suppress(OSError):
                part.unlink()

    @classmethod
    def _read(cls, file: Path) -> "Identity":
        if not (found := _WHOLE.fullmatch(file.read_text(encoding="ascii"))):
            raise ValueError("no identity")
        return cls(found["key"], found["chain"])

    @classmethod
    def _new(cls) -> "Identity":
        from animate.certificates import chain_of

        return cls(*chain_of(PROGRAM, valid=_VALID))

    @property
    def issuer(self) -> str:
        """The certificate at the end of the chain, which no other installation has."""
        return "-----BEGIN CERTIFICATE-----" + self.chain.rpartition("-----BEGIN CERTIFICATE-----")[2]

    @property
    def number(self) -> int:
        """16 bits that tell this installation from most others."""
        return int.from_bytes(sha256(self.issuer.encode()).digest()[:2])


def _put_aside(file: Path) -> None:
    """What is no identity makes way for one, and can still be looked at."""
    aside = file.with_name(f"damaged-{file.name}")
    with contextlib.suppress(OSError):
        file.replace(aside)
        log.warning("%s was damaged and lies in %s now; clips are signed with a new key from here on", file, aside.name)


@dataclass(frozen=True)
class Seal:
    """What every clip of one model gets: the mark in each picture, and the credentials when the file is whole.

    marks: False for pictures that have theirs already.
    """

    identity: Identity
    model: str
    marks: bool = True

    @cached_property
    def _mark(self) -> Any:
        from animate.watermark import Watermark  # here, since OpenCV would hold up the page

        return Watermark(self.identity.number)

    def stamp(self, luma: np.ndarray) -> np.ndarray:
        """h w uint8, the brightness of a frame; the same with the mark in it."""
        return self._mark.stamp(luma) if self.marks else luma

    def sign(self, path: Path, *, kind: str = "video/mp4", made: float | None = None) -> None:
        """Put credentials into a finished file, as the last thing that happens to it. made: seconds since 1970."""
        import c2pa

        info = c2pa.C2paSignerInfo(b"es256", self.identity.chain.encode(), self.identity.key.encode(), None)  # type: ignore[arg-type]
        signed = path.with_name(path.name + ".signed.part")
        try:
            with (
                c2pa.Signer.from_info(info) as signer,
                c2pa.Builder(self._claims(time.time() if made is None else made)) as builder,
                path.open("rb") as source,
                signed.open("w+b") as target,
            ):
                if kind == WEBM:
                    builder.set_no_embed()
                store = builder.sign(signer, kind, source, target)
            if kind == WEBM:
                sidecar.append(signed, store)
            signed.replace(path)
        finally:
            signed.unlink(missing_ok=True)

    def _claims(self, made: float) -> dict[str, Any]:
        program = {"name": PROGRAM, "version": VERSION}
        when = datetime.fromtimestamp(made, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        action = {
            "action": "c2pa.created",
            "when": when,
            "digitalSourceType": _MADE_BY_AI,
            "softwareAgent": program,
            "parameters": {"com.animate.model": self.model},
        }
        return {
            "claim_generator_info": [program],
            "title": "A clip made by AI",
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
        }


@dataclass(frozen=True)
class Origin:
    """What a file says of itself. credentials: signed here, by another, by one of them and altered since, or none;
    program, made: who signed it and when, as its credentials say; mark: of the pictures."""

    credentials: Found
    mark: Found
    program: str = ""
    made: str = ""

    @property
    def here(self) -> bool:
        return "here" in (self.credentials, self.mark)

    @property
    def words(self) -> tuple[str, str]:
        """What was found, of the credentials and of the pictures."""
        signed = f" Signed by {self.program} on {self.made}." if self.credentials in ("here", "elsewhere") else ""
        return SAID[f"credentials_{self.credentials}"] + signed, SAID[f"mark_{self.mark}"]


def origin(path: Path | str, identity: Identity) -> Origin:
    """Look for both. Raises UnreadableVideo for a file that holds neither credentials nor moving pictures."""
    from animate import video
    from animate.watermark import detect

    mark: Found = "none"
    credentials, program, made = credentials_of(Path(path), identity)
    if (suffix := Path(path).suffix.lower()) == ".gif" or not KINDS.get(suffix, "video").startswith("image"):
        trace = detect(video.lumas(path, most=_WATCHED))
        mark = "none" if not trace.found else "here" if trace.made_by(identity.number) else "elsewhere"
    return Origin(credentials, mark, program, made)


def credentials_of(path: Path, identity: Identity) -> tuple[Found, str, str]:
    """A file's credentials, the program that signed them and when, as they say themselves."""
    import c2pa

    settings = {
        "trust": {"user_anchors": identity.issuer},
        "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
    }
    kind, apart = KINDS.get(path.suffix.lower(), "video/mp4"), None
    try:
        with (
            path.open("rb") as file,
            c2pa.Context(c2pa.Settings.from_dict(settings)) as context,
        ):
            apart = sidecar.split(file)
            file.seek(0)
            given = (kind, file) if apart is None else (WEBM, *apart)
            with c2pa.Reader(*given, context=context) as reader:
                told = json.loads(reader.json())
    except (c2pa.C2paError, OSError, ValueError):
        return "none" if apart is None else "altered", "", ""
    manifest = told.get("manifests", {}).get(told.get("active_manifest"), {})
    state = {"Trusted": "here", "Valid": "elsewhere"}.get(told.get("validation_state"), "altered")
    program = next((str(each.get("name", "")) for each in manifest.get("claim_generator_info") or []), "")
    actions = [
        action
        for assertion in manifest.get("assertions", [])
        if assertion.get("label", "").startswith("c2pa.actions")
        for action in assertion.get("data", {}).get("actions", [])
    ]
    made = next((str(action["when"]) for action in actions if action.get("when")), "")
    return state, program, made  # type: ignore[return-value]
