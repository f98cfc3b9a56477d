package eval

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-par/par/par/internal/records"
)

// pope is the Polling-based Object Probing Evaluation (Li et al., EMNLP 2023): is
// there such an object in the image? Scores are those of LLaVA's eval_pope.py.
type pope struct {
	set
	categories []string
	category   []int  // of each question
	yes        []bool // the label of each question
}

// Of each category, by cell.
const (
	truePositive = iota
	falsePositive
	trueNegative
	falseNegative
	popeCells
)

func loadPOPE(s Source, report func(error)) (Benchmark, error) {
	b := &pope{}
	labels := map[string]*popeLabels{}
	var err error
	b.questions, err = s.asked(report, func(q *Question) error {
		l := labels[q.Category]
		if l == nil {
			var err error
			if l, err = readPOPELabels(s.Labels, q.Category, report); err != nil {
				return err
			}
			labels[q.Category] = l
		}
		yes, err := l.next(q)
		if err != nil {
			return err
		}
		c := slices.Index(b.categories, q.Category)
		if c < 0 {
			c = len(b.categories)
			b.categories = append(b.categories, q.Category)
		}
		b.category, b.yes = append(b.category, c), append(b.yes, yes)
		return nil
	})
	return b, err
}

// popeLabels are those of one category, in the order of its questions.
type popeLabels struct {
	path string
	list []popeLabel
	at   int
}

type popeLabel struct{ Image, Text, Label string }

func readPOPELabels(dir, category string, report func(error)) (*popeLabels, error) {
	if category == "" || !filepath.IsLocal(category) {
		return nil, fmt.Errorf("field category: %q names no file of labels", category)
	}
	l := &popeLabels{path: filepath.Join(dir, "coco_pope_"+category+".json")}
	for r, err := range records.Each(l.path) {
		if err != nil {
			return nil, err
		}
		var label popeLabel
		if err := r.Decode(&label); err != nil {
			report(err)
		} else if label.Label != "yes" && label.Label != "no" {
			report(r.Errorf("field label: %q is neither yes nor no", label.Label))
			label.Label = ""
		}
		l.list = append(l.list, label)
	}
	return l, nil
}

// next returns the label of the next question. Labels come in the order of the
// questions; where a label's own image or text shows that questions are missing, the
// one with the question's is taken.
func (l *popeLabels) next(q *Question) (yes bool, err error) {
	i := l.at
	if i >= len(l.list) || !l.list[i].fits(q) {
		i = slices.IndexFunc(l.list, func(x popeLabel) bool { return x.Image != "" && x.Text != "" && x.fits(q) })
	}
	if i < 0 {
		return false, fmt.Errorf("%s: no label in %s", q.name(), l.path)
	}
	l.at = i + 1
	if l.list[i].Label == "" {
		return false, fmt.Errorf("%s: its label in %s can't be used", q.name(), l.path)
	}
	return l.list[i].Label == "yes", nil
}

func (x popeLabel) fits(q *Question) bool {
	return (x.Image == "" || path.Base(x.Image) == filepath.Base(q.Image.Path)) && strings.HasPrefix(q.Text, x.Text)
}

func (b *pope) Cells() int { return popeCells * len(b.categories) }

func (b *pope) Judge(unit []int, answers []*Answer) []Mark {
	if answers[0] == nil {
		return nil
	}
	i := unit[0]
	cell := map[[2]bool]int{
		{true, true}: truePositive, {true, false}: falsePositive, {false, false}: trueNegative, {false, true}: falseNegative,
	}[[2]bool{saysYes(answers[0].Text), b.yes[i]}]
	return []Mark{{popeCells*b.category[i] + cell, 1}}
}

// saysYes takes the first sentence of an answer for no where a word of it is No, no
// or not, and for yes otherwise.
func saysYes(text string) bool {
	sentence, _, _ := strings.Cut(text, ".")
	for _, word := range strings.Split(strings.ReplaceAll(sentence, ",", ""), " ") {
		if word == "No" || word == "not" || word == "no" {
			return false
		}
	}
	return true
}

func (b *pope) Scores(sums []float64) []Score {
	var all, each []Score
	var f1, accuracy float64
	n := 0
	for i, name := range b.categories {
		c := sums[popeCells*i : popeCells*(i+1)]
		tp, fp, tn, fn := c[truePositive], c[falsePositive], c[trueNegative], c[falseNegative]
		count := tp + fp + tn + fn
		if count == 0 {
			continue
		}
		f := percent(2*tp, 2*tp+fp+fn)
		each = append(each,
			Score{name + " F1", f, "%", int(count)},
			Score{name + " accuracy", percent(tp+tn, count), "%", int(count)},
			Score{name + " precision", percent(tp, tp+fp), "%", int(count)},
			Score{name + " recall", percent(tp, tp+fn), "%", int(count)},
			Score{name + " yes", percent(tp+fp, count), "%", int(count)})
		f1, accuracy, n = f1+f, accuracy+percent(tp+tn, count), n+int(count)
	}
	if len(each) > 0 {
		categories := float64(len(each) / 5)
		all = []Score{{"F1, mean of categories", f1 / categories, "%", n}, {"accuracy, mean of categories", accuracy / categories, "%", n}}
	}
	return append(all, each...)
}
