"""Plans for small devices: each gives what the roomy one gives, holds what it promises, and is found by itself."""

import gc
from contextlib import nullcontext
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import animate.budget
from animate import Animator, Job, Note, OutOfMemory, RenderSettings, catalogue, memory
from animate.checkpoints import Networks, load_networks
from animate.events import Finished, Progress
from animate.luggage import Luggage, layers_of
from animate.memory import PLANS, Lodging, Plan
from animate.settings import DRAFT
from animate.unet import DenoisingUNet, UNetConfig
from tests import toy

CPU = torch.device("cpu")
ROOMY, VISITING, PIECES, STREAMING = PLANS
SMALL = RenderSettings(width=64, height=64, steps=3, guidance=2.0, window=8, overlap=2)


@pytest.fixture
def animator() -> Animator:
    return Animator.load(toy.folder(), device="cpu", dtype=torch.float32)


@pytest.fixture
def case() -> dict[str, np.ndarray]:
    case = toy.case("unguided")
    return {
        "reference": case["reference"][:64, :64],
        "skeletons": np.resize(case["skeletons"][:, :64, :64], (9, 64, 64, 3)),
    }


def run(
    animator: Animator, case: dict[str, np.ndarray], settings: RenderSettings = SMALL
) -> tuple[torch.Tensor, np.ndarray]:
    latents = [*animator.denoise(case["reference"], case["skeletons"], settings)][-1]
    return latents, animator.decode(latents)


def budget(animator: Animator, plan: Plan, settings: RenderSettings = SMALL) -> int:
    """A device on which this plan is the roomiest that fits."""
    assert animator.lodging
    return int(animator.lodging.need(plan, settings) / memory.SPARE) + 1000


def on_a_device_of(animator: Animator, size: int) -> Lodging:
    animator.lodging = Lodging(animator.networks, CPU, free=lambda: size)
    return animator.lodging


def weighed(lodging: Lodging, monkeypatch) -> list[int]:
    """The bytes of weights on the device, each time that some have come."""
    sizes: list[int] = []
    begin = Luggage.begin
    monkeypatch.setattr(Luggage, "begin", lambda *given: (begin(*given), sizes.append(lodging._present())))
    return sizes


def fresh(animator: Animator) -> None:
    """The networks as loaded, without the lodging they had."""
    assert animator.lodging
    animator.lodging.arrange(ROOMY)


def test_on_the_host_convolutions_lie_one_way_and_are_kept_once(animator):
    assert animator.lodging
    pairs = [
        (t, home)
        for bag in animator.lodging._layers
        for t, home in zip(bag.tensors, bag.home, strict=True)
        if t.ndim == 4
    ]
    assert pairs
    for tensor, home in pairs:
        assert tensor.is_contiguous(memory_format=torch.channels_last)
        assert tensor.data_ptr() == home.data_ptr()


@pytest.mark.parametrize("plan", [VISITING, PIECES, STREAMING])
def test_exact_plans_give_what_the_roomy_one_gives(animator, case, plan, monkeypatch):
    monkeypatch.setattr(memory, "TOKENS", 100)
    expected, expected_frames = run(animator, case)
    size = budget(animator, plan)
    lodging = on_a_device_of(animator, size)
    sizes = weighed(lodging, monkeypatch)
    latents, frames = run(animator, case)
    assert lodging.plan == plan, "it was found by itself"
    assert (latents - expected).abs().max() <= 1e-5
    assert np.abs(frames.astype(int) - expected_frames).max() <= 1
    assert max(sizes) <= size


def test_on_a_device_too_small_for_any_the_smallest_is_tried(animator, case):
    expected, _ = run(animator, case)
    lodging = on_a_device_of(animator, 1000)
    assert (run(animator, case)[0] - expected).abs().max() <= 1e-5
    assert lodging.plan == STREAMING


def test_each_plan_needs_less_of_the_device_than_the_one_before():
    """At the released sizes, where a smaller one has to help."""
    lodging = Lodging(full_size(), torch.device("meta"), free=lambda: 10**12)
    needs = [lodging.need(plan, RenderSettings(width=512, height=768, window=24)) for plan in PLANS]
    assert all(less < 0.9 * more for more, less in pairwise(needs))


