package eval

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-par/par/par"
)

// column is a column of the printed tables.
type column struct {
	markdown string // heading, "" to leave the column out of the Markdown table
	csv      string // heading
	cell     func(r *Row) (value float64, ok bool)
	format   string // of Markdown cells
}

func cost(value func(c *Costs) float64) func(*Row) (float64, bool) {
	return func(r *Row) (float64, bool) {
		if r.Costs == nil {
			return 0, false
		}
		return value(r.Costs), true
	}
}

func likeness(value func(l *Likeness) float64) func(*Row) (float64, bool) {
	return func(r *Row) (float64, bool) {
		if r.Likeness == nil {
			return 0, false
		}
		return value(r.Likeness), true
	}
}

func change(value func(i *Interval) float64) func(*Row) (float64, bool) {
	return func(r *Row) (float64, bool) {
		if r.Change == nil {
			return 0, false
		}
		return value(r.Change), true
	}
}

func ofFull(value func(p *Relative) float64) func(*Row) (float64, bool) {
	return func(r *Row) (float64, bool) {
		if r.Prefill == nil {
			return 0, false
		}
		return value(r.Prefill), true
	}
}

var columns = []column{
	{"score", "score", func(r *Row) (float64, bool) {
		if len(r.Scores) == 0 {
			return 0, false
		}
		return r.Scores[0].Value, true
	}, "%.2f"},
	{"% of full", "percent_of_full", func(r *Row) (float64, bool) {
		if r.OfFull == nil {
			return 0, false
		}
		return *r.OfFull, true
	}, "%.1f"},
	{"change", "change", change(func(i *Interval) float64 { return i.Value }), "%+.2f"},
	{"from", "change_low", change(func(i *Interval) float64 { return i.Low }), "%+.2f"},
	{"to", "change_high", change(func(i *Interval) float64 { return i.High }), "%+.2f"},
	{"KL", "kl", likeness(func(l *Likeness) float64 { return l.KL }), "%.4f"},
	{"agree %", "agree_percent", likeness(func(l *Likeness) float64 { return l.Agree }), "%.1f"},
	{"exact %", "exact_percent", likeness(func(l *Likeness) float64 { return l.Exact }), "%.1f"},
	{"TFLOPs paper", "tflops_paper", cost(func(c *Costs) float64 { return c.PaperTFLOPs }), "%.3g"},
	{"TFLOPs actual", "tflops_actual", cost(func(c *Costs) float64 { return c.ActualTFLOPs }), "%.3g"},
	{"TFLOPs prefill", "tflops_prefill", func(r *Row) (float64, bool) {
		if r.Costs == nil || r.Costs.PrefillTFLOPs == 0 { // answers of before it was counted
			return 0, false
		}
		return r.Costs.PrefillTFLOPs, true
	}, "%.3g"},
	{"FLOPs %", "prefill_tflops_percent", ofFull(func(p *Relative) float64 { return p.FLOPs }), "%.1f"},
	{"computed %", "prefill_computed_percent", func(r *Row) (float64, bool) {
		if r.Prefill == nil || r.Prefill.Computed == 0 {
			return 0, false
		}
		return r.Prefill.Computed, true
	}, "%.1f"},
	{"time %", "prefill_time_percent", ofFull(func(p *Relative) float64 { return p.Time }), "%.1f"},
	{"vision ms", "vision_ms", cost(func(c *Costs) float64 { return c.Vision }), "%.1f"},
	{"router ms", "router_ms", cost(func(c *Costs) float64 { return c.Router }), "%.1f"},
	{"prefill ms", "prefill_ms", cost(func(c *Costs) float64 { return c.Prefill }), "%.1f"},
	{"decode ms", "decode_ms", cost(func(c *Costs) float64 { return c.Decode }), "%.1f"},
	{"KV MiB", "", cost(func(c *Costs) float64 { return c.CacheBytes / (1 << 20) }), "%.3g"},
	{"", "kv_bytes", cost(func(c *Costs) float64 { return c.CacheBytes }), ""},
	{"", "image_tokens", cost(func(c *Costs) float64 { return c.ImageTokens }), ""},
	{"tokens at the end", "image_tokens_kept", cost(func(c *Costs) float64 { return c.Kept }), "%.0f"},
	{"tokens a layer", "image_tokens_mean", cost(func(c *Costs) float64 { return c.KeptMean }), "%.1f"},
	{"layers", "layers_run", cost(func(c *Costs) float64 { return c.LayersRun }), "%.0f"},
	{"", "answer_tokens", cost(func(c *Costs) float64 { return c.Tokens }), ""},
	{"missing", "missing", func(r *Row) (float64, bool) { return float64(r.Missing), true }, "%.0f"},
}

// WriteJSON writes the whole table.
func (t *Table) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(t)
}

// WriteCSV writes a line for each benchmark and Flow, with the headline score. Cells
// without a value are empty.
func (t *Table) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	head := []string{"benchmark", "flow", "questions", "score_name", "score_unit"}
	for _, c := range columns {
		if c.csv != "" {
			head = append(head, c.csv)
		}
	}
	out.Write(head)
	for i := range t.Rows {
		r := &t.Rows[i]
		line := []string{r.Benchmark, r.Flow, strconv.Itoa(r.Questions), "", ""}
		if len(r.Scores) > 0 {
			line[3], line[4] = r.Scores[0].Name, r.Scores[0].Unit
		}
		for _, c := range columns {
			if c.csv == "" {
				continue
			}
			cell := ""
			if v, ok := c.cell(r); ok {
				cell = strconv.FormatFloat(v, 'f', -1, 64)
			}
			line = append(line, cell)
		}
		out.Write(line)
	}
	out.Flush()
	return out.Error()
}

