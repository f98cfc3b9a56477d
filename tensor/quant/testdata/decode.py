"""Prints the table of decode_test.go: per type, the CRC-32 of the values that the
reference implementation (Python package gguf) decodes from the bytes of pattern().
NaNs are left out, since their bits differ between platforms."""

import zlib

import numpy as np
from gguf import GGMLQuantizationType, GGML_QUANT_SIZES, quants

BLOCKS = 64


def pattern(n):
    """The high bytes of a linear congruential sequence."""
    out, state = bytearray(), 1
    for _ in range(n):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out.append(state >> 24)
    return np.frombuffer(bytes(out), np.uint8)


for t in GGMLQuantizationType:
    try:
        y = quants.dequantize(pattern(BLOCKS * GGML_QUANT_SIZES[t][1])[None], t)
    except NotImplementedError:
        continue
    y = y[~np.isnan(y)].astype("<f4")
    print(f"\t{t.name}: 0x{zlib.crc32(y.tobytes()):08x},")
