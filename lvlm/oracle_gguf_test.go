package lvlm_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
	"github.com/go-par/par/tensor/safetensors"
)

// ggufExpect is what the reference implementation computes on one GGUF model.
type ggufExpect struct {
	Model    string
	MMProj   []string
	HF       string
	Open     []string // several files of one model
	Image    *struct{ File string }
	Span     [2]int `json:"image_span"`
	ggufText        // with the image, where there is one
	Text     *ggufText
	Tokenize []struct {
		Text string
		IDs  []int32
	}
	Chat *struct {
		Messages []struct {
			Role    string
			Content chatContent
		}
		Rendered string
	}
	Noise    map[string]struct{ Max, RMS float64 }
	LlamaCPP struct {
		KL float64 `json:"kl_mean"`
	} `json:"llama_cpp"`
}

type ggufText struct {
	Prompt    string
	IDs       []int32
	GreedyIDs []int32 `json:"greedy_ids"`
}

// chatContent is the content of a message: text, or a list of images and texts.
type chatContent struct {
	Text   string
	Images int
}

func (c *chatContent) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		err := json.Unmarshal(b, &c.Text)
		c.Images = strings.Count(c.Text, lvlm.ImageMark)
		return err
	}
	var parts []struct{ Type, Text string }
	err := json.Unmarshal(b, &parts)
	for _, p := range parts {
		if p.Type == "image" {
			c.Images++
		}
		c.Text += p.Text
	}
	return err
}

func TestOracleGGUF(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(oracle(t), "gguf", "models", "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no gguf/models/* in the oracle folder: %v", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var e ggufExpect
			readJSON(t, filepath.Join(dir, "expect.json"), &e)
			for _, c := range e.checkpoints(dir) {
				t.Run(strings.TrimSuffix(filepath.Base(c.model)+" "+filepath.Base(c.mmproj), " ."), func(t *testing.T) {
					e.check(t, dir, c.model, c.mmproj)
				})
			}
		})
	}
}

// TestOracleGGUFConverted holds the directories that GGUF files are converted to
// against the same expectations: no value changes, quantised ones become f32.
func TestOracleGGUFConverted(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(oracle(t), "gguf", "models", "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no gguf/models/* in the oracle folder: %v", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var e ggufExpect
			readJSON(t, filepath.Join(dir, "expect.json"), &e)
			c := e.checkpoints(dir)[0]
			out := filepath.Join(t.TempDir(), "converted")
			if _, err := lvlm.Convert(t.Context(), c.model, out, lvlm.ConvertOptions{Projector: c.mmproj}); err != nil {
				t.Fatal(err)
			}
			e.check(t, dir, out, "")
		})
	}
}

type ggufFiles struct{ model, mmproj string }

// checkpoints lists the ways in which the directory stores its one model.
func (e *ggufExpect) checkpoints(dir string) []ggufFiles {
	var list []ggufFiles
	for _, name := range e.Open {
		list = append(list, ggufFiles{filepath.Join(dir, name), ""})
	}
	for _, name := range e.MMProj {
		list = append(list, ggufFiles{filepath.Join(dir, e.Model), filepath.Join(dir, name)})
	}
	if e.Model != "" && len(e.MMProj) == 0 {
		list = append(list, ggufFiles{filepath.Join(dir, e.Model), ""})
	}
	if e.HF != "" {
		list = append(list, ggufFiles{filepath.Join(dir, e.HF), ""})
	}
	return list
}

func (e *ggufExpect) check(t *testing.T, dir, model, mmproj string) {
	m, err := lvlm.Open(model, lvlm.Options{Projector: mmproj})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	e.checkTokenizer(t, m)
	e.checkTemplate(t, m)

	want, err := safetensors.Open(filepath.Join(dir, "expect.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	t.Run("f32", func(t *testing.T) {
		m.Pool.SetCompute(tensor.ComputeF32)
		e.checkExact(t, m, dir, want)
	})
	if st, err := os.Stat(model); err == nil && !st.IsDir() {
		t.Run("auto", func(t *testing.T) {
			m.Pool.SetCompute(tensor.Auto)
			e.checkRounded(t, m, dir, want)
		})
	}
}

