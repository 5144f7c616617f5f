"""The keyboard stays where it was when the page takes away, or shuts for a moment, the button that was pressed."""

# The focus falls to the page itself then. A button that is open again has it back; else one that stands in its place,
# of the clips' cards the next.
SCRIPT = """<script>
(() => {
  const places = {stop: 'animate', again: 'stop', 'fit-memory': 'animate', 'get-model': 'stop-getting',
    'stop-getting': 'get-model'};
  const open = button => button && !button.disabled && button.checkVisibility() ? button : null;
  let pressed = null, place = 0;
  const cards = () => [...document.querySelectorAll('#history .delete')];
  const next = () => {
    if (pressed.isConnected || !pressed.matches('.delete, .all'))
      return open(pressed) ?? open(document.getElementById(places[pressed.id]));
    return cards()[Math.min(place, cards().length - 1)] ?? document.querySelector('#history button');
  };
  const look = () => {
    const now = document.activeElement;
    if (!pressed || (now !== document.body && !now.disabled)) return;
    const taker = next();
    if (taker && taker !== now) taker.focus({preventScroll: true});
  };
  document.addEventListener('click', event => {
    pressed = event.target.closest('button');
    place = cards().indexOf(pressed);
  }, true);
  document.addEventListener('focusin', event => { if (event.target !== pressed) pressed = null; });
  new MutationObserver(look).observe(document, {childList: true, subtree: true, attributeFilter: ['disabled']});
})();
</script>"""
