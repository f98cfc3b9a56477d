"""Compares prefill and decode with llama.cpp's on the same files, in alternating runs.

    go build -o ours ./bench/llamacpp
    python3 bench/llamacpp/compare.py -ours ./ours -python PYTHON -reps 5 FILE.gguf...

PYTHON has llama-cpp-python, built for the machine (CMAKE_ARGS=-DGGML_NATIVE=ON).
Prints one JSON object a file: medians, ratios of medians, and spreads
(largest minus smallest over the median).
"""

import argparse
import contextlib
import fcntl
import json
import os
import statistics
import subprocess
import sys


def spread(x):
    return (max(x) - min(x)) / statistics.median(x)


@contextlib.contextmanager
def alone(path):
    """Holds a lock, by which others who measure on the machine wait for their turn."""
    if not path:
        yield
        return
    with open(path, "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def main():
    p = argparse.ArgumentParser()
    p.add_argument("-ours", required=True, help="binary of this folder's main.go")
    p.add_argument("-python", default=sys.executable)
    p.add_argument("-tokens", type=int, default=626)
    p.add_argument("-decode", type=int, default=32)
    p.add_argument("-threads", type=int, default=2)
    p.add_argument("-reps", type=int, default=3)
    p.add_argument("-lock", help="file to lock during each pair of runs")
    p.add_argument("-flash", action="store_true", help="flash attention in llama.cpp")
    p.add_argument("files", nargs="+")
    a = p.parse_args()
    peer = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer.py")
    for path in a.files:
        runs = {"ours": [], "llama.cpp": []}
        for _ in range(a.reps):
            with alone(a.lock):
                ours = json.loads(subprocess.check_output([
                    a.ours, "-m", path, "-tokens", str(a.tokens), "-decode", str(a.decode), "-threads", str(a.threads)]))
                flags = ["-flash"] if a.flash else []
                theirs = json.loads(subprocess.check_output(
                    [a.python, peer, "-m", path, "-decode", str(a.decode), "-threads", str(a.threads)] + flags,
                    input=json.dumps(ours.pop("ids")).encode(), stderr=subprocess.DEVNULL))
            runs["ours"].append(ours)
            runs["llama.cpp"].append(theirs)
            print(json.dumps({"ours": ours, "llama.cpp": {k: v for k, v in theirs.items() if k != "system"}}), file=sys.stderr)
        out = {"file": os.path.basename(path), "tokens": a.tokens, "decode": a.decode, "threads": a.threads, "reps": a.reps,
               "llama.cpp": runs["llama.cpp"][0]["version"]}
        for what in ("prefill_tokens_per_s", "decode_tokens_per_s", "open_s", "resident_mib"):
            for who, list_ in runs.items():
                x = [r[what] for r in list_]
                out[f"{who} {what}"] = round(statistics.median(x), 3)
                out[f"{who} {what} spread"] = round(spread(x), 3)
        for what in ("prefill", "decode"):
            # Runs of a pair come close together in time: the machine's other load cancels.
            ratios = [o[f"{what}_tokens_per_s"] / t[f"{what}_tokens_per_s"] for o, t in zip(runs["ours"], runs["llama.cpp"])]
            out[f"{what} ratio"] = round(statistics.median(ratios), 3)
            out[f"{what} ratio spread"] = round(spread(ratios), 3)
        print(json.dumps(out), flush=True)


main()
