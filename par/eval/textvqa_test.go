package eval

import (
	"testing"
)

func TestTextVQA(t *testing.T) {
	files := map[string]string{
		"llava_textvqa_val_v051_ocr.jsonl": lines(
			`{"question_id": "0054", "image": "0054.jpg", "text": "What Brand?\nReference OCR token: LUMIX, dc\nAnswer the question using a single word or phrase."}`,
			`{"question_id": "0054", "image": "0054.jpg", "text": "what colour?\nAnswer the question using a single word or phrase."}`,
			`{"question_id": "0055", "image": "0055.jpg", "text": "Reference OCR token: x\nWhat time?\nAnswer."}`,
			`{"question_id": "0056", "image": "0056.jpg", "text": "OCR tokens: a, b. Question: What\nnumber? Short answer:"}`,
			`{"question_id": "0057", "image": "0057.jpg", "text": "one line"}`,
			`{"question_id": "0058", "image": "0058.jpg", "text": "nobody asked\nAnswer."}`,
			`{"question_id": "0059", "image": "0059.jpg", "text": "too few\nAnswer."}`),
		"TextVQA_0.5.1_val.json": `{"data": [
			{"image_id": "0054", "question": "what brand?", "question_id": 1, "answers": ` + ten(t, "Lumix", 2, "panasonic", 8) + `},
			{"image_id": "0054", "question": "What colour?", "question_id": 2, "answers": ` + ten(t, "the red", 3, "blue", 7) + `},
			{"image_id": "0055", "question": "What time?", "question_id": 3, "answers": ` + ten(t, "10:10", 1, "ten", 9) + `},
			{"image_id": "0056", "question": "What\nnumber?", "question_id": 4, "answers": ` + ten(t, "two", 4, "3", 6) + `},
			{"image_id": "0059", "question": "too few", "question_id": 5, "answers": ["a"]}]}`,
	}
	b, problems := load(t, "textvqa", write(t, files))
	wantProblems(t, problems, "data: element 4: 1 answers, not 10", "line 5: question 0057: field text: no known form", "line 6: question 0058: no answers in", "line 7: question 0059: no answers in")
	// 2 of 10: (2·1/3 + 8·2/3)/10; 3 of 10: (3·2/3 + 7)/10; 1 of 10: (0 + 9·1/3)/10; 4: 1.
	wantScores(t, "scores", graded(t, b, "LUMIX.", "red", "10:10", "2"), map[string]float64{"accuracy": 100 * (0.6 + 0.9 + 0.3 + 1) / 4})
	wantScores(t, "wrong", graded(t, b, "lumix camera", "blue", "10", missing), map[string]float64{"accuracy": 100 * (0 + 1 + 1) / 3.})

	b, _ = load(t, "textvqa:ocr=no", write(t, files))
	if q := b.Questions()[0]; q.Text != "What Brand?\nAnswer the question using a single word or phrase." || q.Prompt != q.Text {
		t.Errorf("question %+v", q)
	}
}
