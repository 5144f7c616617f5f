#!/usr/bin/env bash
# Trains the embedded model on a machine with a CUDA device: all cores render the world while the device trains on what
# is there so far. First the single frames, then the clips; the result as parts of at most 15 MB.
#   training/device.sh OUT MINUTES_OF_FRAMES MINUTES_OF_CLIPS [WORK]
# A second call with the same WORK goes on: rendering started by the first goes on meanwhile. 0 minutes only render.
# COMPILE=1 compiles the network first: minutes, while the cores render too, so it pays back in long runs only.
set -uo pipefail
cd "$(dirname "$0")/.."
out="$1" frames="$2" clips="$3" work="${4:-runs/device}"
python="${PYTHON:-python3}"
export OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1
mkdir -p "$out" "$work"
if [ ! -f "$work/rendering" ]; then
  touch "$work/rendering"
  spare=$((${CORES:-$(nproc)} - 4)) # training and its launches need cores of their own
  singles=$((spare * 4 / 5))
  render() { setsid nohup nice "$python" -m training.pairs "$@" >>"$work/rendering.log" 2>&1 & }
  render --out "$work/held" --held-out --first 900 --shards 2 --workers 2 --characters 16 --targets 4
  render --out "$work/held-clips" --held-out --first 950 --shards 1 --characters 6 --targets 24 --clips
  render --out "$work/pairs" --shards 99999 --workers "$singles" --characters 8 --targets 20
  render --out "$work/clips" --first 200000 --shards 99999 --workers $((spare - singles)) --characters 6 --targets 24 --clips
fi
train() { "$python" -m training.train --out "$work/model" --wait 120 "$@"; }
if [ "$frames" != 0 ]; then
  train --stage 1 --pairs "$work/pairs" --held-out "$work/held" --minutes "$frames" ${COMPILE:+--compile} \
    --characters 48 --targets 8 --rate 1e-3 --limit 24000 --check 2.5
fi
if [ "$clips" != 0 ]; then
  train --stage 2 --pairs "$work/clips" --held-out "$work/held-clips" --minutes "$clips" \
    --characters 12 --targets 24 --rate 4e-4 --check 10
fi
[ -f "$work/model/log.jsonl" ] || exit 0
cp "$work/model/log.jsonl" "$work/model/sheet.png" "$out/"
tar -C "$work/model" --exclude '*.state' --exclude '*.part' -cf - . | split -b 15M - "$out/model.tar."