// WriteMarkdown writes a table for each benchmark, one of all its scores where it has
// several, and what the columns mean.
func (t *Table) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", cell(t.Model))
	for lo := 0; lo < len(t.Rows); {
		hi := lo
		for hi < len(t.Rows) && t.Rows[hi].Benchmark == t.Rows[lo].Benchmark {
			hi++
		}
		writeBenchmark(&b, t.Rows[lo:hi])
		lo = hi
	}
	if len(t.Averages) > 0 {
		b.WriteString("\n## Average over benchmarks\n\n| flow | % of full | benchmarks |\n|---|---:|---:|\n")
		for _, a := range t.Averages {
			fmt.Fprintf(&b, "| %s | %.1f | %d |\n", cell(a.Flow), a.OfFull, a.Benchmarks)
		}
	}
	t.legend(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeBenchmark writes one benchmark's rows.
func writeBenchmark(b *strings.Builder, rows []Row) {
	fmt.Fprintf(b, "\n## %s\n\n", cell(rows[0].Benchmark))
	names := scoreNames(rows)
	if len(names) > 0 {
		fmt.Fprintf(b, "Score: %s, of %d questions.\n\n", names[0], rows[0].Questions)
	} else {
		fmt.Fprintf(b, "No published answers, or none of %d questions answered yet: no score.\n\n", rows[0].Questions)
	}
	var shown []column
	for _, c := range columns {
		if c.markdown != "" && slices.ContainsFunc(rows, func(r Row) bool { _, ok := c.cell(&r); return ok }) {
			shown = append(shown, c)
		}
	}
	b.WriteString("| flow |")
	for _, c := range shown {
		fmt.Fprintf(b, " %s |", c.markdown)
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(shown)) + "\n")
	for i := range rows {
		fmt.Fprintf(b, "| %s |", cell(rows[i].Flow))
		for _, c := range shown {
			text := "-"
			if v, ok := c.cell(&rows[i]); ok {
				text = fmt.Sprintf(c.format, v)
			}
			fmt.Fprintf(b, " %s |", text)
		}
		b.WriteString("\n")
	}
	if len(names) > 1 {
		writeScores(b, rows, names)
	}
	for i := range rows {
		if rows[i].Submission != "" {
			fmt.Fprintf(b, "\nTo hand in, %s: `%s`\n", cell(rows[i].Flow), rows[i].Submission)
		}
	}
}

// scoreNames lists the names of the rows' scores with their units.
func scoreNames(rows []Row) []string {
	var names []string
	for _, r := range rows {
		for _, s := range r.Scores {
			if n := s.Name + ", " + s.Unit; !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	return names
}

// writeScores writes all scores: a line for each of them or, where there are more
// flows than scores, for each flow.
func writeScores(b *strings.Builder, rows []Row, names []string) {
	var flows []string
	value := make([][]string, len(names)) // by score, then by flow
	for _, r := range rows {
		flows = append(flows, r.Flow)
		for i, name := range names {
			text := "-"
			for _, s := range r.Scores {
				if s.Name+", "+s.Unit == name {
					text = fmt.Sprintf("%.4g", s.Value)
				}
			}
			value[i] = append(value[i], text)
		}
	}
	if len(flows) > len(names) {
		writeCells(b, "flow", flows, names, func(line, column int) string { return value[column][line] })
	} else {
		writeCells(b, "score", names, flows, func(line, column int) string { return value[line][column] })
	}
}

// writeCells writes a table of numbers.
func writeCells(b *strings.Builder, corner string, lines, columns []string, at func(line, column int) string) {
	fmt.Fprintf(b, "\n| %s |", corner)
	for _, c := range columns {
		fmt.Fprintf(b, " %s |", cell(c))
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(columns)) + "\n")
	for i, l := range lines {
		fmt.Fprintf(b, "| %s |", cell(l))
		for j := range columns {
			fmt.Fprintf(b, " %s |", at(i, j))
		}
		b.WriteString("\n")
	}
}

// legend says what the columns mean, and each method's budget.
func (t *Table) legend(b *strings.Builder) {
	b.WriteString(`
Change is that of the score from the unpruned model's, from and to are the ends of its
95 % interval (paired bootstrap over the questions; table.json has those of all scores). Times are medians, the rest are
means. Prefill leaves out the router, decode is that of the whole answer. TFLOPs are
those of vision and prefill: "paper" by the convention of the PAR paper's Table 1, "actual"
with every matrix and the router, "prefill" the same without the vision tower. FLOPs % and
time % are those of prefill and router beside the unpruned model's prefill, question by
question, the time a median; computed % are FLOPs without what causal attention masks and
without the rows of the last layer that nothing reads, as the engine computes them. KV is what the cache holds at the end of an answer. Image tokens
are counted at the last layer, and averaged over all layers.
`)
	var said []string
	for _, r := range t.Rows {
		name := method(r.Flow)
		m, err := par.Find(name)
		if err != nil || name == "none" || slices.Contains(said, name) {
			continue
		}
		if len(said) == 0 {
			b.WriteString("\nBudgets count:\n\n")
		}
		said = append(said, name)
		fmt.Fprintf(b, "- %s: %s\n", name, m.Budget)
	}
}

// cell keeps a text from ending its cell.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ").Replace(s)
}
