"""A visitor's clips as a wall of posters."""

from studio import moments
from studio.archive import Archive, Clip
from studio.words import Words

# A press on a button of the history becomes an event that tells what to do with which clip; deleting is asked twice.
# In another tab clips may have been made or deleted, so an open list is asked for anew when its own is looked at again,
# and every few seconds while something is in the making, unless the focus is in it, which would be lost.
HISTORY_SCRIPT = (
    """
element.addEventListener('click', event => {
  const button = event.target.closest('button[data-act]');
  if (!button || (button.dataset.sure && !confirm(button.dataset.sure))) return;
  trigger('click', {act: button.dataset.act, clip: button.dataset.clip || ''});
});
const anew = () => {
  if (!document.hidden && element.checkVisibility() && !element.contains(document.activeElement)) trigger('focus');
};
document.addEventListener('visibilitychange', anew);
setInterval(() => { if (element.querySelector('.coming')) anew(); }, 3000);
"""
    + moments.SCRIPT
)


def history(words: Words, archive: Archive, visitor: str) -> str:
    """HTML: the visitor's clips with their posters, each to be shown or deleted."""
    clips, coming = archive.of(visitor), archive.coming(visitor)
    if not (clips or coming):
        return f"<p>{words.html('history_empty', days=archive.keep_days)}</p>"
    cards = "".join(_card(words, clip) for clip in [*coming, *clips])
    sure = words.html("delete_sure")
    everything = f'<button type="button" class="all" data-act="delete_all" data-sure="{sure}">'
    return f'<div class="cards">{cards}</div>{everything}{words.html("delete_all")}</button>'


def _card(words: Words, clip: Clip) -> str:
    shown = f'<img src="own/{clip.id}/poster.jpg" alt="" loading="lazy">'
    if clip.phase in ("waiting", "running"):
        shown = f'<span class="coming">{words.html("in_the_making")}</span>'
    return (
        f'<div class="card"><button type="button" data-act="show" data-clip="{clip.id}">{shown}'
        f'<span class="said">{moments.told(words, "show_clip", clip.made)}</span></button>'
        f'<button type="button" class="delete" data-act="delete" data-clip="{clip.id}"'
        f' data-sure="{words.html("delete_sure")}"><span aria-hidden="true">×</span>'
        f'<span class="said">{moments.told(words, "delete_clip", clip.made)}</span></button></div>'
    )
