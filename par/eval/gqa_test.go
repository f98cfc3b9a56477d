package eval

import (
	"testing"
)

func TestGQA(t *testing.T) {
	dir := write(t, map[string]string{
		"llava_gqa_testdev_balanced.jsonl": lines(
			`{"question_id": "201307251", "image": "n1.jpg", "text": "Is it overcast?\nAnswer the question using a single word or phrase.", "category": "default"}`,
			`{"question_id": "2", "image": "n1.jpg", "text": "Which side?"}`, `{"question_id": "3", "image": "n1.jpg", "text": "Who?"}`,
			`{"question_id": "4", "image": "n1.jpg", "text": "Who?"}`, `{"question_id": "5", "image": "n1.jpg", "text": "Who?"}`),
		"data/testdev_balanced_questions.json": `{"201307251": {"answer": "no", "types": {"structural": "verify"}}, "2": {"answer": "left", "types": {"structural": "query"}},
			"3": {"answer": "U.S. man", "types": {"structural": "query"}}, "5": {}}`,
	})
	b, problems := load(t, "gqa", dir)
	wantProblems(t, problems, "line 4: question 4: no label in", "line 5: question 5: no answer in")
	texts := []string{"No.", "LEFT...", "u.s. man."}
	wantScores(t, "scores", graded(t, b, texts...), map[string]float64{"accuracy": 200. / 3, "query": 50, "verify": 100})
	wantScores(t, "others", graded(t, b, "not", missing, "man"), map[string]float64{"accuracy": 0, "query": 0, "verify": 0})
	_, content, err := b.(Submitter).Submission(replies(b, texts))
	want := `[{"questionId":"201307251","prediction":"no"},{"questionId":"2","prediction":"left"},{"questionId":"3","prediction":"u.s. man"}]` + "\n"
	if err != nil || string(content) != want {
		t.Errorf("submission %s, %v", content, err)
	}
}
