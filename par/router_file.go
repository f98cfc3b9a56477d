package par

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-par/par/internal/folder"
	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/quant"
	"github.com/go-par/par/tensor/safetensors"
)

// routerFormat is the value of the metadata's format key.
const routerFormat = "par-router-1"

// maxRouterLayers bounds the layers of a router; each costs as much as one of the
// model's.
const maxRouterLayers = 64

// LoadRouter opens a router's safetensors file for a model. Its tensors are
// layers.i.* named like a decoder layer's, norm.weight, head.weight [1, width],
// layer_tokens [model layers, hidden] and, for a narrow router, down.weight [width,
// hidden]. Its settings are the file's metadata, or a JSON object in a file of the
// same name ending in .json; where both have one, they must agree.
//
// A router for another model is refused. Where the file has no fingerprint that
// could tell, Router.LLM is empty.
func LoadRouter(path string, m *lvlm.Model) (*Router, error) {
	return LoadRouterFS(folder.Dir(filepath.Dir(path)), filepath.Base(path), m)
}

// LoadRouterFS is LoadRouter for a file of a file system, such as an embedded one.
func LoadRouterFS(fsys fs.FS, name string, m *lvlm.Model) (*Router, error) {
	f, err := safetensors.OpenFile(fsys, name)
	if err != nil {
		return nil, err
	}
	r, err := readRouter(f, fsys, name, &m.Config.Text)
	if err == nil {
		err = r.Bind(m)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", folder.Path(fsys, name), err)
	}
	r.close = f.Close
	return r, nil
}

func readRouter(f *safetensors.File, fsys fs.FS, name string, c *lvlm.TextConfig) (*Router, error) {
	settings, err := routerSettings(f.Metadata(), fsys, strings.TrimSuffix(name, path.Ext(name))+".json")
	if err != nil {
		return nil, err
	}
	layers := countLayers(f)
	if v, ok := settings["layers"]; ok && v != strconv.Itoa(layers) {
		return nil, fmt.Errorf("field layers: %s, but the file has %d", v, layers)
	}
	l := &routerLoader{file: f}
	r := &Router{RouterOptions: RouterOptions{Mask: Causal, FromLayer: DefaultFromLayer, LLM: settings["llm_fingerprint"]}}
	if v, ok := settings["mask"]; ok {
		r.Mask = Mask(v)
	}
	if v, ok := settings["from_layer"]; ok {
		if r.FromLayer, err = strconv.Atoi(v); err != nil {
			return nil, fmt.Errorf("field from_layer: %q is not a number", v)
		}
	}
	switch v := settings["reads"]; v {
	case "", "embeddings":
	case "hidden":
		r.Shared = true
	default:
		return nil, fmt.Errorf("field reads: %q is not known (embeddings, hidden)", v)
	}
	tokens := l.matrix("layer_tokens", -1, -1)
	if l.err == nil {
		l.err = sameShape(tokens.Rows(), tokens.Cols(), c)
	}
	r.Norm = nn.RMSNorm{W: l.vector("norm.weight", -1), Eps: c.NormEps}
	width := len(r.Norm.W)
	r.Head = nn.Linear{W: l.matrix("head.weight", 1, width)}
	if _, ok := f.Lookup("down.weight"); ok || width != c.Hidden {
		r.Down = &nn.Linear{W: l.matrix("down.weight", width, c.Hidden)}
	}
	for i := range layers {
		r.Layers = append(r.Layers, l.layer(fmt.Sprintf("layers.%d.", i), width, c))
	}
	if l.err != nil {
		return nil, l.err
	}
	r.LayerTokens = tensor.New(tokens.Rows(), tokens.Cols())
	for i := range tokens.Rows() {
		tokens.Row(r.LayerTokens.Row(i), i)
	}
	return r, nil
}

// countLayers returns how many of layers.0, layers.1, ... the file has.
func countLayers(f *safetensors.File) int {
	n := 0
	for n <= maxRouterLayers {
		if _, ok := f.Lookup(fmt.Sprintf("layers.%d.input_layernorm.weight", n)); !ok {
			break
		}
		n++
	}
	return n
}

