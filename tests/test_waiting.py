"""How torch's threads wait: asleep, so that others have the cores."""

import os
import subprocess
import sys

import pytest

# In place of the module that brings torch: what is decided when it is imported.
PROGRAM = """
import os, sys

class Brought:
    @property
    def Animator(self):
        print(os.environ["OMP_WAIT_POLICY"])

sys.modules["animate.animator"] = Brought()
import animate
animate.Animator
"""


@pytest.mark.parametrize(("chosen", "expected"), [(None, "passive"), ("active", "active")])
def test_threads_wait_asleep_unless_somebody_decides_otherwise(chosen, expected):
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    if chosen:
        environment["OMP_WAIT_POLICY"] = chosen
    told = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == expected
