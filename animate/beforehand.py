"""What a job asks of its files: which they are, how much of them, and what cannot be, before anything is rendered."""

from pathlib import Path

from animate import examples, motion, video
from animate.errors import BadSettings, in_file_words, shown_name
from animate.settings import MAX_SECONDS, Job


def check_dance(job: Job) -> None:
    """Raises UnreadableVideo, UnreadablePose or BadSettings for a dance that can be none, whoever is seen in it."""
    begins, ends = motion.span_of(motion_of(job), kept=job.pose is not None)
    if not length(job, ends, start=max(job.start, begins)):
        raise video.too_late(ends, job.start)
    sound_of(job)


def check_places(job: Job, clip: Path) -> None:
    """Makes sure that the clip, and the joints that are to be kept, can be written. Makes their folders.

    Raises BadSettings for a folder and for what the clip is made of; an AnimateError where nothing can be written.
    """
    sources = (job.image, motion_of(job, sound=True), job.pose)
    places = [clip, *([job.save_pose] if job.save_pose else [])]
    with in_file_words():
        for place in places:
            if place.is_dir():
                raise BadSettings(f"{shown_name(place)} is a folder. Give the name of a file.")
            if place.exists() and any(Path(each).exists() and place.samefile(each) for each in sources if each):
                raise BadSettings(f"{shown_name(place)} is what the clip is made of. Choose another name.")
            _try(place)
        if len({place.resolve() for place in places}) < len(places):
            raise BadSettings(f"{shown_name(clip)} is to be the clip and its joints. Choose another name for these.")


def _try(place: Path) -> None:
    """Opens a file beside that place, as whoever writes there does. Raises OSError."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f"{place.name}.part")
    left = part.exists()  # by a program that was ended
    part.open("ab").close()
    if not left:
        part.unlink()


def motion_of(job: Job, *, sound: bool = False) -> Path:
    """The file that says how the dance goes, or the one with its sound."""
    own = examples.dances().get(str(job.motion), Path(job.motion))
    return own if sound else job.pose or own


def sound_of(job: Job) -> Path | None:
    """The file with the music, where it has any. Raises UnreadableVideo."""
    file = motion_of(job, sound=True)
    return file if not motion.is_keypoints(file) and video.probe(file).has_audio else None


def length(job: Job, end: float, *, start: float) -> float:
    """How many seconds, from a start on, of a dance that lasts so long are wanted. Raises BadSettings for too many."""
    seconds = min(job.seconds or end, max(end - start, 0.0))
    if seconds > MAX_SECONDS:
        raise BadSettings(
            f"That is {seconds:.0f} s of dance; a clip lasts at most {MAX_SECONDS} s. "
            "Choose a part of it by its start and its seconds."
        )
    return seconds
