#!/usr/bin/env bash
# All that needs a CUDA device, correctness first; a results file with date, machine and versions. Under 9 minutes.
#   benchmarks/gpu.sh [RESULTS] — wheels that the machine lacks may lie in wheels/
set -uo pipefail
cd "$(dirname "$0")/.."
results="${1:-benchmarks/results/gpu.txt}"
mkdir -p "$(dirname "$results")"
python="${PYTHON:-python3}"
[ -d wheels ] && "$python" -m pip install -q --no-index --find-links wheels diffusers transformers einops safetensors pytest
{
  date -u +%F
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
  "$python" -c 'import torch, diffusers, transformers as t; print("torch", torch.__version__, "diffusers", diffusers.__version__, "transformers", t.__version__)'
  echo "== correctness"
  "$python" -m benchmarks.agree --device cuda --dtype float32
  "$python" -m benchmarks.agree --device cuda --dtype bfloat16
  "$python" -m benchmarks.agree --device cuda --dtype float16
  echo "== one guided step"
  for dtype in bfloat16 float16; do
    timeout 120 "$python" -m benchmarks.step --device cuda --dtype "$dtype"
  done
  timeout 120 "$python" -m benchmarks.step --device cuda --dtype float32 --repeat 2
} 2>&1 | tee "$results"
