#!/usr/bin/env bash
# All that needs a CUDA device, most valuable first, one part after another, so that none takes another's time; one
# results file with date, machine, versions.
#   benchmarks/gpu.sh [RESULTS]
# The file takes an earlier one's place when every part has worked; otherwise what was measured stays beside it, in
# RESULTS.part, and the script ends with 1. The numbers of `beside` go into the JSON file of the same name likewise.
# What is measured in part or small goes to runs/gpu.txt where no file is named.
# MOORE: a checkout of Moore-AnimateAnyone to measure beside; without it that part says so. LIMIT: seconds in all.
# PARTS: some of "correctness beside plans levers profile compiled". SMALL=1 tries the script itself, on any machine.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
if [ -n "${PARTS:-}${SMALL:-}" ]; then
  results="${1:-runs/gpu.txt}"
else
  results="${1:-benchmarks/results/gpu.txt}"
fi
numbers="${results%.txt}.json"
mkdir -p "$(dirname "$results")" || exit
python="${PYTHON:-python3}"
if ! said=$("$python" -c "import benchmarks.agree, benchmarks.levers, benchmarks.lodgings, benchmarks.speed" 2>&1); then
  echo "Nothing is measured: $(tail -n 1 <<<"$said"). $python -m pip install -r requirements.txt" >&2
  exit 1
fi
rm -f "$results.part" "$numbers.part" "$results.failed"
limit="${LIMIT:-520}"
parts="${PARTS:-correctness beside plans levers profile compiled}"
export PYTHONUNBUFFERED=1 PYTHONWARNINGS=ignore
[ -n "${SMALL:-}" ] && size=(--size 64x96 --frames 4 --width 32) || size=()
[ -n "${SMALL:-}" ] && cards=(--taken 0 --cards 0.1 0.06 0.04) || cards=()
moore=(--moore "${MOORE:-where it is missing}")

part() { # name, seconds, words, command: if it is asked for; at most so long, and never past the limit of all
  local name=$1 most=$2 words=$3
  shift 3
  [[ " $parts " == *" $name "* ]] || return 0
  local left=$((limit - SECONDS))
  [ "$left" -lt "$most" ] && most=$left
  if [ "$most" -lt 5 ]; then
    echo "== $words: no time left"
    echo "$name" >>"$results.failed"
    return
  fi
  echo "== $words"
  timeout "$most" "$@" 2>&1 | grep -v -E "^W[0-9]|Warning|deprecate|requires torchvision|^ *$"
  local ended=${PIPESTATUS[0]}
  if [ "$ended" -ne 0 ]; then
    echo "   ended with $ended (124: its $most s were over)"
    echo "$name" >>"$results.failed"
  fi
  echo "   ($SECONDS s so far)"
}

{
  date -u +%F
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null
  part correctness 70 "correctness" "$python" -m benchmarks.agree --dtypes float32 bfloat16 float16
  part beside 90 "beside Moore-AnimateAnyone" "$python" -m benchmarks.speed "${moore[@]}" "${size[@]}" --json "$numbers.part"
  part plans 80 "plans for small devices" "$python" -m benchmarks.lodgings "${size[@]}" "${cards[@]}"
  part profile 40 "where a step goes" "$python" -m benchmarks.levers "${size[@]}" --parts profile
  part levers 80 "levers" "$python" -m benchmarks.levers "${size[@]}"
  part compiled "$limit" "compiled, layer by layer" "$python" -m benchmarks.levers "${size[@]}" --parts compiled
} 2>&1 | tee "$results.part"
if [ -f "$results.failed" ]; then
  echo "Not measured: $(tr '\n' ' ' <"$results.failed")- what was lies in $results.part" >&2
  rm "$results.failed"
  exit 1
fi
mv "$results.part" "$results"
[ ! -f "$numbers.part" ] || mv "$numbers.part" "$numbers"
