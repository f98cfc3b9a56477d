package lvlm

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/go-par/par/internal/folder"
	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/tensor/safetensors"
)

// openDir opens the files of a Hugging Face directory. One without a tokenizer opens too, as
// far as its weights can be judged; finish refuses it.
func (m *Model) openDir(dir fs.FS, o Options) error {
	c, tower, err := readConfig(dir, o.Vision)
	if err != nil {
		return err
	}
	m.Config = c
	if m.Tokenizer, err = tokenizer.OpenFS(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if m.Template, err = chat.LoadFS(dir); err != nil {
		return err
	}
	if c.Vision != nil {
		if m.images, err = loadPreprocessor(tower[len(tower)-1], c.Vision.ImageSize); err != nil {
			return err
		}
		if m.images.Mode == preprocess.Pad {
			c.ImageMode = preprocess.Pad.String()
		}
	}
	src, err := openSafetensors(tower, o)
	if err != nil {
		return err
	}
	m.files = append(m.files, src)
	return m.load(src)
}

// readConfig reads a checkpoint's configuration. all are the directories of its
// weights: dir, and that of the vision tower where the checkpoint keeps it apart.
func readConfig(dir fs.FS, vision string) (c *Config, all []fs.FS, err error) {
	var j jsonConfig
	if err := readJSON(dir, configName, &j); err != nil {
		return nil, nil, err
	}
	all = []fs.FS{dir}
	var clip *jsonVision
	if j.original() {
		tower, err := towerDir(dir, j.MMTower, vision)
		if err != nil {
			return nil, nil, err
		}
		clip = new(jsonVision)
		if err := readJSON(tower, configName, clip); err != nil {
			return nil, nil, err
		}
		all = append(all, tower)
	}
	if c, err = j.config(clip); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", folder.Path(dir, configName), err)
	}
	var gen struct {
		EOS tokenIDs `json:"eos_token_id"`
	}
	if err := readJSON(dir, "generation_config.json", &gen); err == nil && len(gen.EOS) > 0 {
		c.EOS = gen.EOS
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	return c, all, nil
}

func loadPreprocessor(dir fs.FS, size int) (*preprocess.Config, error) {
	p, err := preprocess.LoadFS(dir)
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

// openSafetensors opens the weights in all directories of a checkpoint.
func openSafetensors(all []fs.FS, o Options) (*safetensorsSource, error) {
	s := &safetensorsSource{dir: folder.Path(all[0], "."), prefix: map[string]string{}}
	for _, d := range all {
		f, err := safetensors.OpenFS(d, o.mapping()...)
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
