package eval

import (
	"fmt"
	"testing"
)

func TestPOPE(t *testing.T) {
	question := func(id int, image, object, category string) string {
		return fmt.Sprintf(`{"question_id": %d, "image": "%s", "text": "Is there a %s in the image?\nAnswer the question using a single word or phrase.", "category": "%s"}`, id, image, object, category)
	}
	label := func(image, object, label string) string {
		return fmt.Sprintf(`{"question_id": 1, "image": "%s", "text": "Is there a %s in the image?", "label": "%s"}`, image, object, label)
	}
	dir := write(t, map[string]string{
		"llava_pope_test.jsonl": lines(
			question(1, "a.jpg", "cat", "adversarial"), question(2, "a.jpg", "dog", "adversarial"),
			question(3, "b.jpg", "cat", "adversarial"), question(4, "b.jpg", "dog", "adversarial"),
			question(5, "a.jpg", "cat", "random"), question(6, "b.jpg", "cat", "random")),
		"coco/coco_pope_adversarial.json": lines(
			label("a.jpg", "cat", "yes"), label("a.jpg", "dog", "no"), label("b.jpg", "cat", "yes"), label("b.jpg", "dog", "no")),
		// Labels need not tell what they are about; they come in order.
		"coco/coco_pope_random.json": lines(`{"label": "yes"}`, `{"label": "yes"}`),
	})
	b, problems := load(t, "pope", dir)
	wantProblems(t, problems)
	got := graded(t, b, "Yes", "No, there is none.", "There is not", "yes.", "Nope", "I see. no")
	wantScores(t, "scores", got, map[string]float64{
		"F1, mean of categories": 75, "accuracy, mean of categories": 75,
		"adversarial F1": 50, "adversarial accuracy": 50, "adversarial precision": 50, "adversarial recall": 50, "adversarial yes": 50,
		"random F1": 100, "random accuracy": 100, "random precision": 100, "random recall": 100, "random yes": 100,
	})
	// A model that always denies has no precision; a question without an answer counts
	// for nothing.
	got = graded(t, b, "no", "no", "no", "no", missing, missing)
	wantScores(t, "denials", got, map[string]float64{
		"F1, mean of categories": 0, "accuracy, mean of categories": 50,
		"adversarial F1": 0, "adversarial accuracy": 50, "adversarial precision": 0, "adversarial recall": 0, "adversarial yes": 0,
	})
}

func TestSaysYes(t *testing.T) {
	for text, want := range map[string]bool{
		"yes": true, "no": false, "No": false, "NO": true, "not really": false, "no?": true, "no, it is": false,
		"": true, "nothing": true, "It is. not": true, "a,no": true, ", no": false, "not.": false,
	} {
		if got := saysYes(text); got != want {
			t.Errorf("%q is taken for yes: %v", text, got)
		}
	}
}

func TestPOPEProblems(t *testing.T) {
	dir := write(t, map[string]string{
		"llava_pope_test.jsonl": lines(
			`{"question_id": 1, "image": "a.jpg", "text": "A?\nx", "category": "random"}`,
			`{"question_id": 1, "image": "a.jpg", "text": "A?\nx", "category": "random"}`,
			`{"question_id": 2, "image": "c.jpg", "text": "C?\nx", "category": "random"}`,
			`{"question_id": 3, "image": "d.jpg", "text": "D?\nx", "category": "random"}`,
			`{"question_id": 4, "image": "a.jpg", "text": "A?", "category": "../x"}`,
			`{"question_id": 5, "image": "a.jpg", "text": "A?", "category": "popular"}`,
			`{"question_id": null, "image": "a.jpg", "text": "A?", "category": "random"}`,
			`{"question_id": 6, "image": "../a.jpg", "text": "A?", "category": "random"}`,
			`{"question_id": 7, "text": "A?", "category": "random"}`,
			`{"question_id": 8, "image": "a.jpg", "category": "random"}`,
			`{"question_id": [9], "image": "a.jpg", "text": "A?", "category": "random"}`,
			`{"question_id": 10`),
		"coco/coco_pope_random.json": lines(
			`{"image": "a.jpg", "text": "A?", "label": "yes"}`, `{"image": "b.jpg", "text": "B?", "label": "no"}`,
			`{"image": "c.jpg", "text": "C?", "label": "no"}`, `{"image": "d.jpg", "text": "D?", "label": "maybe"}`),
	})
	b, problems := load(t, "pope", dir)
	wantProblems(t, problems,
		`coco_pope_random.json: line 4: field label: "maybe" is neither yes nor no`,
		"llava_pope_test.jsonl: line 2: question 1 has the id and the text of the one at line 1",
		"llava_pope_test.jsonl: line 4: question 3: its label",
		`llava_pope_test.jsonl: line 5: field category: "../x"`,
		"line 6: open coco",
		"line 7: field question_id: null is neither a string nor a number",
		`line 8: question 6: field image: "../a.jpg" leaves the folder of images`,
		"line 9: question 7: no image",
		"line 10: question 8: no text",
		"line 11: field question_id: [9] is neither",
		"line 12: unexpected end of JSON input")
	// The label of question 2 is the one with its image, though B was never asked.
	if got := graded(t, b, "yes", "no"); got["random accuracy"] != 100 {
		t.Errorf("scores %v", got)
	}
}
