"""People in video, and the skeleton pictures that Animate Anyone's checkpoints were trained to follow."""
