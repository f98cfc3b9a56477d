package eval

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestScienceQA(t *testing.T) {
	dir := write(t, map[string]string{
		"llava_test_CQM-A.json": `[
			{"id": "4", "image": "4/image.png", "conversations": [{"from": "human", "value": "<image>\nWhich?\nA. x\nB. y"}, {"from": "gpt", "value": "A"}]},
			{"id": "5", "conversations": [{"from": "human", "value": "Which?\nA. x\nB. y"}]},
			{"id": "6", "image": "6/image.png", "conversations": [{"from": "human", "value": "<image>\nWhich?\nA. x\nB. y\nC. z"}]}]`,
		"problems.json": `{"4": {"choices": ["x", "y"], "answer": 0, "hint": ""}, "5": {"choices": ["x", "y"], "answer": 1},
			"6": {"choices": ["x", "y", "z"], "answer": 2}, "7": {"choices": ["x"], "answer": 0}}`,
	})
	b, problems := load(t, "scienceqa", dir)
	wantProblems(t, problems)
	const suffix = "\nAnswer with the option's letter from the given choices directly."
	if q := b.Questions()[0]; q.Prompt != "<image>\nWhich?\nA. x\nB. y"+suffix || q.Text != "Which?\nA. x\nB. y"+suffix ||
		q.Image.Path != filepath.Join(dir, "images", "test", "4", "image.png") {
		t.Errorf("question %+v", q)
	}
	if q := b.Questions()[1]; q.Prompt != "Which?\nA. x\nB. y"+suffix || !q.Image.None() {
		t.Errorf("question %+v", q)
	}
	wantScores(t, "scores", graded(t, b, "A", "B", "A"), map[string]float64{
		"accuracy, questions with an image": 50, "accuracy, all questions": 100 * 2. / 3,
	})
	wantScores(t, "missing", graded(t, b, "A", missing, missing), map[string]float64{
		"accuracy, questions with an image": 100, "accuracy, all questions": 100 * 1. / 3,
	})
}

func TestScienceChoice(t *testing.T) {
	for _, c := range []struct {
		text    string
		choices int
		want    int
	}{
		{"B", 2, 1}, {" B", 2, -1}, {"B.", 2, -1}, {"B. y", 2, 1}, {"B. ", 2, 1}, {"B\ny", 2, -1}, {"b", 2, -1}, {"C", 2, -1}, {"E", 5, 4}, {"F", 6, -1},
		{"F. The answer is B.", 6, 1}, {"I think. The answer is B.", 2, 1}, {"The answer is B", 2, -1}, {"The answer is B,", 2, 1}, {"The answer is B\n", 2, -1},
		{"The answer is A but. The answer is B.", 2, -1}, {"The answer is A. The answer is A.", 2, -1}, {"The answer is A. The answer is B", 2, 0},
		{"the answer is B.", 2, -1}, {"The answer is (B).", 2, -1}, {"The answer is Z.", 2, -1}, {"", 2, -1}, {"A, B", 2, -1}, {"Because", 2, -1}, {"AB", 2, -1},
		{"é. x", 2, -1},
	} {
		if got := scienceChoice(c.text, c.choices); got != c.want {
			t.Errorf("%q of %d choices names %d, want %d", c.text, c.choices, got, c.want)
		}
	}
}

func TestScienceQAProblems(t *testing.T) {
	dir := write(t, map[string]string{
		"llava_test_CQM-A.json": `[{"id": "1", "conversations": [{"value": "Q?"}]}, {"id": "2", "conversations": [{"value": "Q?"}]},
			{"id": "3", "conversations": [{"value": "Q?"}]}, {"id": "4", "conversations": []}, {"id": "5", "conversations": [{"value": "<image>"}]},
			{"conversations": [{"value": "Q?"}]}, {"id": "6", "conversations": [{"value": "Q?"}]}, {"id": "7", "image": "/x/../y", "conversations": [{"value": "Q?"}]}, 7]`,
		"problems.json":   `{"1": {"choices": ["x"], "answer": 0}, "2": {"choices": ["x"], "answer": 1}, "6": {"choices": ["x"], "answer": -1}, "7": {"choices": ["x"], "answer": 0}, "8": {}}`,
		"pid_splits.json": `{"test": ["1", "2", "3", "6", "8"]}`,
	})
	_, problems := load(t, "scienceqa", dir)
	wantProblems(t, problems,
		"element 1: question 2: ", "element 2: question 3: no problem in", "element 3: question 4: no text", "element 4: question 5: no text",
		"element 5: field question_id is missing", "element 6: question 6: ", "element 7: question 7 is not in the split", "element 8: json: cannot unmarshal number")
	s := Source{Kind: "scienceqa", Dir: dir, Split: "val"}
	if _, err := Load(s, func(error) {}); err == nil || !strings.Contains(err.Error(), `no split "val"`) {
		t.Errorf("error %v", err)
	}
}
