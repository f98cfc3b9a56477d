"""llama.cpp's side of the comparison: prefills the ids on standard input, decodes, prints JSON."""

import argparse
import ctypes
import json
import sys
import time

import llama_cpp
import numpy as np


def main():
    p = argparse.ArgumentParser()
    p.add_argument("-m", required=True)
    p.add_argument("-decode", type=int, default=32)
    p.add_argument("-threads", type=int, default=2)
    p.add_argument("-flash", action="store_true", help="flash attention")
    a = p.parse_args()
    ids = json.load(sys.stdin)

    start = time.perf_counter()
    # A batch of the whole prompt is llama.cpp's fastest way (llama-bench -ub 1024).
    m = llama_cpp.Llama(a.m, n_ctx=len(ids) + a.decode + 8, n_batch=1024, n_ubatch=1024, n_threads=a.threads,
                        n_threads_batch=a.threads, flash_attn=a.flash, verbose=False)
    opened = time.perf_counter() - start
    m.eval(ids[:2])  # reads the file and warms the caches up
    m.eval([ids[0]])
    m.reset()
    llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(m.ctx), True)
    start = time.perf_counter()
    m.eval(ids)
    prefill = time.perf_counter() - start
    start = time.perf_counter()
    for _ in range(a.decode):
        logits = llama_cpp.llama_get_logits_ith(m.ctx, -1)
        m.eval([int(np.argmax(np.ctypeslib.as_array(logits, (m.n_vocab(),))))])
    decode = time.perf_counter() - start
    with open("/proc/self/status") as f:
        status = dict(line.split(":", 1) for line in f)
    json.dump({
        "open_s": opened,
        "prefill_tokens_per_s": len(ids) / prefill,
        "decode_tokens_per_s": a.decode / decode,
        "resident_mib": int(status["VmRSS"].split()[0]) >> 10,
        "version": llama_cpp.__version__,
        "system": llama_cpp.llama_print_system_info().decode(),
    }, sys.stdout)


main()
