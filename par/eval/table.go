package eval

import (
	"math"
	"slices"
	"strings"
)

// Table is what a run found out.
type Table struct {
	Model string `json:"model"`
	Rows  []Row  `json:"rows"`
	// Averages has, where there are several benchmarks, the mean of each Flow's per
	// cents of the unpruned model's scores.
	Averages []Average `json:"averages,omitempty"`
}

// Row is a benchmark under a Flow.
type Row struct {
	Benchmark string    `json:"benchmark"`
	Flow      string    `json:"flow"`
	Questions int       `json:"questions"`
	Missing   int       `json:"missing"` // questions without an answer
	Scores    []Score   `json:"scores"`  // the first is the headline; none without labels
	OfFull    *float64  `json:"percent_of_full,omitempty"`
	Change    *Interval `json:"change,omitempty"` // of the headline from the unpruned model's
	// Changes are those of each of Scores, null where the unpruned model has no such score.
	Changes  []*Interval `json:"changes,omitempty"`
	Costs    *Costs      `json:"costs,omitempty"`
	Prefill  *Relative   `json:"prefill_of_full,omitempty"`
	Likeness *Likeness   `json:"fidelity,omitempty"`

	// Submission is the file for the benchmark's server, where it has one.
	Submission string `json:"submission,omitempty"`
}

// Interval is a value and the ends of its 95 % interval.
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Costs are medians of times and means of everything else, over the answers.
type Costs struct {
	Vision        float64 `json:"vision_ms"` // where there is an image
	Router        float64 `json:"router_ms"`
	Prefill       float64 `json:"prefill_ms"`
	Decode        float64 `json:"decode_ms"`
	PaperTFLOPs   float64 `json:"tflops_paper"`
	ActualTFLOPs  float64 `json:"tflops_actual"`
	PrefillTFLOPs float64 `json:"tflops_prefill"`
	CacheBytes    float64 `json:"kv_bytes"`
	ImageTokens   float64 `json:"image_tokens"`
	Kept          float64 `json:"image_tokens_kept"`
	KeptMean      float64 `json:"image_tokens_mean"`
	LayersRun     float64 `json:"layers_run"`
	Tokens        float64 `json:"tokens"`
}

// Relative is what prefill and router cost beside the unpruned model's prefill, over
// the questions that were answered both ways. They were asked for one after the other,
// so that a machine that is slow for a while is slow for both.
type Relative struct {
	FLOPs    float64 `json:"tflops_percent"`          // of the sums of Cost.PrefillTFLOPs
	Computed float64 `json:"tflops_computed_percent"` // of Cost.ComputedTFLOPs, 0 where they were not counted
	Time     float64 `json:"time_percent"`            // median of the questions' ratios
}

// Likeness is the mean Fidelity of the answers.
type Likeness struct {
	KL    float64 `json:"kl"`
	Agree float64 `json:"agree_percent"`
	Exact float64 `json:"exact_percent"`
}

// Average is a Flow's mean over benchmarks.
type Average struct {
	Flow       string  `json:"flow"`
	OfFull     float64 `json:"percent_of_full"`
	Benchmarks int     `json:"benchmarks"`
}

// judged is a benchmark's answers under one Flow.
type judged struct {
	answers []*Answer
	marks   [][]Mark // by unit
	scores  []Score
}

// MakeTable computes what the answers in a folder are worth, and writes the files for
// benchmarks' servers. Answers of shards are merged first. What is wrong is reported,
// an error means that there is no table.
func MakeTable(out string, o Bootstrap, report func(error)) (*Table, error) {
	m, err := ReadManifest(out)
	if err != nil {
		return nil, err
	}
	t := &Table{Model: m.Model}
	for _, s := range m.Sources {
		b, err := Load(s, report)
		if err != nil {
			return nil, err
		}
		all := map[string]*judged{}
		for _, flow := range m.Flows {
			answers, err := merge(out, s, flow, b.Questions(), report)
			if err != nil {
				return nil, err
			}
			all[flow] = judge(b, answers)
		}
		for _, flow := range m.Flows {
			row := newRow(s.Name, flow, all[flow], b)
			if full := all[m.Full]; full != nil && flow != m.Full {
				row.compare(b, all[flow], full, o)
				row.Prefill = relative(all[flow].answers, full.answers)
			} else if full != nil && len(row.Scores) > 0 {
				row.OfFull = ratio(row.Scores[0], row.Scores[0])
			}
			if row.Submission, err = submit(out, s, flow, b, all[flow].answers); err != nil {
				return nil, err
			}
			t.Rows = append(t.Rows, row)
		}
	}
	t.average(m)
	return t, nil
}

func judge(b Benchmark, answers []*Answer) *judged {
	units := b.Units()
	j := &judged{answers: answers, marks: make([][]Mark, len(units))}
	sums := make([]float64, b.Cells())
	asked := slices.ContainsFunc(answers, func(a *Answer) bool { return a != nil })
	for i, u := range units {
		if !asked {
			break // nothing was asked yet, so that nothing was answered wrongly
		}
		of := make([]*Answer, len(u))
		for k, q := range u {
			of[k] = answers[q]
		}
		j.marks[i] = b.Judge(u, of)
		add(sums, j.marks[i])
	}
	j.scores = b.Scores(sums)
	return j
}

func newRow(benchmark, flow string, j *judged, b Benchmark) Row {
	row := Row{Benchmark: benchmark, Flow: flow, Questions: len(j.answers), Scores: append([]Score{}, j.scores...)}
	var answered []*Answer
	for _, a := range j.answers {
		if a == nil {
			row.Missing++
		} else {
			answered = append(answered, a)
		}
	}
	row.Costs = newCosts(answered)
	row.Likeness = newLikeness(answered)
	return row
}

