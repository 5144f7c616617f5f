"""Performs the example dances: who dances where, the frames, and their exact keypoints."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from training.puppets import bear, cast, dancers, dances, paperdoll, party, robot, stages, streetwear
from training.puppets.body import Joints, keypoints
from training.puppets.choreography import Dance, blinks, danced, eased, swings
from training.puppets.drawn import Drawn, Mood
from training.puppets.gallery import DRAWN_FACE, Drawing, body_in_pixels, ground_shadow, person, seen
from training.puppets.ink import Sheet
from training.puppets.recipe import Build
from training.puppets.scenes import SIZE
from training.puppets.steps import solved


@dataclass(frozen=True)
class Performance:
    """A dance, its dancer and its place. scene: the background at a beat; still: whether it is always the same."""

    dance: Dance
    figure: tuple[Build, Drawing]
    scene: Callable[[float], Sheet]
    still: bool
    tall: float
    ground: float = 708.0


PERFORMANCES = (
    Performance(dances.subject_three(), person(cast.heroine), lambda beat: stages.neon_street(), True, 560),
    Performance(dances.disco(), person(dancers.disco_dancer), stages.disco_hall, False, 545),
    Performance(dances.hip_hop(), person(dancers.street_dancer), lambda beat: stages.brick_wall(), True, 545),
    Performance(dances.robot(), (robot.ROBOT, robot.draw_robot), lambda beat: stages.toy_stage(), True, 500),
    Performance(party.waltz(), (paperdoll.DOLL, paperdoll.draw_paper_doll), lambda beat: stages.ballroom(), True, 560),
    Performance(party.charleston(), person(streetwear.rain_child), lambda beat: stages.boardwalk(), True, 530),
    Performance(party.bhangra(), (bear.BEAR, bear.draw_bear), lambda beat: stages.village_green(), True, 510),
    Performance(party.twist(), person(streetwear.sitter), lambda beat: stages.diner(), True, 550),
)


def joints_of(show: Performance) -> tuple[Joints, ndarray, float]:
    """The dancer's joints in pixels, its turn t, and pixels of a body height."""
    build = show.figure[0]
    joints, turn = solved(build, danced(show.dance))
    placed, px = body_in_pixels(build, joints, turn, tall=show.tall, middle=SIZE[0] / 2, ground=show.ground)
    return placed, turn, px


def skeleton(show: Performance) -> ndarray:
    """Keypoints f 134 3 of the whole dance."""
    joints, _, px = joints_of(show)
    return seen(keypoints(show.figure[0], DRAWN_FACE, joints, scale=px), SIZE).astype(np.float32)


def performed(show: Performance) -> Iterator[ndarray]:
    """The frames 768 512 3 uint8 of the whole dance."""
    build, draw = show.figure
    joints, turn, px = joints_of(show)
    swing = swings(joints.head[:, :2])
    blink, beat = blinks(show.dance.frames), show.dance.beat()
    grin = eased(show.dance.grin, beat, show.dance.beats, snap=0.9)[:, 0]
    papers: dict[int, ndarray] = {}
    for frame in range(show.dance.frames):
        step = 0 if show.still else int(beat[frame])
        if step not in papers:
            papers = {step: show.scene(float(step)).pixels}
        sheet = Sheet(SIZE, paper=papers[step])
        mood = Mood(blink=float(blink[frame]), mouth=float(grin[frame]))
        body = Drawn.from_joints(build, joints, frame, px=px, turn=float(turn[frame]), mood=mood, swing=swing[frame])
        ground_shadow(sheet, body)
        draw(sheet, body)
        yield sheet.finished()
