"""When something is, told in the time of whoever reads it: only their browser knows that."""

import re
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


_EXACT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:Z|\+00:00)")


def told(words: Words, key: str, moment: float) -> str:
    """HTML of the words under `key`, with {when} in them. moment: seconds since 1970."""
    when = time.gmtime(moment)
    exact, shown = time.strftime("%Y-%m-%dT%H:%M:%SZ", when), time.strftime("%Y-%m-%d %H:%M UTC", when)
    return words.html(key, when="{when}").replace("{when}", f'<time datetime="{exact}">{shown}</time>')


def timed(line: str) -> str:
    """HTML whose moments, in UTC as programs write them, are told in the time of its reader."""
    return _EXACT.sub(r'<time datetime="\g<0>">\1 \2 UTC</time>', line)
