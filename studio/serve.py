"""Puts the studio on the net: this computer alone, unless asked otherwise."""

from urllib.parse import urlsplit

from starlette.middleware import Middleware

from animate import examples
from studio import awake, focus, giving, kept, look, speaking, stock
from studio.callers import Assistants
from studio.errands import fetch_nothing
from studio.footprint import share_pools
from studio.front import FrontPage
from studio.greeting import greeting
from studio.guards import LoginThrottle, NoErrands, QuietLeave, SameOrigin, SeenAddress, UploadGuard
from studio.health import health_routes
from studio.hosting import in_network, tell_of
from studio.limits import on_space
from studio.page import Studio
from studio.rates import RateGuard, prices
from studio.rehearsal_routes import rehearsal_routes
from studio.routes import routes
from studio.sessions import MOST, count_nothing, lighten
from studio.uploads import keep_apart
from studio.yielding import take_short_turns

# Gradio's form for the login says nothing of a 429: its words come below the form, until there is another answer.
_SHUT = """<script>
(() => {
  const ask = window.fetch, told = document.createElement('p');
  told.setAttribute('role', 'alert');
  told.style.cssText = 'margin: 1rem; text-align: center; color: var(--error-text-color)';
  window.fetch = async (...asked) => {
    const answer = await ask(...asked);
    if (new URL(answer.url).pathname.endsWith('/login')) {
      told.remove();
      told.textContent = answer.status === 429 ? await answer.clone().text() : '';
      if (told.textContent) document.querySelector('input[type=password]')?.closest('.form')?.after(told);
    }
    return answer;
  };
})();
</script>"""
# Where the clip is below the button, as on a phone, both come into sight; and the top, for another character and where
# the clip is beside the button but above the window. At once, since what changes on the page stops a smooth scroll.
# What has to be ticked first comes before it, and is marked until it is.
_IN_SIGHT = """<script>
document.addEventListener('click', event => {
  const button = event.target.closest('#animate'), tick = document.querySelector('#consent input:not(:checked)');
  const top = element => element?.getBoundingClientRect().top ?? 0, status = top(document.querySelector('#status'));
  if (button && tick?.checkVisibility()) {
    document.documentElement.dataset.consent = 'asked';
    tick.focus();
  } else if (button && status > top(button)) button.scrollIntoView({behavior: 'instant'});
  else if (button && status < 0 || event.target.closest('#other')) scrollTo({top: 0, behavior: 'instant'});
});
</script>"""
# A dance that a browser cannot play is no failure, as gradio would say in English. Of a picture that it cannot show the
# words below tell, not its sign for a broken one.
_UNPLAYED = """<script>
(() => {
  for (const [told, opacity] of [['error', '0'], ['load', '']])
    addEventListener(told, event => {
      if (event.target.matches?.('#picture img')) event.target.style.opacity = opacity;
    }, true);
  const told = document.documentElement.dataset, is = event => event.target.matches?.('#dance video');
  const show = () => {  // as soon as both are there
    const film = document.querySelector('#dance video'), still = document.querySelector('.unplayed')?.dataset.still;
    if (told.dance === 'unplayed' && film && still && film.poster !== still) film.poster = still;
  };
  addEventListener('error', event => {
    if (!is(event)) return;
    event.stopImmediatePropagation();
    told.dance = 'unplayed';
    show();
  }, true);
  addEventListener('loadstart', event => {
    if (!is(event)) return;
    delete told.dance;
    event.target.removeAttribute('poster');
  }, true);
  new MutationObserver(show).observe(document, {childList: true, subtree: true});
})();
</script>"""
# Which files are none that can be used we say ourselves, in words. Gradio's boxes would go by what a browser takes a
# file for, which knows no HEIC on some systems, and takes a GIF for a picture, though it may be a dance.
_TAKEN = """<script>
(() => {
  const box = event => event.target.closest?.('#picture, #dance');
  const kind = at => at.id === 'dance' ? 'video/' : 'image/';
  const odd = (at, files) => at && [...files].some(file => !file.type.startsWith(kind(at)));
  const called = (at, files) => {
    const given = new DataTransfer();
    for (const file of files) given.items.add(new File([file], file.name, {type: kind(at) + 'unknown'}));
    return given.files;
  };
  addEventListener('click', event => {
    if (event.target.matches?.('#dance input[type=file]')) event.target.accept = 'video/*,image/gif';
  }, true);
  addEventListener('change', event => {
    const at = box(event), input = event.target;
    if (input.type === 'file' && odd(at, input.files)) input.files = called(at, input.files);
  }, true);
  addEventListener('drop', event => {
    const at = box(event), input = at?.querySelector('input[type=file]'), files = event.dataTransfer.files;
    if (!input || !odd(at, files)) return;
    event.preventDefault();
    event.stopPropagation();
    input.files = called(at, files);
    input.dispatchEvent(new Event('change', {bubbles: true}));
  }, true);
})();
</script>"""
# A dot after the one link of the footer parts it from nothing; gradio keeps the style sheet of a page away from there.
_FOOTER = "<style>footer > .divider { display: none !important; }</style>"
_SHARED = """The address is public for 72 hours: whoever has it can use this page, and with it this computer's processor
and disk. What is sent goes through a server of Gradio's. Clips stay private; visitors cannot have other models got."""
_NOT_SHARED = "No public address could be made; without the internet, or behind some firewalls, there is none."


