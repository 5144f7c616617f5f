"""One person through a clip: the right one, without swaps, leaps, gaps and jitter, and without lag."""

from fractions import Fraction

import numpy as np
import pytest

from benchmarks.beats import late, moved, turns
from benchmarks.dancers import DANCES, make, noisy
from pose.entering import hide_pressed
from pose.flashes import flashing_bodies, hide_flashes
from pose.hands import doubt_hands
from pose.likeness import matches
from pose.people import Watched, tell_apart
from pose.sides import unswap
from pose.skeleton import LEFT_HAND, MIRROR, NOSE, RIGHT_HAND, RIGHT_KNEE, RIGHT_WRIST, VISIBLE
from pose.telling import Everybody
from pose.track import clean, drop_outliers, fill_gaps, resample, smooth
from tests.body import ADULT, SIZE, away, body, dance, sequence

BONES = ("upper arm", "forearm")
HALF = {bone: length * 0.5 for bone, length in ADULT.items()}


def beside(points: np.ndarray, x: float) -> np.ndarray:
    return points + np.array([x, 0, 0])


def test_one_of_two_people_is_followed_whatever_their_order():
    large, small = dance(frames=40), beside(dance(HALF, frames=40), 260)
    people = []
    for frame in range(40):
        pair = [large[frame], small[frame]] if frame % 3 else [small[frame], large[frame]]
        people.append(np.stack([small[frame]] if 18 <= frame < 21 else pair))
    found = tell_apart(people, size=SIZE, fps=25)[0]
    assert found is not None
    assert not found.visible[18:21].any()
    seen = [frame for frame in range(40) if not 18 <= frame < 21]
    assert away(found.points, large)[seen].max() < 1e-3


def test_the_other_person_is_followed_when_asked_for():
    large, small = dance(frames=20), beside(dance(HALF, frames=20), 260)
    people = [np.stack(pair) for pair in zip(small, large, strict=True)]
    assert away(tell_apart(people, size=SIZE, fps=25)[0].points, large).max() < 1e-3
    assert away(tell_apart(people, size=SIZE, fps=25)[1].points, small).max() < 1e-3
    assert len(tell_apart(people, size=SIZE, fps=25)) == 2


def test_people_who_pass_each_other_stay_themselves():
    right = np.stack([body(at=(100 + 10 * frame, 300)) for frame in range(40)])
    left = np.stack([body(at=(500 - 10 * frame, 340)) for frame in range(40)])
    found = tell_apart([np.stack(pair) for pair in zip(right, left, strict=True)], size=SIZE, fps=25)[0]
    mine = min((right, left), key=lambda one: away(found.points, one)[0].max())
    assert away(found.points, mine).max() < 1e-3


def test_a_person_found_again_a_little_further_is_the_same():
    moving = dance(frames=40, walk=8)
    people = [moving[frame][None] if not 15 <= frame < 27 else np.zeros((0, 134, 3)) for frame in range(40)]
    found = tell_apart(people, size=SIZE, fps=25)[0]
    assert found.visible[:15].all()
    assert found.visible[27:].all()


def test_who_is_away_for_a_second_behind_somebody_else_comes_back_as_themselves():
    """Two cross; for the second in which one covers the other, only the nearer one is found."""
    near = np.stack([body(at=(300 + 6 * (frame - 40), 330)) for frame in range(80)])
    far = np.stack([body(HALF, at=(300 - 6 * (frame - 40), 280)) for frame in range(80)])
    people = [np.stack([near[f]] if 28 <= f < 53 else [far[f], near[f]]) for f in range(80)]
    everybody = tell_apart(people, size=SIZE, fps=25)
    assert len(everybody) == 2
    seen = np.r_[0:28, 53:80]
    for mine, true in zip(everybody, (near, far), strict=True):
        assert away(mine.points, true)[seen].max() < 1e-3
    assert not everybody[1].visible[28:53].any()


