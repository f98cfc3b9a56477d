"""Writes testdata/llava-tiny: a LLaVA checkpoint with random weights, small enough
to be kept here, and what transformers computes on it.

    pip install torch==2.15.0 transformers==5.24.0 sentencepiece==0.2.3 pillow==13.0.0
    python goldens.py

The reference is transformers in float32 with eager attention; reference_error is
its own distance from float64. A flow keeps some image tokens from a layer on and
leaves layers out; the reference masks the dropped keys and steps over the layers.
"""

import json
import os
import shutil

import numpy as np
import sentencepiece
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "llava-tiny")
SIZE, PATCH, SIDE = 56, 14, 4
PROMPT = "USER: <image>\nWhich colour is the large square? ASSISTANT:"
CORPUS = """A chat between a curious user and an artificial intelligence assistant.
Which colour is the large square? The large square is red. Where is the small circle?
The small circle is to the left of the blue triangle. USER: How many stars are there?
ASSISTANT: There are three yellow stars above the house. What does the sign say?""".split("\n")


def tokenizer(folder):
    text = os.path.join(folder, "corpus.txt")
    with open(text, "w") as f:
        f.write("\n".join(CORPUS * 20))
    sentencepiece.SentencePieceTrainer.train(
        input=text, model_prefix=os.path.join(folder, "tokenizer"), vocab_size=360, model_type="bpe",
        byte_fallback=True, split_digits=True, normalization_rule_name="identity", minloglevel=2,
        unk_id=0, bos_id=1, eos_id=2, pad_id=-1, control_symbols=["<image>", "<pad>"])
    os.remove(text)
    os.remove(os.path.join(folder, "tokenizer.vocab"))
    return sentencepiece.SentencePieceProcessor(os.path.join(folder, "tokenizer.model"))


def model():
    torch.manual_seed(7)
    config = LlavaConfig(
        text_config=LlamaConfig(hidden_size=24, intermediate_size=40, num_hidden_layers=5, num_attention_heads=3,
                                num_key_value_heads=1, vocab_size=376, rms_norm_eps=1e-5, max_position_embeddings=256,
                                rope_theta=10000.0, tie_word_embeddings=False).to_dict(),
        vision_config=CLIPVisionConfig(hidden_size=24, intermediate_size=36, num_hidden_layers=3, num_attention_heads=2,
                                       image_size=SIZE, patch_size=PATCH, projection_dim=8).to_dict(),
        image_token_index=3, vision_feature_layer=-2, vision_feature_select_strategy="default",
        image_seq_length=SIDE * SIDE, tie_word_embeddings=False)
    net = LlavaForConditionalGeneration._from_config(config, attn_implementation="eager").float().eval()
    with torch.no_grad():
        for name, p in net.named_parameters():
            if p.dim() > 1:
                p.normal_(0, 1 / np.sqrt(p[0].numel()) if "embed" not in name else 1)
            elif "norm" in name and name.endswith("weight"):
                p.normal_(1, 0.1)
            else:
                p.normal_(0, 0.1)
    return net


def pixels(image):
    w, h = image.size
    short = min(w, h)
    image = image.resize((int(SIZE * w / short) if h == short else SIZE, int(SIZE * h / short) if w == short else SIZE), Image.BICUBIC)
    left, top = (image.width - SIZE) // 2, (image.height - SIZE) // 2
    x = np.asarray(image.crop((left, top, left + SIZE, top + SIZE))).astype(np.float64) * (1 / 255)
    mean, std = np.float32([0.48145466, 0.4578275, 0.40821073]), np.float32([0.26862954, 0.26130258, 0.27577711])
    return torch.from_numpy(((x.astype(np.float32) - mean) / std).transpose(2, 0, 1)[None].copy())


