"""The benchmark of the embedded model's quality measures what it says."""

import itertools
import math

import numpy as np
import pytest
import torch

from animate import Animator
from benchmarks import gate, scaling
from benchmarks.gains import gained
from benchmarks.quality import MOVING, STILL, Scene, about, flow, judge_clips, judge_stills, region_psnr, warping
from training.puppets import World


def texture(shift: int) -> torch.Tensor:
    """3 48 64 in -1..1: smooth stripes and spots, moved to the right."""
    y, x = torch.meshgrid(torch.arange(48.0), torch.arange(64.0) - shift, indexing="ij")
    return torch.stack([(x / 5).sin() * (y / 4).cos(), (x / 7 + y / 9).sin(), (y / 6).cos()]) * 0.8


def levels(picture: torch.Tensor) -> torch.Tensor:
    return ((picture + 1) * 127.5).round().to(torch.uint8)


def test_what_moves_along_the_flow_has_little_warping_error_and_what_jitters_much():
    clip = torch.stack([texture(2 * i) for i in range(4)])
    body = torch.zeros(4, 1, 48, 64)
    body[..., 10:38, 14:50] = 1
    flows = [flow(levels(a), levels(b)) for a, b in itertools.pairwise(clip)]
    steady = warping(clip, body, flows)
    still = warping(clip[:1].expand(4, -1, -1, -1), body, flows)
    noisy = warping(clip + 0.1 * torch.randn(clip.shape, generator=torch.Generator().manual_seed(1)), body, flows)
    assert steady < 3
    assert noisy > steady + 3
    assert still > steady + 10


def test_a_region_is_judged_by_itself_and_left_out_where_it_is_not():
    truth = torch.zeros(2, 3, 20, 20)
    wrong = truth.clone()
    wrong[..., :10] = 0.2  # 0.1 of the span: 20 dB
    left, right = torch.zeros(2, 1, 20, 20), torch.zeros(2, 1, 20, 20)
    left[..., :10], right[..., 10:] = 1, 1
    assert region_psnr(wrong, truth, left) == pytest.approx(20, abs=0.01)
    assert region_psnr(wrong, truth, right) > 60
    assert math.isnan(region_psnr(wrong, truth, torch.zeros_like(left)))


def test_faces_lie_about_the_seen_joints_and_hands_beyond_the_wrists():
    pose = np.zeros((1, 134, 3), np.float32)
    pose[0, [1, 8, 11]] = (50, 40, 1), (45, 80, 1), (55, 80, 1)  # a torso of 40 pixels
    pose[0, [3, 4]] = (30, 50, 1), (20, 50, 1)
    hands = about(pose, [(4, 3), (7, 6)], (100, 100), 0.2)
    y, x = np.nonzero(hands[0, 0].numpy())
    assert abs(x.mean() - 17) < 1
    assert abs(y.mean() - 50) < 1
    assert np.ptp(x) == pytest.approx(16, abs=2)
    assert about(pose, [(0, 14, 15)], (100, 100), 0.4).sum() == 0, "an unseen face has no place"


def test_the_whole_table_on_the_embedded_model():
    animator = Animator.load("mini", device="cpu", dtype=torch.float32)
    stills, gains = judge_stills(animator, 2, (96, 144), [1])
    assert set(stills) == {"copy", "puppet", "ceiling", "1 step"}
    assert all(len(row) == len(STILL) for row in stills.values())
    assert stills["ceiling"][0] > stills["puppet"][0] > stills["copy"][0]
    assert np.allclose(gains.mean(0)[:3], np.array(stills["1 step"][:3]) - stills["puppet"][:3])
    clips = judge_clips(animator, 1, (96, 144), [1])
    assert clips["truth"][0] == pytest.approx(80)
    assert clips["copy"][MOVING.index("flicker")] == 0


def test_a_model_is_better_where_it_gains_more_than_twice_the_error_in_all_that_counts():
    gains = np.tile([[0.5], [0.7], [0.6], [0.2]], len(STILL))
    table, better = gained(gains)
    assert better
    assert table["gain"] == pytest.approx([0.5] * len(STILL))
    assert table["its error"] == pytest.approx([0.108012] * len(STILL), abs=1e-5)
    for what in ("PSNR", "body", "SSIM"):
        unsure = gains.copy()
        unsure[0, STILL.index(what)] = -0.6
        assert not gained(unsure)[1]
    unsure = gains.copy()
    unsure[:3, STILL.index("face")] = np.nan
    assert gained(unsure)[1], "faces do not decide"
    assert not gained(gains[:1])[1]


def test_a_walk_is_on_the_device_of_the_networks():
    animator = Animator.load("mini", device="cpu", dtype=torch.float32)
    animator.device = torch.device("meta")
    for network in (*animator.networks.modules, animator.networks.codec):
        network.to("meta")  # type: ignore[union-attr]
    sample = World(seed=1, split="train").clip(frames=3, size=(64, 96), spread=True)
    assert Scene.of(animator, sample).walked(2).is_meta


def test_shortcuts_are_judged_against_the_exact_walk_and_drawn():
    exact, ways = (
        gate.EXACT.name,
        (gate.EXACT, gate.Walk("few", 2), gate.Walk("many kept", 25, shortcuts={"reuse": 25})),
    )
    table = gate.measure(Animator.load("mini", device="cpu"), 1, (64, 96), [*ways, gate.Walk("again", 25)])
    assert table[exact]["PSNR lost"] == table["again"]["PSNR lost"] == 0
    assert table["few"]["PSNR lost"] != 0
    assert table["few"]["near exact"] < table["again"]["near exact"] == 80
    assert table["many kept"]["PSNR lost"] != 0
    assert gate.passes(table[exact])
    assert not gate.passes({**table[exact], "PSNR lost": 0.31})
    assert not gate.passes({**table[exact], "SSIM lost": 0.006})
    drawn = gate.plot(table)
    assert drawn.count("<circle") == len(table)
    assert all(name in drawn for name in table)


def test_time_that_grows_with_every_frame_is_a_line():
    slope, start, fit = scaling.line_through([10, 20, 30], [2.0, 3.0, 4.0])
    assert (slope, start, fit) == pytest.approx((0.1, 1.0, 1.0))
    assert scaling.line_through([10, 20, 30, 40], [1.0, 4.0, 9.0, 16.0])[2] < 0.99
