package lvlm

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/go-par/par/internal/folder"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
	"github.com/go-par/par/tensor/safetensors"
)

// CLIP is what a whole CLIP checkpoint (Radford et al., 2021) has beside the vision
// tower's blocks: the text tower, and what maps texts and patches to one space.
type CLIP struct {
	Tokenizer      *tokenizer.CLIP
	Embed          *tensor.Matrix // [vocab, hidden]
	Position       *tensor.Matrix // [context, hidden]
	Layers         []nn.EncoderLayer
	FinalNorm      nn.LayerNorm
	TextProjection nn.Linear // [space, hidden]

	PostNorm         nn.LayerNorm // of the vision tower
	VisualProjection nn.Linear    // [space, vision hidden]

	end  int32 // id whose row stands for a text; legacyEnd: the highest id's row does
	file *safetensors.File
}

// legacyEnd is the eos_token_id of the first configurations, which is no id of the
// vocabulary's.
const legacyEnd = 2

// jsonCLIP is what a CLIP checkpoint's config.json says of the text tower.
type jsonCLIP struct {
	Text *struct {
		Hidden       *int     `json:"hidden_size"`
		Intermediate *int     `json:"intermediate_size"`
		Layers       *int     `json:"num_hidden_layers"`
		Heads        *int     `json:"num_attention_heads"`
		Context      *int     `json:"max_position_embeddings"`
		Vocab        *int     `json:"vocab_size"`
		NormEps      *float64 `json:"layer_norm_eps"`
		Act          string   `json:"hidden_act"`
		EOS          *int32   `json:"eos_token_id"`
	} `json:"text_config"`
	Vision *struct {
		Hidden  *int     `json:"hidden_size"`
		NormEps *float64 `json:"layer_norm_eps"`
	} `json:"vision_config"`
	Space *int `json:"projection_dim"`
}

// OpenCLIP opens the text tower of a whole CLIP checkpoint's directory. Checkpoints
// of LLaVA have none; the CLIP checkpoint that theirs was made from does.
func OpenCLIP(dir string) (*CLIP, error) {
	path := filepath.Join(dir, configName)
	var j jsonCLIP
	if err := readJSON(folder.Dir(dir), configName, &j); err != nil {
		return nil, err
	}
	if j.Text == nil || j.Vision == nil {
		return nil, fmt.Errorf("%s: field text_config: missing: this is no whole CLIP checkpoint, with a text tower", path)
	}
	// Fields that a file leaves out have the values of transformers' CLIPTextConfig.
	f := fields{file: path}
	t := j.Text
	text := &VisionConfig{
		Hidden:       f.size("text_config.hidden_size", t.Hidden, 512, maxWidth),
		Intermediate: f.size("text_config.intermediate_size", t.Intermediate, 2048, maxWidth),
		Layers:       f.size("text_config.num_hidden_layers", t.Layers, 12, maxLayers),
		Heads:        f.size("text_config.num_attention_heads", t.Heads, 8, maxWidth),
		NormEps:      f.eps("text_config.layer_norm_eps", t.NormEps, 1e-5),
	}
	f.divides("text_config.num_attention_heads", text.Heads, "hidden_size", text.Hidden)
	context := f.size("text_config.max_position_embeddings", t.Context, 77, maxWidth)
	vocab := f.size("text_config.vocab_size", t.Vocab, 49408, 1<<30)
	vision := f.size("vision_config.hidden_size", j.Vision.Hidden, 768, maxWidth)
	visionEps := f.eps("vision_config.layer_norm_eps", j.Vision.NormEps, 1e-5)
	space := f.size("projection_dim", j.Space, 512, maxWidth)
	if f.err != nil {
		return nil, f.err
	}
	act, err := activation("text_config.hidden_act", t.Act, "quick_gelu")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	text.Act = act

	c := &CLIP{}
	if c.file, err = safetensors.Open(dir); err != nil {
		return nil, err
	}
	l := &loader{src: plainSource{dir, c.file}}
	const projection = "text_projection.weight"
	if _, ok := c.file.Lookup(projection); !ok {
		l.fail(projection, "missing: this is no whole CLIP checkpoint, with a text tower")
	}
	if l.err == nil {
		c.Tokenizer, l.err = tokenizer.OpenCLIP(dir)
	}
	if l.err == nil {
		if n := c.Tokenizer.Size(); n > vocab {
			l.err = fmt.Errorf("%s: field text_config.vocab_size: %d, the tokenizer has %d ids", path, vocab, n)
		}
		c.end = c.Tokenizer.End()
	}
	if t.EOS != nil {
		c.end = *t.EOS
	}
	c.Embed = l.matrix("text_model.embeddings.token_embedding.weight", vocab, text.Hidden)
	c.Position = l.matrix("text_model.embeddings.position_embedding.weight", context, text.Hidden)
	for i := 0; i < text.Layers && l.err == nil; i++ {
		layer := l.encoderLayer(fmt.Sprintf("text_model.encoder.layers.%d.", i), text)
		layer.Causal = true
		c.Layers = append(c.Layers, layer)
	}
	c.FinalNorm = l.layerNorm("text_model.final_layer_norm", text.Hidden, text.NormEps)
	c.TextProjection = l.linear("text_projection", space, text.Hidden, false)
	c.PostNorm = l.layerNorm("vision_model.post_layernorm", vision, visionEps)
	c.VisualProjection = l.linear("visual_projection", space, vision, false)
	if l.err != nil {
		c.file.Close()
		return nil, l.err
	}
	return c, nil
}