class Run:
    """One pass over a growing sequence, layer by layer, with the flow's masks."""

    def __init__(self, net, px, ids, span, flow):
        self.net, self.flow, self.span = net, flow, span
        self.lm, self.head = net.model.language_model, net.lm_head
        tower = net.model.vision_tower
        dtype = self.head.weight.dtype
        out = tower(px.to(dtype), output_hidden_states=True)
        self.tensors = {"pixel_values": px}
        features = out.hidden_states[-2][:, 1:]
        self.tensors["vision.features"] = features
        self.tensors["projector"] = net.model.multi_modal_projector(features)
        self.ids = list(ids)

    def forward(self, record):
        x = self.lm.embed_tokens(torch.tensor([self.ids]))
        a, n = self.span
        x = torch.cat([x[:, :a], self.tensors["projector"], x[:, a + n:]], 1)
        rows = x.shape[1]
        pos = torch.arange(rows)[None]
        rope = self.lm.rotary_emb(x, pos)
        causal = torch.triu(torch.full((rows, rows), torch.finfo(x.dtype).min, dtype=x.dtype), 1)[None, None]
        alive = list(range(rows))
        if record:
            self.tensors["embeds"], self.tensors["positions"] = x[0], pos[0].int()
        for i, layer in enumerate(self.lm.layers):
            if self.flow and i == self.flow["from_layer"]:
                dropped = [a + t for t in range(n) if t not in self.flow["kept"]]
                alive = [r for r in alive if r not in dropped]
                causal = causal.clone()
                causal[..., dropped] = torch.finfo(x.dtype).min
            if self.flow and i in self.flow["skipped_layers"]:
                continue
            x = layer(x, attention_mask=causal, position_ids=pos, position_embeddings=rope)
            x = x[0] if isinstance(x, tuple) else x
            if record:
                self.tensors[f"hidden.{i + 1}"] = x[0, alive]
                if self.flow:
                    self.tensors[f"rows.{i + 1}"] = torch.tensor(alive, dtype=torch.int32)
        return self.head(self.lm.norm(x))[0, -1]

    def greedy(self, steps, banned, size, forced=None):
        logits, out = [], []
        for k in range(steps):
            y = self.forward(k == 0)
            logits.append(y)
            z = y[:size].clone()
            z[banned] = -torch.inf
            out.append(forced[k] if forced else int(z.argmax()))
            if out[-1] == 2:
                break
            self.ids.append(out[-1])
        self.tensors["logits"] = torch.stack(logits)
        return out


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    folder = os.path.join(OUT, "model")
    os.makedirs(folder)
    sp = tokenizer(folder)
    net = model()
    net.save_pretrained(folder)
    with open(os.path.join(folder, "preprocessor_config.json"), "w") as f:
        json.dump({"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": SIZE},
                   "crop_size": {"height": SIZE, "width": SIZE}, "resample": 3}, f, indent=1)
    rng = np.random.default_rng(3)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 9, 3), dtype=np.uint8))
    picture = coarse.resize((90, 64), Image.BICUBIC)
    picture.save(os.path.join(OUT, "picture0.png"))

    before, after = PROMPT.split("<image>")
    ids = [1] + sp.encode(before) + [3] * SIDE * SIDE + sp.encode(after)
    span = [1 + len(sp.encode(before)), SIDE * SIDE]
    runs = []
    for name, flow in [("full", None), ("pruned", {"from_layer": 2, "kept": [0, 3, 5, 6, 10, 15], "skipped_layers": [3]})]:
        with torch.no_grad():
            run = Run(net.float(), pixels(picture), ids, span, flow)
            out = run.greedy(8, [3, 4], sp.vocab_size())
            exact = Run(net.double(), pixels(picture), ids, span, flow)
            exact.greedy(len(out), [3, 4], sp.vocab_size(), forced=out)
        error = {k: float((v.double() - exact.tensors[k].double()).norm() / exact.tensors[k].double().norm())
                 for k, v in run.tensors.items() if v.is_floating_point()}
        save_file({k: v.contiguous() for k, v in run.tensors.items()}, os.path.join(OUT, name + ".safetensors"))
        done = out[-1] == 2
        r = {"name": name, "images": ["picture0.png"], "image_mode": "crop", "max_tokens": 8, "tensors": name + ".safetensors",
             "prompt": PROMPT, "prompt_ids": ids, "image_spans": [span], "token_ids": out,
             "text": sp.decode(out[:-1] if done else out), "finish_reason": "stop" if done else "length", "reference_error": error}
        if flow:
            r["flow"] = flow
        runs.append(r)
    with open(os.path.join(OUT, "expect.json"), "w") as f:
        json.dump({"source": "transformers, torch, float32, eager attention", "tokenizer_size": sp.vocab_size(), "runs": runs}, f, indent=1)


main()