def test_a_second_branch_is_counted_where_both_are_computed_at_once(animator):
    """So on a processor; a longer window takes less there where it is long enough for one branch after the other."""
    short, long = (RenderSettings(width=256, height=384, window=window) for window in (24, 27))
    assert animator.lodging.need(ROOMY, short) > animator.lodging.need(ROOMY, long)
    assert animator.lodging.need(VISITING, short) < animator.lodging.need(VISITING, long)


def test_what_is_away_cannot_be_worked_with(animator):
    """So that a plan that forgets to fetch something fails here instead of passing by luck."""
    lodging = on_a_device_of(animator, 1000)
    away = [t for luggage in lodging._all() if not luggage.present for t in luggage.tensors]
    assert len(away) > 700
    assert all(t.numel() == 0 for t in away)


def test_plans_need_less_and_less_and_hold_no_more_than_they_say(animator, case, monkeypatch):
    monkeypatch.setattr(memory, "DENOISING", 0)
    monkeypatch.setattr(memory, "IN_PIECES", 0)
    monkeypatch.setattr(memory, "DECODING", 0)
    assert animator.lodging
    needs = [animator.lodging.need(plan, SMALL) for plan in PLANS]
    assert needs == sorted(needs, reverse=True)
    for plan, need in zip(PLANS, needs, strict=True):
        lodging = on_a_device_of(animator, 10**12)
        lodging.settle = lambda *_, **__: None  # type: ignore[method-assign]
        with monkeypatch.context() as watching:
            sizes = weighed(lodging, watching)
            lodging.arrange(plan)
            run(animator, case)
        assert 0 < max(sizes) <= need, plan.words
        fresh(animator)


def test_clip_reference_and_encoder_leave_once_used(animator, case):
    lodging = on_a_device_of(animator, budget(animator, VISITING))
    run(animator, case)
    assert not any(luggage.present for luggage in lodging._parts)
    assert all(luggage.present for luggage in lodging._layers)


def test_the_layers_are_all_of_the_denoiser():
    with torch.device("meta"):
        denoiser = DenoisingUNet(UNetConfig())
    mine = [t for layer in layers_of(denoiser) for t in layer.state_dict(keep_vars=True).values()]
    assert len(mine) == len({id(t) for t in mine}) == 1274
    biggest = max(sum(t.numel() for t in layer.parameters()) for layer in layers_of(denoiser))
    assert biggest * 2 < 150e6, "a layer in half precision is small beside any device"


def test_back_in_the_roomy_plan_nothing_is_left_of_the_others(animator, case):
    expected, _ = run(animator, case)
    for plan in (STREAMING, VISITING, ROOMY):
        assert animator.lodging
        animator.lodging.arrange(plan)
    hooks = [m._forward_pre_hooks or m._forward_hooks for m in animator.networks.denoiser.modules()]
    assert not any(hooks)
    assert torch.equal(run(animator, case)[0], expected)


@pytest.mark.parametrize("frames", [8, 49, 120, 1800])
def test_a_clip_is_kept_by_the_device_where_all_of_it_fits(frames):
    """At the released sizes, however long. The device is imaginary: what is sent to it has no numbers."""
    settings, free = RenderSettings(width=512, height=768, window=24), [10**12]
    lodging = Lodging(full_size(), torch.device("meta"), free=lambda: free[0])
    lodging.settle(settings, frames=frames)
    assert (lodging.plan, lodging.latents_at.type) == (ROOMY, "meta")
    whole = lodging.need(ROOMY, settings, frames=frames)
    assert whole - lodging.need(ROOMY, settings) >= lodging.kept(settings, frames) > 4e6 * frames
    for spare, place in ((1000, "meta"), (-1000, "cpu")):
        free[0] = int(whole / memory.SPARE) + spare
        lodging.settle(settings, frames=frames)
        assert (lodging.plan, lodging.latents_at.type) == (ROOMY, place)
        assert not lodging.notes
    lodging.arrange(VISITING)
    free[0] = 10**12
    assert lodging.latents_at.type == "cpu"


def test_deep_features_that_serve_several_steps_are_counted():
    settings = {reuse: RenderSettings(width=512, height=768, window=24, overlap=4, reuse=reuse) for reuse in (1, 2, 3)}
    lodging = Lodging(full_size(), torch.device("meta"), free=lambda: 10**12)
    kept = {reuse: lodging.kept(each, 240) for reuse, each in settings.items()}
    a_window = 24 * 64 * 96 * 320 * 2
    assert kept[2] == kept[3] == pytest.approx(kept[1] + 2 * 12 * a_window)