def launch(
    studio: Studio,
    *,
    host: str,
    port: int | None = None,
    share: bool = False,
    login: tuple[str, str] | None = None,
    metrics: bool = False,
) -> str:
    """Serve the page, then start the workshop, so that loading the model does not hold up the page. Its address.

    port: None takes the first free one from 7860. share: also by a public tunnel, whose address is then given.
    login: name and password that are asked for. metrics: numbers for Prometheus are told.
    """
    take_short_turns()
    share_pools()
    keep_apart()
    fetch_nothing()
    count_nothing()
    limits, outside = studio.limits, set[str]()
    spoken = kept.SCRIPT + speaking.script() + stock.script()
    first, shown = (spoken + _SHUT, "") if login else (spoken, greeting())
    studio.models.may_get = studio.models.may_get and not share
    guards = [
        Middleware(SeenAddress),
        Middleware(QuietLeave),
        Middleware(SameOrigin, allowed=outside),
        Middleware(NoErrands),
        Middleware(Assistants, waiting=studio.callers.assistants),
        Middleware(LoginThrottle),
        Middleware(RateGuard, points_a_minute=limits.points_a_minute, prices=prices(studio.demo.fns)),
        Middleware(UploadGuard, most_bytes=limits.upload_bytes, folder=studio.folder, free_bytes=limits.free_gb * 1e9),
        Middleware(FrontPage, first=first, shown=shown, keeps=not login),
    ]
    _, address, public = studio.demo.queue(default_concurrency_limit=None).launch(
        server_name=host,
        server_port=port,
        share=share,
        i18n=studio.translations,
        head=_IN_SIGHT + _UNPLAYED + _TAKEN + _FOOTER + giving.script(limits.upload_mb) + awake.script() + focus.SCRIPT,
        theme=look.theme(),
        css=look.CSS,
        footer_links=["api"],
        max_file_size=limits.upload_bytes,
        auth=[login] if login else None,
        allowed_paths=[str(examples.ASSETS)],
        blocked_paths=[str(studio.folder / name) for name in ("private", "clips", "rehearsals", "pace.json")],
        app_kwargs={
            "routes": [
                *routes(studio.archive),
                *rehearsal_routes(studio.rehearsals),
                *health_routes(studio, metrics=metrics),
            ],
            "middleware": guards,
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
        mcp_server=not login,  # its clients cannot pass gradio's login
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        state_session_capacity=MOST,
        prevent_thread_lock=True,
        quiet=True,
        _frontend=False,  # no look at the page itself, which ends the program where a busy machine takes three seconds
    )
    lighten(studio.demo)
    if not (share or on_space()):
        port = urlsplit(address).port
        studio.keeping.acts.network = network = in_network(host, port)
        tell_of(network, port)
    if share:
        print(_SHARED if public else _NOT_SHARED, flush=True)
    if public:
        studio.keeping.acts.public = True
        outside.add(urlsplit(public).netloc)
    studio.open()
    return public or address
