"""Which language the page speaks: the one that its visitor has chosen there, or the browser's first, else English."""

import json

from studio.kept import key
from studio.words import LANGUAGES, NAMES, RIGHT_TO_LEFT, Words

# Before anything is drawn, so that nothing jumps, and before any script of gradio's, which knows Chinese by two of its
# names only, more languages than we do, of which it would mix words with ours, and a page by one title. What is chosen
# is told with each question, in a header, and no cookie: inside another site's page those are blocked. Where the
# browser keeps nothing there either, the window's name does, until it is closed.
_SCRIPT = """<script>
(() => {
  const titles = TITLES, kept = localStorage.getItem(KEY) ?? window.name, chosen = kept in titles ? kept : "";
  const asked = navigator.language, first = asked.split("-")[0];
  const spoken = chosen || (titles[first] ? first : "en");
  const called = spoken !== "zh" ? spoken : /hant|tw|hk|mo/i.test(asked) ? "zh-TW" : "zh-CN";
  if (spoken !== first || spoken === "zh") Object.defineProperty(navigator, "language", {value: called});
  const root = document.documentElement, speak = () => { if (root.lang !== spoken) root.lang = spoken; };
  speak();
  new MutationObserver(speak).observe(root, {attributeFilter: ["lang"]});  // gradio has other names for Chinese
  root.dir = RTL.includes(spoken) ? "rtl" : "ltr";
  const named = () => { if (document.title !== titles[spoken]) document.title = titles[spoken]; };
  new MutationObserver(named).observe(document.head, {childList: true, subtree: true});
  const ask = window.fetch;
  if (chosen) window.fetch = (what, how = {}) => {
    const headers = new Headers(how.headers ?? what.headers);
    headers.set("Accept-Language", chosen);
    return ask(what, {...how, headers});
  };
  document.addEventListener("click", event => {
    const language = event.target.closest("[data-language]")?.dataset.language;
    if (!language || language === spoken) return;
    localStorage.setItem(KEY, window.name = language);
    location.reload();
  });
})();
</script>"""


def script() -> str:
    """HTML for the beginning of the page's head."""
    titles = json.dumps({language: Words(language)("title") for language in LANGUAGES}, ensure_ascii=False)
    told = {"TITLES": titles, "KEY": json.dumps(key("language")), "RTL": json.dumps(sorted(RIGHT_TO_LEFT))}
    written = _SCRIPT
    for name, value in told.items():
        written = written.replace(name, value)
    return written


def choice(words: Words) -> str:
    """HTML: the languages, each by its own name."""
    buttons = "".join(
        f'<button type="button" data-language="{language}" lang="{language}"'
        f' aria-pressed="{str(language == words.language).lower()}">{name}</button>'
        for language, name in NAMES.items()
    )
    return f'<div role="group" aria-label="{words.html("language")}">{buttons}</div>'
