package eval

import (
	"path/filepath"
	"testing"
)

func TestMME(t *testing.T) {
	const suffix = `\nAnswer the question using a single word or phrase.`
	dir := write(t, map[string]string{
		"llava_mme.jsonl": lines(
			`{"question_id": "existence/1.jpg", "image": "existence/1.jpg", "text": "Is there a cat?`+suffix+`"}`,
			`{"question_id": "existence/1.jpg", "image": "existence/1.jpg", "text": "Is there a dog?`+suffix+`"}`,
			`{"question_id": "existence/2.jpg", "image": "existence/2.jpg", "text": "Is there a cat?`+suffix+`"}`,
			`{"question_id": "existence/2.jpg", "image": "existence/2.jpg", "text": "Is there a dog?`+suffix+`"}`,
			`{"question_id": "landmark/images/3.png", "image": "landmark/images/3.png", "text": "Is it Rome? Please answer yes or no."}`,
			`{"question_id": "landmark/images/3.png", "image": "landmark/images/3.png", "text": "Is it Oslo? Please answer yes or no."}`,
			`{"question_id": "code_reasoning/4.png", "image": "code_reasoning/4.png", "text": "Is it 1?`+suffix+`"}`,
			`{"question_id": "code_reasoning/4.png", "image": "code_reasoning/4.png", "text": "Is it 2?`+suffix+`"}`),
		"MME_Benchmark_release_version/existence/1.txt":                       "Is there a cat? Please answer yes or no.\tYes\nIs there a dog? Please answer yes or no.\tNo\n",
		"MME_Benchmark_release_version/existence/2.txt":                       "Is there a cat? Please answer yes or no.\tYes\r\nIs there a dog? Please answer yes or no.\tNo\r\n\r\n",
		"MME_Benchmark_release_version/landmark/questions_answers_YN/3.txt":   "Is it Rome? Please answer yes or no.\tYes\nIs it Oslo? Please answer yes or no.\tNo",
		"MME_Benchmark_release_version/landmark/images/3.png":                 "",
		"MME_Benchmark_release_version/code_reasoning/4.txt":                  "Is it 1?  Please answer yes or no.\tYes\nIs it 2?  Please answer yes or no.\tNo",
		"MME_Benchmark_release_version/code_reasoning/not asked about/5.note": "",
	})
	b, problems := load(t, "mme", dir)
	wantProblems(t, problems)
	// existence: 3 of 4 right, 1 of 2 images; landmark: none; code: 1 of 2, no image.
	got := graded(t, b, "Yes", "no.", "It is yes", "No", "I don't know", "eyes", "yes", "Yes")
	wantScores(t, "scores", got, map[string]float64{
		"perception": 125, "cognition": 50, "perception and cognition": 175, "existence": 125, "landmark": 0, "code_reasoning": 50,
	})
	// An image with one answer missing stays out.
	got = graded(t, b, "Yes", "no", "Yes", missing, "yes", "no", missing, missing)
	wantScores(t, "missing", got, map[string]float64{"perception": 400, "existence": 200, "landmark": 200})
}

func TestYesNo(t *testing.T) {
	for text, want := range map[string]string{
		"Yes": "yes", "no": "no", "NO.": "no", "Know": "no", "eyes": "yes", "I no": "no", "It is no": "other", "": "other",
		"unknown": "other", "yesno": "yes", "no yes": "no", "ÄÖÜ no": "other", "ÄÖno": "no", "not": "no",
	} {
		if got := yesNo(text); got != want {
			t.Errorf("%q is taken for %s, want %s", text, got, want)
		}
	}
}

func TestMMEProblems(t *testing.T) {
	dir := write(t, map[string]string{
		"llava_mme.jsonl": lines(
			`{"question_id": "existence/1.jpg", "image": "existence/1.jpg", "text": "A?"}`,
			`{"question_id": "existence/1.jpg", "image": "existence/1.jpg", "text": "B?"}`,
			`{"question_id": "existence/2.jpg", "image": "existence/2.jpg", "text": "A?"}`,
			`{"question_id": "taste/2.jpg", "image": "existence/2.jpg", "text": "A?"}`,
			`{"question_id": "existence", "image": "existence/2.jpg", "text": "A?"}`,
			`{"question_id": "count/9.jpg", "image": "count/9.jpg", "text": "A?"}`),
		"MME_Benchmark_release_version/existence/1.txt": lines("A? Please answer yes or no.\tYes", "B? Please answer yes or no.\tmaybe"),
		"MME_Benchmark_release_version/existence/2.txt": lines("A? Please answer yes or no.\tYes", "B? Please answer yes or no."),
	})
	b, problems := load(t, "mme", dir)
	wantProblems(t, problems,
		filepath.Join("existence", "1.txt")+`: line 2: answer "maybe" is neither Yes nor No`,
		"line 2: question existence/1.jpg: no answer in",
		filepath.Join("existence", "2.txt")+": line 2: 1 fields",
		`line 4: field question_id: "taste/2.jpg" is of no known subtask`,
		`line 5: field question_id: "existence" names no image of a subtask`,
		"line 6: open ",
		"line 1: question existence/1.jpg: 1 questions about the image, not 2",
		"line 3: question existence/2.jpg: 1 questions about the image, not 2")
	if got := graded(t, b, "yes", "yes"); len(got) != 0 {
		t.Errorf("single questions score %v", got)
	}
}
