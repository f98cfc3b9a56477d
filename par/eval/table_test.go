package eval

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"image/png"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// answered writes answers to a benchmark of four questions under some Flows into a
// folder, as other programs do: without what this package adds.
func answered(t *testing.T, texts map[string][]string, costs map[string][]*Cost) string {
	t.Helper()
	data := write(t, map[string]string{
		"llava_gqa_testdev_balanced.jsonl": lines(
			`{"question_id": "1", "image": "a.jpg", "text": "Q1"}`, `{"question_id": "2", "image": "a.jpg", "text": "Q2"}`,
			`{"question_id": "3", "image": "b.jpg", "text": "Q3"}`, `{"question_id": "4", "image": "b.jpg", "text": "Q4"}`),
		"data/testdev_balanced_questions.json": `{"1": {"answer": "yes"}, "2": {"answer": "no"}, "3": {"answer": "red"}, "4": {"answer": "blue"}}`,
	})
	out := t.TempDir()
	m := Manifest{Model: "tiny|llava", Full: "none", Sources: []Source{{Kind: "gqa", Name: "gqa", Dir: data}}}
	for _, flow := range []string{"none", "fastv:tokens=72", "par:tokens=176,router=a/b.safetensors"} {
		if texts[flow] == nil {
			continue
		}
		m.Flows = append(m.Flows, flow)
		b, _ := load(t, "gqa", data)
		list := replies(b, texts[flow])
		for i := range costs[flow] {
			list[i].Metadata.Cost = costs[flow][i]
		}
		dir := answersDir(out, "gqa", flow)
		if err := keepSettings(dir, map[string]string{}); err != nil {
			t.Fatal(err)
		}
		if err := writeAnswers(filepath.Join(dir, "answers.jsonl"), list); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeJSON(filepath.Join(out, manifestFile), m); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTable(t *testing.T) {
	cost := func(prefill float64) *Cost {
		return &Cost{
			Vision: 100, Router: 2, Prefill: prefill, Decode: 8, PaperTFLOPs: 6, ActualTFLOPs: 5, CacheBytes: 3 << 20,
			PromptTokens: 600, ImageTokens: 576, Kept: 72, KeptMean: 103.5, LayersRun: 32, Tokens: 3,
		}
	}
	text := cost(1)
	text.ImageTokens, text.Vision, text.Kept, text.KeptMean = 0, 0, 0, 0
	out := answered(t,
		map[string][]string{"none": {"yes", "no", "red", "x"}, "fastv:tokens=72": {"yes", "no", "x", "x"}, "par:tokens=176,router=a/b.safetensors": {"yes", "yes", "red", "blue"}},
		map[string][]*Cost{"fastv:tokens=72": {cost(10), cost(30), cost(20), text}})
	table, err := MakeTable(out, Bootstrap{Resamples: 500}, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	full, half := 100., 200./3
	want := []Row{
		{Benchmark: "gqa", Flow: "none", Questions: 4, Scores: []Score{{"accuracy", 75, "%", 4}, {"other", 75, "%", 4}}, OfFull: &full},
		{Benchmark: "gqa", Flow: "fastv:tokens=72", Questions: 4, Scores: []Score{{"accuracy", 50, "%", 4}, {"other", 50, "%", 4}}, OfFull: &half,
			Change: &Interval{-25, -75, 0},
			// Medians of times; where there is no image nothing counts for the image.
			Costs: &Costs{Vision: 100, Router: 2, Prefill: 15, Decode: 8, PaperTFLOPs: 6, ActualTFLOPs: 5, CacheBytes: 3 << 20,
				ImageTokens: 576, Kept: 72, KeptMean: 103.5, LayersRun: 32, Tokens: 3}},
		{Benchmark: "gqa", Flow: "par:tokens=176,router=a/b.safetensors", Questions: 4, Scores: []Score{{"accuracy", 75, "%", 4}, {"other", 75, "%", 4}}, OfFull: &full,
			Change: &Interval{0, -75, 75}},
	}
	if diff := cmp.Diff(want, table.Rows, cmpopts.EquateApprox(1e-12, 0), cmpopts.IgnoreFields(Row{}, "Submission", "Changes")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}

	for _, r := range table.Rows[1:] {
		if diff := cmp.Diff([]*Interval{r.Change, r.Change}, r.Changes); diff != "" { // all are of one category
			t.Errorf("%s: changes (-want +got):\n%s", r.Flow, diff)
		}
	}
	var md, cs, js bytes.Buffer
	for _, err := range []error{table.WriteMarkdown(&md), table.WriteCSV(&cs), table.WriteJSON(&js)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range []string{
		"# tiny\\|llava\n", "## gqa\n\nScore: accuracy, %, of 4 questions.\n",
		"| flow | score | % of full | change | from | to | TFLOPs paper | TFLOPs actual | vision ms |",
		"| none | 75.00 | 100.0 | - | - | - | - |",
		"| fastv:tokens=72 | 50.00 | 66.7 | -25.00 | -75.00 | +0.00 | 6 | 5 | 100.0 | 2.0 | 15.0 | 8.0 | 3 | 72 | 103.5 | 32 | 0 |",
		"| flow | accuracy, % | other, % |", "| fastv:tokens=72 | 50 | 50 |", "- fastv: tokens that go on", "To hand in, none: `" + filepath.Join(out, "gqa", "none", "testdev_balanced_predictions.json") + "`",
	} {
		if !strings.Contains(md.String(), w) {
			t.Errorf("the Markdown table lacks %q:\n%s", w, md.String())
		}
	}
	records, err := csv.NewReader(&cs).ReadAll()
	if err != nil || len(records) != 4 {
		t.Fatalf("%d lines of CSV, %v", len(records), err)
	}
	got := map[string]string{}
	for i, name := range records[0] {
		got[name] = records[2][i]
	}
	for name, w := range map[string]string{"flow": "fastv:tokens=72", "score": "50", "change_low": "-75", "kv_bytes": "3145728", "prefill_ms": "15", "kl": "", "missing": "0", "image_tokens_mean": "103.5"} {
		if got[name] != w {
			t.Errorf("CSV: %s is %q, want %q", name, got[name], w)
		}
	}
	back := new(Table)
	if err := json.Unmarshal(js.Bytes(), back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(table, back); diff != "" {
		t.Errorf("JSON (-written +read):\n%s", diff)
	}

	charts := table.Charts()
	c := charts["chart-gqa.png"]
	if len(charts) != 1 || c == nil || len(c.Series) != 1 {
		t.Fatalf("charts %v", charts)
	}
	if p := c.Series[0].Points[0]; c.Series[0].Name != "fastv" || p.X != 17 || p.Y != 50 || p.Low != 0 || p.High != 75 || p.Label != "T=72" {
		t.Errorf("series %+v", c.Series[0])
	}
	var picture bytes.Buffer
	if err := c.WritePNG(&picture); err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(&picture); err != nil {
		t.Error(err)
	}
}

func TestSeries(t *testing.T) {
	for _, c := range []struct{ flow, name, budget string }{
		{"none", "none", ""},
		{"fastv:tokens=72", "fastv", "T=72"},
		{"uniform:tokens=72,layers=28", "uniform", "T=72 L=28"},
		{"uniform:flops=0.5,layers=100%", "uniform L=100%", "flops=0.5"},
		{"par:flops=0.5,router=dir/causal.safetensors", "par causal", "flops=0.5"},
		{"par:tokens=40,router=shared/router,renumber=true", "par router", "T=40 renumber=true"},
		{"shortgpt:layers=8,order=o.json", "shortgpt", "L=8"},
		{"uniform:tokens=0.25,seed=1", "uniform", "T=0.25 seed=1"},
		{"odd:", "odd:", ""},
	} {
		if name, budget := series(c.flow); name != c.name || budget != c.budget {
			t.Errorf("%s is %q with the budget %q, not %q with %q", c.flow, name, budget, c.name, c.budget)
		}
	}
}

// TestRelative leaves out what was answered one way only.
func TestRelative(t *testing.T) {
	cost := func(prefill, router, flops float64) *Answer {
		return &Answer{Metadata: Metadata{Cost: &Cost{Prefill: prefill, Router: router, PrefillTFLOPs: flops}}}
	}
	full := []*Answer{cost(10, 0, 4), cost(20, 0, 8), cost(20, 0, 8), nil, cost(10, 0, 4), cost(10, 0, 4)}
	pruned := []*Answer{cost(4, 1, 1), cost(11, 1, 3), cost(7, 1, 2), cost(1, 1, 1), nil, {}}
	if diff := cmp.Diff(&Relative{FLOPs: 30, Time: 50}, relative(pruned, full)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, computed := range []float64{3, 5, 7} { // and what was computed is known of two pairs only
		full[i].Metadata.Cost.ComputedTFLOPs = computed
		pruned[i].Metadata.Cost.ComputedTFLOPs = computed / 4
	}
	full[0].Metadata.Cost.ComputedTFLOPs = 0
	if diff := cmp.Diff(&Relative{FLOPs: 30, Computed: 25, Time: 50}, relative(pruned, full)); diff != "" {
		t.Errorf("with what was computed (-want +got):\n%s", diff)
	}
	if r := relative([]*Answer{{}}, []*Answer{{}}); r != nil {
		t.Errorf("answers of other programs: %+v", r)
	}
}

// TestAverages has the mean of per cents over benchmarks.
func TestAverages(t *testing.T) {
	out := answered(t, map[string][]string{"none": {"yes", "no", "red", "blue"}, "fastv:tokens=72": {"yes", "no", "x", "x"}}, nil)
	m, err := ReadManifest(out)
	if err != nil {
		t.Fatal(err)
	}
	second := m.Sources[0]
	second.Name, second.Limit = "first", 2
	m.Sources = append(m.Sources, second)
	if err := writeJSON(filepath.Join(out, manifestFile), m); err != nil {
		t.Fatal(err)
	}
	for flow, texts := range map[string][]string{"none": {"yes", "no"}, "fastv:tokens=72": {"yes", "x"}} {
		b, _ := load(t, "gqa:limit=2", second.Dir)
		if err := keepSettings(answersDir(out, "first", flow), map[string]string{}); err != nil {
			t.Fatal(err)
		}
		if err := writeAnswers(filepath.Join(answersDir(out, "first", flow), "answers.jsonl"), replies(b, texts)); err != nil {
			t.Fatal(err)
		}
	}
	table, err := MakeTable(out, Bootstrap{Resamples: 10}, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	want := []Average{{"none", 100, 2}, {"fastv:tokens=72", 50, 2}}
	if diff := cmp.Diff(want, table.Averages); diff != "" {
		t.Errorf("averages (-want +got):\n%s", diff)
	}
	var b bytes.Buffer
	if err := table.WriteMarkdown(&b); err != nil || !strings.Contains(b.String(), "| fastv:tokens=72 | 50.0 | 2 |") {
		t.Errorf("%v in\n%s", err, b.String())
	}
}

// TestNothingAnswered has no scores, neither of rules that take a missing answer for
// a wrong one nor of others.
func TestNothingAnswered(t *testing.T) {
	dir := write(t, map[string]string{
		"llava_test_CQM-A.json": `[{"id": "1", "conversations": [{"value": "Q"}]}]`,
		"problems.json":         `{"1": {"choices": ["a", "b"], "answer": 1}}`,
	})
	b, _ := load(t, "scienceqa", dir)
	if got := graded(t, b, missing); len(got) != 0 {
		t.Errorf("scores %v", got)
	}
	if c := newCosts(nil); c != nil {
		t.Errorf("costs %+v", c)
	}
	if math.IsNaN(percent(0, 0)) {
		t.Error("percent of nothing")
	}
}
