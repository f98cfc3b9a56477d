#!/usr/bin/env python3
"""Writes the small tokenizers beside it and what the reference libraries make of texts.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3
    python golden.py

Each folder has tokenizer files and cases.json: per text the ids with and without
special tokens and with special tokens read as text, and what they decode to; lists of
random ids and what they decode to. Folders whose name begins with spm have only a
tokenizer.model, so that ids are sentencepiece's.
"""
import io
import json
import pathlib
import random

import sentencepiece
from tokenizers import Regex, Tokenizer, AddedToken, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace("{1,3}", "")
CORPUS = """The lighthouse keeper wrote down the weather every evening. What is shown in this image?
She doesn't think we've seen that street before; they're new here, and I'm not sure he'd know.
for i in range(10): print(f"{i:>3} {i*i}")  # 1 4 9 16 25 36 49 64 81
Die Straße führt über die Brücke zum größten Bahnhof. Où est la bibliothèque ?
На картинке изображена кошка. 这是一张老照片。 写真には何が写っていますか？ 이 사진 한글 각
USER: Describe the picture. ASSISTANT: A red circle left of the blue square.   Spaces   and\ttabs
""".splitlines()
PARTS = [
    " ", "  ", "   ", "\n", "\r\n", "\t", "\u00a0", "\u2028", "\u0085", "\u3000", "'s", "'S", "'ſ", "'ll", "'LL", "'Re", "'",
    "ſ", "a", "the ", " the", "hello", "Straße", "é", "e\u0301", "1", "12", "1234", "²", "½", "Ⅻ", "٣", "\U0001e5f1",
    "\U000105c0", "\U00011bf0", "\U00010d40", ".", "...", "!?", "(", "<", ">", "<s>", "</s>", "<unk>", "<image>", "<|eot|>",
    "<mask>", "[CROP]", "bbox", "norm", "▁", "▁▁", "<0x41>", "Ġ", "Ċ", "你好", "写真", "한", "\u1112\u1161\u11ab", "가\u11a8", "😀",
    "👨\u200d👩", "s\u0323\u0307", "s\u0307\u0323", "\u0345", "\u2126", "\x00", "\ufffd", "\ue000", "\U0010ffff", "क़", "\u0f73",
    "か\u3099", "\u0bc6\u0bbe", "\U0001d15e", "_", "-", "\u200d", "\u0301",
]  # fmt: skip


def texts(rnd, n=70):
    yield from ["", " ", "a", "\x00", "a the a the", *CORPUS]
    for _ in range(n):
        yield "".join(rnd.choice(PARTS) for _ in range(rnd.choice([1, 2, 3, 5, 8, 20])))


def write_cases(path, encode, decode, size):
    rnd = random.Random(7)
    cases = []
    for text in texts(rnd):
        case = {"text": text}
        for field, ids in encode(text).items():
            if field in ("ids", "ids_no_special") or ids != case["ids_no_special"]:
                case[field] = ids
        cases.append(case | decode(case["ids_no_special"]))
    lists = []
    for _ in range(40):
        top = rnd.choice([size, min(size, 300)])
        ids = [rnd.randrange(top) for _ in range(rnd.choice([1, 2, 4, 12]))]
        lists.append({"ids": ids} | decode(ids))
    rows = [",\n".join("  " + json.dumps(x) for x in part) for part in (cases, lists)]
    path.write_text('{"add_special_tokens": true, "cases": [\n' + rows[0] + '\n], "decode": [\n' + rows[1] + "\n]}\n")


def save(name, tok):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    (folder / "tokenizer.json").write_text(tok.to_str())

    def encode(text):
        ids = {
            "ids": tok.encode(text).ids,
            "ids_no_special": tok.encode(text, add_special_tokens=False).ids,
        }
        tok.encode_special_tokens = True
        ids["ids_as_text"] = tok.encode(text, add_special_tokens=False).ids
        tok.encode_special_tokens = False
        return ids

    def decode(ids):
        out = {"decoded": tok.decode(ids, skip_special_tokens=False)}
        if (skip := tok.decode(ids)) != out["decoded"]:
            out["decoded_skip_special"] = skip
        return out

    write_cases(folder / "cases.json", encode, decode, tok.get_vocab_size())


def train(tok, corpus=CORPUS, size=380, **options):
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False, **options)
    tok.train_from_iterator(corpus * 3, trainer)
    return tok


def token(content, **options):
    return AddedToken(content, **({"normalized": False, "special": True} | options))


def byte_level(model, pre, normalizer=None, words=(), added=(), post=None):
    tok = Tokenizer(model)
    tok.normalizer = normalizer
    tok.pre_tokenizer = pre
    tok.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    train(tok, initial_alphabet=alphabet)
    state = json.loads(tok.to_str())
    for word in words:  # that no merge leads to
        state["model"]["vocab"][word] = len(state["model"]["vocab"])
    tok = Tokenizer.from_str(json.dumps(state))
    for t in added:
        tok.add_tokens([t])
    tok.post_processor = post(tok) if post else processors.ByteLevel(trim_offsets=False)
    return tok


def split(pattern):
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def template(tok, prefix, suffix=""):
    single = [prefix, "$A", suffix] if suffix else [prefix, "$A"]
    return processors.TemplateProcessing(
        single=single,
        pair=[*single, "$B:1"],
        special_tokens=[(t, tok.token_to_id(t)) for t in single if t != "$A"],
    )


