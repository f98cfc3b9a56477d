package eval

import (
	"fmt"
	"path/filepath"

	"github.com/go-par/par/lvlm/scenes"
	"github.com/go-par/par/par/internal/records"
)

// sceneKinds are the questions about the pictures of package scenes. A description is
// as right as the share of the picture's objects that it names, an answer of another
// kind as by VQA's rule.
type sceneKinds struct {
	set
	accuracies
	people [][]string      // of each question
	shown  []*scenes.Scene // of each question for a description, nil of others
}

// Cells of descriptions, behind those of the kinds.
const (
	textsShown = iota
	textsRead
	thingsSaid // objects and texts, there or not
	thingsTrue
	descriptionCells
)

func loadScenes(s Source, report func(error)) (Benchmark, error) {
	labels, err := readVQAAnnotations(s.Labels, report)
	if err != nil {
		return nil, err
	}
	shown, err := readScenes(s.path("", "scenes.jsonl"), report)
	if err != nil {
		return nil, err
	}
	b := &sceneKinds{}
	for k := range scenes.Kind(scenes.Kinds) {
		b.category(k.String())
	}
	b.questions, err = s.asked(report, func(q *Question) error {
		l, ok := labels[canonicalID(q.ID)]
		if !ok {
			return fmt.Errorf("%s: no annotation in %s", q.name(), s.Labels)
		}
		kind, err := scenes.ParseKind(l.kind)
		if err != nil {
			return fmt.Errorf("%s: %s: field answer_type: %w", q.name(), s.Labels, err)
		}
		var scene *scenes.Scene
		if kind == scenes.Description {
			if scene = shown[filepath.Base(q.Image.Path)]; scene == nil {
				return fmt.Errorf("%s: scenes.jsonl does not say what is in %s", q.name(), q.Image.Path)
			}
		}
		q.Category = l.kind
		b.people = append(b.people, l.answers)
		b.shown = append(b.shown, scene)
		return nil
	})
	return b, err
}

// readScenes reads what is in pictures, by their files.
func readScenes(path string, report func(error)) (map[string]*scenes.Scene, error) {
	shown := map[string]*scenes.Scene{}
	for r, err := range records.Each(path) {
		if err != nil {
			return nil, err
		}
		image, s, err := scenes.Parse(r.Data)
		if err != nil {
			report(r.Errorf("%w", err))
			continue
		}
		shown[image] = s
	}
	return shown, nil
}

func (b *sceneKinds) Cells() int { return b.accuracies.Cells() + descriptionCells }

func (b *sceneKinds) Judge(unit []int, answers []*Answer) []Mark {
	if answers[0] == nil {
		return nil
	}
	i, text := unit[0], answers[0].Text
	kind := b.category(b.questions[i].Category)
	if b.shown[i] == nil {
		return b.mark(kind, vqaScore(text, b.people[i]))
	}
	n, first := b.shown[i].Score(text), b.accuracies.Cells()
	return append(b.mark(kind, n.Share()),
		Mark{first + textsShown, float64(n.Texts)}, Mark{first + textsRead, float64(n.Read)},
		Mark{first + thingsSaid, float64(n.Named + n.Read + n.Wrong)}, Mark{first + thingsTrue, float64(n.Named + n.Read)})
}

func (b *sceneKinds) Scores(sums []float64) []Score {
	all := b.total("right", sums)
	if all.N == 0 {
		return nil
	}
	list := append([]Score{all}, b.each(sums)...)
	d := sums[b.accuracies.Cells():]
	for _, s := range []struct {
		name      string
		part, all float64
	}{{"texts described", d[textsRead], d[textsShown]}, {"descriptions' things that are there", d[thingsTrue], d[thingsSaid]}} {
		if s.all > 0 {
			list = append(list, Score{s.name, percent(s.part, s.all), "%", int(s.all)})
		}
	}
	return list
}
