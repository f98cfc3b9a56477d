"""Writes clip/, the text side of a CLIP checkpoint with random weights that fits the
vision tower of testdata/llava-tiny, and cdpruner.json: what transformers' tokenizer
and text tower make of some texts, and what CDPruner keeps by them.

    pip install torch==2.15.0 transformers==5.24.0 safetensors==0.8.0 numpy==2.4.6
    python clip.py

The selection is a transcription in NumPy, float64.
"""

import json
import os

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel, CLIPTextModelWithProjection, CLIPTokenizerFast

import methods

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "clip")
CONTEXT = 13
TEXTS = [
    "Which colour is the large square?",
    "IT'S 2 birds, isn't it...  we'll\tsee 42 of THEM!",
    "caf\u00e9 cafe\u0301 na\u00efve \u00c4\u00d6\u00dc \u4e2d\u6587 \U0001f600 x\u00b2 \u00a0end",
    "a " * 40 + "long one, of more tokens than the context holds",
    "?",
]


def byte_alphabet():
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    extra = iter(range(256, 512))
    return [chr(b) if b in keep else chr(next(extra)) for b in range(256)]


def vocabulary():
    alphabet = byte_alphabet()
    order = [c for c in sorted(alphabet)]
    merges = [m.split() for m in (
        "t h;th e</w>;i s</w>;s q;sq u;squ a;squa r;squar e</w>;l a;la r;lar g;larg e</w>;c o;co l;col o;colo u;colou r</w>;"
        "w h;i c;ic h</w>;wh ich</w>;b i;bi r;bir d;bird s</w>;' t</w>;' l;'l l</w>;o n;on e</w>;a</w> a</w>;o f</w>;t o;k e;n s</w>"
    ).split(";")]
    merges = [m for m in merges if len(m) == 2 and m != ["a</w>", "a</w>"]]
    pieces = order + [c + "</w>" for c in order] + [a + b for a, b in merges] + ["<|startoftext|>", "<|endoftext|>"]
    return {p: i for i, p in enumerate(pieces)}, merges


def write():
    os.makedirs(OUT, exist_ok=True)
    vocab, merges = vocabulary()
    with open(os.path.join(OUT, "vocab.json"), "w") as f:
        json.dump(vocab, f, ensure_ascii=False)
    with open(os.path.join(OUT, "merges.txt"), "w") as f:
        f.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    end = vocab["<|endoftext|>"]
    config = CLIPConfig(
        text_config=dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, vocab_size=len(vocab),
                         max_position_embeddings=CONTEXT, bos_token_id=end - 1, eos_token_id=end, pad_token_id=1, projection_dim=8),
        vision_config=dict(hidden_size=24, intermediate_size=36, num_hidden_layers=3, num_attention_heads=2, image_size=56,
                           patch_size=14, projection_dim=8),
        projection_dim=8)
    torch.manual_seed(11)
    net = CLIPModel(config).float().eval()
    with torch.no_grad():
        for name, p in net.named_parameters():
            if p.dim() > 1:
                p.normal_(0, 1 if "embedding" in name else p[0].numel() ** -0.5)
            elif p.dim() == 1:
                p.normal_(1 if "norm" in name and name.endswith("weight") else 0, 0.1)
    save_file({k: v.contiguous() for k, v in net.state_dict().items()
               if k.startswith("text_") or k.startswith("visual_projection") or k.startswith("vision_model.post_layernorm")},
              os.path.join(OUT, "model.safetensors"), {"format": "pt"})
    with open(os.path.join(OUT, "config.json"), "w") as f:
        json.dump({"architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": 8, "text_config": {
            k: getattr(config.text_config, k) for k in (
                "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size",
                "max_position_embeddings", "hidden_act", "layer_norm_eps", "eos_token_id")},
            "vision_config": {"hidden_size": 24, "layer_norm_eps": 1e-5}}, f, indent=1)
    text = CLIPTextModelWithProjection(config.text_config).float().eval()
    text.load_state_dict({k: v for k, v in net.state_dict().items() if k.startswith("text_")})
    return net, text, CLIPTokenizerFast(vocab=vocab, merges=[tuple(m) for m in merges])


def embed(text, tokenizer, ids):
    """Pieces of CONTEXT tokens, the last one padded with zeros and masked."""
    padded = ids + [0] * (-len(ids) % CONTEXT)
    mask = [1] * len(ids) + [0] * (len(padded) - len(ids))
    with torch.no_grad():
        return text(input_ids=torch.tensor(padded).reshape(-1, CONTEXT), attention_mask=torch.tensor(mask).reshape(-1, CONTEXT)).text_embeds.double().numpy()


def relevance(net, texts):
    with torch.no_grad():
        net = net.double()
        patches = net.visual_projection(net.vision_model.post_layernorm(torch.from_numpy(methods.PATCHES))).numpy()
        net.float()
    r = (-methods.unit(patches) @ methods.unit(texts).T).mean(1)
    return (r - r.min() + 1e-6) / (r.max() - r.min())


def cdpruner(r, k):
    """The set of the greatest determinant of a greedy choice, by determinants."""
    similarity = methods.unit(methods.IMAGE) @ methods.unit(methods.IMAGE).T
    kernel = r[:, None] * similarity * r[None]
    chosen = []
    for _ in range(k):
        best = max((j for j in range(len(r)) if j not in chosen),
                   key=lambda j: np.linalg.det(kernel[np.ix_(chosen + [j], chosen + [j])]))
        chosen.append(best)
    d = methods.Decoder(methods.IMAGE)
    d.keep(chosen, r)
    return d.result("cdpruner", tokens=k)


net, text, tokenizer = write()
out = []
for t in TEXTS:
    ids = tokenizer(t)["input_ids"]
    e = embed(text, tokenizer, ids)
    r = relevance(net, e)
    out.append(dict(text=t, ids=ids, pieces=len(e), embeds=methods.short(e.reshape(-1).tolist()),
                    runs=[{k: methods.short(v) for k, v in cdpruner(r, n).items()} for n in (1, 4, 9)]))
with open(os.path.join(HERE, "cdpruner.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(o) for o in out) + "\n]\n")