def byte_level_families():
    save(
        "gpt2",
        byte_level(
            models.BPE(),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
            added=[
                token("<mask>", lstrip=True),
                token("[CROP]", rstrip=True),
                token("bbox", special=False, single_word=True, normalized=True),
                token("  ", special=False, rstrip=True),
                token("é ", special=False),
            ],
        ),
    )
    save("gpt2_prefix", byte_level(models.BPE(), pre_tokenizers.ByteLevel(add_prefix_space=True)))
    save(
        "llama3",
        byte_level(
            models.BPE(ignore_merges=True),
            split(LLAMA3),
            words=["hello", "Ġhello"],
            added=[token("<s>"), token("<|eot|>")],
            post=lambda tok: processors.Sequence([processors.ByteLevel(trim_offsets=False), template(tok, "<s>", "<|eot|>")]),
        ),
    )
    save(
        "qwen2",
        byte_level(
            models.BPE(),
            split(QWEN2),
            normalizers.NFC(),
            added=[token("<image>"), token("norm e\u0301", special=False, normalized=True), token("norm", special=False)],
        ),
    )
    digits = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    save("smollm", byte_level(models.BPE(), digits, added=[token("<image>")]))


def metaspace_families():
    llama = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    prefix = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    specials = ["<unk>", "<s>", "</s>"]
    bytes_ = [f"<0x{b:02X}>" for b in range(256)]

    def spm(name, normalizer, pre, decoder, fallback=True, fuse=True, unk="<unk>"):
        # Train with words apart, as SentencePiece does, then replace the pipeline.
        tok = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=fuse, byte_fallback=fallback))
        tok.pre_tokenizer = pre_tokenizers.Metaspace()
        # Without the line that has the most letters, which stay unknown. (Limiting the alphabet picks at random.)
        corpus = [line for line in CORPUS if "照片" not in line]
        train(tok, corpus, 480 if fallback else 230, special_tokens=specials + (bytes_ if fallback else []))
        state = json.loads(tok.to_str())
        state["added_tokens"] = [t for t in state["added_tokens"] if t["content"] in specials]
        state["model"]["unk_token"] = unk
        tok = Tokenizer.from_str(json.dumps(state))
        tok.normalizer, tok.decoder = normalizer, decoder
        if pre is not None:
            tok.pre_tokenizer = pre
        else:
            state = json.loads(tok.to_str()) | {"pre_tokenizer": None}
            tok = Tokenizer.from_str(json.dumps(state))
        tok.add_tokens([token("<image>")])
        tok.post_processor = template(tok, "<s>")
        save(name, tok)

    spm("prepend", prefix, None, llama)
    spm("unknown_fused", prefix, None, llama, fallback=False)
    spm("unknown_apart", prefix, None, decoders.Metaspace(), fallback=False, fuse=False)
    spm("unknown_dropped", prefix, None, llama, fallback=False, unk=None)
    spm("metaspace_always", None, pre_tokenizers.Metaspace(prepend_scheme="always", split=True), llama)
    spm("metaspace_first", None, pre_tokenizers.Metaspace(prepend_scheme="first", split=False), llama)
    never = pre_tokenizers.Metaspace(prepend_scheme="never", split=True)
    spm("metaspace_never", None, never, decoders.Metaspace(prepend_scheme="never"))


def sentencepiece_families():
    def spm(name, **options):
        folder = HERE / name
        folder.mkdir(exist_ok=True)
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(CORPUS * 3),
            model_writer=model,
            model_type="bpe",
            hard_vocab_limit=False,
            num_threads=1,
            minloglevel=2,
            **options,
        )
        (folder / "tokenizer.model").write_bytes(model.getvalue())
        sp = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
        write_cases(
            folder / "cases.json",
            lambda text: {"ids": [sp.bos_id()] + sp.encode(text), "ids_no_special": sp.encode(text)},
            lambda ids: {"decoded": sp.decode(ids)},
            sp.get_piece_size(),
        )

    plain = dict(normalization_rule_name="identity", remove_extra_whitespaces=False)
    spm("spm_llama", vocab_size=450, character_coverage=0.98, byte_fallback=True, split_digits=True, **plain)
    spm(
        "spm_user",
        vocab_size=480,
        character_coverage=0.98,
        byte_fallback=True,
        user_defined_symbols=["<image>", "hello", "he", "\n", "▁▁", "l", "a▁the"],
        control_symbols=["<mask>"],
        **plain,
    )
    spm("spm_unknown", vocab_size=240, character_coverage=0.98, add_dummy_prefix=False, **plain)
    # The rules of nfkc take 200 kB; a few of their kind do.
    rules = HERE / "rules.tsv"
    rows = {"½": "1/2", "Ⅻ": "XII", "\u3000": " ", "\t": " ", "\n": " ", "\u00a0": " ", "e\u0301": "é", "s\u0323\u0307": "\u1e69", "\u0345": ""}
    hexes = lambda s: " ".join(f"{ord(c):X}" for c in s)
    rules.write_text("".join(f"{hexes(a)}\t{hexes(b)}\n" for a, b in rows.items()))
    spm("spm_rules", vocab_size=250, character_coverage=0.98, normalization_rule_tsv=str(rules))
    rules.unlink()


byte_level_families()
metaspace_families()
sentencepiece_families()
