package nn

import "github.com/go-par/par/tensor"

// Workspace keeps the intermediates of a forward pass for reuse. The zero value
// is ready; one pass at a time may use it.
type Workspace struct {
	norm, q, k, v, ctx, out, up, gate buffer
	picked                            buffer // queries that Weights looks at
	wanted                            buffer // rows of a residual stream
	rows                              Rotation
	limits                            []int32

	stream buffer
	cache  *tensor.KV
	places Rotation
}

// Stream returns memory for the residual stream of a pass, [rows, cols], the same at
// every call.
func (ws *Workspace) Stream(rows, cols int) tensor.Tensor { return ws.stream.fit(rows, cols) }

// Cache returns an empty cache of f32 for the keys and values of one layer at a time, the
// same at every call.
func (ws *Workspace) Cache(heads, dim, rows int) *tensor.KV {
	if kv := ws.cache; kv == nil || kv.Heads != heads || kv.Dim != dim || kv.Cap < rows {
		ws.cache = tensor.NewKV(heads, dim, rows)
	}
	ws.cache.Truncate(0)
	return ws.cache
}

// Places returns the rotation of the given positions, in the same memory at every call.
func (ws *Workspace) Places(rope *RoPE, pos []int32) *Rotation {
	ws.places.At(rope, pos)
	return &ws.places
}

// buffer is a tensor that only grows.
type buffer struct{ t tensor.Tensor }

func (b *buffer) fit(rows, cols int) tensor.Tensor {
	b.t = b.t.Resize(rows, cols)
	return b.t
}

// causal returns, for each query row, how many cached rows it sees: all of those
// before this pass and the pass's own rows up to itself. rows lists the queries
// within the pass's n rows, nil for all.
func (ws *Workspace) causal(before, n int, rows []int32) []int32 {
	if rows != nil {
		n = len(rows)
	}
	if cap(ws.limits) < n {
		ws.limits = make([]int32, n)
	}
	ws.limits = ws.limits[:n]
	for i := range ws.limits {
		r := int32(i)
		if rows != nil {
			r = rows[i]
		}
		ws.limits[i] = int32(before) + r + 1
	}
	return ws.limits
}
