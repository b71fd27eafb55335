#!/usr/bin/env python3
"""PyTorch's own saves of as many bytes as the benchmark `export` writes, beside plain write() of the same bytes.

torch_save.py FOLDER [MEGABYTES [ROUNDS]]
"""
import os
import statistics
import sys
import time

try:
    import torch
except ImportError:
    sys.exit("NOT RUN: this Python has no torch, so there is nothing to compare with.")

try:
    from safetensors.torch import save_file
except ImportError:
    save_file = None
    print("NOT RUN: this Python has no safetensors; only torch.save is measured.")


def write_plainly(tensors, path):
    with open(path, "wb", buffering=0) as out:
        for tensor in tensors.values():
            rest = memoryview(tensor.numpy())
            while rest:
                rest = rest[out.write(rest):]


def main(folder, megabytes=1536, rounds=5):
    os.makedirs(folder, exist_ok=True)
    size = int(megabytes) * 1_000_000 // 12
    tensors = {f"layers.{i}.weight": torch.randint(0, 256, (size,), dtype=torch.uint8) for i in range(12)}
    saves = {"plain write()": lambda path: write_plainly(tensors, path),
             "torch.save": lambda path: torch.save(tensors, path)}
    if save_file:
        saves["safetensors"] = lambda path: save_file(tensors, path)
    seconds = {name: [] for name in saves}
    path = os.path.join(folder, "saved")
    for _ in range(int(rounds)):
        for name, save in saves.items():
            os.sync()
            begin = time.perf_counter()
            save(path)
            seconds[name].append(time.perf_counter() - begin)
            os.remove(path)
    plain = statistics.median(seconds["plain write()"])
    print(f"{megabytes} MB of weights, medians of {rounds}; torch {torch.__version__}")
    for name, times in seconds.items():
        median = statistics.median(times)
        print(f"{name:26} {median:6.2f} s  {12 * size / 1e9 / median:5.2f} GB/s  {plain / median:.2f} of plain write()")


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