RAN_OUT = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


def breaks(monkeypatch, network: torch.nn.Module, at: set[int], failure: Exception = RAN_OUT) -> None:
    """The network runs out of memory at these calls."""
    calls, forward = iter(range(10**6)), network.forward

    def broken(*given, **more):
        if next(calls) in at:
            raise failure
        return forward(*given, **more)

    monkeypatch.setattr(network, "forward", broken)


@pytest.mark.parametrize(
    "failure",
    [
        RAN_OUT,
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("Unable to find a valid cuDNN algorithm to run convolution"),
    ],
)
def test_running_out_of_memory_the_clip_goes_on(animator, case, monkeypatch, failure):
    expected, _ = run(animator, case)
    breaks(monkeypatch, animator.networks.denoiser, {3, 6}, failure)
    lodging = on_a_device_of(animator, 10**12)
    walk = [*animator.denoise(case["reference"], case["skeletons"], SMALL)]
    assert len(walk) == SMALL.steps, "no step is told twice"
    assert (walk[-1] - expected).abs().max() <= 1e-5
    assert lodging.plan == PIECES
    assert [note.words for note in lodging.told()] == [
        f"Memory ran out, so the clip goes on with less of it. {plan.words}" for plan in (VISITING, PIECES)
    ]


@pytest.mark.parametrize("at", [5, 8, 11])
@pytest.mark.parametrize("shortcuts", [{"solver": "dpm"}, DRAFT])
def test_running_out_of_memory_steps_go_on_with_what_those_before_left(animator, case, monkeypatch, shortcuts, at):
    """Of two windows a step: within the one or the other, and where deep features serve and where they are made."""
    settings = replace(SMALL, steps=7, **shortcuts)
    expected, _ = run(animator, case, settings)
    breaks(monkeypatch, animator.networks.denoiser, {at})
    lodging = on_a_device_of(animator, 10**12)
    assert (run(animator, case, settings)[0] - expected).abs().max() <= 1e-5
    assert lodging.plan == VISITING


@pytest.mark.parametrize(
    ("wanted", "at", "found"),
    [(ROOMY, 20, VISITING), (STREAMING, 0, None), (STREAMING, 9, None), (PIECES, 3, STREAMING)],
)
def test_running_out_while_the_weights_come_costs_no_later_clip(animator, case, monkeypatch, wanted, at, found):
    """Whether they come for a plan or, as at the last one, for the work itself."""
    expected, _ = run(animator, case)
    free = [budget(animator, VISITING)]
    animator.lodging = lodging = Lodging(animator.networks, CPU, free=lambda: free[0])
    run(animator, case)
    free[0] = budget(animator, wanted)
    calls, begin = iter(range(10**6)), Luggage.begin

    def broken(luggage: Luggage, stream: torch.cuda.Stream | None = None) -> None:
        if not luggage.present and next(calls) == at:
            luggage.present = True  # what was on its way lacks weights
            raise RAN_OUT
        begin(luggage, stream)

    with monkeypatch.context() as tight:
        tight.setattr(Luggage, "begin", broken)
        if found is None:
            with pytest.raises(OutOfMemory):
                run(animator, case)
        else:
            assert (run(animator, case)[0] - expected).abs().max() <= 1e-5
            assert lodging.plan == found
    assert (run(animator, case)[0] - expected).abs().max() <= 1e-5
    assert lodging.plan == wanted


def test_without_pages_that_are_kept_the_layers_come_all_the_same(animator, case, monkeypatch):
    """As on a device that has streams, of which the host has none."""

    def refuse(_luggage: Luggage) -> None:
        raise RAN_OUT

    expected, _ = run(animator, case)
    lodging = on_a_device_of(animator, budget(animator, STREAMING))
    monkeypatch.setattr(Luggage, "pin", refuse)
    monkeypatch.setattr(torch.cuda, "Stream", lambda _device: "a stream")
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    begin = Luggage.begin
    monkeypatch.setattr(Luggage, "begin", lambda luggage, _stream=None: begin(luggage))
    lodging.device = torch.device("cuda")
    lodging.settle(SMALL)
    lodging.device = CPU
    assert (lodging.plan, lodging._stream) == (STREAMING, "a stream")
    assert (run(animator, case)[0] - expected).abs().max() <= 1e-5


