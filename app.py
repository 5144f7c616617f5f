"""Open the studio: python app.py [--host ADDRESS] [--port N] [--share] [--model NAME|FOLDER] [--folder F]."""

import argparse
import time
from pathlib import Path

from studio.limits import on_space
from studio.page import build
from studio.serve import launch


def load(model: str):
    """Load a model; torch is imported here and not before, so that the page is up at once."""
    from animate import Animator

    return Animator.load(model)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a picture dance, in the browser.")
    parser.add_argument("--host", default="0.0.0.0" if on_space() else "127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on; by default the first free one from 7860")
    parser.add_argument("--share", action="store_true", help="also make a public address for 72 hours")
    parser.add_argument("--model", default="mini", help="a model's name, or the folder of a checkpoint")
    parser.add_argument("--folder", type=Path, help="where clips are kept; by default in the cache, next to models")
    options = parser.parse_args()

    studio = build(load, model=options.model, folder=options.folder)
    print("Open", launch(studio, host=options.host, port=options.port, share=options.share), flush=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        studio.workshop.close()


if __name__ == "__main__":
    main()
