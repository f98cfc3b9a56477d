package eval

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// Benchmark is a set of questions, and the rule by which answers to them are scored.
type Benchmark interface {
	Questions() []Question

	// Units lists the questions, by index, that are judged together, such as two about
	// one image that count only if both are right.
	Units() [][]int

	// Judge returns the marks of a unit. answers[i] is that to the question unit[i], nil
	// where there is none. No marks leave the unit out of the score.
	Judge(unit []int, answers []*Answer) []Mark

	// Cells is the number of different cells of marks.
	Cells() int

	// Scores turns the sums of marks, by cell, into scores. The first is the benchmark's
	// headline. There are none where the questions have no published answers.
	Scores(sums []float64) []Score
}

// Submitter is a Benchmark that has a file to be handed in to its server.
type Submitter interface {
	Benchmark
	// Submission returns the file's name and content. answers has one entry for each
	// question, nil where it has no answer.
	Submission(answers []*Answer) (name string, content []byte, err error)
}

// Mark adds to one of the sums that scores are computed from.
type Mark struct {
	Cell  int
	Value float64
}

// Score is a number that a benchmark reports.
type Score struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"` // "%", "points" or "nats"
	N     int     `json:"n"`    // of what it is an average
}

// Question is a prompt about an image.
type Question struct {
	ID       json.RawMessage // a string or a number, as its file spells it
	Round    *Round          // where the question is asked several times
	Text     string          // what the user says, the image left out
	Prompt   string          // how an answer records it
	Category string
	Image    Image
	Place    string // file and line
}

// Round is one of several ways to order a question's options.
type Round struct {
	Index   int
	Options []string // in this order
	Letters []string // which these options have in round 0
}

// Image is a picture in a file, or in base64 with the question. The zero Image is
// none.
type Image struct{ Path, Base64 string }

// None reports whether there is no picture.
func (i Image) None() bool { return i == Image{} }

// key tells questions of a benchmark apart. An id alone does not: TextVQA's are those
// of images.
type key struct {
	id     string
	prompt string
	round  int
}

func (q *Question) key() key {
	k := key{canonicalID(q.ID), q.Prompt, 0}
	if q.Round != nil {
		k.round = q.Round.Index
	}
	return k
}

// name says which question it is, for messages.
func (q *Question) name() string {
	id := spellID(q.ID)
	if q.Round != nil && q.Round.Index > 0 {
		id += " round " + strconv.Itoa(q.Round.Index)
	}
	return "question " + id
}

// canonicalID spells an id such that the same string or number is spelt the same.
func canonicalID(id json.RawMessage) string {
	var s string
	if json.Unmarshal(id, &s) == nil {
		return strconv.Quote(s)
	}
	return string(bytes.TrimSpace(id))
}

// spellID spells an id without quotes.
func spellID(id json.RawMessage) string {
	var s string
	if json.Unmarshal(id, &s) == nil {
		return s
	}
	return string(bytes.TrimSpace(id))
}

// checkID reports an id that is neither a string nor a number.
func checkID(id json.RawMessage) error {
	var v any
	if len(id) == 0 {
		return fmt.Errorf("field question_id is missing")
	}
	if err := json.Unmarshal(id, &v); err != nil {
		return fmt.Errorf("field question_id: %w", err)
	}
	switch v.(type) {
	case string, float64:
		return nil
	}
	return fmt.Errorf("field question_id: %s is neither a string nor a number", id)
}

// set is the part that benchmarks have in common.
type set struct{ questions []Question }

func (s *set) Questions() []Question { return s.questions }

// Units of one question each.
func (s *set) Units() [][]int {
	units := make([][]int, len(s.questions))
	for i := range units {
		units[i] = []int{i}
	}
	return units
}

// accuracies are cells for the share of right answers, by category.
type accuracies struct{ names []string }

// category returns the number of the named category.
func (a *accuracies) category(name string) int {
	for i, n := range a.names {
		if n == name {
			return i
		}
	}
	a.names = append(a.names, name)
	return len(a.names) - 1
}

// Cells are two for each category.
func (a *accuracies) Cells() int { return 2 * len(a.names) }

// mark counts an answer of a category that is right by so much.
func (a *accuracies) mark(category int, right float64) []Mark {
	return []Mark{{2 * category, right}, {2*category + 1, 1}}
}

// total is the accuracy over some categories, all where none are named.
func (a *accuracies) total(name string, sums []float64, categories ...string) Score {
	right, n := 0.0, 0.0
	for i, c := range a.names {
		if len(categories) > 0 && !slices.Contains(categories, c) {
			continue
		}
		right += sums[2*i]
		n += sums[2*i+1]
	}
	return Score{name, percent(right, n), "%", int(n)}
}

// each lists the accuracy of each category.
func (a *accuracies) each(sums []float64) []Score {
	var list []Score
	for _, name := range a.names {
		if s := a.total(name, sums, name); s.N > 0 {
			list = append(list, s)
		}
	}
	return list
}

// percent is 100 part / whole, 0 of nothing.
func percent(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * part / whole
}