// compare sets a row's scores beside the unpruned model's.
func (r *Row) compare(b Benchmark, pruned, full *judged, o Bootstrap) {
	if len(pruned.scores) == 0 || len(full.scores) == 0 || pruned.scores[0].Name != full.scores[0].Name {
		return
	}
	r.OfFull = ratio(pruned.scores[0], full.scores[0])
	names := make([]string, len(pruned.scores))
	for i, s := range pruned.scores {
		names[i] = s.Name
	}
	intervals := o.differences(pruned.marks, full.marks, b.Cells(), names, b.Scores)
	if intervals == nil {
		return
	}
	r.Changes = make([]*Interval, len(names))
	for i, e := range intervals {
		if f := named(full.scores, names[i]); f != nil && !math.IsNaN(e.low) {
			r.Changes[i] = &Interval{pruned.scores[i].Value - f.Value, e.low, e.high}
		}
	}
	r.Change = r.Changes[0]
}

func relative(pruned, full []*Answer) *Relative {
	var flops, computed, fullFLOPs, fullComputed float64
	var times []float64
	for i, a := range pruned {
		b := full[i]
		if a == nil || b == nil || a.Metadata.Cost == nil || b.Metadata.Cost == nil {
			continue
		}
		p, f := a.Metadata.Cost, b.Metadata.Cost
		if f.Prefill > 0 {
			times = append(times, percent(p.Prefill+p.Router, f.Prefill))
		}
		flops, fullFLOPs = flops+p.PrefillTFLOPs, fullFLOPs+f.PrefillTFLOPs
		if p.ComputedTFLOPs > 0 && f.ComputedTFLOPs > 0 { // answers of before it was counted have none
			computed, fullComputed = computed+p.ComputedTFLOPs, fullComputed+f.ComputedTFLOPs
		}
	}
	if fullFLOPs == 0 || len(times) == 0 {
		return nil
	}
	r := &Relative{FLOPs: percent(flops, fullFLOPs), Time: median(times)}
	if fullComputed > 0 {
		r.Computed = percent(computed, fullComputed)
	}
	return r
}

func ratio(a, b Score) *float64 {
	if b.Value == 0 {
		return nil
	}
	v := 100 * a.Value / b.Value
	return &v
}

func newCosts(answers []*Answer) *Costs {
	var list, seen []*Cost
	for _, a := range answers {
		if c := a.Metadata.Cost; c != nil {
			list = append(list, c)
			if c.ImageTokens > 0 {
				seen = append(seen, c)
			}
		}
	}
	if len(list) == 0 {
		return nil
	}
	column := func(of []*Cost, value func(c *Cost) float64) []float64 {
		values := make([]float64, len(of))
		for i, c := range of {
			values[i] = value(c)
		}
		return values
	}
	out := &Costs{
		Router:        median(column(list, func(c *Cost) float64 { return c.Router })),
		Prefill:       median(column(list, func(c *Cost) float64 { return c.Prefill })),
		Decode:        median(column(list, func(c *Cost) float64 { return c.Decode })),
		PaperTFLOPs:   mean(column(list, func(c *Cost) float64 { return c.PaperTFLOPs })),
		ActualTFLOPs:  mean(column(list, func(c *Cost) float64 { return c.ActualTFLOPs })),
		PrefillTFLOPs: mean(column(list, func(c *Cost) float64 { return c.PrefillTFLOPs })),
		CacheBytes:    mean(column(list, func(c *Cost) float64 { return float64(c.CacheBytes) })),
		LayersRun:     mean(column(list, func(c *Cost) float64 { return float64(c.LayersRun) })),
		Tokens:        mean(column(list, func(c *Cost) float64 { return float64(c.Tokens) })),
	}
	if len(seen) > 0 {
		out.Vision = median(column(seen, func(c *Cost) float64 { return c.Vision }))
		out.ImageTokens = mean(column(seen, func(c *Cost) float64 { return float64(c.ImageTokens) }))
		out.Kept = mean(column(seen, func(c *Cost) float64 { return float64(c.Kept) }))
		out.KeptMean = mean(column(seen, func(c *Cost) float64 { return c.KeptMean }))
	}
	return out
}

func newLikeness(answers []*Answer) *Likeness {
	l, n := Likeness{}, 0.0
	for _, a := range answers {
		if f := a.Metadata.Fidelity; f != nil {
			n++
			l.KL += f.KL
			l.Agree += 100 * f.Agree
			if f.Exact {
				l.Exact += 100
			}
		}
	}
	if n == 0 {
		return nil
	}
	return &Likeness{l.KL / n, l.Agree / n, l.Exact / n}
}

// average fills in the means over benchmarks.
func (t *Table) average(m *Manifest) {
	if len(m.Sources) < 2 {
		return
	}
	for _, flow := range m.Flows {
		a := Average{Flow: flow}
		for _, r := range t.Rows {
			if r.Flow == flow && r.OfFull != nil {
				a.OfFull, a.Benchmarks = a.OfFull+*r.OfFull, a.Benchmarks+1
			}
		}
		if a.Benchmarks > 0 {
			a.OfFull /= float64(a.Benchmarks)
			t.Averages = append(t.Averages, a)
		}
	}
}

// method returns the name of a Flow's pruning method.
func method(flow string) string {
	name, _, _ := strings.Cut(flow, ":")
	return name
}
