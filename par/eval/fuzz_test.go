package eval

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzLoad reads files of any content as those of each benchmark, and judges answers
// to what it finds.
func FuzzLoad(f *testing.F) {
	f.Add(1, `{"question_id": 1, "image": "a.jpg", "text": "A?", "category": "random"}`, `{"label": "yes"}`, "no")
	f.Add(2, `{"question_id": "existence/1.jpg", "image": "a.jpg", "text": "A?"}`, "A? Please answer yes or no.\tYes", "Yes")
	f.Add(3, `[{"id": "1", "image": "a", "conversations": [{"value": "Q"}]}]`, `{"1": {"choices": ["a"], "answer": 0}}`, "A. x")
	f.Add(4, `{"question_id": 1, "image": "a.jpg", "text": "A?"}`, `{"question_type": {"x": 1}, "questions": [{"question_id": "1", "question_type_id": 1, "data_type": "image", "answer": "A"}]}`, "A")
	f.Add(5, `{"question_id": "1", "image": "a.jpg", "text": "A?"}`, `{"1": {"answer": "no"}}`, "No.")
	f.Add(6, `{"question_id": "1", "image": "a.jpg", "text": "A?\nx"}`, `{"data": [{"image_id": "1", "question": "a?", "answers": ["1","2","3","4","5","6","7","8","9","0"]}]}`, "one")
	f.Add(7, `{"question_id": 1, "image": "a.jpg", "text": "A?"}`, `{"annotations": [{"question_id": 1, "answers": [{"answer": "x"}]}]}`, "x")
	f.Add(8, mmTable, "", "B")
	f.Add(10, `{"question_id": 1, "image": "a.png", "text": "A?"}`, `{"annotations": [{"question_id": 1, "answer_type": "description", "answers": [{"answer": "x"}]}]}`, "a red ring, a word sun")
	f.Fuzz(func(t *testing.T, n int, questions, labels, text string) {
		dir := t.TempDir()
		k := kinds[uint(n)%uint(len(kinds))]
		s := Source{Kind: k.name, Dir: dir, Questions: filepath.Join(dir, "questions"), Labels: filepath.Join(dir, "labels"), AllRounds: n%2 == 0, NoOCR: n%2 == 0}
		name := s.Labels
		switch k.name {
		case "pope":
			name = filepath.Join(s.Labels, "coco_pope_random.json")
		case "mme":
			name = filepath.Join(s.Labels, "existence", "1.txt")
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		shown := `{"image": "a.png", "objects": [{"shape": "ring", "colour": "red", "size": "small"}], "texts": [{"printed": "SUN"}]}`
		for path, content := range map[string]string{s.Questions: questions, name: labels, filepath.Join(dir, "scenes.jsonl"): shown} {
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		b, err := Load(s, func(error) {})
		if err != nil {
			return
		}
		texts := make([]string, len(b.Questions()))
		for i := range texts {
			texts[i] = text
		}
		answers := replies(b, texts)
		for _, s := range judge(b, answers).scores {
			if s.N <= 0 || s.Value != s.Value || s.Name == "" {
				t.Errorf("score %+v", s)
			}
		}
		ordered, strange := inOrder(b.Questions(), answers)
		if len(strange) > 0 || len(ordered) != len(answers) {
			t.Errorf("%d of %d answers belong to no question", len(strange), len(answers))
		}
		if sub, ok := b.(Submitter); ok {
			if _, _, err := sub.Submission(answers); err != nil {
				t.Error(err)
			}
		}
	})
}
