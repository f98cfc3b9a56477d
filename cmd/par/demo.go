package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/builtin"
	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/scenes"
	"github.com/go-par/par/par"
)

// demoFlags are the flags of par demo.
type demoFlags struct {
	model     modelFlags
	prune     pruneFlags
	image     string
	maxTokens int
	asJSON    bool
}

// demoQuestions are how many questions are asked about the bundled picture.
const demoQuestions = 3

// photoQuestions are asked about a picture that nothing is known of.
var photoQuestions = []string{builtin.Question, "How many objects are there?", "What colour is the largest object?"}

func demoCommand(ctx context.Context, io streams, args []string) error {
	var f demoFlags
	fs := newFlags(io, "demo", "[question ...]")
	f.model.register(fs, "; none: the embedded one")
	fs.StringVar(&f.image, "image", "", "picture `file` (PNG, JPEG, GIF); none: the bundled one")
	fs.IntVar(&f.maxTokens, "max-tokens", 64, "tokens of an answer at most")
	f.prune.register(fs)
	fs.BoolVar(&f.asJSON, "json", false, "print one JSON object instead of the table")
	questions, err := parse(fs, args)
	if err != nil {
		return err
	}
	return f.run(ctx, io, fs, questions)
}

// demo is what par demo found.
type demo struct {
	Method    string         `json:"method"`
	Shown     string         `json:"shown,omitempty"` // what is in the picture, where that is known
	Questions []demoQuestion `json:"questions"`
}

// demoQuestion is a question, answered both ways.
type demoQuestion struct {
	Question string     `json:"question"`
	Right    string     `json:"right_answer,omitempty"`
	Full     demoAnswer `json:"full"`
	Pruned   demoAnswer `json:"pruned"`
	Speedup  float64    `json:"speedup"` // of prefill and router
}

// demoAnswer is an answer and what it took.
type demoAnswer struct {
	Text        string  `json:"text"`
	ImageTokens int     `json:"image_tokens"` // that entered the last layer that ran
	LayersRun   int     `json:"layers_run"`
	Prefill     float64 `json:"prefill_ms"` // with the router, a median
}

func (f *demoFlags) run(ctx context.Context, io streams, flags *flag.FlagSet, questions []string) error {
	if err := f.model.check(); err != nil {
		return err
	}
	if f.maxTokens < 1 {
		return usagef("-max-tokens %d is not positive", f.maxTokens)
	}
	if err := f.prune.embedded(flags); err != nil && !errors.Is(err, builtin.ErrNone) {
		return err
	}
	options, err := f.prune.options(0)
	if err != nil {
		return usageError{err}
	}
	if f.prune.method == "none" {
		return usagef("nothing to compare with: -method none prunes nothing")
	}
	model, err := f.model.open()
	if err != nil {
		return err
	}
	defer model.Close()
	note := func(line string) { fmt.Fprintln(io.err, line) }
	if err := f.prune.load(ctx, model, &options, note); err != nil {
		return err
	}
	if options.Router != nil {
		defer options.Router.Close()
	}
	img, list, shown, err := f.picture(model, questions)
	if err != nil {
		return err
	}
	out := demo{Method: f.prune.method, Shown: shown}
	session := model.NewSession()
	for _, q := range list {
		if err := f.ask(ctx, model, session, img, options, &q); err != nil {
			return err
		}
		out.Questions = append(out.Questions, q)
	}
	if f.asJSON {
		return json.NewEncoder(io.out).Encode(out)
	}
	return out.print(io)
}

// picture returns the picture and the questions about it.
func (f *demoFlags) picture(m *lvlm.Model, questions []string) (img *preprocess.RGB, list []demoQuestion, shown string, err error) {
	if f.image != "" {
		img, err = preprocess.DecodeFile(f.image)
		if len(questions) == 0 {
			questions = photoQuestions
		}
	} else {
		img, err = builtin.Picture(m)
		shown = builtin.Scene().Describe()
		if len(questions) == 0 {
			return img, sceneQuestions(builtin.Scene()), shown, err
		}
	}
	for _, q := range questions {
		list = append(list, demoQuestion{Question: q})
	}
	return img, list, shown, err
}

// sceneQuestions picks questions with short answers.
func sceneQuestions(s *scenes.Scene) []demoQuestion {
	var list []demoQuestion
	for _, q := range s.Questions(scenes.Kinds) {
		if q.Kind != scenes.Description && len(list) < demoQuestions {
			list = append(list, demoQuestion{Question: q.Text, Right: q.Answer})
		}
	}
	return list
}

// ask has a question answered both ways.
func (f *demoFlags) ask(ctx context.Context, m *lvlm.Model, s *lvlm.Session, img *preprocess.RGB, o par.Options, q *demoQuestion) error {
	o.Question = q.Question
	flow, err := par.New(f.prune.method, o)
	if err != nil {
		return err
	}
	prompt, err := m.Format("auto", []chat.Message{{Role: "user", Content: q.Question, Images: 1}})
	if err != nil {
		return err
	}
	r := lvlm.Request{Prompt: prompt, Images: []*preprocess.RGB{img}, MaxTokens: f.maxTokens}
	for _, way := range []struct {
		flow lvlm.Flow
		to   *demoAnswer
	}{{par.Everything{}, &q.Full}, {flow, &q.Pruned}} {
		r.Flow = way.flow
		for _, err := range s.Generate(ctx, r) {
			if err != nil {
				return err
			}
		}
		res := s.Result()
		*way.to = demoAnswer{
			Text: strings.TrimSpace(res.Text), ImageTokens: len(res.Outcome.Kept), LayersRun: res.Layers - len(res.Outcome.Skipped),
		}
	}
	saved, err := measureSaving(ctx, s, r)
	if err != nil {
		return err
	}
	q.Full.Prefill, q.Pruned.Prefill, q.Speedup = saved.Unpruned, saved.Pruned, saved.Ratio
	return nil
}

// print writes the questions as a table.
func (d *demo) print(io streams) error {
	if d.Shown != "" {
		fmt.Fprintf(io.out, "The picture, as it was drawn: %s\n\n", d.Shown)
	}
	w := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
	line := func(question, right string, cells ...string) {
		if d.Shown != "" {
			cells = append([]string{right}, cells...)
		}
		fmt.Fprintf(w, "%s\t%s\n", question, strings.Join(cells, "\t"))
	}
	line("question", "right", "full", d.Method, "image tokens", "layers", "prefill ms", "faster")
	for _, q := range d.Questions {
		full, pruned := &q.Full, &q.Pruned
		line(q.Question, q.Right, oneLine(full.Text), oneLine(pruned.Text), fmt.Sprintf("%d → %d", full.ImageTokens, pruned.ImageTokens),
			fmt.Sprintf("%d → %d", full.LayersRun, pruned.LayersRun), fmt.Sprintf("%.1f → %.1f", full.Prefill, pruned.Prefill), fmt.Sprintf("%.2fx", q.Speedup))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(io.out, "\nTimes are medians of prefill and choosing, taken in turns; encoding the picture is the same for both.\n")
	return err
}

// longestCell bounds an answer in the table, in characters.
const longestCell = 40

// oneLine makes an answer fit into a cell.
func oneLine(text string) string {
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) > longestCell {
		return string(r[:longestCell-3]) + "..."
	}
	return string(r)
}
