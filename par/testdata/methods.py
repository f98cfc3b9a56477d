"""Writes methods.json: what pruning methods choose on testdata/llava-tiny, by a
transcription in NumPy, float64, that shares nothing with the Go code; and two small
routers with random weights.

    pip install numpy==2.4.6 safetensors==0.8.0
    python methods.py

Every run lists the image tokens that entered each decoder layer, the layers left
out, the scores, and the last row of the residual stream behind the last layer.
"""

import json
import math
import os

import numpy as np
from safetensors.numpy import load_file, save_file

HERE = os.path.dirname(os.path.abspath(__file__))
TINY = os.path.join(HERE, "..", "..", "testdata", "llava-tiny")
W = {k: v.astype(np.float64) for k, v in load_file(os.path.join(TINY, "model", "model.safetensors")).items()}
with open(os.path.join(TINY, "model", "config.json")) as f:
    CONFIG = json.load(f)
with open(os.path.join(TINY, "expect.json")) as f:
    RUN = json.load(f)["runs"][0]
PIXELS = load_file(os.path.join(TINY, RUN["tensors"]))["pixel_values"].astype(np.float64)[0]
TEXT, VISION = CONFIG["text_config"], CONFIG["vision_config"]
LAYERS, HEADS, KV, DIM = TEXT["num_hidden_layers"], TEXT["num_attention_heads"], TEXT["num_key_value_heads"], TEXT["head_dim"]
START, TOKENS = RUN["image_spans"][0]


def find(end):
    (name,) = [k for k in W if k.endswith(end)]
    return W[name]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


erf = np.vectorize(math.erf)


# The CLIP tower and the projector.

def layer_norm(x, name):
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + VISION["layer_norm_eps"]) * find(name + ".weight") + find(name + ".bias")


def dense(x, name):
    return x @ find(name + ".weight").T + find(name + ".bias")


def tower():
    """Returns class and patch states after the feature layer, the attention of the
    class token in it and its keys averaged over heads."""
    p, heads = VISION["patch_size"], VISION["num_attention_heads"]
    side = VISION["image_size"] // p
    patches = PIXELS.reshape(3, side, p, side, p).transpose(1, 3, 0, 2, 4).reshape(side * side, -1)
    kernel = find("patch_embedding.weight")
    x = np.concatenate([find("class_embedding")[None], patches @ kernel.reshape(len(kernel), -1).T])
    x = layer_norm(x + find("position_embedding.weight"), "pre_layrnorm")
    for i in range(VISION["num_hidden_layers"] - 1):
        name = f"encoder.layers.{i}."
        h = layer_norm(x, name + "layer_norm1")
        q, k, v = (dense(h, name + f"self_attn.{c}_proj").reshape(len(x), heads, -1).transpose(1, 0, 2) for c in "qkv")
        a = softmax(q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1]))
        x = x + dense((a @ v).transpose(1, 0, 2).reshape(len(x), -1), name + "self_attn.out_proj")
        h = dense(layer_norm(x, name + "layer_norm2"), name + "mlp.fc1")
        x = x + dense(h / (1 + np.exp(-1.702 * h)), name + "mlp.fc2")
    return x[0], x[1:], a[:, 0, 1:], k[:, 1:].mean(0)


def project(x):
    h = dense(x, "multi_modal_projector.linear_1")
    return dense(h * 0.5 * (1 + erf(h / np.sqrt(2))), "multi_modal_projector.linear_2")


# The decoder, over rows that keep their positions.

def rms(x, w):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + TEXT["rms_norm_eps"]) * w