def test_no_layer_works_before_its_copies_are_there_and_these_outlast_its_work(animator, case, monkeypatch):
    """Copies come on a stream of their own: the one that works waits for them, and is noted for what it reads, lest
    that be given away meanwhile. The streams are imaginary."""
    expected, _ = run(animator, case)
    lodging = on_a_device_of(animator, budget(animator, STREAMING))
    lodging.settle(SMALL)
    events, awaited, held, checked = {}, set(), set(), []
    working, begin = SimpleNamespace(wait_event=awaited.add), Luggage.begin

    def send(luggage: Luggage, stream: torch.cuda.Stream | None = None) -> None:
        if not luggage.present:
            begin(luggage, stream)
            events[luggage] = luggage._arrival
            held.difference_update(tensor.data_ptr() for tensor in luggage.tensors)

    def check(luggage: Luggage) -> None:
        if events[luggage] is not None:
            assert events[luggage] in awaited
            assert held >= {tensor.data_ptr() for tensor in luggage.tensors}
            checked.append(luggage)

    monkeypatch.setattr(torch.cuda, "stream", lambda _stream: nullcontext())
    monkeypatch.setattr(torch.cuda, "current_stream", lambda _device: working)
    monkeypatch.setattr(torch.Tensor, "record_stream", lambda t, by: held.add(t.data_ptr()) if by is working else None)
    monkeypatch.setattr(Luggage, "begin", send)
    monkeypatch.setattr(lodging, "_stream", SimpleNamespace(record_event=object))
    for layer, luggage in zip(layers_of(animator.networks.denoiser), lodging._layers, strict=True):
        layer.register_forward_pre_hook(lambda _module, _given, luggage=luggage: check(luggage))
    assert (run(animator, case)[0] - expected).abs().max() <= 1e-5
    assert lodging.plan == STREAMING
    assert set(checked) == set(lodging._layers)


def test_on_the_host_the_next_clip_is_roomy_again(animator, case, monkeypatch):
    expected, _ = run(animator, case)
    with monkeypatch.context() as tight:
        breaks(tight, animator.networks.denoiser, {1}, RuntimeError("not enough memory: you tried to allocate 9 bytes"))
        run(animator, case)
        assert animator.lodging.plan == VISITING
    assert torch.equal(run(animator, case)[0], expected)
    assert animator.lodging.plan == ROOMY


@pytest.mark.parametrize("part", ["reference", "clip"])
def test_running_out_while_the_picture_is_read(animator, case, monkeypatch, part):
    expected, _ = run(animator, case)
    breaks(monkeypatch, getattr(animator.networks, part), {0})
    on_a_device_of(animator, 10**12)
    assert (run(animator, case)[0] - expected).abs().max() <= 1e-5


def test_running_out_in_every_plan_is_said_in_words(animator, case, monkeypatch):
    breaks(monkeypatch, animator.networks.denoiser, set(range(99)))
    on_a_device_of(animator, 10**12)
    with pytest.raises(OutOfMemory, match="Lower the size or the window"):
        run(animator, case)


