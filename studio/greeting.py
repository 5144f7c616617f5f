"""What is seen until gradio's scripts have come, which takes seconds on a slow line: the page's own first words."""

import json

from studio.words import LANGUAGES, Words

_WORDS = ("title", "tagline", "page_loading")
# Where and as these words will stand, so that nothing moves when the page takes over.
_STYLE = """<style>
#greeting { position: fixed; inset: 0; z-index: 1000; background: #f8fafc; color: #475569;
  font: 14px/22.75px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
#greeting main { max-width: 1240px; margin: 0 auto; padding: 24px 32px; box-sizing: border-box; }
#greeting h1 { margin: 0 0 4px; font-size: 28px; line-height: 36.4px; letter-spacing: -0.01em; color: #1e293b; }
#greeting p { margin: 0 0 16px; }
@media (prefers-color-scheme: dark) {
  #greeting { background: #0a0f1e; color: #94a3b8; }
  #greeting h1 { color: #f1f5f9; }
}
</style>"""
_SCRIPT = """<script>
(() => {
  document.currentScript.remove();
  const greeting = document.getElementById('greeting'), said = WORDS[document.documentElement.lang];
  greeting.querySelectorAll('h1, p').forEach((part, place) => { part.textContent = said[place]; });
  const gone = () => { greeting.remove(); here.disconnect(); };
  const here = new MutationObserver(() => { if (document.querySelector('#top h1')) gone(); });
  here.observe(document.body, {childList: true, subtree: true});
  addEventListener('load', () => setTimeout(gone, 30000));  // something else is there to be seen then
})();
</script>"""


def greeting() -> str:
    """HTML for the beginning of the page's body."""
    english = Words("en")
    title, tagline = english.html("title"), english.html("tagline")
    said = {language: [Words(language)(key) for key in _WORDS] for language in LANGUAGES}
    return (
        f'<div id="greeting">{_STYLE}<main><h1>{title}</h1><p>{tagline}</p><p role="status"></p></main></div>'
        f"{_SCRIPT.replace('WORDS', json.dumps(said, ensure_ascii=False))}"
    )
