"""A figure about a frame: a stick figure, or trunk and limbs, dressed by chance, with wings, a tail or what is held."""

import cv2
import numpy as np

from pose.skeleton import ARMS, LEFT_EAR, LEGS, NECK, RIGHT_EAR
from training.outlines.frame import Frame, way
from training.outlines.heads import Head

SHOULDERS, HIPS = [limb[0] for limb in ARMS], [limb[0] for limb in LEGS]


class Stencil:
    """A figure's sheet, side side uint8: 1 where it is."""

    def __init__(self, rng: np.random.Generator, frame: Frame, side: int):
        self.rng, self.frame = rng, frame
        self.sheet = np.zeros((side, side), np.uint8)
        self.limb = self.bars if self.chance(0.15) else self.tube
        self.neck, self.hips = frame.joints[NECK], frame.joints[HIPS].mean(0)
        self.down = (self.hips - self.neck) / np.linalg.norm(self.hips - self.neck)
        self.right = np.array([self.down[1], -self.down[0]])
        self.wide = frame.shoulder + 0.6 * frame.arm
        self.low = max(frame.hip + frame.thigh, 0.3 * frame.shoulder)

    def draw(self) -> np.ndarray:
        """The whole figure; each time another, dressed by chance."""
        stick = self.chance(0.12)
        if stick:
            self._sticks()
        else:
            self._trunk()
        self._head()
        self._arms(sleeves=1.0 if stick or self.chance(0.8) else self.some(1.3, 2.6))
        self._legs()
        self._clothes()
        self._extras()
        return self.sheet

    def some(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def shape(self, *points: np.ndarray) -> None:
        cv2.fillPoly(self.sheet, [np.round(np.array(points)).astype(np.int32)], 1)

    def oval(self, middle: np.ndarray, across: float, along: float, angle: float = 0.0) -> None:
        axes = max(1, round(across)), max(1, round(along))
        x, y = np.round(middle).astype(int).tolist()
        cv2.ellipse(self.sheet, (x, y), axes, -np.degrees(angle), 0, 360, 1, -1)

    def tube(self, points: np.ndarray, first: float, last: float) -> None:
        lengths = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
        steps = np.linspace(0, lengths[-1], max(2, round(lengths[-1] / 2)))
        places = np.stack([np.interp(steps, lengths, points[:, axis]) for axis in (0, 1)], 1).round().astype(int)
        for (x, y), radius in zip(places.tolist(), np.linspace(first, last, len(steps)), strict=True):
            cv2.circle(self.sheet, (x, y), max(1, round(radius)), 1, -1)

    def bars(self, points: np.ndarray, first: float, last: float) -> None:
        """A limb of boxes, as robots have."""
        for start, end, wide in zip(points, points[1:], np.linspace(first, last, len(points) - 1), strict=False):
            along = (end - start) / (np.linalg.norm(end - start) + 1e-6)
            beside = np.array([along[1], -along[0]]) * max(1.0, wide)
            tip = end + along * wide * 0.5
            self.shape(start - beside, start + beside, tip + beside, tip - beside)

    def _sticks(self) -> None:
        frame = self.frame
        self.tube(np.stack([self.neck, self.hips]), frame.neck, frame.neck)
        for pair in (SHOULDERS, HIPS):
            self.tube(frame.joints[pair], frame.arm, frame.arm)

    def _trunk(self) -> None:
        frame, down, right, pad = self.frame, self.down, self.right, 0.6 * self.frame.arm
        if self.chance(0.25):
            self.oval((self.neck + self.hips) / 2, max(self.wide, self.low) * self.some(0.9, 1.5), 0.62 * frame.torso)
        waist, narrow = self.some(0.5, 0.75) * frame.torso, min(self.wide, self.low) * self.some(0.7, 1.15)
        rim = [
            (-pad * self.some(0, 0.9), 0.85 * self.wide),
            (pad, self.wide),
            (waist, narrow),
            (frame.torso, self.low),
            (frame.torso + frame.thigh * self.some(0.2, 0.9), 0.8 * self.low),
        ]
        left_side = [self.neck + down * along - right * across for along, across in rim]
        self.shape(*left_side, *(self.neck + down * along + right * across for along, across in rim[::-1]))

    def _head(self) -> None:
        frame = self.frame
        middle = frame.joints[[RIGHT_EAR, LEFT_EAR]].mean(0)
        self.tube(np.stack([self.neck, middle]), frame.neck, frame.neck)
        head = Head(self, middle, frame.breadth / 2, frame.head / 2, frame.tilt)
        if self.chance(0.12):
            self.shape(*(head.at(x, y) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))))
        else:
            self.oval(middle, head.broad, head.tall, frame.tilt)
        head.adorn()

    def _arms(self, *, sleeves: float) -> None:
        frame, long = self.frame, self.chance(0.5)
        for limb in (frame.joints[list(arm)] for arm in ARMS):
            self.limb(limb, frame.arm, frame.wrist)
            if sleeves > 1:
                self.tube(limb[: 3 if long else 2], frame.arm, frame.wrist * sleeves)
            angle = float(np.arctan2(*(limb[2] - limb[1])))
            if self.chance(0.85):
                self.oval(limb[2] + way(angle) * frame.hand, frame.wrist * self.some(0.9, 1.7), frame.hand * 1.5, angle)
            if self.chance(0.3):
                for spread in np.linspace(-0.7, 0.7, int(self.rng.integers(3, 6))):
                    tip = limb[2] + way(angle + spread) * frame.hand * 2.8
                    self.tube(np.stack([limb[2], tip]), frame.wrist * 0.35, frame.wrist * 0.3)

    def _legs(self) -> None:
        frame, outwards = self.frame, self.some(0, 1.2)
        flared = self.some(1.2, 2.2) if self.chance(0.2) else 1.0
        for limb, side in zip((frame.joints[list(leg)] for leg in LEGS), (-1, 1), strict=True):
            self.limb(limb, frame.thigh, frame.ankle * flared)
            if self.chance(0.9):
                toe = limb[2] + np.array([side * outwards, 0.45]) * frame.foot * 1.3
                self.tube(np.stack([limb[2], toe]), frame.ankle, frame.ankle * self.some(0.6, 1.2))

    def _clothes(self) -> None:
        frame, low, right = self.frame, self.low, np.array([1.0, 0.0])
        if self.chance(0.3):  # a skirt or a dress
            along = (self.some(0.5, 1.0) if self.chance(0.7) else 0.05) * frame.torso
            start = self.neck + self.down * along
            end = self.hips + np.array([0, 1.0]) * frame.leg * self.some(0.1, 0.95)
            upper, lower = 0.9 * (self.wide if along < 0.2 * frame.torso else low), low * self.some(1.1, 3.0)
            self.shape(start - self.right * upper, start + self.right * upper, end + right * lower, end - right * lower)
            if self.chance(0.3):
                self.oval(end, lower, lower * 0.2)
        if self.chance(0.12):  # a cape
            end = self.neck + np.array([0, 1.0]) * (frame.torso + frame.leg * self.some(-0.2, 0.8))
            sides = [right * self.wide * self.some(1, 2.4) for _ in range(2)]
            shoulders = self.right * self.wide
            self.shape(self.neck - shoulders, self.neck + shoulders, end + sides[0], end - sides[1])

    def _extras(self) -> None:
        torso, wrist = self.frame.torso, self.frame.wrist
        if self.chance(0.06):  # wings
            across, along, turn = self.wide * self.some(0.8, 1.6), torso * self.some(0.4, 0.9), self.some(-0.6, 0.6)
            for side in (-1, 1):
                middle = self.neck + side * self.right * self.wide * 2 + self.down * torso * 0.3
                self.oval(middle, across, along, side * turn)
        if self.chance(0.07):  # a tail
            side = self.rng.choice((-1, 1))
            bends = np.array([(0, 0), (side * 0.7, 0.2), (side * 0.9, -self.some(0.1, 0.8))])
            self.tube(self.hips + bends * torso, wrist, wrist * self.some(0.4, 1.5))
        if self.chance(0.1):  # something held
            hand = self.frame.joints[int(self.rng.choice([limb[2] for limb in ARMS]))]
            if self.chance(0.5):
                middle = hand + self.rng.normal(0, 0.1, 2) * torso
                self.oval(middle, torso * self.some(0.1, 0.4), torso * self.some(0.1, 0.4))
            else:
                reach = way(self.some(0, np.pi)) * torso * self.some(0.3, 1.1)
                self.tube(np.stack([hand - reach * self.some(0, 1), hand + reach]), 0.3 * wrist + 1, 0.3 * wrist + 1)
