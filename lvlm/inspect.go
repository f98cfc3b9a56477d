package lvlm

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-par/par/internal/folder"
	"github.com/go-par/par/tensor/gguf"
	"github.com/go-par/par/tensor/safetensors"
)

// Inspection is what can be said of a file or directory without running it.
type Inspection struct {
	Path    string
	Format  string // "Hugging Face directory", "safetensors", "GGUF"
	Tensors []TensorInfo
	Bytes   int64 // of all tensors
	Keys    []Key // of a GGUF file

	Config    *Config // nil where there are only tensors
	Tokens    int     // size of the tokenizer's vocabulary, 0 where there is none
	Template  bool    // the checkpoint has a chat template
	ImageSize int     // pixels on an image's side; 0 for a text-only model
	Memory    Memory
}

// TensorInfo describes a stored tensor.
type TensorInfo struct {
	Name  string
	Type  string
	Shape []int // slowest dimension first
	Bytes int64
}

// Key is a key of a GGUF file with its value, long ones cut.
type Key struct{ Name, Type, Value string }

// Memory tells what running a model needs, in bytes. Weights are used from the
// mapped file; keys and values are f32.
type Memory struct {
	Weights       int64
	CachePerToken int64 // keys and values of one token in all layers
	CacheContext  int64 // of a full context
	Activations   int64 // intermediates of a prefill of 1,024 tokens
}

// Inspect lists the tensors of a checkpoint and judges it as Open would. Where
// the files are sound but make no model, it returns what it found together with
// the error. A file named *.safetensors or *.json, or a directory without
// config.json, is judged as a container alone; any other file is a GGUF file.
func Inspect(path string, o Options) (*Inspection, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	switch filepath.Ext(path) {
	case ".safetensors", ".json":
	default:
		if !st.IsDir() {
			return inspectGGUF(path, o)
		}
	}
	in := &Inspection{Path: path, Format: "safetensors"}
	if err := in.list(path, o); err != nil {
		return nil, err
	}
	if !st.IsDir() {
		return in, nil
	}
	if _, err := os.Stat(filepath.Join(path, "config.json")); os.IsNotExist(err) {
		return in, nil
	}
	in.Format = "Hugging Face directory"
	_, dirs, err := readConfig(folder.Dir(path), o.Vision)
	if err != nil {
		return in, err
	}
	for _, d := range dirs[1:] {
		if err := in.list(folder.Path(d, "."), o); err != nil {
			return in, err
		}
	}
	m := new(Model)
	defer m.Close()
	if err := m.openDir(folder.Dir(path), o); err != nil {
		return in, err
	}
	in.describe(m)
	return in, nil
}

// inspectGGUF judges a GGUF file, and the projector that goes with it. Where no
// key speaks of a language model or a tokenizer, it is a container of tensors.
func inspectGGUF(path string, o Options) (*Inspection, error) {
	in := &Inspection{Path: path, Format: "GGUF"}
	files := []string{path}
	if p := o.projector(path); p != "" {
		files = append(files, p)
	}
	model := false
	for _, p := range files {
		f, err := gguf.Open(p, o.mapping()...)
		if err != nil {
			return nil, err
		}
		for _, kv := range f.KeyValues() {
			in.Keys = append(in.Keys, Key{kv.Key, kv.Value.Kind().String(), kv.Value.String()})
			group, _, _ := strings.Cut(kv.Key, ".")
			model = model || group == "tokenizer" || slices.Contains(architectures, group)
		}
		for _, t := range f.Tensors() {
			in.Tensors = append(in.Tensors, TensorInfo{t.Name, t.Type.String(), t.Shape, int64(t.Bytes)})
			in.Bytes += int64(t.Bytes)
		}
		f.Close()
	}
	if !model {
		return in, nil
	}
	m := new(Model)
	defer m.Close()
	if _, err := m.openGGUF(path, o); err != nil {
		return in, err
	}
	in.describe(m)
	return in, nil
}

// list adds the tensors of the safetensors files at path.
func (in *Inspection) list(path string, o Options) error {
	f, err := safetensors.Open(path, o.mapping()...)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, t := range f.Tensors() {
		in.Tensors = append(in.Tensors, TensorInfo{t.Name, string(t.DType), t.Shape, int64(t.Bytes)})
		in.Bytes += int64(t.Bytes)
	}
	return nil
}

// describe fills in what a loaded model tells.
func (in *Inspection) describe(m *Model) {
	c := m.Config
	in.Config, in.Template = c, m.Template != nil
	if m.Tokenizer != nil {
		in.Tokens = m.Tokenizer.Size()
	}
	if c.Vision != nil {
		in.ImageSize = c.Vision.ImageSize
	}
	const rows, f32 = 1024, 4
	t := &c.Text
	in.Memory.Weights = in.Bytes
	in.Memory.CachePerToken = 2 * f32 * int64(t.Layers) * int64(t.KVHeads) * int64(t.HeadDim)
	in.Memory.CacheContext = in.Memory.CachePerToken * int64(t.Context)
	// residual stream, norm, queries, attention, output, gate and up
	width := 3*int64(t.Hidden) + 2*int64(t.Heads)*int64(t.HeadDim) + 2*int64(t.KVHeads)*int64(t.HeadDim) + 2*int64(t.Intermediate)
	in.Memory.Activations = rows * f32 * width
}
