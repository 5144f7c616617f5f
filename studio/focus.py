"""The keyboard stays where it was when the page takes away, or shuts for a moment, the button that was pressed."""

# The focus falls to the page itself then. A button that is open again has it back; else what stands in its place, of
# the clips' cards the next, of a box the first button that is left in it. A dancer's button is found by rehearsal.js.
SCRIPT = """<script>
(() => {
  const places = {stop: ['#animate'], again: ['#stop', '#animate'], 'fit-memory': ['#animate'],
    'get-model': ['#stop-getting', '#model input:checked'], 'stop-getting': ['#get-model', '#model input:checked']};
  const boxes = '#picture, #dance, #by-hand, #rehearsal, #origin-file';
  const open = part => part && !part.disabled && part.checkVisibility();
  let pressed = null, taker = null, box = null, place = 0;
  const cards = () => [...document.querySelectorAll('#history .delete')];
  const next = () => {
    if (!pressed.isConnected && pressed.matches('.delete, .all'))
      return cards()[Math.min(place, cards().length - 1)] ?? document.querySelector('#history button');
    const others = (places[pressed.id] ?? []).map(each => document.querySelector(each));
    return [pressed, ...others, ...(box?.querySelectorAll('button') ?? [])].find(open);
  };
  const look = () => {
    const now = document.activeElement;
    if (!pressed || (now !== document.body && !now.disabled && open(now))) return;
    taker = next();
    if (taker && taker !== now) taker.focus({preventScroll: true});
  };
  document.addEventListener('click', event => {
    pressed = event.target.closest('button');
    box = pressed?.dataset.person ? null : pressed?.closest(boxes);
    place = cards().indexOf(pressed);
  }, true);
  document.addEventListener('focusin', event => {
    if (event.target !== pressed && event.target !== taker) pressed = null;
  });
  new MutationObserver(look).observe(document, {childList: true, subtree: true, attributeFilter: ['disabled']});
})();
</script>"""
