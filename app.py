"""Open the studio: python app.py [--host ADDRESS] [--port N] [--share] [--model NAME|FOLDER] [--folder F], and more."""

import sys

from animate import AnimateError, proxies
from studio import hosting, logs
from studio.folder import noted, taken


def load(model: str, dtype: str | None = None):
    """Load a model; torch is imported here and not before, so that the page is up at once."""
    from animate import Animator

    return Animator.load(model, dtype=dtype)


def main() -> None:
    given = hosting.options().parse_args()
    try:
        door = hosting.Door.of(host=given.host, share=given.share, public=given.public)
    except AnimateError as error:
        sys.exit(str(error))
    where = {"host": given.host, "port": given.port}
    with hosting.in_words(**where):
        hosting.require(given)
        proxies.settle(given.host)
        from studio.page import build  # here, since gradio reads them when it is imported
        from studio.serve import launch

        folder = taken(given.folder)
        studio = build(lambda name: load(name, given.dtype), model=given.model, folder=folder, limits=door.limits)
        logs.begin(studio.folder, as_json=given.json_log)
        address = launch(studio, **where, share=given.share, login=door.login, metrics=given.metrics)
    print("Open", noted(folder, address), flush=True)
    hosting.until_asked_to_stop(studio.close)


if __name__ == "__main__":
    main()