// Close unmaps the checkpoint.
func (c *CLIP) Close() error { return c.file.Close() }

// Texts maps a text to the common space, [pieces, space]: one row for each piece of
// as many tokens as the tower's context holds.
func (c *CLIP) Texts(ctx context.Context, p *tensor.Pool, text string) (tensor.Tensor, error) {
	var ws nn.Workspace
	ids := c.Tokenizer.Encode(text)
	pooled := tensor.New(0, c.Embed.Cols())
	for piece := range slices.Chunk(ids, c.Position.Rows()) {
		x, pos := tensor.New(len(piece), c.Embed.Cols()), tensor.New(len(piece), c.Embed.Cols())
		for i, id := range piece {
			c.Embed.Row(x.Row(i), int(id))
			c.Position.Row(pos.Row(i), i)
		}
		p.Add(x, pos)
		for i := range c.Layers {
			if err := ctx.Err(); err != nil {
				return tensor.Tensor{}, err
			}
			l := &c.Layers[i]
			l.Forward(p, &ws, x, ws.Cache(l.Attn.KVHeads, l.Attn.HeadDim, x.Rows))
		}
		c.FinalNorm.Forward(p, x, x)
		pooled.Data = append(pooled.Data, x.Row(c.pool(piece))...)
		pooled.Rows++
	}
	out := tensor.New(pooled.Rows, c.TextProjection.Out())
	c.TextProjection.Forward(p, out, pooled, nil)
	return out, nil
}

// pool returns the row that stands for a piece: that of the end mark, the first one
// where it has none.
func (c *CLIP) pool(piece []int32) int {
	if c.end == legacyEnd {
		return slices.Index(piece, slices.Max(piece))
	}
	return max(0, slices.Index(piece, c.end))
}

// Patches maps the vision tower's features, [patches, vision hidden], to the common
// space, [patches, space].
func (c *CLIP) Patches(p *tensor.Pool, features tensor.Tensor) (tensor.Tensor, error) {
	if features.Cols != len(c.PostNorm.W) {
		return tensor.Tensor{}, fmt.Errorf("features of width %d for a CLIP vision tower of width %d", features.Cols, len(c.PostNorm.W))
	}
	x := tensor.New(features.Rows, features.Cols)
	c.PostNorm.Forward(p, x, features)
	out := tensor.New(x.Rows, c.VisualProjection.Out())
	c.VisualProjection.Forward(p, out, x, nil)
	return out, nil
}

// plainSource finds tensors by the names they have in a safetensors file.
type plainSource struct {
	dir  string
	file *safetensors.File
}

func (s plainSource) where(name string) string { return fmt.Sprintf("%s: tensor %s", s.dir, name) }

func (s plainSource) find(name string, _ ...int) (stored, bool, error) {
	t, ok := s.file.Lookup(name)
	if !ok {
		return stored{}, false, nil
	}
	typ, err := t.DType.Type()
	return stored{typ, t.Shape, t.Data}, true, err
}
