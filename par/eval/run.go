package eval

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Run asks the questions of benchmarks under every Flow of a grid.
type Run struct {
	Out     string // folder that everything goes to
	Model   string // name of the model, for answers and tables
	Sources []Source
	Flows   []Flow
	Shard   Shard
	Compare bool // measures every answer's Fidelity, not only in the benchmark fidelity
	Strict  bool // stops at the first thing that is wrong

	// Settings are what answers depend on beside question and Flow, such as the
	// model's fingerprint and the form of prompts. Answers that were given under other
	// ones are refused.
	Settings map[string]string

	// Problem is told what is wrong with the input, Note what else is worth knowing.
	Problem, Note func(string)
	// Progress is told how many answers there are.
	Progress func(done, total int, note string)
}

// job is the questions that a run asks of one benchmark.
type job struct {
	source    Source
	questions []*Question
	stores    []*store // for each Flow
	compare   bool
}

// Do asks what is not answered yet, and returns how many things were wrong with the
// input. An error means that the run broke off: answers until then are kept.
func (r *Run) Do(ctx context.Context, a Asker) (problems int, err error) {
	c := &counter{report: r.Problem, strict: r.Strict}
	if err := r.check(); err != nil {
		return 0, err
	}
	if err := r.save(); err != nil {
		return 0, err
	}
	var jobs []*job
	defer func() {
		for _, j := range jobs {
			err = errors.Join(err, j.close())
		}
	}()
	for _, s := range r.Sources {
		j, err := r.prepare(s, c)
		if j != nil {
			jobs = append(jobs, j)
		}
		if err != nil {
			return c.n, err
		}
	}
	done, total := 0, 0
	for _, j := range jobs {
		total += len(j.questions) * len(r.Flows)
		for _, s := range j.stores {
			for _, q := range j.questions {
				if s.answers[q.key()] != nil {
					done++
				}
			}
		}
	}
	p := &progress{r.Progress, done, total}
	p.show("")
	for _, j := range jobs {
		if err := r.ask(ctx, a, j, c, p); err != nil {
			return c.n, err
		}
	}
	p.show("")
	return c.n, nil
}

// check looks for mistakes in the grid.
func (r *Run) check() error {
	if len(r.Sources) == 0 || len(r.Flows) == 0 {
		return fmt.Errorf("no benchmark or no flow to evaluate")
	}
	folders := map[string]string{}
	for _, f := range r.Flows {
		name := folder(f.Name)
		if other, ok := folders[name]; ok {
			return fmt.Errorf("flows %q and %q would share the folder %s", other, f.Name, name)
		}
		folders[name] = f.Name
	}
	clear(folders)
	for _, s := range r.Sources {
		name := folder(s.Name)
		if _, ok := folders[name]; ok {
			return fmt.Errorf("two benchmarks are called %q; as= renames one", s.Name)
		}
		folders[name] = s.Name
	}
	return nil
}

// prepare reads a benchmark and the answers that are there already.
func (r *Run) prepare(s Source, c *counter) (*job, error) {
	b, err := Load(s, c.add)
	if err != nil {
		return nil, err
	}
	if err := c.stopped(); err != nil {
		return nil, err
	}
	all := b.Questions()
	ordered := byImage(all)
	from, to := r.Shard.part(len(ordered))
	j := &job{source: s, questions: ordered[from:to], compare: r.Compare || s.Kind == "fidelity"}
	for i := range r.Flows {
		st, err := r.open(s, &r.Flows[i], j.compare)
		if err != nil {
			return j, err
		}
		j.stores = append(j.stores, st)
	}
	return j, nil
}

// byImage sorts questions such that those about one image follow each other.
func byImage(questions []Question) []*Question {
	first := map[Image]int{}
	list := make([]*Question, len(questions))
	for i := range questions {
		q := &questions[i]
		list[i] = q
		if _, ok := first[q.Image]; !ok {
			first[q.Image] = i
		}
	}
	slices.SortStableFunc(list, func(a, b *Question) int { return first[a.Image] - first[b.Image] })
	return list
}

// ask asks one benchmark's questions, each under every Flow before the next.
func (r *Run) ask(ctx context.Context, a Asker, j *job, c *counter, p *progress) error {
	for _, q := range j.questions {
		var open []int // Flows under which it has no answer
		for i, st := range j.stores {
			if st.answers[q.key()] == nil {
				open = append(open, i)
			}
		}
		if len(open) == 0 {
			continue
		}
		if err := a.Begin(q, j.source.maxTokens()); err != nil {
			p.drop(len(open))
			if err := c.fail(fmt.Errorf("%s: %s: %w", q.Place, q.name(), err)); err != nil {
				return err
			}
			continue
		}
		for _, i := range open {
			reply, err := a.Ask(ctx, &r.Flows[i], j.compare)
			if err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				p.drop(1)
				if err := c.fail(fmt.Errorf("%s: %s: flow %s: %w", q.Place, q.name(), r.Flows[i].Name, err)); err != nil {
					return err
				}
				continue
			}
			if err := j.stores[i].add(newAnswer(q, reply, r.Model, r.Flows[i].Name)); err != nil {
				return err
			}
			p.step(j.source.Name)
		}
	}
	return nil
}

func (j *job) close() error {
	var err error
	for _, s := range j.stores {
		err = errors.Join(err, s.close())
	}
	return err
}
