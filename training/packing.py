"""What a run has come to, packed so that it comes back in parts, whole, from a machine that is there for a time."""

import io
import shutil
import tarfile
from pathlib import Path

PART = 15_000_000  # bytes
LEFT_OUT = (".state", ".part")  # what only going on needs


def pack(model: Path, out: Path) -> Path:
    """The model's folder as out/model-NUMBER/model.tar.00, .01, …, with its log and sheet beside them. The folder.

    It appears whole, and only then those before it go: whenever the program ends, the last that is there is whole.
    """
    before = sorted(out.glob("model-[0-9][0-9][0-9][0-9]"))
    folder = out / f"model-{int(before[-1].name[-4:]) + 1 if before else 1:04d}"
    new = out / "model.new"
    shutil.rmtree(new, ignore_errors=True)  # of a run that was killed
    new.mkdir(parents=True)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for file in sorted(each for each in model.rglob("*") if each.is_file() and each.suffix not in LEFT_OUT):
            tar.add(file, file.relative_to(model))
    whole = packed.getvalue()
    for index, begin in enumerate(range(0, len(whole), PART)):
        (new / f"model.tar.{index:02d}").write_bytes(whole[begin : begin + PART])
    for name in ("log.jsonl", "sheet.png"):
        shutil.copy(model / name, new / name)
    new.rename(folder)
    for each in before:
        shutil.rmtree(each)
    return folder
