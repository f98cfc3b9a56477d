package eval

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-par/par/lvlm/scenes"
)

// TestScenes judges the right answers to questions that package scenes wrote, and
// others.
func TestScenes(t *testing.T) {
	dir := t.TempDir()
	part := scenes.Part{Split: scenes.Test, Seed: 2, Pictures: 12, Size: 32, Questions: scenes.Kinds}
	if err := part.Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	b, problems := load(t, "scenes", dir)
	wantProblems(t, problems)
	right, kinds := conversationAnswers(t, dir), map[string]int{}
	if len(right) != len(b.Questions()) {
		t.Fatalf("%d questions, %d answers", len(b.Questions()), len(right))
	}
	for _, q := range b.Questions() {
		kinds[q.Category]++
	}
	if len(kinds) != scenes.Kinds {
		t.Fatalf("%d kinds of questions: %v", len(kinds), kinds)
	}
	scores := judge(b, replies(b, right)).scores
	if len(scores) != 1+scenes.Kinds+2 {
		t.Errorf("%d scores: %+v", len(scores), scores)
	}
	for _, s := range scores {
		if n, ok := kinds[s.Name]; s.Value != 100 || ok && s.N != n {
			t.Errorf("right answers: %+v", s)
		}
	}
	wrong := make([]string, len(right))
	for i, q := range b.Questions() {
		switch q.Category {
		case "description":
			wrong[i] = "I see a mauve cloud."
		case "existence":
			wrong[i] = right[i]
		}
	}
	got := graded(t, b, wrong...)
	if got["existence"] != 100 || got["colour"] != 0 || got["description"] != 0 || got["texts described"] != 0 {
		t.Errorf("scores %v", got)
	}
	if want := 100 * float64(kinds["existence"]) / float64(len(right)); got["right"] != want {
		t.Errorf("%v of all are right, want %v", got["right"], want)
	}
	for _, s := range judge(b, replies(b, make([]string, len(right)))).scores {
		if s.Value != 0 || strings.HasPrefix(s.Name, "descriptions'") {
			t.Errorf("empty answers: %+v", s)
		}
	}
}

// conversationAnswers reads the answers from the file for training.
func conversationAnswers(t *testing.T, dir string) []string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "conversations.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []string
	for s := bufio.NewScanner(f); s.Scan(); {
		var c struct {
			Conversations []struct{ From, Value string }
		}
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		for _, turn := range c.Conversations {
			if turn.From == "gpt" {
				list = append(list, turn.Value)
			}
		}
	}
	return list
}

func TestScenesDescriptions(t *testing.T) {
	annotated := func(id, kind string) string {
		return `{"question_id": ` + id + `, "answer_type": "` + kind + `", "answers": [` + strings.Repeat(`{"answer": "red"},`, 9) + `{"answer": "red"}]}`
	}
	dir := write(t, map[string]string{
		"vqav2/llava_vqav2_mscoco_test-dev2015.jsonl": lines(
			`{"question_id": 1, "image": "a.png", "text": "What is in the picture?"}`, `{"question_id": 2, "image": "a.png", "text": "Which colour?"}`,
			`{"question_id": 3, "image": "b.png", "text": "What is in the picture?"}`, `{"question_id": 4, "image": "a.png", "text": "Who?"}`,
			`{"question_id": 5, "image": "a.png", "text": "Why?"}`),
		"vqav2/annotations.json": `{"annotations": [` + annotated("1", "description") + "," + annotated("2", "colour") + "," + annotated("3", "description") + "," + annotated("4", "person") + `]}`,
		"scenes.jsonl": lines(`{"image": "a.png", "objects": [{"shape": "ring", "colour": "red", "size": "small"}, {"shape": "ring", "colour": "red", "size": "large"}], "texts": [{"printed": "SUN"}]}`,
			`{"image": "b.png", "objects": [{"shape": "blob"}]}`),
	})
	b, problems := load(t, "scenes", dir)
	wantProblems(t, problems, `scenes.jsonl: line 2: shape "blob" is not known`, "line 3: question 3: scenes.jsonl does not say what is in",
		`line 4: question 4: vqav2`, "line 5: question 5: no annotation in")
	wantScores(t, "half described", graded(t, b, "I see a small red ring, a blue star and the word sun.", "Red."), map[string]float64{
		"right": 75, "description": 50, "colour": 100, "texts described": 100, "descriptions' things that are there": 200. / 3,
	})
	wantScores(t, "not described", graded(t, b, missing, "blue"), map[string]float64{"right": 0, "colour": 0})
}
