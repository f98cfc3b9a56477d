package eval

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-par/par/par/chart"
)

// Charts returns a chart of each benchmark that has scores, by the name of the file
// that it goes to.
func (t *Table) Charts() map[string]*chart.Chart {
	all := map[string]*chart.Chart{}
	for _, r := range t.Rows {
		name := "chart-" + folder(r.Benchmark) + ".png"
		if all[name] == nil {
			if c := t.chart(r.Benchmark); c != nil {
				all[name] = c
			}
		}
	}
	return all
}

// chart returns a benchmark's scores against the time of prefill and router, a line
// for each method that differs in more than its budget, nil where there is nothing to show. The bars are the intervals of
// the change from the unpruned model.
func (t *Table) chart(benchmark string) *chart.Chart {
	c := &chart.Chart{Title: benchmark + ", " + t.Model, X: chart.Axis{Label: "prefill and router, ms (median)"}}
	at := map[string]int{}
	for _, r := range t.Rows {
		if r.Benchmark != benchmark || len(r.Scores) == 0 || r.Costs == nil {
			continue
		}
		c.Y.Label = r.Scores[0].Name + ", " + r.Scores[0].Unit
		name, budget := series(r.Flow)
		if _, ok := at[name]; !ok {
			at[name] = len(c.Series)
			c.Series = append(c.Series, chart.Series{Name: name, Marks: true})
		}
		p := chart.Point{X: r.Costs.Prefill + r.Costs.Router, Y: r.Scores[0].Value, Label: budget}
		if i := r.Change; i != nil {
			p.Low, p.High = p.Y-i.Value+i.Low, p.Y-i.Value+i.High
		}
		s := &c.Series[at[name]]
		s.Points = append(s.Points, p)
	}
	if len(c.Series) == 0 {
		return nil
	}
	for i := range c.Series {
		c.Series[i].Line = len(c.Series[i].Points) > 1
		slices.SortFunc(c.Series[i].Points, func(a, b chart.Point) int { return cmp.Compare(a.X, b.X) })
	}
	return c
}

// series splits a Flow's name into that of its line and its budget, both as short as
// they are written in a chart: T image tokens, L layers, of files the names. Beside a
// target, tokens and layers are no budget but say what the method may not choose.
func series(flow string) (name, budget string) {
	name, settings, err := ParseSettings(flow)
	if err != nil {
		return flow, ""
	}
	target := slices.ContainsFunc(settings, func(s Setting) bool { return s.Key == "flops" || s.Key == "prefill-ms" })
	short := map[string]string{"tokens": "T", "layers": "L"}
	var parts []string
	for _, s := range settings {
		text := cmp.Or(short[s.Key], s.Key) + "=" + s.Value
		switch s.Key {
		case "order", "clip":
		case "router":
			name += " " + strings.TrimSuffix(filepath.Base(s.Value), ".safetensors")
		case "tokens", "layers":
			if target {
				name += " " + text
				break
			}
			fallthrough
		default:
			parts = append(parts, text)
		}
	}
	return name, strings.Join(parts, " ")
}