def test_who_is_seen_in_part_for_a_moment_is_known_by_that_part():
    """Legs go out of sight, so that the boxes hardly overlap, while a ghost overlaps more."""
    walk = np.stack(
        [body(at=(300 - 4 * frame, 300), angles={"right thigh": 0.5, "left thigh": -0.5}) for frame in range(30)]
    )
    people = [points[None] for points in walk]
    for frame in range(14, 17):
        part, ghost = walk[frame].copy(), body(HALF, at=(250, 380))
        part[[8, 9, 10, 11, 12, 13, 3, 4, 6, 7], 2] = 0
        ghost[:, 2] = 0.4
        people[frame] = np.stack([ghost, part])
    found = tell_apart(people, size=SIZE, fps=25)[0]
    assert away(found.points, walk)[:, :3].max() < 1e-3
    assert found.visible[:, 1].all()


def test_a_long_street_costs_no_more_a_frame_than_a_short_one():
    """Passers-by who are gone are compared with those alone whom nobody seen of late explains."""
    compared = []

    def street(frames: int) -> list[np.ndarray]:
        ways = [(300 * at, 8 * (at // 4)) for at in range(frames // 2)]
        return [
            np.stack([body(HALF, at=(x, 200 + 2 * (f - begun))) for x, begun in ways if begun <= f < begun + 8])
            for f in range(frames)
        ]

    def counted(before, now):
        compared.append(len(before) * len(now))
        return matches(before, now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pose.telling.matches", counted)
        patch.setattr("pose.telling.Telling._back", lambda *given: {})
        costs = []
        for frames in (80, 320):
            compared.clear()
            everybody = tell_apart(street(frames), size=SIZE, fps=10)
            costs.append(sum(compared) / frames)
    assert costs[1] < 1.3 * costs[0]
    held = sum(points.nbytes for shown in everybody.shown for points in shown.values())
    assert len(everybody) == 160
    assert held < 0.1 * len(everybody) * everybody[0].points.nbytes


def test_everybody_is_the_same_when_packed_and_unpacked():
    large, small = dance(frames=20), beside(dance(HALF, frames=20), 260)
    people = [np.stack([large[f], small[f]] if f % 3 else [large[f]]) for f in range(20)]
    everybody = tell_apart(people, size=SIZE, fps=25)
    again = Everybody.unpacked(everybody.packed())
    assert len(again) == len(everybody) == 2
    assert (again.frames, again.size) == (20, SIZE)
    for one, other in zip(everybody, again, strict=True):
        np.testing.assert_array_equal(one.points, other.points)
    assert len(Everybody.unpacked(tell_apart([], size=SIZE, fps=25).packed())) == 0


def walks(frames: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Two of one size who walk through each other: at frame 32 they are in one place."""
    right = np.stack([body(at=(300 + 6 * (f - 32), 300)) for f in range(frames)])
    return right, np.stack([body(at=(300 - 6 * (f - 32), 310)) for f in range(frames)])


def test_an_answer_half_way_between_two_hands_nobody_over():
    """The far one is hidden; then the near one is missed for a moment, between an answer that lies amid both and one
    that is the other's."""
    near, far = walks()
    people = [np.stack([near[f]] if 24 <= f < 38 else [far[f], near[f]]) for f in range(64)]
    amid = (near[38] + far[38]) / 2
    amid[:, 2] *= 0.55
    people[38:41] = [amid[None], far[39][None], far[40][None]]
    everybody = tell_apart(people, size=SIZE, fps=30)
    assert len(everybody) == 2
    for mine, true, gone in zip(everybody, (near, far), (range(38, 41), range(24, 39)), strict=True):
        assert not mine.visible[list(gone)].any()
        seen = [frame for frame in range(64) if frame not in gone]
        assert away(mine.points, true)[seen].max() < 1e-3


def test_who_turns_up_beside_somebody_just_lost_is_not_them():
    """Nobody is a third of their size further two frames after they were seen; half a second later they may be."""
    near, far = walks()
    shown = [*([near[f]] for f in range(25)), [], *([far[f] + (40, 0, 0)] for f in range(26, 40))]
    shown += [[near[f], far[f] + (40, 0, 0)] for f in range(40, 64)]
    people = [np.array(bodies).reshape(-1, 134, 3) for bodies in shown]
    everybody = tell_apart(people, size=SIZE, fps=30)
    assert len(everybody) == 2
    assert away(everybody[0].points, near)[[*range(25), *range(40, 64)]].max() < 1e-3
    assert away(everybody[1].points, far + (40, 0, 0))[26:].max() < 1e-3


def test_who_was_lost_among_others_may_be_another_and_alone_may_not():
    near, far = walks()
    people = [np.stack([near[f], far[f] + (80, 0, 0)]) for f in range(64)]
    for f in range(64):
        if 26 <= f < 34:
            people[f] = people[f][1:]
        elif f >= 34:
            people[f][0, :, 0] -= 24
    together = tell_apart(people, size=SIZE, fps=30)
    assert [together.doubtful(number, fps=30) for number in range(2)] == [[], [(25, 34)]]
    assert Everybody.unpacked(together.packed()).doubtful(1, fps=30) == [(25, 34)]
    alone = tell_apart([each[:1] if len(each) > 1 else each[:0] for each in people], size=SIZE, fps=30)
    assert [alone.doubtful(number, fps=30) for number in range(len(alone))] == [[]]
    child = [np.stack([*each[:-1], each[-1] * (0.5, 0.5, 1)]) for each in people]
    besides = tell_apart(child, size=SIZE, fps=30)
    assert [besides.doubtful(number, fps=30) for number in range(len(besides))] == [[], []]


def test_who_is_elsewhere_in_the_next_frame_of_a_video_that_is_cut_is_the_same():
    near, _ = walks(40)
    near[20:, :, 0] += 110
    assert len(tell_apart([points[None] for points in near], size=SIZE, fps=30)) == 1


def test_a_fragment_of_a_body_does_not_say_where_they_go():
    near, _ = walks(40)
    people = [points[None] for points in near]
    people[20] = people[20].copy()
    people[20][0, 6:, 2] = 0
    people[20][0, :6] += (30, -20, -0.6)
    everybody = tell_apart(people, size=SIZE, fps=30)
    assert len(everybody) == 1
    seen = [frame for frame in range(40) if frame != 20]
    assert away(everybody[0].points, near)[seen].max() < 1e-3


def test_whom_a_trail_is_of_is_found_again_in_another_part_under_another_number():
    large, small = dance(frames=60), beside(dance(HALF, frames=60), 260)
    people = [np.stack([large[f], small[f]] if f < 20 else [small[f]]) for f in range(60)]

    def part(start: int, end: int) -> Watched:
        return Watched(
            tell_apart(people[start:end], size=SIZE, fps=25), Fraction(25), np.zeros(end - start, bool), start / 25
        )

    early, late = part(0, 25), part(10, 60)
    trails = [early.trail(number) for number in range(2)]
    assert [early.find_again(trail) for trail in trails] == [0, 1]
    assert [late.find_again(trail) for trail in trails] == [1, 0]
    assert [part(30, 60).find_again(trail) for trail in trails] == [None, None]


def test_nobody_is_nobody():
    nobody = np.zeros((0, 134, 3))
    assert not tell_apart([nobody] * 10, size=SIZE, fps=25)
    assert not tell_apart([], size=SIZE, fps=25)


def test_a_body_of_one_frame_is_no_person():
    people = [np.zeros((0, 134, 3))] * 20
    people[7] = body()[None]
    assert not tell_apart(people, size=SIZE, fps=25)
    assert tell_apart([body()[None]] * 2, size=SIZE, fps=25)  # in a clip of two frames it is all there is


def test_who_is_seen_longer_wins_over_who_is_seen_larger():
    small = beside(dance(HALF, frames=40), 260)
    people = [np.stack([small[frame], body()]) if frame < 5 else small[frame][None] for frame in range(40)]
    assert away(tell_apart(people, size=SIZE, fps=25)[0].points, small).max() < 1e-3


def test_a_body_pressed_into_the_rim_is_not_seen_yet():
    """Only a head comes into the frame, and leaves it; amid the dance the same is a bow."""
    points = dance(frames=60)
    pressed = points.copy()
    pressed[..., 1] += np.where(np.arange(134) < 14, 0, 70) * (np.arange(134) != 1)  # head and face lie in the trunk
    pressed[:, NOSE, 1] += 70
    points[[*range(10), *range(50, 60)]] = 0
    points[[10, 11, 30, 31, 48, 49]] = pressed[[10, 11, 30, 31, 48, 49]]
    shown = (hide_pressed(points, fps=25)[:, :18, 2] > VISIBLE).any(1)
    assert np.flatnonzero(shown).tolist() == [*range(12, 48)]
    points[10:28] = pressed[10:28]
    shown = (hide_pressed(points, fps=25)[:, :18, 2] > VISIBLE).any(1)
    assert np.flatnonzero(shown).tolist() == [*range(22, 48)], "nobody comes for more than half a second"


def test_a_dance_that_begins_with_an_unsure_body_beside_it_begins_without():
    points = dance(frames=40)
    points[0] = points[0] * (1, 0.5, 0.4) + (0, 150, 0)
    found = tell_apart([each[None] for each in points], size=SIZE, fps=30)[0]
    assert np.flatnonzero(found.visible.any(1)).tolist() == [*range(1, 40)]


@pytest.mark.parametrize("at", [0, 20, 39])
def test_an_unsure_body_of_an_instant_that_is_not_where_somebody_is_is_nobodys(at):
    """At the ends of a clip, and amid it; what is as unsure where they are is them, and so is what is sure or lasts."""
    points = dance(frames=40)

    def flashing(frames: range, changed: np.ndarray) -> set[int]:
        return flashing_bodies({f: changed[f] if f in frames else points[f] for f in range(40)}, fps=30)

    crumpled, instant = points * (1, 0.5, 0.4) + (0, 150, 0), range(at, at + 1)
    assert flashing(instant, crumpled) == {at}
    assert not flashing(instant, points * (1, 1, 0.4))
    assert not flashing(instant, crumpled / (1, 1, 0.4))
    assert not flashing(range(at - 8, at + 9), crumpled)


def test_an_unsure_body_that_nothing_surely_seen_is_near_to_is_nobodys():
    people = [each[None] for each in dance(frames=40)]
    people[30:] = [np.zeros((0, 134, 3))] * 10
    people[38] = (dance(frames=40)[38] * (1, 1, 0.4))[None]
    (somebody,) = tell_apart(people, size=SIZE, fps=30)
    assert np.flatnonzero(somebody.visible.any(1)).tolist() == [*range(30)]


@pytest.mark.parametrize("joint", [RIGHT_WRIST, RIGHT_KNEE])
def test_a_limbs_joint_that_flashes_up_for_an_instant_is_hidden_with_what_hangs_on_it(joint):
    points = dance(frames=90)
    hand = range(RIGHT_HAND.start, RIGHT_HAND.stop) if joint == RIGHT_WRIST else ()
    own = [joint, *hand]
    unseen = [each for each in range(90) if each not in (*range(10), *range(30, 33), *range(60, 70), 88, 89)]
    points[np.ix_(unseen, own, [2])] = 0
    cleaned = hide_flashes(fill_gaps(points, fps=25), fps=25)
    shown = [*range(10), *range(60, 70), 88, 89]
    for each in own:
        assert np.flatnonzero(cleaned[:, each, 2] > VISIBLE).tolist() == shown
    assert np.flatnonzero(clean(sequence(points), fps=25).points[:, joint, 2] > VISIBLE).tolist() == shown
    others = [each for each in range(134) if each not in own]
    np.testing.assert_array_equal(cleaned[:, others], points[:, others])
    points[[*range(30), *range(33, 90)]] = 0
    np.testing.assert_array_equal(hide_flashes(points, fps=25), points, err_msg="who is there for an instant is whole")


def test_short_gaps_are_filled_and_long_ones_are_not():
    points = dance(frames=120)
    true = points.copy()
    points[20:25, 4] = 0
    points[60:110, 7] = 0
    filled = fill_gaps(points, fps=30)
    assert (filled[20:25, 4, 2] > VISIBLE).all()
    assert away(filled, true)[20:25, 4].max() < 25
    assert (filled[60:110, 7, 2] <= VISIBLE).all()
    assert (points[20:25, 4] == 0).all()  # what was given is left as it was


@pytest.mark.parametrize(("missing", "filled"), [(12, True), (13, False)])
def test_the_longest_gap_is_four_tenths_of_a_second(missing, filled):
    points = dance(frames=60)
    points[20 : 20 + missing, 4, 2] = 0
    assert (fill_gaps(points, fps=30)[20 : 20 + missing, 4, 2] > VISIBLE).all() == filled


def test_gaps_at_the_ends_stay_open():
    points = dance(frames=20)
    points[:3, 4] = points[-3:, 7] = 0
    filled = fill_gaps(points, fps=30)
    assert (filled[:3, 4, 2] == 0).all()
    assert (filled[-3:, 7, 2] == 0).all()


def test_a_leaping_joint_is_dropped_alone_then_filled():
    points = dance(frames=60)
    true = points[30, 4].copy()
    points[30, 4, 0] += 400
    dropped = drop_outliers(points)
    assert dropped[30, 4, 2] == 0
    assert (dropped[..., 2] != points[..., 2]).sum() == 1
    assert away(fill_gaps(dropped, fps=30)[30, 4], true) < 15


def test_a_clean_dance_has_no_outliers():
    points = dance(frames=60)
    np.testing.assert_array_equal(drop_outliers(points), points)


def test_smoothing_halves_jitter_without_lag():
    random = np.random.default_rng(0)
    true = dance(frames=120)
    noisy = true + random.normal(0, 2, true.shape) * (1, 1, 0)
    smoothed = smooth(noisy, fps=30)

    def jitter(points: np.ndarray) -> float:
        return float(np.abs(np.diff(points[:, :18, :2], 2, axis=0)).mean())

    assert jitter(smoothed) < 0.45 * jitter(noisy)
    assert away(smoothed, true)[5:-5, :18].mean() < 0.8 * away(noisy, true)[5:-5, :18].mean()
    wrist, wrist_true = smoothed[:, 4, 0], true[:, 4, 0]
    lags = np.correlate(wrist - wrist.mean(), wrist_true - wrist_true.mean(), "full")
    assert np.argmax(lags) == len(true) - 1


def test_smoothing_keeps_parabolas_and_unseen_points_as_they_are():
    time = np.arange(40.0)
    points = np.ones((40, 134, 3))
    points[..., 0], points[..., 1] = (time**2)[:, None], (3 * time)[:, None]
    points[10, 5] = 0
    smoothed = smooth(points, fps=25)
    np.testing.assert_allclose(smoothed, points, atol=1e-3)


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_tiny_clips_pass_through(frames):
    points = dance(frames=frames)
    cleaned = clean(sequence(points), fps=25)
    assert len(cleaned) == frames
    assert away(cleaned.points, points).max() < 3


def test_motion_at_low_rates_is_not_smoothed():
    points = dance(frames=20)
    np.testing.assert_array_equal(smooth(points, fps=5), points)
    assert away(clean(sequence(points), fps=5).points, points)[:, 4].max() < 1


def acceleration(points: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(points[..., :2], 2, axis=0), axis=-1).mean())


@pytest.mark.parametrize("fps", [5, 10, 25, 60])
def test_who_stands_still_is_still_at_any_rate(fps):
    """A stand-in for detectors: noise of a part of the torso, a score that varies, and a leap now and then."""
    random = np.random.default_rng(fps)
    true = np.stack([body()] * 60)
    found = true + random.normal(0, 0.009 * ADULT["torso"], true.shape) * (1, 1, 0)
    found[..., 2] = random.uniform(0.5, 1, found.shape[:2])
    found[30, 4, 0] += 200
    cleaned = clean(sequence(found), fps=fps).points
    rest = [frame for frame in range(60) if abs(frame - 30) > 5]
    assert acceleration(cleaned[:25, :18]) < 0.5 * acceleration(found[:25, :18])
    assert away(cleaned, true)[rest, :18].mean() < 0.7 * away(found, true)[rest, :18].mean()
    assert away(cleaned, true)[30, 4] < 5
    np.testing.assert_allclose(clean(sequence(found), fps=fps, strength=0).points[20], found[20], rtol=1e-6)


@pytest.mark.parametrize(("fps", "every"), [(10, 5), (25, 12), (30, 14)])
def test_beats_are_hit_when_they_were(fps, every):
    """An arm that swings and stops on each beat, and rests between; the other one hangs still."""
    random = np.random.default_rng(0)
    beats = np.arange(every, 8 * every, every)
    angles = np.interp(
        np.arange(8 * every),
        [0, *np.stack([beats - 2, beats], 1).ravel()],
        [0.2, *np.r_[0.2, 2.2, 2.2, 0.2][np.arange(14) % 4]],
    )
    true = np.stack([body(angles={"right upper arm": angle}) for angle in angles])
    found = true + random.normal(0, 0.009 * ADULT["torso"], true.shape) * (1, 1, 0)
    cleaned = clean(sequence(found), fps=fps).points

    def swiftest(points: np.ndarray, beat: int) -> int:
        near = slice(beat - 4, beat + 4)
        return int(np.linalg.norm(np.gradient(points[:, 4, :2], axis=0), axis=1)[near].argmax())

    for beat in beats:
        assert abs(swiftest(cleaned, beat) - swiftest(true, beat)) <= 1
        assert away(cleaned, true)[[beat + 1, beat - 3], 4].max() < 0.12 * ADULT["torso"]
    still = list(range(5, 8))
    assert acceleration(cleaned[:, still]) < 0.3 * acceleration(found[:, still])


def test_turns_of_a_dance_are_where_they_were_and_a_delay_is_noticed():
    case = make("girl", DANCES[1])
    true, found = case.dance.points, noisy(case, pixels=2).dance
    cleaned = clean(found, fps=25).points
    assert max(late(true, cleaned, fps=25)) <= 1
    delayed = np.concatenate([cleaned[:1].repeat(3, 0), cleaned[:-3]])
    assert np.mean(np.array(late(true, delayed, fps=25)) <= 1) < 0.7


def test_a_hold_that_wavers_is_one_turn_at_each_of_its_outermost_moments():
    """And sides mistaken for a moment are no turns."""
    points = np.repeat(body()[None], 60, axis=0)
    way = np.interp(np.arange(60), [10, 20, 23, 26, 36], [0, 1, 0.93, 0.99, 0]) * ADULT["torso"]
    points[:, 4, 1] -= way
    (turn,) = turns(points, torso=ADULT["torso"])
    assert (turn.joint, turn.axis, turn.way) == (4, 1, -1)
    assert {20, 26} <= set(turn.moments)
    assert not {23, 30} & set(turn.moments)
    mistaken = points.copy()
    mistaken[28:31] = mistaken[28:31][:, MIRROR]
    assert len(turns(mistaken, torso=ADULT["torso"])) > 1
    assert len(turns(moved(mistaken, fps=25), torso=ADULT["torso"])) == 1


@pytest.mark.parametrize("part", [(2, 3, 4, 5, 6, 7), (8, 9, 10, 11, 12, 13), (14, 15, 16, 17), tuple(range(18))])
@pytest.mark.parametrize("frames", [slice(20, 21), slice(20, 35), slice(0, 4), slice(55, 60)])
def test_sides_that_were_mistaken_are_exchanged_back(part, frames):
    true = dance(frames=60)
    points = true.copy()
    joints = list(part)
    points[frames, joints] = true[frames][:, MIRROR[joints]]
    assert away(points, true).max() > 20
    assert away(unswap(points, fps=30), true)[:, :18].max() < 1e-6


@pytest.mark.parametrize("joint", [RIGHT_KNEE, RIGHT_WRIST])
def test_one_joint_found_far_away_exchanges_no_sides(joint):
    points = dance(frames=60)
    points[30:35, joint, 0] += 400
    assert np.array_equal(unswap(points, fps=25), points)


def test_hands_go_with_their_arms():
    true = dance(frames=40)
    points = true.copy()
    arms = [*range(2, 8), *range(92, 134)]
    points[10:14, arms] = true[10:14][:, MIRROR[arms]]
    np.testing.assert_array_equal(unswap(points, fps=30), true)


def test_turning_round_is_no_mistake():
    true = dance(frames=60)
    turn = np.cos(np.linspace(0, np.pi, 60))[:, None]
    middle = true[:, 1:2, 0]
    true[..., 0] = middle + (true[..., 0] - middle) * turn
    np.testing.assert_array_equal(unswap(true, fps=30), true)


@pytest.mark.parametrize("fps", [10, 12.5, 15, 24, 25, 30, 60])
@pytest.mark.parametrize("seconds", [0.5, 0.6, 0.7, 1.0, 2.0])
@pytest.mark.parametrize("angles", [(-0.2, 0.2), (-1.5, 1.5), (-0.2, 1.5)])
def test_spins_are_no_mistakes(fps, seconds, angles):
    """Two turns of so many seconds, with arms that hang or reach out, whatever the moments of the frames."""
    still = body(
        angles={f"{side} {bone}": to for side, to in zip(("right", "left"), angles, strict=True) for bone in BONES}
    )
    times = np.arange(round((2 + 2 * seconds) * fps)) / fps
    for phase in (0, 0.3, 0.7):
        turn = np.cos(2 * np.pi * np.clip((times + phase / fps - 1) / seconds, 0, 2))
        points = np.repeat(still[None], len(times), axis=0)
        points[..., 0] = 300 + (points[..., 0] - 300) * turn[:, None]
        np.testing.assert_array_equal(unswap(points, fps=fps), points)


@pytest.mark.parametrize("fps", [10, 15, 30])
def test_limbs_that_swing_past_each_other_are_no_mistakes(fps):
    """Somebody walks by, seen from the side: arms and legs cross once in half a second."""
    narrow = {**ADULT, "shoulder": 4, "hip": 3}
    points = []
    for swing in 0.5 * np.sin(2 * np.pi * np.arange(4 * fps) / fps):
        sides = {"right": swing, "left": -swing}
        angles = {f"{side} {bone}": way for side, way in sides.items() for bone in ("thigh", "shin")}
        angles |= {f"{side} {bone}": -way for side, way in sides.items() for bone in BONES}
        points.append(body(narrow, angles))
    np.testing.assert_array_equal(unswap(np.stack(points), fps=fps), points)


def test_what_lies_on_either_side_of_a_long_gap_is_not_compared():
    true = dance(frames=60)
    true[20:40] = 0
    true[40:] = true[40:][:, MIRROR]
    np.testing.assert_array_equal(unswap(true, fps=30), true)


def test_cleaning_mends_all_at_once():
    true = dance(frames=90)
    points = true + np.random.default_rng(1).normal(0, 1, true.shape) * (1, 1, 0)
    points[30:33, :18] = points[30:33][:, MIRROR[:18]]
    points[50, 7, :2] += 300
    points[60:66, 4] = 0
    cleaned = clean(sequence(points), fps=30)
    assert cleaned.visible.all()
    assert away(cleaned.points, true)[5:-5, :18].max() < 15


@pytest.mark.parametrize(("fps", "rate", "frames"), [(60, 30, 30), (30, 30, 60), (25, 12.5, 30), (24, 30, 75)])
def test_another_rate_keeps_the_duration(fps, rate, frames):
    found = resample(sequence(dance(frames=60)), fps=fps, rate=rate)
    assert len(found) == frames
    np.testing.assert_allclose(found.points[0], dance(frames=1)[0], atol=1e-3)


def test_between_frames_is_between_and_unseen_is_not_invented():
    points = np.ones((3, 134, 3))
    points[:, :, 0] = np.array([0, 10, 20])[:, None]
    points[2, 4] = 0
    found = resample(sequence(points), fps=10, rate=20).points
    assert found[1, 0, 0] == 5
    assert found[3, 4, 2] in (0, 1)  # from the nearer frame, whole
    assert found[3, 4, 0] in (0, 10)


def test_nothing_can_be_put_at_another_rate():
    assert len(resample(sequence(np.zeros((0, 134, 3))), fps=25, rate=12.5)) == 0


@pytest.mark.parametrize("fps", [25, 60])
def test_a_hand_that_leaps_about_is_doubted_and_one_that_waves_is_not(fps):
    """The left hand is found anew in every frame, the right one waves twice a second by 50 degrees to either side."""
    points, times = dance(frames=2 * fps), np.arange(2 * fps) / fps
    wild = np.random.default_rng(0).normal(0, 0.8, 2 * fps)
    for hand, wrist, angles in ((LEFT_HAND, 7, wild), (RIGHT_HAND, 4, 0.87 * np.sin(4 * np.pi * times))):
        offset = (points[:, hand, :2] - points[:, wrist, None, :2]) @ (1, 1j) * np.exp(1j * angles)[:, None]
        points[:, hand, :2] = points[:, wrist, None, :2] + np.stack([offset.real, offset.imag], -1)
    doubted = doubt_hands(points, fps=fps)
    assert (doubted[:, LEFT_HAND, 2] > VISIBLE).mean() < 0.1
    assert (doubted[:, RIGHT_HAND, 2] > 0.9 * points[:, RIGHT_HAND, 2]).all()
    assert np.array_equal(doubted[:, :92], points[:, :92])
