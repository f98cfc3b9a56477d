package eval

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
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

// Manifest tells what a folder holds answers of.
type Manifest struct {
	Model   string            `json:"model"`
	Sources []Source          `json:"benchmarks"`
	Flows   []string          `json:"flows"`
	Full    string            `json:"full,omitempty"` // which flow is the unpruned model
	Compare bool              `json:"compare"`
	Options map[string]string `json:"settings"`
}

const manifestFile = "run.json"

// save writes the manifest, the same for every shard of a run.
func (r *Run) save() error {
	m := Manifest{Model: r.Model, Sources: r.Sources, Compare: r.Compare, Options: r.Settings}
	for _, f := range r.Flows {
		m.Flows = append(m.Flows, f.Name)
		if f.Full() && m.Full == "" {
			m.Full = f.Name
		}
	}
	if err := os.MkdirAll(r.Out, 0o777); err != nil {
		return err
	}
	return writeJSON(filepath.Join(r.Out, manifestFile), m)
}

// ReadManifest reads what the last run in a folder asked.
func ReadManifest(out string) (*Manifest, error) {
	path := filepath.Join(out, manifestFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := new(Manifest)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, s := range m.Sources {
		if _, err := findKind(s.Kind); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return m, nil
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

const settingsFile = "settings.json"

// open opens the answers file of a benchmark and a Flow, and makes sure that what is
// in it was answered under the same settings.
func (r *Run) open(s Source, f *Flow, compare bool) (*store, error) {
	dir := answersDir(r.Out, s.Name, f.Name)
	settings := maps.Clone(r.Settings)
	if settings == nil {
		settings = map[string]string{}
	}
	settings["model"], settings["flow"] = r.Model, f.Name
	settings["max_tokens"], settings["compare"] = fmt.Sprint(s.maxTokens()), fmt.Sprint(compare)
	for i, path := range f.Files {
		digest, err := fileDigest(path)
		if err != nil {
			return nil, err
		}
		settings[fmt.Sprintf("file_%d", i)] = digest
	}
	if err := keepSettings(dir, settings); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, r.Shard.answersFile())
	st, err := openStore(path)
	if err == nil && st.dropped > 0 && r.Note != nil {
		r.Note(fmt.Sprintf("%s: an unfinished line of %d bytes at the end is dropped; its question is asked again", path, st.dropped))
	}
	return st, err
}

// keepSettings writes the settings to a folder, or holds them against those there.
func keepSettings(dir string, settings map[string]string) error {
	path := filepath.Join(dir, settingsFile)
	var there map[string]string
	b, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err := json.Unmarshal(b, &there); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, k := range slices.Sorted(maps.Keys(settings)) {
			if there[k] != settings[k] {
				return fmt.Errorf("%s: field %s: the answers there were given with %q, not %q; choose another folder", path, k, there[k], settings[k])
			}
		}
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	return writeJSON(path, settings)
}

func fileDigest(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:]), nil
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

// progress counts answers.
type progress struct {
	tell        func(done, total int, note string)
	done, total int
}

func (p *progress) step(note string) {
	p.done++
	p.show(note)
}

// drop gives n answers up.
func (p *progress) drop(n int) { p.total -= n }

func (p *progress) show(note string) {
	if p.tell != nil {
		p.tell(p.done, p.total, note)
	}
}

// counter counts what is wrong with the input.
type counter struct {
	n      int
	report func(string)
	strict bool
	first  error
}

func (c *counter) add(err error) {
	c.n++
	if c.first == nil {
		c.first = err
	}
	if c.report != nil && !(c.strict && c.n > 1) {
		c.report(err.Error())
	}
}

// fail counts, and returns an error where the run must not go on.
func (c *counter) fail(err error) error {
	c.add(err)
	return c.stopped()
}

// stopped returns an error where the run must not go on.
func (c *counter) stopped() error {
	if c.strict && c.n > 0 {
		return fmt.Errorf("stopped at the first problem: %w", c.first)
	}
	return nil
}

// answersDir is where the answers to a benchmark under a Flow are.
func answersDir(out, benchmark, flow string) string {
	return filepath.Join(out, folder(benchmark), folder(flow))
}

// folder turns a name into one that every file system takes, and that differs from
// those of other names.
func folder(name string) string {
	b := []byte(name)
	changed := len(b) == 0 || len(b) > 80
	for i, c := range b {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '=' || c == '.' && i > 0) {
			b[i] = '_'
			changed = changed || c != ':' && c != ',' && c != '%'
		}
	}
	if !changed {
		return string(b)
	}
	h := sha256.Sum256([]byte(name))
	return string(b[:min(len(b), 64)]) + "-" + hex.EncodeToString(h[:4])
}
