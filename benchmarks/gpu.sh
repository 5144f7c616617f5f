#!/usr/bin/env bash
# All that needs a CUDA device, most valuable first, each part on its own; one results file with date, machine, versions.
#   benchmarks/gpu.sh [RESULTS]
# MOORE: a checkout of Moore-AnimateAnyone to measure beside; without it that part says so. LIMIT: seconds in all.
# SMALL=1 tries the script itself, on any machine.
set -uo pipefail
cd "$(dirname "$0")/.."
results="${1:-benchmarks/results/gpu.txt}"
mkdir -p "$(dirname "$results")"
python="${PYTHON:-python3}"
limit="${LIMIT:-200}"
export PYTHONUNBUFFERED=1 PYTHONWARNINGS=ignore
[ -n "${SMALL:-}" ] && size=(--size 64x96 --frames 4 --width 32) || size=()
[ -n "${SMALL:-}" ] && cards=(--taken 0 --cards 0.1 0.06 0.04) || cards=()
moore=(--moore "${MOORE:-where it is missing}")
lock="$(mktemp)"

part() { # seconds, words, command: at most so long, and never past the limit of all
  local most=$1 words=$2
  shift 2
  local left=$((limit - SECONDS))
  [ "$left" -lt "$most" ] && most=$left
  if [ "$most" -lt 5 ]; then
    echo "== $words: no time left"
    return
  fi
  echo "== $words"
  timeout "$most" "$@" 2>&1 | grep -v -E "^W[0-9]|Warning|deprecate|requires torchvision|^ *$"
  local ended=${PIPESTATUS[0]}
  [ "$ended" -eq 0 ] || echo "   ended with $ended (124: its $most s were over)"
  echo "   ($SECONDS s so far)"
}

{
  date -u +%F
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null
  exec 9>"$lock"
  flock 9 # compiling goes on beside the rest, on few cores; what is compiled is timed when the rest is done
  TORCHINDUCTOR_COMPILE_THREADS=4 part "$limit" "compiled, layer by layer" \
    nice "$python" -m benchmarks.levers "${size[@]}" --compile "$lock" >"$results.compiled" 9>&- &
  compiled=$!
  part 70 "correctness" "$python" -m benchmarks.agree --dtypes float32 bfloat16 float16
  part 90 "beside Moore-AnimateAnyone" "$python" -m benchmarks.speed "${moore[@]}" "${size[@]}" --json "${results%.txt}.json"
  part 60 "plans for small devices" "$python" -m benchmarks.lodgings "${size[@]}" "${cards[@]}"
  part 80 "levers" "$python" -m benchmarks.levers "${size[@]}"
  flock -u 9
  wait "$compiled"
  cat "$results.compiled"
  rm -f "$results.compiled" "$lock"
} 2>&1 | tee "$results"