def test_other_failures_are_not_hidden(animator, case, monkeypatch):
    def broken(*_given, **_more):
        raise RuntimeError("shapes do not agree")

    monkeypatch.setattr(animator.networks.denoiser, "forward", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        run(animator, case)


def test_the_person_is_told_in_the_events_of_a_clip(animator, monkeypatch, tmp_path):
    from animate import examples

    breaks(monkeypatch, animator.networks.denoiser, {1})
    monkeypatch.setattr(animator, "model", catalogue.MODELS["moore"])
    picture = next(iter(examples.characters().values()))
    settings = RenderSettings(width=64, height=96, steps=2, guidance=1.0, window=8, overlap=2)
    on_a_device_of(animator, budget(animator, VISITING, settings))
    job = Job(image=picture, motion=next(iter(examples.dances())), settings=settings, seconds=0.5)  # type: ignore[arg-type]
    events = [*animator.render(job, tmp_path / "clip.mp4")]
    told = [event.words for event in events if isinstance(event, Note)]
    assert any("while it works" in words for words in told)
    assert any("Memory ran out" in words for words in told)
    assert isinstance(events[-1], Finished)
    told = [(event.done, event.total) for event in events if isinstance(event, Progress) and event.stage == "denoise"]
    assert told == [(1, 4), (1, 4), (2, 4), (3, 4), (4, 4)], "two windows a step, of which the first begins anew"


def test_words_say_the_plan(animator):
    assert "while it works" not in animator.words
    on_a_device_of(animator, budget(animator, STREAMING)).settle(SMALL)
    assert "layer by layer" in animator.words


@pytest.mark.parametrize(("gigabytes", "plan"), [(24, ROOMY), (12, ROOMY), (8, VISITING), (6, PIECES), (4, STREAMING)])
def test_cards_people_own_at_full_size(gigabytes, plan):
    """512x768, a window of 24, half precision; a card has about 0.6 GB less than it says."""
    lodging = Lodging(full_size(), torch.device("meta"), free=lambda: int((gigabytes - 0.6) * 1e9))
    lodging.arrange = lambda plan: setattr(lodging, "plan", plan)  # type: ignore[method-assign]
    lodging.settle(RenderSettings(width=512, height=768, window=24))
    assert lodging.plan == plan


@pytest.mark.parametrize(("gigabytes", "plan"), [(12, ROOMY), (8, VISITING), (6, PIECES), (4, STREAMING)])
def test_of_a_window_that_the_clip_does_not_fill_the_clip_is_counted(gigabytes, plan, monkeypatch):
    """A second of MusePose's, at full size: 15 frames, where a window has 48."""
    monkeypatch.setattr(animate.budget, "free_of_host", lambda: 10**12)
    lodging = Lodging(full_size(), torch.device("meta"), free=lambda: int((gigabytes - 0.6) * 1e9))
    lodging.arrange = lambda plan: setattr(lodging, "plan", plan)  # type: ignore[method-assign]
    whole = catalogue.MODELS["musepose"].settings(768, 768)
    lodging.settle(whole, frames=15)
    assert lodging.plan == plan
    assert animate.budget.room_for(lodging, whole, frames=15).fits


@pytest.mark.parametrize(("gigabytes", "plan"), [(64, ROOMY), (16, ROOMY), (8, PIECES)])
def test_macs_people_own_at_full_size(monkeypatch, gigabytes, plan):
    """Metal recommends about two thirds of the memory. The device is imaginary."""
    emptied, taken = [], [0]
    monkeypatch.setattr(torch.mps, "empty_cache", lambda: emptied.append(True))
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: gigabytes * 2 * 10**9 // 3)
    monkeypatch.setattr(torch.mps, "current_allocated_memory", lambda: taken[0])
    lodging = Lodging(full_size(), torch.device("meta"))
    lodging.device = torch.device("mps")
    settings = RenderSettings(width=512, height=768, window=24)
    for _ in range(2):
        taken[0] = lodging._present()  # which is there to be planned with
        lodging.settle(settings)
        assert lodging.plan == plan
    assert len(emptied) == (plan != ROOMY)
    small = RenderSettings(width=256, height=384, window=24)
    monkeypatch.setattr(animate.budget, "free_of_host", lambda: gigabytes * 10**9 // 2)
    assert animate.budget.room_for(lodging, small, frames=15).fits
    taken[0] += gigabytes * 10**9
    lodging.settle(settings)
    assert lodging.plan == STREAMING


def full_size() -> Networks:
    """The released shapes, without memory."""
    from tests.released import networks

    return networks(torch.float16, device="meta")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("plan", [VISITING, PIECES, STREAMING])
def test_exact_plans_on_a_gpu(case, plan):
    animator = Animator(
        catalogue.MODELS["moore"],
        load_networks(toy.folder(), device=CPU, dtype=torch.float32),
        torch.device("cuda"),
        torch.float32,
    )
    assert animator.lodging
    animator.lodging.settle = lambda *_, **__: None  # type: ignore[method-assign]
    results = []
    for each in (ROOMY, plan):
        animator.lodging.arrange(each)
        results.append(run(animator, case)[0].cpu())
        gc.collect()
    assert (results[0] - results[1]).abs().max() <= 1e-4
