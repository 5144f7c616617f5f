"""python -m animate PICTURE VIDEO -o CLIP: the whole road on the command line. And: get MODEL, check CLIP."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from animate.errors import AnimateError, InputError, WeightsDamaged, WeightsMismatch
from animate.events import STAGES, Finished, Note, Progress
from animate.settings import PRECISIONS, Fit, Job, Schedule, Solver

if TYPE_CHECKING:
    from animate.model import Model

DOING: dict[str, str] = dict(zip(STAGES, ("Watching the dancer", "Cutting out", "Imagining", "Drawing"), strict=True))
BAR, ROOM = 24, 60  # characters of the bar; columns of a terminal that its whole line has room in
CLEAR = "\r\033[K"  # what stands in the line, in a terminal
CHOSEN = ("steps", "guidance", "seed", "window", "overlap", "schedule", "solver")  # of RenderSettings


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line of plain words."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.exit(2, f"{message[0].upper()}{message[1:]}. See python -m animate --help.\n")


def size_of(text: str) -> tuple[int, int]:
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write for instance 256x384")
    return int(width), int(height)


def parser() -> Parser:
    words = Parser(
        "python -m animate",
        description="A picture of a character and a dance in, the dancing character out.",
        epilog="Beside that: python -m animate get MODEL gets a released model, and python -m animate check CLIP tells "
        "whether a clip was made here. Each has a --help of its own.",
    )
    words.add_argument("picture", type=Path, help="the character: JPEG, PNG, WebP, AVIF, HEIC or GIF")
    words.add_argument(
        "video", nargs="?", help="the dance: a video, a skeleton video, a keypoint file, or an example dance by name"
    )
    words.add_argument("-o", "--out", type=Path, required=True, metavar="CLIP", help="the clip to write, an .mp4")
    words.add_argument(
        "--model", default="mini", metavar="NAME|FOLDER", help="a model's name, or a checkpoint's folder"
    )
    words.add_argument("--size", type=size_of, metavar="WxH", help="pixels; by default in the picture's shape")
    words.add_argument("--start", type=float, default=0.0, metavar="S", help="where in the dance to start, seconds")
    words.add_argument("--seconds", type=float, metavar="N", help="how much of it")
    words.add_argument("--steps", type=int, metavar="N", help="from noise to image; more is finer and slower")
    words.add_argument("--guidance", type=float, metavar="G", help="how strictly the picture is followed")
    words.add_argument("--seed", type=int, metavar="N", help="of the initial noise")
    words.add_argument(
        "--window", type=int, metavar="N", help="frames denoised together at most; by default the model's"
    )
    words.add_argument("--overlap", type=int, metavar="N", help="frames that neighbouring windows share at least")
    words.add_argument("--schedule", choices=get_args(Schedule), help="of the noise; by default the model's")
    words.add_argument("--solver", choices=get_args(Solver), help="dpm needs fewer steps; by default ddim")
    words.add_argument("--fit", choices=get_args(Fit), default="proportions", help="to the character's body")
    words.add_argument("--person", type=int, metavar="N", help="whom to follow of several, from 0 by presence")
    words.add_argument(
        "--character", type=int, metavar="N", help="who of several in the picture dances, numbered alike"
    )
    words.add_argument(
        "--stay", choices=("on", "off"), help="keep the character in its place; by default in upright pictures"
    )
    words.add_argument(
        "--smooth", type=float, default=1.0, metavar="X", help="the motion of joints found in a video; 0 not, 2 much"
    )
    words.add_argument("--pose", type=Path, metavar="FILE", help="take the joints from what --save-pose kept")
    words.add_argument(
        "--save-pose", type=Path, metavar="FILE", help="keep the dance's joints, or its skeletons as an .mp4"
    )
    words.add_argument("--body", type=Path, metavar="FILE", help="the character's joints, a keypoint file")
    words.add_argument("--device", metavar="D", help="cuda, cuda:1, mps or cpu; chosen by itself")
    words.add_argument("--dtype", choices=PRECISIONS, help="precision; chosen by itself")
    return words


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit 0 and the clip, or 2 and one line of plain words on stderr."""
    words = [*(sys.argv[1:] if arguments is None else arguments)]
    try:
        if words[:1] == ["get"]:
            get(words[1:])
        elif words[:1] == ["check"]:
            return check(words[1:])
        else:
            render(parser().parse_intermixed_args(words))
    except AnimateError as error:
        print(CLEAR * is_live() + in_one_line(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(CLEAR * is_live() + "Stopped.", file=sys.stderr)
        return 130
    return 0


def in_one_line(error: AnimateError) -> str:
    """Its words, and of a model's file where it lies, which the page does not tell."""
    words = " ".join(str(error).split())
    if isinstance(error, WeightsDamaged | WeightsMismatch):
        return words.replace(error.file.name, str(error.file), 1)
    return words


def render(given: argparse.Namespace) -> None:
    """Makes the clip. All that can be known without a model's weights is checked before they are loaded."""
    from animate import beforehand, catalogue

    model, _ = catalogue.find(given.model)
    job = job_of(given, model)
    beforehand.check_dance(job)
    beforehand.check_places(job, given.out)
    if not model.corrects and (idle := [f"--{name}" for name in CHOSEN if getattr(given, name) is not None]):
        tell(Note(f"Only models that diffuse obey {', '.join(idle)}; this clip is the same without."))

    from animate.animator import Animator

    animator = Animator.load(given.model, device=given.device, dtype=given.dtype)
    print(f"{animator.words} {job.settings.width}x{job.settings.height}.", file=sys.stderr)
    for event in animator.render(job, given.out):
        tell(event)


def job_of(given: argparse.Namespace, model: "Model") -> Job:
    """What is to be rendered. Raises an AnimateError for what cannot be."""
    from animate import motion, pictures

    if given.out.suffix.lower() != ".mp4":
        raise InputError(f"{given.out.name or given.out} is no name for a clip. Choose one like clip.mp4.")
    if given.save_pose and given.save_pose.suffix.lower() not in (".json", ".npz", ".mp4"):
        raise InputError(f"{given.save_pose.name} cannot hold a pose. Let it end in .json, .npz or .mp4.")
    dance = given.video or given.pose
    if dance is None:
        raise InputError("There is no dance. Name a video, an example dance or a keypoint file.")
    picture = pictures.read(given.picture)
    if pictures.moves(given.picture):
        tell(Note("This picture moves: only its first frame is used."))
    chosen = {name: getattr(given, name) for name in CHOSEN}
    return Job(
        image=given.picture,
        motion=Path(dance),
        settings=model.settings_for(given.picture, size=given.size, **chosen),
        start=given.start,
        seconds=given.seconds,
        person=given.person,
        character=given.character,
        fit=given.fit,
        steady={"on": True, "off": False}.get(given.stay),
        smoothing=given.smooth,
        pose=given.pose,
        save_pose=given.save_pose,
        body=motion.read_body(given.body, size=(picture.shape[1], picture.shape[0])) if given.body else None,
    )


def get(words: Sequence[str]) -> None:
    """Shows what a model needs, asks where somebody can answer, and gets it."""
    from animate import catalogue, getting, proxies

    known = Parser("python -m animate get", description="Gets a released model into the cache all programs share.")
    known.add_argument("model", choices=[name for name, model in catalogue.MODELS.items() if model.files])
    wanted = catalogue.MODELS[known.parse_args(words).model]
    proxies.settle()
    hub = getting.Hub.of_environment()
    needs = getting.needs(wanted, hub, thorough=True)
    print(needs.words, file=sys.stderr)
    if needs.coming and sys.stdin.isatty() and not agreed():
        return
    live = is_live()
    for event in getting.get(needs, hub):
        if live:
            print(f"{CLEAR}{event.words}", end="", file=sys.stderr, flush=True)
    print(CLEAR * live + f"{needs.model.title} is ready: --model {needs.model.name}", file=sys.stderr)


def agreed() -> bool:
    """Whether the person goes on; Ctrl-D is a no."""
    try:
        return not input("Go on? [Y/n] ").lower().startswith("n")
    except EOFError:
        print()
        return False


def check(words: Sequence[str]) -> int:
    """Says where a clip comes from. Exit 0 when it was made here, 1 when not."""
    from animate.provenance import Identity, origin

    known = Parser("python -m animate check", description="Was this clip made here? Its credentials and its mark.")
    known.add_argument("clip", type=Path, help="an MP4, GIF or JPEG of this program's")
    found = origin(known.parse_args(words).clip, Identity.of())
    print("\n".join(found.words))
    return 0 if found.here else 1


def is_live() -> bool:
    """Whether people look on in a terminal in which a line can change, and has room."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return False
    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        return True
    return not columns or columns >= ROOM  # 0 where a terminal does not say


def bar_marks(encoding: str) -> str:
    """What a full and an empty place of the bar look like."""
    try:
        "█·".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return "#."
    return "█·"


def tell(event: object) -> None:
    """A bar that moves where people look on, plain lines for notes and the end."""
    live = is_live()
    match event:
        case Progress(stage, done, total) if live:
            filled = round(BAR * done / max(total, 1))
            full, empty = bar_marks(sys.stderr.encoding)
            bar = full * filled + empty * (BAR - filled)
            print(f"{CLEAR}{DOING[stage]:20} {bar} {done} of {total}", end="", file=sys.stderr, flush=True)
        case Note(words):
            print(CLEAR * live + words, file=sys.stderr)
        case Finished(path, seconds):
            print(CLEAR * live + f"{path}: {seconds:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
