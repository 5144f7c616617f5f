"""What an event of a render changes of its run."""

import time

from animate import Event, Finished, Note, Posed, Preview, Progress
from studio import files
from studio.pace import Pace
from studio.previews import looping, skeletons
from studio.runs import Run


def take_in(run: Run, event: Event, pace: Pace) -> bool:
    """Whether the run has come to another stage."""
    further = False
    match event:
        case Progress(stage, done, total):
            fraction, left = pace.step(stage, done, total)
            further = stage != run.state.stage
            run.change(stage=stage, done=done, total=total, fraction=fraction, left=left, at=time.monotonic())
        case Posed():
            run.posed = event
            run.change(preview=skeletons(event))
        case Preview(frame):
            run.change(preview=looping(run.shown, frame))
        case Note(words):
            run.change(notes=(*run.state.notes, words))
        case Finished(video, seconds):
            took = time.monotonic() - run.begun
            if run.posed is not None:
                files.keep_poses(video.parent, run.posed)
            run.change(phase="done", video=video, seconds=seconds, took=took, preview="")
    return further
