"""What the page tells while nobody answers it: that, and of no work which nobody may be doing."""

import json

from studio.words import LANGUAGES, Words

# Asked at each press, when the browser loses its network, and every two seconds while a clip is in the making, a file
# comes, or nobody has answered. A clip in the making is shown again when the program was begun anew meanwhile, or a
# phone has slept.
_SCRIPT = """<script>
(() => {
  const words = WORDS[document.documentElement.lang];
  const coming = () => document.documentElement.hasAttribute('data-coming');  // as giving.py says
  const making = () => document.querySelector('#progress progress');
  const seen = () => ['#status', '#progress', '#stage'].map(each => document.querySelector(each)?.innerHTML).join();
  let program = '', hidden = 0, away = null, leaving = false;
  const tell = gone => {
    if (gone === Boolean(away)) return;
    document.documentElement.toggleAttribute('data-away', gone);
    away?.remove();
    away = gone ? Object.assign(document.createElement('p'), {className: 'failed', textContent: words}) : null;
    away?.setAttribute('role', 'alert');
    if (gone) document.querySelector('#status')?.before(away);
  };
  const ask = async () => {
    try {
      const answer = await fetch('alive', {cache: 'no-store', signal: AbortSignal.timeout(10000)});
      if (!answer.ok) throw answer;
      const now = await answer.text();
      tell(false);
      if (making() && program && now !== program) location.reload();
      program = now;
    } catch { if (!leaving) tell(true); }
  };
  setInterval(() => { if (making() || away || coming()) ask(); }, 2000);
  addEventListener('offline', ask);
  document.addEventListener('click', event => { if (event.target.closest('button, input')) ask(); }, true);
  addEventListener('beforeunload', () => { leaving = true; });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) { hidden = Date.now(); return; }
    const before = seen();
    if (hidden && Date.now() - hidden > 10000 && making())
      setTimeout(() => { if (making() && seen() === before) location.reload(); }, 6000);
  });
})();
</script>"""


def script() -> str:
    """HTML for the head of the page."""
    said = {language: Words(language)("away") for language in LANGUAGES}
    return _SCRIPT.replace("WORDS", json.dumps(said, ensure_ascii=False))
