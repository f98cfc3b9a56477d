package lvlm

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor/quant"
	"github.com/go-par/par/tensor/safetensors"
)

// dtypes are the types that weights in a directory have.
var dtypes = map[quant.Type]safetensors.DType{quant.F32: safetensors.F32, quant.F16: safetensors.F16, quant.BF16: safetensors.BF16}

// toDir converts the GGUF file in, with the projector that goes with it.
func (c *converter) toDir(in, out string) error {
	want := quant.F32
	if c.o.Type != "" {
		m, err := parseMix(c.o.Type)
		if err != nil {
			return err
		}
		if want = m.base; !m.float() {
			return fmt.Errorf("type %q is not one of a directory's (f32, f16, bf16)", c.o.Type)
		}
	}
	if strings.HasSuffix(out, ".gguf") {
		return fmt.Errorf("%s: a GGUF file becomes a directory, not another GGUF file", out)
	}
	m := new(Model)
	defer m.Close()
	src, err := m.openGGUF(in, Options{Projector: c.o.Projector})
	if err != nil {
		return err
	}
	parts, err := catalogue(src, m.Config)
	if err != nil {
		return err
	}
	c.begin(parts)
	c.result.Skipped = leftOut(src.names(), parts, func(name string) string { _, n := src.locate(name); return n })
	w := &dirWriter{converter: c, m: m, src: src, dir: out}
	names, err := w.names()
	if err != nil {
		return err
	}
	for i := range parts {
		p := &parts[i]
		p.as = names.name(p.name)
		if p.to = want; c.o.Type == "" {
			if p.to, err = w.lossless(p); err != nil {
				return err
			}
		}
		if turned(p.name) && m.Decoder.RoPE.Interleaved {
			p.order = splitRows(m.Config.Text.HeadDim)
		}
	}
	files, err := w.describe(parts)
	if err != nil {
		return err
	}
	if err := newDir(out); err != nil {
		return err
	}
	if err := w.weights(parts); err != nil {
		return err
	}
	return writeFiles(out, files, func(path string) { c.finished(path) })
}

// dirWriter writes the files of one directory.
type dirWriter struct {
	*converter
	m   *Model
	src *ggufSource
	dir string
}

// hubPrefixes are the prefixes of names in the files of Hugging Face's hub.
func hubPrefixes(vision bool) map[string]string {
	list := map[string]string{}
	for _, p := range prefixes {
		list[p.group] = p.known[0]
	}
	if !vision {
		list["text."], list["head."] = "model.", ""
	}
	return list
}

// names spells tensors as the directory did that the GGUF file was made of, else
// as the hub does.
func (w *dirWriter) names() (*safetensorsSource, error) {
	s := &safetensorsSource{prefix: hubPrefixes(w.m.Vision != nil)}
	for _, p := range prefixes {
		f := w.src.text
		if isVision(p.group) {
			f = w.src.vision
		}
		if f == nil {
			continue
		}
		key := keyPrefix + strings.TrimSuffix(p.group, ".")
		known, err := f.StringOr(key, s.prefix[p.group])
		if err != nil {
			return nil, err
		}
		if !slices.Contains(p.known, known) {
			return nil, fmt.Errorf("%s: field %s: %q is not known (%q)", f.Path(), key, known, p.known)
		}
		s.prefix[p.group] = known
	}
	return s, nil
}

// lossless returns the type that a part had before it was put into the GGUF file,
// where the file tells and its values are still exactly those, else one that
// holds what the file has.
func (w *dirWriter) lossless(p *part) (quant.Type, error) {
	if p.typ != quant.F32 {
		if _, ok := dtypes[p.typ]; ok {
			return p.typ, nil
		}
		return quant.F32, nil
	}
	f, _ := w.src.locate(p.name)
	name, err := f.StringOr(keyDType, torchNames[quant.F32])
	if err != nil {
		return 0, err
	}
	for t, n := range torchNames {
		if n == name {
			return t, nil
		}
	}
	return 0, fmt.Errorf("%s: field %s: %q is not known", f.Path(), keyDType, name)
}

