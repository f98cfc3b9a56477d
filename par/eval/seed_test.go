package eval

import (
	"testing"
)

func TestSEED(t *testing.T) {
	dir := write(t, map[string]string{
		"llava-seed-bench.jsonl": lines(
			`{"question_id": 101669, "image": "SEED-Bench-image/1", "text": "Q1\nA. x\nB. y\nAnswer"}`,
			`{"question_id": 2, "image": "SEED-Bench-image/1", "text": "Q2"}`,
			`{"question_id": "v3", "image": "SEED-Bench-video-image/v3.png", "text": "Q3"}`,
			`{"question_id": 9, "image": "SEED-Bench-image/1", "text": "Q9"}`),
		"SEED-Bench.json": `{"question_type": {"Scene Understanding": 1, "Action Recognition": 10}, "questions": [
			{"question_id": "101669", "question_type_id": 1, "data_type": "image", "answer": "A"},
			{"question_id": 2, "question_type_id": 1, "data_type": "image", "answer": "B"},
			{"question_id": "v3", "question_type_id": 10, "data_type": "video", "answer": "D"},
			{"question_id": "x", "question_type_id": 10, "data_type": "video", "answer": "E"},
			{"question_id": "y", "question_type_id": 11, "data_type": "video", "answer": "A"},
			{"question_id": "z", "question_type_id": 10, "data_type": "audio", "answer": "A"},
			{"question_id": "v3", "question_type_id": 10, "data_type": "video", "answer": "A"},
			{"question_type_id": 10, "data_type": "video", "answer": "A"}]}`,
	})
	b, problems := load(t, "seed", dir)
	wantProblems(t, problems,
		`SEED-Bench.json: questions: element 3: question x: answer "E"`, "element 4: question y: question_type_id 11 has no name",
		`element 5: question z: data_type "audio"`, "element 6: question v3 is there twice", "element 7: field question_id is missing",
		"llava-seed-bench.jsonl: line 4: question 9: no label in")
	wantScores(t, "scores", graded(t, b, "A", "B.", "D"), map[string]float64{
		"accuracy, all questions": 200. / 3, "accuracy, images": 50, "accuracy, videos": 100,
		"image: Scene Understanding": 50, "video: Action Recognition": 100,
	})
	wantScores(t, "missing", graded(t, b, "A", "B", missing), map[string]float64{
		"accuracy, all questions": 200. / 3, "accuracy, images": 100, "accuracy, videos": 0,
		"image: Scene Understanding": 100, "video: Action Recognition": 0,
	})
	_, content, err := b.(Submitter).Submission(replies(b, []string{"A", missing, "D"}))
	if want := lines(`{"question_id":"101669","prediction":"A"}`, `{"question_id":"v3","prediction":"D"}`); err != nil || string(content) != want {
		t.Errorf("submission %s, %v", content, err)
	}
}
