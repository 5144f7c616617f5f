"""A procedural world of drawn characters that dance: endless training pictures without a data set."""

from training.puppets.world import Sample, World

__all__ = ["Sample", "World"]