func (w *dirWriter) weights(parts []part) error {
	path := filepath.Join(w.dir, safetensors.SingleName)
	sources := make([]safetensors.Source, len(parts))
	for i := range parts {
		p := &parts[i]
		sources[i] = safetensors.Source{Name: p.as, DType: dtypes[p.to], Shape: p.shape, Write: func(out io.Writer) error {
			return w.write(out, path, p)
		}}
	}
	if err := safetensors.WriteFile(path, sources, weightsMetadata); err != nil {
		return err
	}
	w.finished(path)
	return nil
}

// describe returns the files beside the weights.
func (w *dirWriter) describe(parts []part) (map[string][]byte, error) {
	f := w.src.text
	vocab, err := readVocabulary(f)
	if err != nil {
		return nil, err
	}
	template, err := f.StringOr("tokenizer.chat_template", "")
	if err != nil {
		return nil, err
	}
	config := *w.m.Config
	if _, ok := f.Lookup(ropeFrequencies); ok {
		if config.Text.RopeScaling, err = w.llama3(); err != nil {
			return nil, inFile(f, err)
		}
	}
	written := slices.Clone(parts)
	for i := range written {
		written[i].typ = written[i].to
	}
	d := &description{&config, w.m.Tokenizer, w.m.images}
	files, err := d.files(vocab, template, widest(written))
	if err != nil {
		return nil, inFile(f, err)
	}
	return files, nil
}

// llama3 returns the scaling behind the file's rotary divisors.
func (w *dirWriter) llama3() (nn.RopeScaling, error) {
	c := &w.m.Config.Text
	l := &loader{src: w.src}
	want := l.vector(ropeFrequencies, c.HeadDim/2)
	if l.err != nil {
		return nn.RopeScaling{}, l.err
	}
	var tries []nn.RopeScaling
	if w.src.text.Has(keyLlama3) {
		p, err := w.src.text.Float32s(keyLlama3)
		if err != nil {
			return nn.RopeScaling{}, err
		}
		if len(p) != 4 {
			return nn.RopeScaling{}, fmt.Errorf("field %s: %v, want 4 numbers", keyLlama3, p)
		}
		tries = append(tries, nn.RopeScaling{
			Type: "llama3", Factor: float64(p[0]), LowFreq: float64(p[1]), HighFreq: float64(p[2]), Original: float64(p[3]),
		})
	}
	tries = append(tries, llama3Scalings(want, c.HeadDim, c.RopeTheta)...)
	for _, s := range tries {
		if got, err := s.Divisors(c.HeadDim, c.RopeTheta); err == nil && similar(got, want) {
			return s, nil
		}
	}
	return nn.RopeScaling{}, fmt.Errorf("tensor %s: no llama3 scaling of transformers has these divisors", ropeFrequencies)
}

// llama3Scalings guesses the scaling that other converters made divisors of, which
// do not tell. In all published models the high frequency factor is four times the
// low one; scaling both and the context by a number changes nothing.
func llama3Scalings(divisors []float32, dim int, theta float64) []nn.RopeScaling {
	factor := float64(slices.Max(divisors))
	var list []nn.RopeScaling
	add := func(original float64) {
		list = append(list, nn.RopeScaling{Type: "llama3", Factor: factor, LowFreq: 1, HighFreq: 4, Original: original})
	}
	for i, d := range divisors {
		if d := float64(d); d > 1 && d < factor { // a blend, which tells where blending begins
			share := (1/d - 1/factor) / (1 - 1/factor)
			wavelength := 2 * math.Pi * math.Pow(theta, 2*float64(i)/float64(dim))
			add(math.Round(wavelength * (1 + 3*share)))
		}
	}
	for original := 32.0; original <= 1<<20; original *= 2 {
		add(original)
	}
	return list
}

// similar reports whether two lists are the same but for some roundings of f32.
func similar(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Abs(float64(x-y)) <= 16*0x1p-24*math.Abs(float64(y)) })
}
