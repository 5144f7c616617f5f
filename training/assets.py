"""Makes the examples a visitor meets first: characters, dances with music, and finished results.

python -m training.assets            characters and dances, always the same to the last pixel
python -m training.assets --results  every character in every dance, by the embedded model, and the README's picture
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy import ndarray
from PIL import Image

ASSETS = Path(__file__).parents[1] / "assets"
RATE = Fraction(25)  # of the dances, frames a second
VERSION = 1
MOST_BYTES = 600_000  # of a dance's clip
SHOWN = ("raincoat__subject-three", "bear__hip-hop", "robot__disco")  # in the README
RESULT_AREA = (384, 576)  # pixels; less than a clip has, since all of them come with the program


def write_character(name: str, picture: ndarray, points: ndarray, *, folder: Path) -> None:
    """folder/NAME.png, and its keypoints 134 3 in folder/NAME.json."""
    Image.fromarray(picture).save(folder / f"{name}.png", optimize=True)
    size = [picture.shape[1], picture.shape[0]]
    rounded = [[round(float(value), 2) for value in point] for point in points]
    facts = {"version": VERSION, "size": size, "points": rounded}
    (folder / f"{name}.json").write_text(json.dumps(facts, separators=(",", ":")) + "\n")


def make_characters(folder: Path) -> None:
    """All example characters."""
    from training.puppets.gallery import GALLERY, portray

    for who in GALLERY:
        picture, points = portray(who)
        write_character(who.name, picture, points, folder=folder)


def make_dances(folder: Path) -> None:
    """All example dances: NAME.mp4 with its music, NAME.npz with its exact keypoints."""
    from animate import video
    from training.puppets.music import composed, write_sound
    from training.puppets.scenes import SIZE
    from training.puppets.show import PERFORMANCES, performed, skeleton

    for show in PERFORMANCES:
        name = show.dance.name
        points = skeleton(show).round(2)
        np.savez_compressed(folder / f"{name}.npz", points=points, size=SIZE, fps=float(RATE), version=VERSION)
        with tempfile.TemporaryDirectory() as shelf:
            sound = write_sound(composed(show.dance), Path(shelf) / "music.mkv")
            video.write(Path(shelf) / "dance.mp4", performed(show), fps=RATE, audio=sound)
            compact(Path(shelf) / "dance.mp4", folder / f"{name}.mp4")


def compact(source: Path, target: Path) -> None:
    """The same clip within MOST_BYTES, or nearly: its pictures encoded with more care, its sound as it is."""
    for quality in (22, 25, 28):
        _encoded(source, target, quality=quality)
        if target.stat().st_size <= MOST_BYTES:
            return


def _encoded(source: Path, target: Path, *, quality: int) -> None:
    with av.open(str(source)) as given, av.open(str(target), "w", options={"movflags": "+faststart"}) as made:
        pictures, sound = given.streams.video[0], given.streams.audio[0]
        new = made.add_stream("libx264", rate=pictures.average_rate, options={"crf": str(quality), "preset": "slow"})
        new.width, new.height, new.pix_fmt = pictures.width, pictures.height, "yuv420p"
        new.codec_context.color_range, new.codec_context.colorspace = 1, 1  # limited, BT.709
        new.codec_context.color_primaries = new.codec_context.color_trc = 1
        copied = made.add_stream_from_template(sound)
        for packet in given.demux(pictures, sound):
            if packet.stream is sound and packet.dts is not None:
                packet.stream = copied
                made.mux(packet)
            elif packet.stream is pictures:
                for frame in packet.decode():
                    assert isinstance(frame, av.VideoFrame)
                    frame.pict_type = 0
                    made.mux(new.encode(frame))
        made.mux(new.encode(None))


def make_results(folder: Path) -> Iterator[str]:
    """Every character in every dance, folder/CHARACTER__DANCE.mp4, by the embedded model; yields a line for each."""
    from animate import Animator, Job, examples, pictures
    from animate.canvas import size_for
    from animate.events import Finished

    animator = Animator.load("mini")
    for character, image in examples.characters().items():
        settings = animator.settings_for(image, size=size_for(pictures.size_of(image), RESULT_AREA))
        for dance, motion in examples.dances().items():
            out = folder / f"{character}__{dance}.mp4"
            for event in animator.render(Job(image=image, motion=motion, settings=settings), out):
                if isinstance(event, Finished):
                    yield f"{out.name}: {event.seconds:.1f} s"


def make_sheet(folder: Path, *, shown: tuple[str, ...] = SHOWN, frames: int = 7, height: int = 300) -> None:
    """folder/result.jpg: a row for each of some results, the character's picture and then frames of its clip."""
    from animate import video

    rows = []
    for name in shown:
        picture = Image.open(folder / "characters" / f"{name.partition('__')[0]}.png").convert("RGB")
        clip = list(video.read(folder / "results" / f"{name}.mp4").frames)
        chosen = [Image.fromarray(clip[round((i + 0.5) * len(clip) / frames)]) for i in range(frames)]
        width = round(height * picture.width / picture.height)
        row = [image.resize((width, height), Image.Resampling.LANCZOS) for image in (picture, *chosen)]
        gap = np.full((height, 16, 3), 255, np.uint8)
        rows.append(np.concatenate([np.asarray(row[0]), gap, *map(np.asarray, row[1:])], axis=1))
    Image.fromarray(np.concatenate(rows)).save(folder / "result.jpg", quality=88)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", action="store_true", help="make the finished results instead; needs the model")
    parser.add_argument("--only", choices=("characters", "dances"), help="make only these")
    parser.add_argument("--into", type=Path, default=ASSETS, help="the folder to write to")
    chosen = parser.parse_args()
    for part in ("characters", "dances", "results"):
        (chosen.into / part).mkdir(parents=True, exist_ok=True)
    if chosen.results:
        for line in make_results(chosen.into / "results"):
            print(line, flush=True)
        make_sheet(chosen.into)
        return
    if chosen.only != "dances":
        make_characters(chosen.into / "characters")
    if chosen.only != "characters":
        make_dances(chosen.into / "dances")


if __name__ == "__main__":
    main()
