package lvlm

import (
	"fmt"
	"io"
	"slices"

	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/sampling"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/mmap"
	"github.com/go-par/par/tensor/quant"
)

// Model is an opened checkpoint. It is safe for concurrent use by several
// Sessions.
type Model struct {
	Config    *Config
	Vision    *VisionTower // nil for a text-only model, as Projector is
	Projector *Projector
	Decoder   *Decoder
	Tokenizer *tokenizer.Tokenizer
	Template  *chat.Template // the checkpoint's own, nil where it has none
	Pool      *tensor.Pool

	images  *preprocess.Config
	banned  []int32 // ids that are never sampled
	compute tensor.Compute
	files   []io.Closer
}

// Options say how a checkpoint is opened.
type Options struct {
	Threads   int    // 0: GOMAXPROCS
	Vision    string // directory of the CLIP tower, where the checkpoint keeps it apart
	Compute   tensor.Compute
	Projector string     // GGUF file of vision tower and projector; "": the one mmproj*.gguf beside the model
	Cache     quant.Type // in which keys and values are held: F32 (the zero value), F16, BF16 or Q8_0
	InMemory  bool       // read files instead of mapping them; see package mmap
}

// mapping returns how files are to be opened.
func (o Options) mapping() []mmap.Option {
	if o.InMemory {
		return []mmap.Option{mmap.InMemory()}
	}
	return nil
}

// projector returns the projector file to open with a GGUF model.
func (o Options) projector(model string) string {
	if o.Projector != "" {
		return o.Projector
	}
	return findProjector(model)
}

// Alongside returns a model of the same weights whose sessions run on threads of
// their own, so that they need not take turns with m's: for many short prompts,
// which more threads make little faster. Close ends these threads alone, and comes
// before m's.
func (m *Model) Alongside(threads int) *Model {
	other := *m
	other.files = nil
	other.Pool = tensor.NewPool(threads)
	other.Pool.SetCompute(m.compute)
	return &other
}

// Close ends the model's threads and unmaps its files. No Session may be running.
func (m *Model) Close() error {
	if m.Pool != nil {
		m.Pool.Close()
	}
	var first error
	for _, f := range m.files {
		if err := f.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// load reads the weights that the configuration asks for.
func (m *Model) load(src source) error {
	l := &loader{src: src}
	m.Decoder = l.decoder(&m.Config.Text)
	if m.Config.Vision != nil {
		m.Vision = l.vision(m.Config.Vision)
		m.Projector = l.projector(m.Config)
	}
	return l.err
}

// noImageToken stands for images where the vocabulary has no token that does. It
// is LLaVA's IMAGE_TOKEN_INDEX.
const noImageToken = -200

// finish checks that the parts of a loaded model agree and derives what Sessions
// need.
func (m *Model) finish(o Options) error {
	c := m.Config
	if m.Tokenizer == nil {
		return fmt.Errorf("no tokenizer: neither tokenizer.json, tokenizer.model nor vocab.json is there")
	}
	if _, err := tensor.NewKVOf(o.Cache, c.Text.KVHeads, c.Text.HeadDim, 0); err != nil {
		return fmt.Errorf("cache type: %w", err)
	}
	m.Decoder.Cache = o.Cache
	m.Pool, m.compute = tensor.NewPool(o.Threads), o.Compute
	m.Pool.SetCompute(o.Compute)
	if c.Vision != nil {
		if id, ok := m.Tokenizer.ID(ImageMark); ok && c.ImageToken < 0 {
			c.ImageToken = id
		}
		if c.ImageToken < 0 {
			c.ImageToken = noImageToken
		}
		if i, size := m.images, c.Vision.ImageSize; i.CenterCrop && (i.Crop.Width != size || i.Crop.Height != size) {
			return fmt.Errorf("preprocessor: field crop_size: %d x %d, the vision tower's image_size is %d", i.Crop.Width, i.Crop.Height, size)
		}
	}
	if len(c.EOS) == 0 {
		if id, ok := m.Tokenizer.EOS(); ok {
			c.EOS = []int32{id}
		}
	}
	for id := m.Tokenizer.Size(); id < c.Text.Vocab; id++ {
		m.banned = append(m.banned, int32(id)) // padding of the embedding matrix
	}
	if c.Vision != nil && c.ImageToken >= 0 {
		m.banned = append(m.banned, c.ImageToken)
	}
	if id, ok := m.Tokenizer.PAD(); ok && !slices.Contains(c.EOS, id) {
		m.banned = append(m.banned, id)
	}
	return nil
}

func (m *Model) isEnd(id int32) bool { return slices.Contains(m.Config.EOS, id) }

func (m *Model) sampler(p sampling.Params) (*sampling.Sampler, error) {
	return sampling.New(p, m.Config.Text.Vocab, m.banned)
}

// pixels prepares an image for the vision tower: [3, size, size].
func (m *Model) pixels(img *preprocess.RGB, mode string) ([]float32, error) {
	md, err := preprocess.ParseMode(mode)
	if err != nil {
		return nil, fmt.Errorf("image mode: %w", err)
	}
	square, err := m.images.Apply(img, md)
	if err != nil {
		return nil, err
	}
	if size := m.Config.Vision.ImageSize; square.W != size || square.H != size {
		return nil, fmt.Errorf("preprocessor gives an image of %d x %d, the vision tower's image_size is %d", square.W, square.H, size)
	}
	return m.images.Pixels(square), nil
}
