package eval

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-par/par/par/internal/records"
)

// mme is MME (Fu et al., arXiv:2306.13394): two yes-no questions an image. A subtask
// scores the percentage of right answers plus that of images with both right, as in
// calculation.py of its evaluation tool. Questions find their answers as in LLaVA's
// convert_answer_to_mme.py.
type mme struct {
	set
	yes     []bool
	subtask []int // of each question
	images  [][]int
}

// mmeSubtasks are those of perception, then those of cognition.
var mmeSubtasks = []string{
	"existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR",
	"commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning",
}

const mmePerception = 10

// Of each subtask, by cell.
const (
	mmeRight = iota
	mmeQuestions
	mmeBoth
	mmeImages
	mmeCells
)

func loadMME(s Source, report func(error)) (Benchmark, error) {
	b := &mme{}
	truth := &mmeTruth{dir: s.Labels, files: map[string]map[string]string{}, report: report}
	unit := map[string]int{}
	var err error
	b.questions, err = s.asked(report, func(q *Question) error {
		subtask, stem, err := mmeName(spellID(q.ID))
		if err != nil {
			return err
		}
		yes, err := truth.answer(subtask, stem, q)
		if err != nil {
			return err
		}
		q.Category = subtask
		name := subtask + "/" + stem
		if _, ok := unit[name]; !ok {
			unit[name] = len(b.images)
			b.images = append(b.images, nil)
		}
		b.images[unit[name]] = append(b.images[unit[name]], len(b.yes))
		b.yes, b.subtask = append(b.yes, yes), append(b.subtask, slices.Index(mmeSubtasks, subtask))
		return nil
	})
	for _, u := range b.images {
		if q := b.questions[u[0]]; len(u) != 2 && s.Limit == 0 {
			report(fmt.Errorf("%s: %s: %d questions about the image, not 2: it stays out of the score", q.Place, q.name(), len(u)))
		}
	}
	return b, err
}

// mmeName splits an id, "subtask/images/0001.jpg" or "subtask/0001.png".
func mmeName(id string) (subtask, stem string, err error) {
	parts := strings.Split(id, "/")
	subtask = parts[0]
	stem, _, _ = strings.Cut(parts[len(parts)-1], ".")
	switch {
	case len(parts) < 2 || !filepath.IsLocal(stem):
		return "", "", fmt.Errorf("field question_id: %q names no image of a subtask", id)
	case !slices.Contains(mmeSubtasks, subtask):
		return "", "", fmt.Errorf("field question_id: %q is of no known subtask", id)
	}
	return subtask, stem, nil
}

// mmeTruth reads the answers that MME keeps in a text file an image.
type mmeTruth struct {
	dir    string
	files  map[string]map[string]string // by path: question to answer; nil where it can't be read
	report func(error)
}

func (t *mmeTruth) answer(subtask, stem string, q *Question) (yes bool, err error) {
	dir := filepath.Join(t.dir, subtask)
	if st, err := os.Stat(filepath.Join(dir, "questions_answers_YN")); err == nil && st.IsDir() {
		dir = filepath.Join(dir, "questions_answers_YN")
	}
	path := filepath.Join(dir, stem+".txt")
	answers, read := t.files[path]
	if !read {
		if answers, err = t.read(path); err != nil {
			return false, err
		}
		t.files[path] = answers
	}
	const suffix, instruction = "Answer the question using a single word or phrase.", "Please answer yes or no."
	text := q.Text
	if strings.Contains(text, suffix) {
		text = strings.TrimSpace(strings.ReplaceAll(text, suffix, ""))
	}
	label, ok := answers[text]
	if !strings.Contains(text, instruction) {
		if label, ok = answers[text+" "+instruction]; !ok {
			label, ok = answers[text+"  "+instruction]
		}
	}
	if !ok {
		return false, fmt.Errorf("%s: no answer in %s", q.name(), path)
	}
	return label == "yes", nil
}

// read reads lines of a question, a tab and Yes or No.
func (t *mmeTruth) read(path string) (map[string]string, error) {
	answers := map[string]string{}
	for r, err := range records.Lines(path) {
		if err != nil {
			return nil, err
		}
		fields := strings.Split(string(r.Data), "\t")
		if len(fields) != 2 {
			t.report(r.Errorf("%d fields, not a question and an answer", len(fields)))
			continue
		}
		answer := strings.ToLower(fields[1])
		if answer != "yes" && answer != "no" {
			t.report(r.Errorf("answer %q is neither Yes nor No", fields[1]))
			continue
		}
		answers[fields[0]] = answer
	}
	return answers, nil
}

func (b *mme) Units() [][]int { return b.images }

func (b *mme) Cells() int { return mmeCells * len(mmeSubtasks) }

func (b *mme) Judge(unit []int, answers []*Answer) []Mark {
	if len(unit) != 2 || answers[0] == nil || answers[1] == nil {
		return nil
	}
	right := 0.0
	for i, q := range unit {
		want := "no"
		if b.yes[q] {
			want = "yes"
		}
		if yesNo(answers[i].Text) == want {
			right++
		}
	}
	at := mmeCells * b.subtask[unit[0]]
	marks := []Mark{{at + mmeRight, right}, {at + mmeQuestions, 2}, {at + mmeImages, 1}}
	if right == 2 {
		marks = append(marks, Mark{at + mmeBoth, 1})
	}
	return marks
}

// yesNo reads an answer: yes or no, or either within its first four characters, or
// other.
func yesNo(text string) string {
	runes := []rune(strings.ToLower(text))
	start := string(runes[:min(4, len(runes))])
	switch {
	case strings.Contains(start, "yes"):
		return "yes"
	case strings.Contains(start, "no"):
		return "no"
	}
	return "other"
}

func (b *mme) Scores(sums []float64) []Score {
	var perception, cognition Score
	var each []Score
	for i, name := range mmeSubtasks {
		c := sums[mmeCells*i : mmeCells*(i+1)]
		if c[mmeImages] == 0 {
			continue
		}
		s := Score{name, percent(c[mmeRight], c[mmeQuestions]) + percent(c[mmeBoth], c[mmeImages]), "points", int(c[mmeQuestions])}
		sum := &perception
		if i >= mmePerception {
			sum = &cognition
		}
		sum.Value, sum.N = sum.Value+s.Value, sum.N+s.N
		each = append(each, s)
	}
	if len(each) == 0 {
		return nil
	}
	perception.Name, perception.Unit = "perception", "points"
	cognition.Name, cognition.Unit = "cognition", "points"
	all := []Score{perception, cognition, {"perception and cognition", perception.Value + cognition.Value, "points", perception.N + cognition.N}}
	if perception.N == 0 {
		all = []Score{cognition}
	} else if cognition.N == 0 {
		all = []Score{perception}
	}
	return append(all, each...)
}
