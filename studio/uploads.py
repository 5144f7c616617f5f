"""What a visitor uploads is theirs alone, though another visitor uploads the same.

Gradio calls an upload by its contents, so that two visitors' same pictures were one file: whoever deleted their clip
took it from the other, who could see by that that somebody else had it.
"""

import secrets

from gradio import route_utils


class _Own(route_utils.GradioUploadFile):
    """Called by its contents and by chance."""

    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.sha.update(secrets.token_bytes(16))


def keep_apart() -> None:
    """Every upload from now on has a folder of its own, which nobody can guess."""
    route_utils.GradioUploadFile = _Own