// routerSettings merges a file's metadata with the JSON file beside it, if there
// is one.
func routerSettings(metadata map[string]string, fsys fs.FS, name string) (map[string]string, error) {
	settings := map[string]string{}
	for k, v := range metadata {
		settings[k] = v
	}
	if v, ok := settings["format"]; ok && v != routerFormat {
		return nil, fmt.Errorf("field format: %q is not %s", v, routerFormat)
	}
	const maxSettings = 1 << 20
	b, err := folder.Read(fsys, name, maxSettings)
	if errors.Is(err, fs.ErrNotExist) {
		return settings, nil
	}
	if err != nil {
		return nil, err
	}
	beside := folder.Path(fsys, name)
	var object map[string]any
	if err := json.Unmarshal(b, &object); err != nil {
		return nil, fmt.Errorf("%s: %w", beside, err)
	}
	for k, v := range object {
		s := fmt.Sprint(v)
		if have, ok := settings[k]; ok && have != s {
			return nil, fmt.Errorf("%s: field %s: %s, but the router's own metadata say %s", beside, k, s, have)
		}
		settings[k] = s
	}
	return settings, nil
}

// routerLoader reads a router's tensors and keeps the first error.
type routerLoader struct {
	file *safetensors.File
	err  error
}

func (l *routerLoader) fail(name, format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf("tensor %s: %s", name, fmt.Sprintf(format, args...))
	}
}

// matrix returns a tensor [rows, cols]; a size of -1 is whatever the file has.
func (l *routerLoader) matrix(name string, rows, cols int) *tensor.Matrix {
	none := tensor.FromF32(0, 0, nil)
	t, ok := l.file.Lookup(name)
	if !ok {
		l.fail(name, "missing")
		return none
	}
	shape := t.Shape
	if len(shape) == 1 && rows == 1 {
		shape = []int{1, shape[0]}
	}
	if len(shape) != 2 || rows >= 0 && shape[0] != rows || cols >= 0 && shape[1] != cols || shape[0] < 1 || shape[1] < 1 {
		l.fail(name, "shape is %v, the router and its model want [%s, %s]", t.Shape, size(rows), size(cols))
		return none
	}
	typ, err := t.DType.Type()
	if err != nil {
		l.fail(name, "%v", err)
		return none
	}
	m, err := tensor.NewMatrix(typ, shape[0], shape[1], t.Data)
	if err != nil {
		l.fail(name, "%v", err)
		return none
	}
	return m
}

func size(n int) string {
	if n < 0 {
		return "any"
	}
	return strconv.Itoa(n)
}

func (l *routerLoader) vector(name string, n int) []float32 {
	m := l.matrix(name, 1, n)
	v := make([]float32, m.Cols())
	if m.Rows() == 1 {
		m.Row(v, 0)
	}
	return v
}

// linear returns a weight and, where the file has one, its bias.
func (l *routerLoader) linear(name string, out, in int) nn.Linear {
	lin := nn.Linear{W: l.matrix(name+".weight", out, in)}
	if _, ok := l.file.Lookup(name + ".bias"); ok {
		lin.B = l.vector(name+".bias", lin.W.Rows())
	}
	return lin
}

// layer reads a decoder layer. Its heads are of the model's size, and as many as
// the projections hold.
func (l *routerLoader) layer(prefix string, width int, c *lvlm.TextConfig) nn.DecoderLayer {
	attn, mlp := prefix+"self_attn.", prefix+"mlp."
	d := nn.DecoderLayer{
		InputNorm: nn.RMSNorm{W: l.vector(prefix+"input_layernorm.weight", width), Eps: c.NormEps},
		Attn: nn.Attention{
			Q: l.linear(attn+"q_proj", -1, width), K: l.linear(attn+"k_proj", -1, width),
			HeadDim: c.HeadDim,
		},
		PostNorm: nn.RMSNorm{W: l.vector(prefix+"post_attention_layernorm.weight", width), Eps: c.NormEps},
		MLP:      nn.GatedMLP{Gate: l.linear(mlp+"gate_proj", -1, width)},
	}
	heads, kv := d.Attn.Q.Out()/c.HeadDim, d.Attn.K.Out()/c.HeadDim
	if l.err == nil && (heads*c.HeadDim != d.Attn.Q.Out() || kv*c.HeadDim != d.Attn.K.Out() || kv == 0 || heads%kv != 0) {
		l.fail(attn+"q_proj.weight", "%d rows, and %d of k_proj, make no heads of %d", d.Attn.Q.Out(), d.Attn.K.Out(), c.HeadDim)
	}
	d.Attn.Heads, d.Attn.KVHeads = heads, kv
	d.Attn.V = l.linear(attn+"v_proj", d.Attn.K.Out(), width)
	d.Attn.O = l.linear(attn+"o_proj", width, d.Attn.Q.Out())
	d.MLP.Up = l.linear(mlp+"up_proj", d.MLP.Gate.Out(), width)
	d.MLP.Down = l.linear(mlp+"down_proj", width, d.MLP.Gate.Out())
	return d
}

