"""A clip that its owner has made public: the page of its own, and the link to it as words and as a QR code."""

import html
import os
import time
from typing import Any
from urllib.parse import urlsplit

import segno

from studio import moments
from studio.archive import Clip
from studio.words import RIGHT_TO_LEFT, Words

DAYS = (1, 7, 30)

_STYLE = (
    "body{font-family:system-ui,sans-serif;margin:0;padding:1.5rem 1rem;text-align:center;background:#f8fafc;"
    "color:#1e293b}video{max-width:100%;max-height:72vh;border-radius:12px;background:#e2e8f0}"
    "h1{font-size:1.4rem;margin:0 0 1rem}.label{display:inline-block;margin:.75rem;padding:.25rem .75rem;"
    "border-radius:1rem;background:#e0e7ff;color:#3730a3;font-weight:600}a{color:#4338ca}"
    "button{font:inherit;border:0;background:none;color:#475569;text-decoration:underline;cursor:pointer}"
    "@media(prefers-color-scheme:dark){body{background:#0b1120;color:#e2e8f0}video{background:#1e293b}"
    ".label{background:#312e81;color:#e0e7ff}a{color:#a5b4fc}button{color:#cbd5e1}}"
)


def address(request: Any, *, network: str | None = None) -> str:
    """The studio's own address as whoever asks has it, also behind a proxy and below a path of its own, which gradio
    takes from GRADIO_ROOT_PATH; with a slash at its end. request: of gradio or of starlette; network: where other
    devices reach the studio, for whoever asks from its own computer."""
    root = os.environ.get("GRADIO_ROOT_PATH", "").strip("/")
    if root.startswith(("http://", "https://")):
        return f"{root}/"
    headers, url = getattr(request, "headers", {}), getattr(request, "url", "")  # gradio's has none beside a page
    host = headers.get("x-forwarded-host", headers.get("host", "")).split(",")[0].strip()
    scheme = headers.get("x-forwarded-proto", getattr(url, "scheme", "")).split(",")[0].strip()
    here = f"{'https' if scheme == 'https' else 'http'}://{host}"
    return f"{network if network and is_here_alone(here) else here}/{root and root + '/'}"


def is_here_alone(base: str) -> bool:
    """Whether the studio's address leads to it on this computer alone."""
    return urlsplit(base).hostname in ("localhost", "127.0.0.1", "::1")


def page(words: Words, share: str, *, base: str, reported: bool = False) -> str:
    """The HTML of a shared clip. base: the studio's address, with its final slash; link previews need it whole.
    reported: it answers a report, which is sent to a place below that of the clip."""
    here, title = f"{html.escape(base)}clip/{share}", words.html("shared_title")
    place = f"../../clip/{share}" if reported else share  # whatever a browser calls the studio
    report = (
        f'<p role="status">{words.html("reported")}</p>'
        if reported
        else f'<form method="post" action="{place}/report"><button>{words.html("report")}</button></form>'
    )
    preview = (
        f'<meta property="og:title" content="{title}">'
        f'<meta property="og:description" content="{words.html("made_with_ai")}">'
        f'<meta property="og:type" content="video.other"><meta property="og:url" content="{here}">'
        f'<meta property="og:image" content="{here}/poster.jpg">'
        f'<meta property="og:video" content="{here}/clip.mp4"><meta property="og:video:type" content="video/mp4">'
        f'<meta name="twitter:card" content="summary_large_image">'
    )
    player = (
        f'<video controls loop playsinline poster="{place}/poster.jpg" src="{place}/clip.mp4"'
        f' aria-label="{title}"></video><p><span class="label">{words.html("made_with_ai")}</span></p>'
    )
    return _document(words, title, base=base, head=preview, body=player, end=report)


def gone(words: Words, *, base: str) -> str:
    """The HTML for whoever follows a link that leads nowhere any more."""
    return _document(words, words.html("gone"), base=base)


def _document(words: Words, title: str, *, base: str, head: str = "", body: str = "", end: str = "") -> str:
    direction = "rtl" if words.language in RIGHT_TO_LEFT else "ltr"
    return (
        f'<!doctype html><html lang="{words.language}" dir="{direction}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{title}</title>{head}<style>{_STYLE}</style></head><body><main><h1>{title}</h1>{body}"
        f'<p><a href="{html.escape(base)}">{words.html("make_yours")}</a></p>{end}</main></body></html>'
    )


def link(words: Words, clip: Clip, *, base: str, network: str | None = None) -> str:
    """HTML: the address of a clip while it is shared, until when, and as a QR code; where other devices do not reach
    it, how they would. network: None where the studio is this computer's alone."""
    if not clip.share or clip.until <= time.time():
        return ""
    address = f"{base}clip/{clip.share}"
    shown = (
        f'<p>{moments.told(words, "shared_until", clip.until)}</p><p><a href="{html.escape(address)}" target="_blank"'
    )
    shown += f' rel="noopener" dir="ltr">{html.escape(address)}</a></p>'
    if is_here_alone(base):
        return f"{shown}<p>{words.html('shared_here' if network is None else 'shared_as_localhost')}</p>"
    code = segno.make(address).svg_data_uri(scale=4, border=2, light="white")
    return shown + f'<img class="qr" src="{code}" alt="{words.html("qr")}" width="148" height="148">'
