"""What a visitor's browser keeps of the page until their next visit."""

import gradio as gr

# As soon as the page shows another clip than the one it was opened for on another device, its address no longer names
# that one, which a reload would show instead. The first value is only what the browser had kept of before.
NOT_LINKED = """
  const here = new URL(location), linked = here.searchParams.get('clip');
  if (document.documentElement.dataset.run !== undefined && linked && value !== linked) {
    here.searchParams.delete('clip');
    history.replaceState(history.state, '', here);
  }
  document.documentElement.dataset.run = value;
"""

# Inside another site's page a browser may keep nothing, and refuse even to be asked: gradio's page never began there.
# For the head of the page, before gradio's scripts.
SCRIPT = """<script>
try { localStorage.length; } catch {
  const held = new Map();
  Object.defineProperty(window, 'localStorage', {value: {
    getItem: name => held.get(name) ?? null,
    setItem: (name, value) => { held.set(name, String(value)); },
    removeItem: name => { held.delete(name); },
  }});
}
</script>"""


def kept(name: str, value: str | bool) -> gr.BrowserState:
    """value: what it is at first. To be made inside an open gr.Blocks."""
    return gr.BrowserState(value, storage_key=key(name), secret="animate")  # nothing to hide


def without_empty(name: str, *, first: str = "") -> str:
    """JavaScript of a new value, which is handed on. Gradio keeps no empty or false value, so what was there before
    would be back at each visit. first: what is done with the value before."""
    return f"value => {{ {first} if (!value) localStorage.removeItem('{key(name)}'); return value; }}"


def key(name: str) -> str:
    """Under which the browser keeps it."""
    return f"animate-{name}"
