#!/usr/bin/env bash
# Trains the embedded model on a machine with a CUDA device: some cores render the world while the device trains on
# what is there so far. First the single frames, then the clips.
#   training/device.sh OUT MINUTES_OF_FRAMES MINUTES_OF_CLIPS [WORK]
# The minutes are counted from the start of this script, importing and waiting for the first pairs and all; the last
# validation comes on top. OUT/model-NUMBER gets the model in parts of at most 15 MB after each validation: whenever
# the script is ended, the last one there is whole. To unpack it: cat OUT/model-NUMBER/model.tar.* | tar -x -C FOLDER
# A second call with the same WORK goes on for as many minutes more, with the pairs that are there and new ones; 0
# minutes of frames are enough then, and only then. 0 and 0 minutes only render, until the script is ended. Rendering
# ends with the script; pairs stay, tens of GB an hour.
# On another machine FROM=FOLDER goes on instead, from the model that came back, packed (an OUT/model-NUMBER) or
# unpacked: FROM=back/model-0007 training/device.sh OUT 8 0. Its optimiser and its count of steps stayed behind: the rate
# warms up anew. Where WORK has a model already, FROM is not asked.
# CORES: how many there are. COMPILE=1 compiles the network first: minutes, while the cores render too, so it pays back
# in long runs only.
set -uo pipefail
begun=$(date +%s)
if [ $# -lt 3 ]; then
  echo "training/device.sh OUT MINUTES_OF_FRAMES MINUTES_OF_CLIPS [WORK]" >&2
  exit 2
fi
cd "$(dirname "$0")/.." || exit
out="$1" frames="$2" clips="$3" work="${4:-runs/device}"
python="${PYTHON:-python3}"
export OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1
mkdir -p "$out" "$work" || exit
if [ -n "${FROM:-}" ] && [ ! -d "$work/model" ]; then
  rm -rf "$work/model.new" && mkdir "$work/model.new" || exit
  if [ -f "$FROM/model.tar.00" ]; then
    cat "$FROM"/model.tar.* | tar -x -C "$work/model.new" || exit
  else
    cp -r "$FROM/." "$work/model.new" || exit
  fi
  if [ ! -f "$work/model.new/patch_codec.safetensors" ]; then
    echo "There is no model in $FROM; FROM is a folder that holds one, or its parts model.tar.00 and so on." >&2
    exit 2
  fi
  mv "$work/model.new" "$work/model" || exit
fi
pids="$work/rendering.pids" # of what renders, each the leader of a group

stop() { # a group, or its leader that is about to lead one
  kill -- "-$1" 2>/dev/null || kill "$1" 2>/dev/null
}
if [ -f "$pids" ]; then # of a script that was killed
  while read -r pid; do
    grep -qs training.pairs "/proc/$pid/cmdline" && stop "$pid"
  done <"$pids"
  rm "$pids"
fi
rendering=() running=
render() {
  setsid nice "$python" -m training.pairs "$@" >>"$work/rendering.log" 2>&1 </dev/null &
  rendering+=($!)
  echo $! >>"$pids"
}
end() {
  [ -z "$running" ] || kill "$running" 2>/dev/null
  for pid in "${rendering[@]}"; do stop "$pid"; done
  rm -f "$pids"
}
train() { # beside this script, so that it can be ended meanwhile
  "$python" -m training.train --out "$work/model" --pack "$out" --since "$begun" --wait 120 "$@" &
  running=$!
  wait "$running"
  local code=$?
  running=
  [ "$code" -eq 0 ] && return
  echo "Training ended with $code. What rendering said last:" >&2
  tail -n 3 "$work/rendering.log" >&2
  exit "$code"
}

trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
spare=$((${CORES:-$(nproc)} - 4)) # training and its launches need cores of their own
singles=$((spare * 4 / 5))
[ "$clips" != 0 ] || [ "$frames" = 0 ] || singles=$spare
[ "$frames" != 0 ] || [ "$clips" = 0 ] || singles=0
moving=$((spare - singles))
# Other held-out characters than benchmarks.quality's, which are of 900 and 901. Nothing is rendered of a stage that is
# not trained, unless neither is.
if [ "$frames" != 0 ] || [ "$clips" = 0 ]; then
  render --out "$work/held" --held-out --first 1900 --shards 2 --workers 2 --characters 16 --targets 4
  render --out "$work/pairs" --shards 12000 --workers $((singles > 1 ? singles : 1)) --characters 2 --targets 20
fi
if [ "$clips" != 0 ] || [ "$frames" = 0 ]; then
  render --out "$work/held-clips" --held-out --first 1950 --shards 1 --characters 6 --targets 24 --clips
  render --out "$work/clips" --first 200000 --shards 99999 --workers $((moving > 1 ? moving : 1)) --characters 2 \
    --targets 24 --clips
fi
if [ "$frames" = 0 ] && [ "$clips" = 0 ]; then
  for pid in "${rendering[@]}"; do wait "$pid" || exit; done
fi
if [ "$frames" != 0 ]; then
  train --stage 1 --pairs "$work/pairs" --held-out "$work/held" --judges 32 --minutes "$frames" \
    ${COMPILE:+--compile} --characters 16 --targets 8 --rate 1e-3 --limit 24000 --check 2.5
fi
if [ "$clips" != 0 ]; then
  train --stage 2 --pairs "$work/clips" --held-out "$work/held-clips" --judges 6 \
    --minutes "$(awk "BEGIN { print $frames + $clips }")" --characters 12 --targets 24 --rate 4e-4 --check 10
fi