func (e *ggufExpect) checkTokenizer(t *testing.T, m *lvlm.Model) {
	for _, c := range e.Tokenize {
		if diff := cmp.Diff(c.IDs, m.Tokenizer.Encode(c.Text, tokenizer.Options{})); diff != "" {
			t.Errorf("ids of %q (-want +got):\n%s", c.Text, diff)
		}
	}
}

func (e *ggufExpect) checkTemplate(t *testing.T, m *lvlm.Model) {
	if e.Chat == nil {
		return
	}
	var messages []chat.Message
	for _, x := range e.Chat.Messages {
		messages = append(messages, chat.Message{Role: x.Role, Content: x.Content.Text, Images: x.Content.Images})
	}
	got, err := m.Format("hf", messages)
	if err != nil || got != e.Chat.Rendered {
		t.Errorf("chat template: %v (-want +got):\n%s", err, cmp.Diff(e.Chat.Rendered, got))
	}
}

// request asks for the answer to a prompt of the file, one step longer than the
// reference's: its tensors have the logits of that step too.
func (e *ggufExpect) request(t *testing.T, dir string, x *ggufText) lvlm.Request {
	r := lvlm.Request{Prompt: x.Prompt, MaxTokens: len(x.GreedyIDs) + 1, IgnoreEOS: true, Trace: new(lvlm.Trace)}
	if strings.Contains(x.Prompt, lvlm.ImageMark) {
		img, err := preprocess.DecodeFile(filepath.Join(dir, e.Image.File))
		if err != nil {
			t.Fatal(err)
		}
		r.Images = []*preprocess.RGB{img}
	}
	return r
}

// texts are the prompts with reference tensors, by what their names begin with.
func (e *ggufExpect) texts() map[string]*ggufText {
	list := map[string]*ggufText{"": &e.ggufText}
	if e.Text != nil && e.Image != nil {
		list["text."] = e.Text
	}
	return list
}

// checkExact holds an f32 engine against the reference: ids, and every tensor
// within tenfold the rounding error that the reference itself has.
func (e *ggufExpect) checkExact(t *testing.T, m *lvlm.Model, dir string, want *safetensors.File) {
	for prefix, x := range e.texts() {
		r := e.request(t, dir, x)
		res := generate(t, m.NewSession(), r)
		checkIDs(t, x, res)
		if len(r.Images) > 0 {
			if diff := cmp.Diff([]lvlm.Span{{Start: e.Span[0], Count: e.Span[1]}}, res.Prompt.Spans); diff != "" {
				t.Errorf("image span (-want +got):\n%s", diff)
			}
		}
		for _, info := range want.Tensors() {
			name, ok := strings.CutPrefix(info.Name, prefix)
			if !ok || prefix == "" && strings.HasPrefix(info.Name, "text.") {
				continue
			}
			got := r.Trace.Float(name)
			if got == nil {
				t.Errorf("%s: not traced", info.Name)
				continue
			}
			e.checkNoise(t, info.Name, got.Data, floats(t, want, info.Name))
		}
	}
}

