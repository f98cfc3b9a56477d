"""Checks that llama.cpp computes on a GGUF file what we do: greedy ids and logits of a text.

    go build -o par ./cmd/par
    PYTHON bench/llamacpp/agree.py -par ./par -prompt "Once upon a time" FILE.gguf...

llama.cpp is fed the ids that we choose. Prints, per file, how many it would have chosen too, by how
much of a logit it prefers another one at most, and the divergence KL(llama.cpp || ours) over the positions.
"""

import argparse
import json
import os
import struct
import subprocess
import tempfile

import llama_cpp
import numpy as np


def read(path, name):
    """Returns a tensor of f32 from a safetensors file."""
    with open(path, "rb") as f:
        (n,) = struct.unpack("<Q", f.read(8))
        info = json.loads(f.read(n))[name]
        begin, end = info["data_offsets"]
        f.seek(8 + n + begin)
        return np.frombuffer(f.read(end - begin), "<f4").reshape(info["shape"])


def log_softmax(x):
    x = x.astype(np.float64)
    x -= x.max()
    return x - np.log(np.exp(x).sum())


def main():
    p = argparse.ArgumentParser()
    p.add_argument("-par", required=True, help="binary of cmd/par")
    p.add_argument("-prompt", default="A chat between a curious user and an artificial intelligence assistant. USER: Where is the red car? ASSISTANT:")
    p.add_argument("-steps", type=int, default=12)
    p.add_argument("-compute", default="auto")
    p.add_argument("files", nargs="+")
    a = p.parse_args()
    for path in a.files:
        with tempfile.TemporaryDirectory() as tmp:
            dump = os.path.join(tmp, "dump.safetensors")
            out = json.loads(subprocess.check_output([
                a.par, "run", "-m", path, "-template", "none", "-p", a.prompt, "-max-tokens", str(a.steps), "-ignore-eos", "-json",
                "-quiet", "-dump", dump, "-compute", a.compute]))
            ours = read(dump, "logits")
        # As the oracle of this comparison: keys and values in f32, no flash attention.
        m = llama_cpp.Llama(path, n_ctx=len(out["prompt_ids"]) + a.steps + 8, n_threads=2, n_threads_batch=2, verbose=False,
                            type_k=0, type_v=0, flash_attn=False)
        m.eval(out["prompt_ids"])
        kl, same, margin = [], 0, 0.0
        for step, token in enumerate(out["token_ids"]):
            logits = llama_cpp.llama_get_logits_ith(m.ctx, -1)
            theirs = log_softmax(np.ctypeslib.as_array(logits, (m.n_vocab(),)))
            kl.append(float((np.exp(theirs) * (theirs - log_softmax(ours[step]))).sum()))
            same += int(theirs.argmax()) == token
            margin = max(margin, float(theirs.max() - theirs[token]))
            m.eval([token])
        tokens = m.tokenize(a.prompt.encode(), add_bos=True, special=True) == out["prompt_ids"]
        m.close()
        print(json.dumps({"file": os.path.basename(path), "same_prompt_ids": tokens, "same_ids": same, "of": len(out["token_ids"]),
                          "margin": round(margin, 3),
                          "kl_mean": float(f"{np.mean(kl):.2e}"), "kl_max": float(f"{np.max(kl):.2e}")}), flush=True)


main()
