"""Gradio's own controls, where they say something in English, or offer what cannot be."""

import json

from studio.languages.stock import STOCK
from studio.words import LANGUAGES

# Whatever of these comes to the page is called anew before it is seen. Browsers have no camera for a page that
# comes by plain http from another computer. A panel that the address names gradio takes for open, and does not open.
_SCRIPT = """<script>
(() => {
  const here = new URL(location);
  if (here.searchParams.has('view')) {
    here.searchParams.delete('view');
    history.replaceState(history.state, '', here);
  }
  const names = new Map(Object.entries(NAMES[document.documentElement.lang]));
  const begun = [...names.keys()].filter(name => name.endsWith(' '));
  const called = said => {
    const name = said.replace(/^HTTP \\d{3}: /, ''), begin = begun.find(each => name.startsWith(each));
    return names.get(name) ?? names.get(begin)?.replace('{}', () => name.slice(begin.length)) ?? name;
  };
  const call = part => {
    if (part.nodeType === Node.TEXT_NODE) {
      const name = called(part.data.trim());
      if (name && name !== part.data.trim()) part.data = name;
    }
    if (part.nodeType !== Node.ELEMENT_NODE) return;
    for (const kind of ['aria-label', 'title']) {
      const given = part.getAttribute(kind), name = given && called(given);
      if (!name) continue;
      if (given === 'Capture from camera' && !navigator.mediaDevices) part.style.display = 'none';
      if (name !== given) part.setAttribute(kind, name);
    }
  };
  const whole = part => {
    if (part.closest?.('script, style')) return;
    const walk = document.createTreeWalker(part, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    do call(walk.currentNode); while (walk.nextNode());
  };
  const changed = changes => {
    for (const {type, target, addedNodes} of changes) type === 'childList' ? addedNodes.forEach(whole) : call(target);
  };
  const seen = {childList: true, subtree: true, characterData: true, attributeFilter: ['aria-label', 'title']};
  new MutationObserver(changed).observe(document.documentElement, seen);
})();
</script>"""


def script() -> str:
    """HTML for the head of the page."""
    names = {language: {name: said[place] for name, said in STOCK.items()} for place, language in enumerate(LANGUAGES)}
    return _SCRIPT.replace("NAMES", json.dumps(names, ensure_ascii=False))