func checkIDs(t *testing.T, x *ggufText, res *lvlm.Result) {
	t.Helper()
	if diff := cmp.Diff(x.IDs, res.Prompt.IDs); diff != "" {
		t.Errorf("prompt ids (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(x.GreedyIDs, res.TokenIDs[:len(x.GreedyIDs)]); diff != "" {
		t.Errorf("greedy ids (-want +got):\n%s", diff)
	}
}

func (e *ggufExpect) checkNoise(t *testing.T, name string, got, want []float32) {
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", name, len(got), len(want))
		return
	}
	var largest, sum, norm float64
	for i := range got {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		largest = max(largest, d)
		sum += d * d
		norm += float64(want[i]) * float64(want[i])
	}
	rms, size := math.Sqrt(sum/float64(len(got))), math.Sqrt(norm/float64(len(got)))
	n, ok := e.Noise[name]
	switch {
	case ok:
	case name == "embeds":
		n = e.Noise["hidden.0"] // the same values
	case name == "pixel_values":
		n.RMS, n.Max = 0x1p-24*size, 0x1p-23*size // two roundings
	default:
		// Where the reference's noise was not measured: about that of the models where
		// it was, eight roundings of f32 in a value, and ten times that in some.
		n.RMS = 8 * 0x1p-24 * size
		n.Max = 10 * n.RMS
	}
	t.Logf("%-16s rms %.1e (%4.1f times the reference's), largest %.1e (%4.1f times)", name, rms, rms/n.RMS, largest, largest/n.Max)
	if !(rms <= 10*n.RMS && largest <= 10*n.Max) {
		t.Errorf("%s: off by %.2e rms, %.2e at most; the reference by %.2e and %.2e", name, rms, largest, n.RMS, n.Max)
	}
}

// typicalKL is what rounding activations to 8 bits costs the small models of the
// oracle, where it was not measured.
const typicalKL = 2e-3

// checkRounded holds an engine that may round activations to 8 bits against
// llama.cpp, which does so too: on average its predictions diverge from the
// reference no more than twice as far.
//
// If logits err by a standard deviation s, the divergence is about s*s/2; the
// difference between two of them errs by s*sqrt(2). A greedy id may be another
// where the reference's margin is less than six times that, 12*sqrt(divergence).
func (e *ggufExpect) checkRounded(t *testing.T, m *lvlm.Model, dir string, want *safetensors.File) {
	kl := e.LlamaCPP.KL
	if kl == 0 {
		kl = typicalKL
	}
	for prefix, x := range e.texts() {
		name := prefix + "logits"
		r := e.request(t, dir, x)
		got, err := m.NewSession().Force(t.Context(), r, append(x.GreedyIDs[:len(x.GreedyIDs):len(x.GreedyIDs)], 0))
		if err != nil {
			t.Fatal(err)
		}
		reference := tensor.Tensor{Rows: got.Rows, Cols: got.Cols, Data: floats(t, want, name)}
		mean := 0.0
		for i := range got.Rows {
			mean += divergence(reference.Row(i), got.Row(i)) / float64(got.Rows)
		}
		t.Logf("%s: divergence %.1e, llama.cpp's %.1e", name, mean, kl)
		if !(mean <= 2*kl+1e-10) { // f32's own noise alone gives some 1e-12
			t.Errorf("%s: divergence %.2e, llama.cpp's is %.2e", name, mean, kl)
		}
		for i, id := range x.GreedyIDs {
			row := reference.Row(i)
			margin := float64(row[id] - row[best(row, int(id))])
			if got := best(got.Row(i), -1); got != int(id) && margin > 12*math.Sqrt(kl) {
				t.Errorf("%s: step %d: id %d, want %d by a margin of %.2f", name, i, got, id, margin)
			}
		}
	}
}

// divergence is KL(p || q) of the distributions with these logits.
func divergence(p, q []float32) float64 {
	lp, lq := logSum(p), logSum(q)
	d := 0.0
	for i := range p {
		d += math.Exp(float64(p[i])-lp) * (float64(p[i]) - lp - float64(q[i]) + lq)
	}
	return d
}

func logSum(x []float32) float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, float64(v))
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(float64(v) - top)
	}
	return top + math.Log(sum)
}

// best returns the index of the largest value but for that at skip.
func best(x []float32, skip int) int {
	top := -1
	for i, v := range x {
		if i != skip && (top < 0 || v > x[top]) {
			top = i
		}
	}
	return top
}

// floats returns the values of a tensor of f32.
func floats(t *testing.T, f *safetensors.File, name string) []float32 {
	t.Helper()
	x, ok := f.Lookup(name)
	if !ok {
		t.Fatalf("%s: missing", name)
	}
	values := make([]float32, len(x.Data)/4)
	quant.Decode(quant.F32, values, x.Data)
	return values
}