// Save writes the router to a safetensors file that LoadRouter reads.
func (r *Router) Save(path string) error {
	return r.save(path, func(m *tensor.Matrix) (*tensor.Matrix, error) { return m, nil })
}

// SaveAs is Save with the weights of all layers rounded to a type: F32, F16 or BF16.
func (r *Router) SaveAs(path string, typ quant.Type) error {
	return r.save(path, func(m *tensor.Matrix) (*tensor.Matrix, error) {
		values := m.Tensor().Data
		size, err := typ.RowBytes(len(values))
		if err != nil {
			return nil, err
		}
		data := make([]byte, size)
		if err := quant.Encode(typ, data, values); err != nil {
			return nil, err
		}
		return tensor.NewMatrix(typ, m.Rows(), m.Cols(), data)
	})
}

func (r *Router) save(path string, as func(*tensor.Matrix) (*tensor.Matrix, error)) error {
	w := &routerWriter{as: as}
	w.add("layer_tokens", []int{r.LayerTokens.Rows, r.LayerTokens.Cols}, r.LayerTokens.Matrix())
	w.vector("norm.weight", r.Norm.W)
	w.linear("head", &r.Head)
	if r.Down != nil {
		w.linear("down", r.Down)
	}
	for i := range r.Layers {
		l, prefix := &r.Layers[i], fmt.Sprintf("layers.%d.", i)
		w.vector(prefix+"input_layernorm.weight", l.InputNorm.W)
		w.vector(prefix+"post_attention_layernorm.weight", l.PostNorm.W)
		w.linear(prefix+"self_attn.q_proj", &l.Attn.Q)
		w.linear(prefix+"self_attn.k_proj", &l.Attn.K)
		w.linear(prefix+"self_attn.v_proj", &l.Attn.V)
		w.linear(prefix+"self_attn.o_proj", &l.Attn.O)
		w.linear(prefix+"mlp.gate_proj", &l.MLP.Gate)
		w.linear(prefix+"mlp.up_proj", &l.MLP.Up)
		w.linear(prefix+"mlp.down_proj", &l.MLP.Down)
	}
	if w.err != nil {
		return fmt.Errorf("%s: %w", path, w.err)
	}
	settings := map[string]string{
		"format": routerFormat, "layers": strconv.Itoa(len(r.Layers)), "mask": string(r.Mask),
		"from_layer": strconv.Itoa(r.FromLayer), "reads": "embeddings",
	}
	if r.Shared {
		settings["reads"] = "hidden"
	}
	if r.LLM != "" {
		settings["llm_fingerprint"] = r.LLM
	}
	return safetensors.WriteFile(path, w.list, settings)
}

// routerWriter gathers a router's tensors and keeps the first error.
type routerWriter struct {
	as   func(*tensor.Matrix) (*tensor.Matrix, error) // how the weights of linear maps are stored
	list []safetensors.Source
	err  error
}

func (w *routerWriter) add(name string, shape []int, m *tensor.Matrix) {
	types := map[quant.Type]safetensors.DType{quant.F32: safetensors.F32, quant.F16: safetensors.F16, quant.BF16: safetensors.BF16}
	dtype, ok := types[m.Type()]
	if !ok && w.err == nil {
		w.err = fmt.Errorf("tensor %s: safetensors files hold no %v", name, m.Type())
	}
	w.list = append(w.list, safetensors.Source{Name: name, DType: dtype, Shape: shape, Write: func(out io.Writer) error {
		_, err := out.Write(m.Bytes())
		return err
	}})
}

func (w *routerWriter) vector(name string, v []float32) {
	w.list = append(w.list, safetensors.SourceF32(name, []int{len(v)}, v))
}

func (w *routerWriter) linear(name string, l *nn.Linear) {
	m, err := w.as(l.W)
	if err != nil {
		if w.err == nil {
			w.err = fmt.Errorf("tensor %s.weight: %w", name, err)
		}
		return
	}
	w.add(name+".weight", []int{l.Out(), l.In()}, m)
	if l.B != nil {
		w.vector(name+".bias", l.B)
	}
}
