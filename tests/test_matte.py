"""The soft rim of what was cut out."""

import numpy as np
import torch

from animate.puppet.matte import find_matte


def test_a_stroke_thinner_than_the_rim_keeps_its_ink():
    """Though the body that it hangs on is of paper, and that behind it as well, in a shadow: darker, as ink is."""
    picture = np.full((200, 160, 3), (0.7, 0.66, 0.58), np.float32)
    picture[88:] *= 0.75
    mask = np.zeros((200, 160), np.float32)
    rows, columns = np.mgrid[:200, :160]
    mask[np.hypot(rows - 50, columns - 80) < 40] = 1
    mask[90:190, 76:84] = 1
    picture[90:190, 76:84] = (0.2, 0.15, 0.3)
    alpha, colours = find_matte(torch.from_numpy(picture).permute(2, 0, 1), torch.from_numpy(mask)[None], radius=6)
    assert alpha[0, 100:180, 79:81].min() > 0.98
    assert colours[:, 100:180, 79:81].max() < 0.35
    assert alpha[0, 100:180, [68, 69, 90, 91]].max() < 0.05


def test_a_shred_of_the_backdrop_that_was_cut_out_as_well_stays_soft():
    picture = np.full((200, 160, 3), (0.7, 0.66, 0.58), np.float32)
    mask = np.zeros((200, 160), np.float32)
    mask[20:90, 40:120] = 1
    picture[20:90, 40:120] = (0.2, 0.15, 0.3)
    mask[90:190, 76:84] = 1
    alpha, _ = find_matte(torch.from_numpy(picture).permute(2, 0, 1), torch.from_numpy(mask)[None], radius=6)
    assert alpha[0, 105:180, 79:81].max() < 0.9