FREQ = 10000.0 ** (-2 * np.arange(DIM // 2) / DIM)


def rotate(x, pos):
    """x is [rows, heads, DIM]."""
    angle = np.asarray(pos)[:, None, None] * FREQ
    a, b = x[..., : DIM // 2], x[..., DIM // 2:]
    return np.concatenate([a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)], -1)


def silu(x):
    return x / (1 + np.exp(-x))


def block(x, pos, weight, mask):
    """One decoder layer. weight gives its tensors by name. Returns the output, the
    attention [heads, rows, keys] and keys and values."""
    h = rms(x, weight("input_layernorm.weight"))
    q = rotate((h @ weight("self_attn.q_proj.weight").T).reshape(len(x), -1, DIM), pos)
    k = rotate((h @ weight("self_attn.k_proj.weight").T).reshape(len(x), -1, DIM), pos)
    v = (h @ weight("self_attn.v_proj.weight").T).reshape(len(x), -1, DIM)
    group = q.shape[1] // k.shape[1]
    logits = np.einsum("qhd,khd->hqk", q, np.repeat(k, group, 1)) / np.sqrt(DIM)
    a = softmax(np.where(mask, logits, -np.inf))
    x = x + np.einsum("hqk,khd->qhd", a, np.repeat(v, group, 1)).reshape(len(x), -1) @ weight("self_attn.o_proj.weight").T
    h = rms(x, weight("post_attention_layernorm.weight"))
    h = silu(h @ weight("mlp.gate_proj.weight").T) * (h @ weight("mlp.up_proj.weight").T)
    return x + h @ weight("mlp.down_proj.weight").T, a, (k, v)


def decoder_weight(i):
    return lambda name: W[f"language_model.model.layers.{i}.{name}"]


class Decoder:
    def __init__(self, image, drop=None):
        ids = np.array(RUN["prompt_ids"])
        self.embeds = find("embed_tokens.weight")[ids]
        self.embeds[START:START + TOKENS] = image
        self.h, self.rows = self.embeds.copy(), np.arange(len(ids))
        self.entered, self.skipped, self.caches = [], [], []
        self.scores = {}

    def image(self):
        """Places of image tokens among the rows, and their indices."""
        at = np.where((self.rows >= START) & (self.rows < START + TOKENS))[0]
        return at, self.rows[at] - START

    def keep(self, tokens, scores=None):
        at, have = self.image()
        if scores is not None:
            self.scores.update(zip(have.tolist(), np.asarray(scores).tolist()))
        stay = [i for i, r in enumerate(self.rows) if not START <= r < START + TOKENS or r - START in set(tokens)]
        self.h, self.rows = self.h[stay], self.rows[stay]

    def mask(self):
        return np.tri(len(self.rows), dtype=bool)

    def run(self, skip=()):
        i = len(self.entered)
        if i in skip:
            self.skipped.append(i)
            self.entered.append([])
            self.caches.append(None)
            return
        self.entered.append(self.image()[1].tolist())
        self.h, self.a, cache = block(self.h, self.rows, decoder_weight(i), self.mask())
        self.caches.append(cache)

    def to(self, layer, skip=()):
        while len(self.entered) < layer:
            self.run(skip)

    def result(self, method, skip=(), **options):
        self.to(LAYERS, skip)
        r = dict(method=method, **options, entered=self.entered, skipped=self.skipped, last=self.h[-1].tolist())
        if self.scores:
            r["scores"] = [self.scores.get(t, 0.0) for t in range(TOKENS)]
        return r


def top(scores, k):
    """Indices of the k highest scores, ascending; ties to the lower index."""
    return sorted(np.argsort(-np.asarray(scores), kind="stable")[:k].tolist())


CLASS, PATCHES, CLASS_ATTENTION, KEYS = tower()
IMAGE = project(PATCHES)


def fastv(k, layer=2):
    d = Decoder(IMAGE)
    d.to(layer)
    s = d.a.mean(0)[-1][d.image()[0]]
    d.keep(top(s, k), s)
    return d.result("fastv", tokens=k)


def divprune(k):
    distance = 1 - unit(IMAGE) @ unit(IMAGE).T
    chosen = [int(np.argmax(np.sort(distance, 0)[1]))]
    while len(chosen) < k:
        s = distance[chosen].min(0)
        s[chosen] = -1
        chosen.append(int(np.argmax(s)))
    d = Decoder(IMAGE)
    d.keep(chosen)
    return d.result("divprune", tokens=k)


def dart(k, layer=2):
    d = Decoder(IMAGE)
    d.to(layer)
    norms = np.abs(d.caches[-1][0]).sum((1, 2))
    state = unit(rms(d.h, W["language_model.model.norm.weight"]))
    at, _ = d.image()
    behind = np.arange(at[-1] + 1, len(d.rows))
    chosen = [at[i] for i in top(norms[at], min(4, k))]
    pivots = chosen + [behind[i] for i in top(norms[behind], min(4, len(behind)))]
    left = k - len(chosen)
    for n, p in enumerate(pivots):
        pool = [r for r in at if r not in chosen]
        share = left // len(pivots) + (n < left % len(pivots))
        cos = state[pool] @ state[p]
        chosen = chosen + [pool[i] for i in top(-cos, share)]
    d.keep([d.rows[r] - START for r in chosen], norms[at])
    return d.result("dart", tokens=k)


def visionzip(k):
    s = CLASS_ATTENTION.sum(0)
    dominant = top(s, max(1, (27 * k + 16) // 32) - 1)
    rest = [j for j in range(TOKENS) if j not in dominant]
    contextual = k - 1 - len(dominant)
    targets = rest[:: max(1, len(rest) // max(1, contextual))][:contextual]
    members = {t: [] for t in targets}
    for j in rest:
        if j not in targets and targets:
            members[targets[int(np.argmax(unit(KEYS[targets]) @ unit(KEYS[j])))]].append(j)
    image = IMAGE.copy()
    free = min(j for j in range(TOKENS) if j not in dominant + targets)
    image[free] = project(CLASS[None])[0]
    for t, m in members.items():
        image[t] = project((PATCHES[t] + (PATCHES[m].mean(0) if m else 0))[None])[0]
    d = Decoder(image)
    d.keep(dominant + targets + [free], s)
    return d.result("visionzip", tokens=k)


def pooling(k):
    side = 4
    rows, cols = max(((r, min(side, 2 * r, k // r)) for r in range(1, side + 1) if min(side, 2 * r, k // r) >= r),
                     key=lambda g: (g[0] * g[1], g[0]))
    grid, image, kept = IMAGE.reshape(side, side, -1), IMAGE.copy(), []
    for i in range(rows):
        for j in range(cols):
            ys = range(i * side // rows, (i + 1) * side // rows)
            xs = range(j * side // cols, (j + 1) * side // cols)
            t = ys[(len(ys) - 1) // 2] * side + xs[(len(xs) - 1) // 2]
            image[t] = np.mean([grid[y, x] for y in ys for x in xs], 0)
            kept.append(t)
    d = Decoder(image)
    d.keep(kept)
    return d.result("pooling", tokens=k)


def pyramiddrop(k):
    """k None is the authors' ratio of 1/2."""
    ratio = 0.5
    if k:
        roots = np.roots([1, 1, 1, 1 - 4 * k / TOKENS])
        ratio = max(r.real for r in roots if abs(r.imag) < 1e-9)
    d = Decoder(IMAGE)
    for i in range(LAYERS):
        stage = i * 4 // LAYERS
        if i and stage != (i - 1) * 4 // LAYERS:
            _, a, _ = block(d.h, d.rows, decoder_weight(i), d.mask())
            at, have = d.image()
            s = a.mean(0)[-1][at]
            keep = min(len(at), max(1, int(TOKENS * ratio**stage + 1e-6)))
            d.keep(have[top(s, keep)].tolist(), s)
        d.run()
    return d.result("pyramiddrop", tokens=k or 0)


def sparsevlm(k):
    d = Decoder(IMAGE)
    at, _ = d.image()
    text = np.arange(at[-1] + 1, len(d.rows))
    m = softmax(d.h[at] @ d.h[text].T).mean(0)
    raters = text[m > m.mean()]
    lists = [(0, 0, 0, 0), (64, 66, 34, 20), (96, 246, 54, 28), (128, 238, 108, 60), (192, 300, 200, 118), (576, 576, 576, 576)]
    after = []
    for l in (2, 6, 15):
        after.append(max(l * LAYERS // 32 + 1, after[-1] + 1 if after else 0))
    for i in range(LAYERS):
        if i in after:
            step = after.index(i)
            keep = np.interp(k * 576 / TOKENS, [x[0] for x in lists], [x[step + 1] for x in lists]) * TOKENS / 576
            at, have = d.image()
            q = np.searchsorted(d.rows, raters)
            ones = rotate(np.ones((len(d.rows), 1, DIM)), d.rows)[:, 0]
            a = d.a[:, q][:, :, at] / (ones[q] @ ones[at].T / np.sqrt(DIM))
            heads = top(a.sum((1, 2)), max(1, HEADS * 14 // 32))
            s = a[heads].mean(0).mean(0)
            d.keep(have[top(s, min(len(at), max(1, int(np.floor(keep + 0.5)))))].tolist(), s)
        d.run()
    return d.result("sparsevlm", tokens=k)


def influence(important):
    d = Decoder(IMAGE)
    scores = []
    image = (d.rows >= START) & (d.rows < START + TOKENS)
    for i in range(LAYERS):
        before = d.h
        d.run()
        cos = (unit(before) * unit(d.h)).sum(-1)
        count = np.ones(len(cos), bool)
        if important:
            a = d.a.mean(0)
            worth = (a[image].mean(0) + a[~image].mean(0)) / 2
            count[:] = False
            for kind in (image, ~image):
                of = np.where(kind)[0]
                count[of[top(worth[of], (len(of) + 1) // 2)]] = True
        scores.append(1 - cos[count].mean())
    return dict(method="short-lvlm" if important else "shortgpt", layer_scores=scores, order=np.argsort(scores, kind="stable").tolist())


def router(path, shared, mask, layers, width, from_layer, k, run):
    rng = np.random.default_rng(width + from_layer)
    heads, kv, inner, hidden = width // DIM, 1, 20, TEXT["hidden_size"]
    t = {"layer_tokens": rng.normal(0, 1, (LAYERS, hidden)), "norm.weight": rng.normal(1, 0.1, width),
         "head.weight": rng.normal(0, 1, (1, width))}
    if width != hidden:
        t["down.weight"] = rng.normal(0, hidden**-0.5, (width, hidden))
    for i in range(layers):
        for name, shape in (("self_attn.q_proj", (heads * DIM, width)), ("self_attn.k_proj", (kv * DIM, width)),
                            ("self_attn.v_proj", (kv * DIM, width)), ("self_attn.o_proj", (width, heads * DIM)),
                            ("mlp.gate_proj", (inner, width)), ("mlp.up_proj", (inner, width)), ("mlp.down_proj", (width, inner))):
            t[f"layers.{i}.{name}.weight"] = rng.normal(0, shape[1]**-0.5, shape)
        for name in ("input_layernorm", "post_attention_layernorm"):
            t[f"layers.{i}.{name}.weight"] = rng.normal(1, 0.1, width)
    t = {name: v.astype(np.float32) for name, v in t.items()}
    save_file(t, os.path.join(HERE, path), {
        "format": "par-router-1", "layers": str(layers), "mask": mask, "from_layer": str(from_layer),
        "reads": "hidden" if shared else "embeddings"})
    t = {name: v.astype(np.float64) for name, v in t.items()}

    d = Decoder(IMAGE)
    n, tokens = len(d.rows), t["layer_tokens"]
    if shared:
        d.to(from_layer)
    x = np.concatenate([d.h, tokens])
    if "down.weight" in t:
        x = x @ t["down.weight"].T
    sees = np.tri(len(x), dtype=bool)
    if mask == "prefix":
        sees[:n, :n] = True
    for i in range(layers):
        x, _, _ = block(x, np.arange(len(x)), lambda name: t[f"layers.{i}.{name}"], sees)
    s = (rms(x, t["norm.weight"]) @ t["head.weight"].T)[:, 0]
    open_layers = range(max(2, from_layer if shared else 0), LAYERS - 1)
    order = sorted(open_layers, key=lambda l: (s[n + l], -l))
    skip = sorted(order[: LAYERS - run])
    d.to(from_layer, skip)
    chosen = top(s[START:START + TOKENS], k)
    d.keep(chosen, s[START:START + TOKENS])
    return d.result("par", skip, tokens=k, layers=run, router=path, layer_scores=s[n:].tolist())


def short(x):
    if isinstance(x, float):
        return float(f"{x:.9g}")
    if isinstance(x, (list, tuple)):
        return [short(y) for y in x]
    return x


def main():
    runs = []
    for k in (1, 3, 6, 10, 15):
        for method in (fastv, divprune, dart, visionzip, pooling, sparsevlm):
            runs.append(method(k))
    for k in (None, 5, 9, 14):
        runs.append(pyramiddrop(k))
    runs.append(influence(False))
    runs.append(influence(True))
    runs.append(router("narrow.safetensors", False, "prefix", 2, 16, 3, 6, 4))
    runs.append(router("shared.safetensors", True, "prefix", 1, 16, 2, 6, 4))
    runs.append(router("shared-head.safetensors", True, "causal", 0, TEXT["hidden_size"], 2, 6, 4))
    with open(os.path.join(HERE, "methods.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps({k: short(v) for k, v in r.items()}) for r in runs) + "\n]\n")


if __name__ == "__main__":
    main()
