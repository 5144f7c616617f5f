"""When something is, told in the time of whoever reads it: only their browser knows that."""

import time

from studio.words import Words

# In a component's js_on_load. Until it has run, and where it does not, the time is UTC and says so.
SCRIPT = """
{
  const local = () => element.querySelectorAll('time:not([data-local])').forEach(time => {
    const style = {dateStyle: 'medium', timeStyle: 'short'};
    time.dataset.local = '';
    time.textContent = new Date(time.dateTime).toLocaleString(navigator.language, style);
  });
  new MutationObserver(local).observe(element, {childList: true, subtree: true});
  local();
}
"""


def told(words: Words, key: str, moment: float) -> str:
    """HTML of the words under `key`, with {when} in them. moment: seconds since 1970."""
    when = time.gmtime(moment)
    exact, shown = time.strftime("%Y-%m-%dT%H:%M:%SZ", when), time.strftime("%Y-%m-%d %H:%M UTC", when)
    return words.html(key, when="{when}").replace("{when}", f'<time datetime="{exact}">{shown}</time>')
