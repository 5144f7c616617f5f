"""What the page tells, at its box, of a file that has not come: it is too large, or its upload broke off. It stays,
also when gradio opens the page anew as the connection is back, until something is done at that box."""

import json

from studio.words import LANGUAGES, Words

_SCRIPT = """<script>
(() => {
  const words = WORDS[document.documentElement.lang], most = MOST, kept = 'not-come', lines = {};
  const boxes = {'#picture, #characters': 'picture', '#dance, #dances': 'dance'};
  const box = event => boxes[Object.keys(boxes).find(each => event.target.closest?.(each))];
  const coming = {}, root = document.documentElement;
  let told = {}, last = '';
  try { told = JSON.parse(sessionStorage.getItem(kept)) ?? {}; } catch {}
  const show = () => {
    for (const at of Object.values(boxes)) {
      if (lines[at]?.textContent !== told[at]) lines[at]?.remove();
      const hint = document.querySelector(`#${at}-hint`);
      if (!told[at] || !hint || lines[at]?.isConnected) continue;
      lines[at] = Object.assign(document.createElement('p'), {className: 'hint failed', textContent: told[at]});
      lines[at].setAttribute('role', 'alert');
      hint.after(lines[at]);
    }
  };
  const keep = () => {  // of what comes that it broke off, which it has where the page is opened anew
    root.toggleAttribute('data-coming', Object.keys(coming).length > 0);
    try { sessionStorage.setItem(kept, JSON.stringify({...told, ...coming})); } catch {}
  };
  const tell = (at, line) => {
    told[at] = line;
    keep();
    show();
  };
  const given = event => {
    const at = box(event), files = event.target.files ?? event.dataTransfer?.files ?? [];
    if (!at) return;
    if (files.length) last = at;
    const size = Math.max(0, ...[...files].map(file => file.size));
    tell(at, size > most ? words.large.replace('SIZE', Math.ceil(size / 1e6)) : undefined);
  };
  for (const kind of ['click', 'change', 'drop']) addEventListener(kind, given, true);
  setInterval(show, 500);  // the page comes after this script, and its parts may be made anew
  const ask = window.fetch;
  window.fetch = async (...asked) => {
    const at = last;
    if (!at || !/\\/upload\\?/.test(asked[0]?.url ?? asked[0])) return ask(...asked);
    coming[at] = words.broken;
    keep();
    try { return await ask(...asked); } catch (error) {
      tell(at, words.broken);
      const waits = document.querySelector('#status p');  // for what does not come
      if (waits?.textContent === words.uploading) {
        waits.textContent = words.broken;
        waits.className = 'failed';
      }
      throw error;
    } finally {
      delete coming[at];
      keep();
    }
  };
})();
</script>"""


def script(most_mb: int) -> str:
    """HTML for the head of the page. most_mb: of a file, in millions of bytes."""
    said = {
        language: {
            "large": Words(language)("upload_large", size="SIZE", most=most_mb),
            "broken": Words(language)("upload_broken"),
            "uploading": Words(language)("uploading"),
        }
        for language in LANGUAGES
    }
    return _SCRIPT.replace("WORDS", json.dumps(said, ensure_ascii=False)).replace("MOST", str(most_mb * 1_000_000))
