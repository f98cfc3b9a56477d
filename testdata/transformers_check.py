"""Asks questions of a model with Hugging Face transformers and compares the greedy
answers with those that par eval wrote.

    par scenes -split test -n 100 -out DATA
    par eval -model MODEL -data DATA -template auto -out OUT \\
        -bench vqav2:images=DATA/images,labels=DATA/vqav2/annotations.json
    python3 transformers_check.py MODEL DATA OUT/vqav2/none/answers.jsonl 200

MODEL is a directory as par pretrain exports it; transformers loads it unchanged. The
exit status is 0 where all answers are the same.
"""

import json
import pathlib
import sys

import torch
from PIL import Image
from transformers import AutoProcessor, LlavaForConditionalGeneration


def main(model, data, answers, limit):
    # The dtype of computation: par widens BF16 weights to f32.
    llava = LlavaForConditionalGeneration.from_pretrained(model, dtype=torch.float32).eval()
    processor = AutoProcessor.from_pretrained(model)
    questions = {}
    for path in pathlib.Path(data, "vqav2").glob("*.jsonl"):
        for line in path.read_text().splitlines():
            q = json.loads(line)
            questions[str(q["question_id"])] = q
    same = 0
    asked = [json.loads(line) for line in pathlib.Path(answers).read_text().splitlines()][:limit]
    for a in asked:
        q = questions[str(a["question_id"])]
        content = [{"type": "image"}, {"type": "text", "text": q["text"]}]
        prompt = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
        picture = Image.open(pathlib.Path(data, "images", q["image"])).convert("RGB")
        inputs = processor(images=picture, text=prompt, return_tensors="pt")
        with torch.no_grad():
            out = llava.generate(**inputs, max_new_tokens=128, do_sample=False)
        text = processor.decode(out[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True).strip()
        if text == a["text"].strip():
            same += 1
        else:
            print(f"question {a['question_id']}: {q['text']!r}\n  transformers {text!r}\n  par          {a['text']!r}")
    print(f"{same} of {len(asked)} answers are the same")
    return same == len(asked) and same > 0


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    sys.exit(not main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
