package eval

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

func TestVQAv2(t *testing.T) {
	files := map[string]string{
		"llava_vqav2_mscoco_test-dev2015.jsonl": lines(
			`{"question_id": 262144005, "image": "COCO_1.jpg", "text": "Is the ball flying?\nAnswer."}`,
			`{"question_id": 262144006, "image": "COCO_1.jpg", "text": "How many?\nAnswer."}`),
	}
	dir := write(t, files)
	b, problems := load(t, "vqav2", dir)
	wantProblems(t, problems)
	if got := graded(t, b, "yes", "two"); len(got) != 0 {
		t.Errorf("without annotations there are scores: %v", got)
	}
	_, content, err := b.(Submitter).Submission(replies(b, []string{"Yes, the ball.", missing}))
	want := `[{"question_id":262144005,"answer":"yes ball"},{"question_id":262144006,"answer":""}]` + "\n"
	if err != nil || string(content) != want {
		t.Errorf("submission %s, %v", content, err)
	}

	// The server wants the whole test split.
	files["llava_vqav2_mscoco_test2015.jsonl"] = lines(`{"question_id": 7}`, `{"question_id": 262144006}`)
	b, _ = load(t, "vqav2", write(t, files))
	_, content, err = b.(Submitter).Submission(replies(b, []string{"yes", "two"}))
	if want := `[{"question_id":7,"answer":""},{"question_id":262144006,"answer":"2"}]` + "\n"; err != nil || string(content) != want {
		t.Errorf("submission %s, %v", content, err)
	}

	annotations := func(id int, kind, answers string) string {
		var list []string
		if err := json.Unmarshal([]byte(answers), &list); err != nil {
			t.Fatal(err)
		}
		for i, a := range list {
			list[i] = fmt.Sprintf(`{"answer": %q, "answer_id": %d}`, a, i+1)
		}
		return fmt.Sprintf(`{"question_id": %d, "answer_type": %q, "answers": [%s]}`, id, kind, strings.Join(list, ","))
	}
	files["val.json"] = `{"annotations": [` + annotations(262144005, "yes/no", ten(t, "yes", 10)) + "," +
		annotations(262144006, "number", ten(t, "2", 3, "3", 7)) + "," + annotations(8, "other", `["x"]`) + `]}`
	dir = write(t, files)
	b, problems = load(t, "vqav2:labels="+filepath.Join(dir, "val.json"), dir)
	wantProblems(t, problems, "val.json: annotations: element 2: question 8: 1 answers, not 10")
	wantScores(t, "scores", graded(t, b, "Yes", "two"), map[string]float64{"accuracy": 95, "yes/no": 100, "number": 90})
}
