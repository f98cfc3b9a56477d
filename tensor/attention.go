package tensor

import "math"

// Attention computes dst = softmax(scale q kᵀ) v per head with an online
// softmax; no score matrix is stored. Query row i sees the first limits[i] rows
// of kv (at least one); nil limits let every query see all of them, so that
// bidirectional, causal and prefix masks over explicit positions are one case.
// Query head h reads key head h*kv.Heads/heads (grouped-query attention).
//
// Shapes: q, dst [n, heads*kv.Dim], limits [n].
func (p *Pool) Attention(dst, q Tensor, heads int, kv *KV, limits []int32, scale float32) {
	d := kv.Dim
	s := make([]float64, kv.Len)
	for i := 0; i < q.Rows; i++ {
		n := kv.Len
		if limits != nil {
			n = int(limits[i])
		}
		for h := 0; h < heads; h++ {
			g := h * kv.Heads / heads
			qr := q.Row(i)[h*d : (h+1)*d]
			top := math.Inf(-1)
			for j := 0; j < n; j++ {
				var sum float64
				for k, x := range kv.keys(g)[j*d : (j+1)*d] {
					sum += float64(x * qr[k])
				}
				s[j] = sum * float64(scale)
				top = max(top, s[j])
			}
			var total float64
			for j := range s[:n] {
				s[j] = math.Exp(s[j] - top)
				total += s[j]
			}
			out := dst.Row(i)[h*d : (h+1)*d]
			clear(out)
			for j := 0; j < n; j++ {
				w := float32(s[j] / total)
				for k, x := range kv.values(g)[j*d : (j+1)*d] {
					out[k] += w * x
				}
			}
		}
	}
}
