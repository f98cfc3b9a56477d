package lvlm

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/tensor/safetensors"
)

// openDir opens a Hugging Face directory. One without a tokenizer opens too, as
// far as its weights can be judged; finish refuses it.
func (m *Model) openDir(dir string, o Options) error {
	c, tower, err := readConfig(dir, o.Vision)
	if err != nil {
		return err
	}
	m.Config = c
	if m.Tokenizer, err = tokenizer.Open(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if m.Template, err = chat.Load(dir); err != nil {
		return err
	}
	if c.Vision != nil {
		if m.images, err = loadPreprocessor(tower, c.Vision.ImageSize); err != nil {
			return err
		}
		if m.images.Mode == preprocess.Pad {
			c.ImageMode = preprocess.Pad.String()
		}
	}
	src, err := openSafetensors(dir, tower, o)
	if err != nil {
		return err
	}
	m.files = append(m.files, src)
	return m.load(src)
}

// readConfig reads a checkpoint's configuration. tower is the directory of the
// vision tower: dir, unless the checkpoint keeps the tower apart.
func readConfig(dir, vision string) (c *Config, tower string, err error) {
	path := filepath.Join(dir, "config.json")
	var j jsonConfig
	if err := readJSON(path, &j); err != nil {
		return nil, "", err
	}
	tower = dir
	var clip *jsonVision
	if j.original() {
		if tower, err = towerDir(dir, j.MMTower, vision); err != nil {
			return nil, "", err
		}
		clip = new(jsonVision)
		if err := readJSON(filepath.Join(tower, "config.json"), clip); err != nil {
			return nil, "", err
		}
	}
	if c, err = j.config(clip); err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	var gen struct {
		EOS tokenIDs `json:"eos_token_id"`
	}
	if err := readJSON(filepath.Join(dir, "generation_config.json"), &gen); err == nil && len(gen.EOS) > 0 {
		c.EOS = gen.EOS
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	return c, tower, nil
}

func loadPreprocessor(dir string, size int) (*preprocess.Config, error) {
	p, err := preprocess.Load(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return preprocess.Default(size), nil
	}
	return p, err
}

// safetensorsSource finds tensors in a checkpoint's safetensors files, whichever
// of the known layouts they are named by.
type safetensorsSource struct {
	dir    string
	files  []*safetensors.File
	prefix map[string]string // by the group that a name begins with
}

// prefixes lists, by group, how the layouts spell the way to a tensor, and a
// tensor of the group that every checkpoint has: hub files and transformers 4,
// transformers 5, its module names, LLaVA's own files, plain CLIP and LLaMA.
var prefixes = []struct {
	group, anchor string
	known         []string
}{
	{"text.", "embed_tokens.weight", []string{"language_model.model.", "model.language_model.", "model."}},
	{"head.", "lm_head.weight", []string{"language_model.", ""}},
	{"vision.", "embeddings.class_embedding", []string{
		"vision_tower.vision_model.", "vision_tower.", "model.vision_tower.vision_model.", "model.vision_tower.",
		"model.vision_tower.vision_tower.vision_model.", "vision_model.",
	}},
	{"projector.", "linear_1.weight", []string{"multi_modal_projector.", "model.multi_modal_projector."}},
}

// openSafetensors opens the weights in dir and, where it is another, in tower.
func openSafetensors(dir, tower string, o Options) (*safetensorsSource, error) {
	s := &safetensorsSource{dir: dir, prefix: map[string]string{}}
	for _, d := range []string{dir, tower} {
		if len(s.files) > 0 && d == dir {
			continue
		}
		f, err := safetensors.Open(d, o.mapping()...)
		if err != nil {
			s.Close()
			return nil, err
		}
		s.files = append(s.files, f)
	}
	for _, p := range prefixes {
		s.prefix[p.group] = p.known[0]
		for _, known := range p.known {
			if _, ok := s.lookup(known + p.anchor); ok {
				s.prefix[p.group] = known
				break
			}
		}
	}
	return s, nil
}

// Close unmaps the files.
func (s *safetensorsSource) Close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

func (s *safetensorsSource) lookup(name string) (safetensors.Tensor, bool) {
	for _, f := range s.files {
		if t, ok := f.Lookup(name); ok {
			return t, true
		}
	}
	return safetensors.Tensor{}, false
}

// name returns the file's name for a tensor.
func (s *safetensorsSource) name(name string) string {
	group, rest, _ := strings.Cut(name, ".")
	switch group {
	case "vision", "projector":
		return s.prefix[group+"."] + rest
	case "lm_head":
		return s.prefix["head."] + name
	}
	return s.prefix["text."] + name
}

// originalProjector spells the projector as LLaVA's own files do: the indices of
// an nn.Sequential.
var originalProjector = strings.NewReplacer("projector.linear_1", "model.mm_projector.0", "projector.linear_2", "model.mm_projector.2")

func (s *safetensorsSource) find(name string, _ ...int) (stored, bool, error) {
	t, ok := s.lookup(s.own(name))
	if !ok {
		return stored{}, false, nil
	}
	typ, err := t.DType.Type()
	if err != nil {
		return stored{}, true, err
	}
	return stored{typ, t.Shape, t.Data}, true, nil
}

// own returns the name under which the files have a tensor.
func (s *safetensorsSource) own(name string) string {
	n := s.name(name)
	if _, ok := s.lookup(n); !ok {
		if o := originalProjector.Replace(name); o != name {
			return o
		}
	}
	return n
}

// names lists the tensors of all files.
func (s *safetensorsSource) names() []string {
	var list []string
	for _, f := range s.files {
		for _, t := range f.Tensors() {
			list = append(list, t.Name)
		}
	}
	return list
}

func (s *safetensorsSource) where(name string) string {
	return fmt.Sprintf("%s: tensor %s", s.dir, s.name(name))
}
