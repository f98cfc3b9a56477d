"""Forward and backward passes of the small LLaVA that par pretrain trains, in PyTorch.

The shapes are those of BenchmarkStep in nn/grad: groups of two pictures, of 197 rows in
five CLIP blocks of width 192, and of 300 rows in ten LLaMA layers of width 192. Weights
and activations are in the type given, as is what they are multiplied in.

    python pretrain.py [--dtype float32|bfloat16] [--threads N] [--seconds S]
"""

import argparse
import time

import torch
from torch import nn
from torch.nn import functional as F

PICTURES, WIDTH, PATCHES, ROWS, PREFIX, QUESTION, WORDS = 2, 192, 197, 300, 140, 16, 1000


def heads(x, n):
    return x.view(x.shape[0], x.shape[1], n, -1).transpose(1, 2)


class Block(nn.Module):
    """A CLIP block with 3 heads of 64."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.fc1, self.fc2 = nn.Linear(WIDTH, 768), nn.Linear(768, WIDTH)

    def forward(self, x):
        h = self.norm1(x)
        y = F.scaled_dot_product_attention(*(heads(f(h), 3) for f in (self.q, self.k, self.v)))
        x = x + self.o(y.transpose(1, 2).reshape(x.shape))
        h = self.fc1(self.norm2(x))
        return x + self.fc2(h * torch.sigmoid(1.702 * h))


class Layer(nn.Module):
    """A LLaMA layer with 4 heads of 48."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.RMSNorm(WIDTH, eps=1e-5), nn.RMSNorm(WIDTH, eps=1e-5)
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))
        self.gate, self.up = nn.Linear(WIDTH, 512, bias=False), nn.Linear(WIDTH, 512, bias=False)
        self.down = nn.Linear(512, WIDTH, bias=False)

    def forward(self, x, cos, sin, mask):
        def turn(x):
            a, b = x.chunk(2, dim=-1)
            return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)

        h = self.norm1(x)
        q, k, v = turn(heads(self.q(h), 4)), turn(heads(self.k(h), 4)), heads(self.v(h), 4)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.o(y.transpose(1, 2).reshape(x.shape))
        h = self.norm2(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Tower(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList(Block() for _ in range(5))
        self.register_buffer("x", torch.randn(PICTURES, PATCHES, WIDTH))

    def forward(self):
        x = self.x.requires_grad_()
        for block in self.blocks:
            x = block(x)
        return x.sum() * 1e-3


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(Layer() for _ in range(10))
        self.output = nn.Linear(WIDTH, WORDS, bias=False)
        # A row sees those before it of the prefix and of its own question.
        at = torch.arange(ROWS)
        question = torch.where(at < PREFIX, -1, (at - PREFIX) // QUESTION)
        sees = (question[None] == question[:, None]) | (question[None] < 0)
        self.register_buffer("mask", sees & (at[None] <= at[:, None]))
        position = torch.where(at < PREFIX, at, PREFIX + (at - PREFIX) % QUESTION)
        angle = position[:, None] * 10000 ** (-torch.arange(24) / 24)
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())
        self.answers = torch.arange(PREFIX, ROWS, 2)
        self.words = torch.randint(WORDS, (PICTURES * len(self.answers),))
        self.register_buffer("x", torch.randn(PICTURES, ROWS, WIDTH))

    def forward(self):
        x = self.x.requires_grad_()
        for layer in self.layers:
            x = layer(x, self.cos, self.sin, self.mask)
        logits = self.output(x[:, self.answers]).flatten(0, 1)
        return F.cross_entropy(logits.float(), self.words)


def measure(model, seconds):
    """Returns the median time of a pass."""

    def step():
        model.zero_grad(set_to_none=True)
        model().backward()

    for _ in range(3):
        step()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dtype", default="bfloat16", choices=["float32", "bfloat16"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    args = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    for make in Tower, Decoder:
        t = measure(make().to(getattr(torch, args.dtype)), args.seconds)
        print(f"{make.__name__.lower()} {args.dtype} threads={args.threads}: {1e3 * t:.1f} ms, {PICTURES / t:.2f} pictures/s")


if __name__ == "__main__":
    main()
