package lvlm

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/go-par/par/internal/folder"
	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/gguf"
	"github.com/go-par/par/tensor/quant"
)

// toGGUF converts the directory in.
func (c *converter) toGGUF(in, out string) error {
	cfg, dirs, err := readConfig(folder.Dir(in), c.o.Vision)
	if err != nil {
		return err
	}
	w := &ggufWriter{converter: c, config: cfg, name: filepath.Base(filepath.Clean(in))}
	if w.vocab, err = tokenizer.OpenVocabulary(in, cfg.Text.Vocab); err != nil {
		return err
	}
	if w.template, err = chat.Source(in); err != nil {
		return err
	}
	if cfg.Vision != nil {
		if w.images, err = loadPreprocessor(dirs[len(dirs)-1], cfg.Vision.ImageSize); err != nil {
			return err
		}
	}
	src, err := openSafetensors(dirs, Options{})
	if err != nil {
		return err
	}
	defer src.Close()
	w.prefix = src.prefix
	parts, err := catalogue(src, cfg)
	if err != nil {
		return err
	}
	c.result.Skipped = leftOut(src.names(), parts, src.own)
	if err := w.write(out, parts); err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	return nil
}

// projectorBeside returns the file that vision tower and projector of a GGUF model
// go to.
func projectorBeside(model string) string {
	return filepath.Join(filepath.Dir(model), "mmproj-"+filepath.Base(model))
}

// mixes returns the types to write a language model and a projector in.
func (c *converter) mixes(text []part) (textMix, visionMix *mix, err error) {
	name := c.o.Type
	if name == "" {
		name = widest(text).String()
	}
	if textMix, err = parseMix(name); err != nil {
		return nil, nil, err
	}
	if name = c.o.ProjectorType; name == "" {
		name = "f16"
		if textMix.float() {
			name = textMix.name
		}
	}
	visionMix, err = parseMix(name)
	return textMix, visionMix, err
}

// ggufWriter writes the files of one checkpoint.
type ggufWriter struct {
	*converter
	name     string
	config   *Config
	vocab    *tokenizer.Vocabulary
	template string             // "" for none
	images   *preprocess.Config // nil for a text-only model
	prefix   map[string]string  // of the names of tensors, by group
}

// write writes the parts to the file out, those of vision tower and projector to
// the one beside it.
func (w *ggufWriter) write(out string, parts []part) error {
	w.begin(parts)
	var text, vision []part
	for _, p := range parts {
		p.as = ggufName(p.name)
		if isVision(p.name) {
			vision = append(vision, p)
		} else {
			text = append(text, p)
		}
	}
	textMix, visionMix, err := w.mixes(text)
	if err != nil {
		return err
	}
	textKeys, err := w.textKeys(textMix, text)
	if err != nil {
		return err
	}
	if w.config.Vision != nil {
		keys, err := w.visionKeys(visionMix, vision)
		if err != nil {
			return err
		}
		file := w.o.Projector
		if file == "" {
			file = projectorBeside(out)
		}
		for i := range vision {
			vision[i].to = visionMix.vision(vision[i].name, vision[i].shape)
		}
		if err := w.writeFile(file, keys, vision); err != nil {
			return err
		}
	}
	c := &w.config.Text
	for i := range text {
		p := &text[i]
		p.to = textMix.text(p.name, p.shape, c)
		if turned(p.name) && c.arch() == "llama" {
			p.order = pairRows(c.HeadDim)
		}
	}
	if c.RopeScaling.Type == "llama3" {
		d, err := c.RopeScaling.Divisors(c.HeadDim, c.RopeTheta)
		if err != nil {
			return err
		}
		text = append(text, part{
			stored: stored{quant.F32, []int{len(d)}, tensor.FromF32(1, len(d), d).Bytes()}, as: ropeFrequencies, to: quant.F32,
		})
	}
	return w.writeFile(out, textKeys, text)
}

func (w *ggufWriter) writeFile(path string, keys *keyList, parts []part) error {
	sources := make([]gguf.Source, len(parts))
	for i := range parts {
		p := &parts[i]
		sources[i] = gguf.Source{Name: p.as, Type: p.to, Shape: p.shape, Write: func(out io.Writer) error {
			return w.converter.write(out, path, p)
		}}
	}
	if err := gguf.WriteFile(path, *keys, sources); err != nil {
		return err
	}
	w.finished(path)
	return nil
}
