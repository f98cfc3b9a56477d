package lvlm

import (
	"fmt"
	"slices"

	"github.com/go-par/par/nn"
	"github.com/go-par/par/tensor"
)

// View is what a Flow may look at. Its tensors are the decoder's own: to be read,
// and only during the call. Rows are counted among those still computed, and an
// error means that the Flow asked for what is not there.
type View struct {
	Prompt *Prompt
	Model  *Model
	Layers int             // decoder layers
	Pool   *tensor.Pool    // runs a Flow's own tensor operations
	Images []*VisionOutput // what the vision tower made of each image
	Embeds tensor.Tensor   // [prompt rows, hidden], the input of layer 0; in Begin only
	Hidden tensor.Tensor   // [len(Rows), hidden], the residual stream before the layer in question
	Rows   []int32         // the prompt rows still computed
	Kept   []int           // the image tokens among them

	pr  *pruning
	seq *sequence
}

// IsImage reports whether the i-th of the rows still computed is an image token.
func (v *View) IsImage(i int) bool { return v.pr.token[v.Rows[i]] >= 0 }

// Replace gives an image token other input embeddings, [hidden], in Begin only. The
// token keeps its place and its position.
func (v *View) Replace(token int, embedding []float32) error {
	switch {
	case v.pr.ran >= 0 || len(v.pr.out.Entered) > 0:
		return fmt.Errorf("flow: embeddings can be replaced before layer 0 only")
	case token < 0 || token >= v.Prompt.ImageTokens():
		return fmt.Errorf("flow: image token %d is not there to be replaced", token)
	case len(embedding) != v.Embeds.Cols:
		return fmt.Errorf("flow: embedding of %d values, not %d", len(embedding), v.Embeds.Cols)
	}
	copy(v.Embeds.Row(slices.Index(v.pr.token, int32(token))), embedding)
	return nil
}

// Scored publishes the raw scores that the Flow chooses by, one for each image
// token or layer; nil leaves what was published before.
func (v *View) Scored(tokens, layers []float32) {
	if tokens != nil {
		v.pr.out.TokenScores = tokens
	}
	if layers != nil {
		v.pr.out.LayerScores = layers
	}
}

// TokenScores returns the scores of the image tokens published last.
func (v *View) TokenScores() []float32 { return v.pr.out.TokenScores }

// Attention returns the attention weights of some rows in the last layer that was
// run: row i*heads+h is head h of rows[i], column j the weight of Rows[j]. Where
// rows were dropped since, their weights are left out.
func (v *View) Attention(rows []int32) (tensor.Tensor, error) {
	columns, err := v.since()
	if err != nil {
		return tensor.Tensor{}, err
	}
	queries := make([]int32, len(rows))
	limits := make([]int32, len(rows))
	for i, r := range rows {
		queries[i] = columns[r]
		limits[i] = columns[r] + 1
	}
	a, kv := &v.seq.dec.Layers[v.pr.ran].Attn, v.seq.cache[v.pr.ran]
	w := tensor.New(len(rows)*a.Heads, kv.Len)
	a.Weights(v.Pool, &v.seq.ws, w, queries, kv, limits)
	if len(columns) == kv.Len {
		return w, nil
	}
	cut := tensor.New(w.Rows, len(columns))
	for i := range w.Rows {
		src, dst := w.Row(i), cut.Row(i)
		for j, c := range columns {
			dst[j] = src[c]
		}
	}
	return cut, nil
}

// Keys returns the keys, rotated to their positions, of the rows in the last layer
// that was run: [len(Rows), key heads * head size].
func (v *View) Keys() (tensor.Tensor, error) {
	columns, err := v.since()
	if err != nil {
		return tensor.Tensor{}, err
	}
	kv := v.seq.cache[v.pr.ran]
	all := tensor.New(kv.Len, kv.Heads*kv.Dim)
	kv.Keys(all)
	return tensor.Compress(all, columns), nil
}

// since maps the rows still computed to those that entered the last layer run.
func (v *View) since() ([]int32, error) {
	if v.pr.ran < 0 {
		return nil, fmt.Errorf("flow: no decoder layer was run whose attention could be read")
	}
	columns := make([]int32, len(v.Rows))
	for i, r := range v.Rows {
		at, _ := slices.BinarySearch(v.pr.ranRows, r)
		columns[i] = int32(at)
	}
	return columns, nil
}

// Preview returns the attention weights that the given layer would give some rows
// of Hidden: row i*heads+h is head h of rows[i]. It costs the layer's keys of all
// rows and the queries of these.
func (v *View) Preview(layer int, rows []int32) (tensor.Tensor, error) {
	if layer < 0 || layer >= v.Layers {
		return tensor.Tensor{}, fmt.Errorf("flow: there is no decoder layer %d to look ahead to", layer)
	}
	l := &v.seq.dec.Layers[layer]
	w := tensor.New(len(rows)*l.Attn.Heads, len(v.Rows))
	l.Preview(v.Pool, &v.seq.aside, w, v.Hidden, rows, &v.seq.rot)
	return w, nil
}

// Workspace returns scratch memory for layers of the Flow's own.
func (v *View) Workspace() *nn.Workspace { return &v.seq.aside }
