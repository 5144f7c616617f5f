"""Equal to the reference implementation of Animate Anyone, in fp32 on the processor, for a toy checkpoint."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from animate import Animator, RenderSettings
from animate.conditions import embed, skeleton_conditions
from animate.denoise import predict
from animate.schedule import steps
from tests import toy

CASES = ("guided", "unguided", "full_window")


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    """Torch's, however many the other tests have: what goes wrong between threads shows here."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def animator() -> Animator:
    return Animator.load(toy.folder(), device="cpu", dtype=torch.float32)


def settings_of(case: dict) -> RenderSettings:
    height, width = case["reference"].shape[:2]
    return RenderSettings(
        width=width, height=height, steps=int(case["steps"]), guidance=float(case["guidance"]), window=24, overlap=4
    )


@pytest.mark.parametrize("name", CASES)
def test_clip_embedding_and_pose_features(animator, name):
    case = toy.case(name)
    clip = embed(animator.networks, case["reference"]).numpy()
    pose = skeleton_conditions(animator.networks, case["reference"], case["skeletons"]).pose.numpy()
    assert np.abs(clip - case["clip"]).max() <= 1e-4
    assert np.abs(pose - case["pose"]).max() <= 1e-4


@pytest.mark.parametrize("name", CASES)
def test_first_velocity(animator, name):
    case = toy.case(name)
    conditions = skeleton_conditions(animator.networks, case["reference"], case["skeletons"])
    noise, timestep = torch.from_numpy(case["noise"]), torch.tensor([next(steps(int(case["steps"]))).timestep])
    network, references = animator.networks.denoiser, conditions.references
    guided = predict(network, noise, timestep, conditions.pose, references, 1.0)
    assert np.abs(guided.numpy() - case["velocity_guided"]).max() <= 1e-4
    if case["velocity_unguided"].size:
        with torch.no_grad():
            unguided = network(noise, timestep, conditions.pose, references.unguided)
        assert np.abs(unguided.numpy() - case["velocity_unguided"]).max() <= 1e-4


@pytest.mark.parametrize("name", CASES)
def test_latents_and_frames(animator, name):
    case = toy.case(name)
    noise = torch.from_numpy(case["noise"])
    walk = [*animator.denoise(case["reference"], case["skeletons"], settings_of(case), noise=noise)]
    assert len(walk) == case["steps"]
    assert np.abs(walk[-1].numpy() - case["latents"]).max() <= 1e-3
    frames = animator.decode(walk[-1])
    assert frames.dtype == np.uint8
    assert np.abs(frames.astype(int) - case["frames"]).max() <= 1


def test_the_comparison_can_fail(animator):
    case = toy.case("unguided")
    noise = torch.from_numpy(case["noise"]).flip(0)
    latents = [*animator.denoise(case["reference"], case["skeletons"], settings_of(case), noise=noise)][-1]
    assert np.abs(latents.numpy() - case["latents"]).max() > 0.1


def test_a_seed_means_the_same_whatever_the_length(animator):
    case = toy.case("unguided")
    settings = settings_of(case)
    one = next(animator.denoise(case["reference"], case["skeletons"], settings))
    again = next(animator.denoise(case["reference"], case["skeletons"], settings))
    assert torch.equal(one, again)
