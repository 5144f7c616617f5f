"""A run is rendered: what each event changes of it."""

import shutil
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from animate import Event, Finished, Note, Posed, Preview, Progress
from studio import files
from studio.archive import SAVEPOINT
from studio.pace import Pace, work_of
from studio.previews import looping, mended, skeletons, whole
from studio.runs import Run

if TYPE_CHECKING:
    from animate.animator import Animator


def render(run: Run, animator: "Animator", target: Path, *, pace: Pace, advanced: Callable[[Run], None]) -> None:
    """Make the clip of a run, or as much of it as it is let. Raises whatever `animator.render` raises."""
    assert run.order is not None
    job, notes = run.order(animator)
    pace.begin(work_of(job, animator), model=run.model)
    run.change(notes=tuple(notes))
    target.parent.mkdir(parents=True, exist_ok=True)
    job = replace(job, savepoint=target.parent / SAVEPOINT)
    with closing(animator.render(job, target)) as events:
        for event in events:
            if take_in(run, event, pace):
                advanced(run)
            if run.stopping.is_set() and not run.state.over:
                break
    if not run.state.over:
        run.change(phase="stopped", preview="")
    if run.state.phase == "done":
        shutil.rmtree(target.parent / SAVEPOINT, ignore_errors=True)
        pace.finish()


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
        case Preview(_, _, clip) if clip is not None:
            run.whole = True
            run.change(preview=whole(run.shown, clip))
        case Preview(frame, at):
            run.change(preview=mended(run.shown, frame, at) if run.whole else looping(run.shown, frame))
        case Note(words):
            run.change(notes=(*run.state.notes, words))
        case Finished(video, seconds):
            took = time.monotonic() - run.begun
            if run.posed is not None:
                files.keep_poses(video.parent, run.posed)
            run.change(phase="done", video=video, seconds=seconds, took=took, preview="")
    return further
