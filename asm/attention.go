package asm

// The attention of a panel of queries to a tile of keys, in three steps that
// share scratch memory. A query is a lane, so that the maximum and the sum over
// the keys need no work across lanes, keys and values are read in the order they
// are stored in, and the weights come out in the order that their product with the
// values reads them in. The running maximum and sum are those of the online
// softmax (Milakov and Gimelshein, arXiv:1805.02867).

// Queries is the number of queries in a panel.
const Queries = 32

// KeyGroup divides the number of keys whose scores are computed at a time.
const KeyGroup = 12

// Panel is the state of a panel of queries between tiles of keys. Where fewer than
// Queries are in use, all that belongs to the others is undefined.
type Panel struct {
	Max   [Queries]float32 // the greatest score so far, -Inf at first
	Sum   [Queries]float32 // Σ 2^(score-Max) so far
	Decay [Queries]float32 // by what the last Softmax reduced what was summed before
	Limit [Queries]int32   // how many keys of the tile a query sees; read where masked
	Used  int              // queries in use, from the first on; at least one
}

// AttentionScores computes the products of keys and a panel of queries:
//
//	s[j·Queries+r] = Σ_i k[j·dim+i]·q[i·Queries+r]
//
// for j < keys, a multiple of KeyGroup, i < dim and r < p.Used.
func AttentionScores(s, q, k []float32, p *Panel, keys, dim int) {
	s, q, k = s[:keys*Queries], q[:dim*Queries], k[:keys*dim]
	if keys%KeyGroup != 0 {
		panic("asm: AttentionScores: the keys are not whole groups")
	}
	p.check()
	raceRead(q)
	raceRead(k)
	raceWrite(s)
	attentionScores(s, q, k, p, keys, dim)
}

// AttentionSoftmax takes the scores of keys into the panel and turns them into
// weights: s = 2^(s-Max) with the new maximum, 0 below 2⁻¹²⁶. Where masked,
// query r sees the first Limit[r] keys only, and the rest weigh 0; in its first
// tile a query sees one key at least.
func AttentionSoftmax(s []float32, p *Panel, keys int, masked bool) {
	s = s[:keys*Queries]
	p.check()
	raceWrite(s)
	attentionSoftmax(s, p, keys, masked)
}

// AttentionValues adds the weighted values to what the panel's queries have
// gathered so far:
//
//	o[r·stride+c] = o[r·stride+c]·Decay[r] + Σ_j s[j·Queries+r]·v[j·dim+c]
//
// for j < keys, c < dim and r < p.Used. stride is dim rounded up to a multiple of 16; the
// values between are undefined.
func AttentionValues(o, s, v []float32, p *Panel, keys, dim int) {
	o, s, v = o[:Queries*ValueStride(dim)], s[:keys*Queries], v[:keys*dim]
	p.check()
	raceRead(s)
	raceRead(v)
	raceWrite(o)
	attentionValues(o, s, v, p, keys, dim)
}

// check panics where the panel claims more queries than it can have.
func (p *Panel) check() {
	if p.Used < 1 || p.Used > Queries {
		panic("asm: a panel uses no query, or too many")
	}
}

// ValueStride returns dim rounded up to a multiple of 16.
func ValueStride(dim int) int { return (dim + 15) &^ 15 }

func attentionScoresGeneric(s, q, k []float32, p *Panel, keys, dim int) {
	clear(s)
	for j := range keys {
		row := s[j*Queries : j*Queries+p.Used]
		for i, x := range k[j*dim : (j+1)*dim] {
			for r, y := range q[i*Queries : i*Queries+p.Used] {
				row[r] += x * y
			}
		}
	}
}

func attentionSoftmaxGeneric(s []float32, p *Panel, keys int, masked bool) {
	for r := range p.Used {
		n := keys
		if masked {
			n = min(n, max(0, int(p.Limit[r])))
		}
		top := p.Max[r]
		for j := range n {
			top = max(top, s[j*Queries+r])
		}
		var sum [4]float32
		for j := range n {
			w := exp2(s[j*Queries+r] - top)
			s[j*Queries+r] = w
			sum[j%4] += w
		}
		for j := n; j < keys; j++ {
			s[j*Queries+r] = 0
		}
		p.Decay[r] = exp2(p.Max[r] - top)
		p.Max[r] = top
		p.Sum[r] = p.Sum[r]*p.Decay[r] + ((sum[0] + sum[2]) + (sum[1] + sum[3]))
	}
}

func attentionValuesGeneric(o, s, v []float32, p *Panel, keys, dim int) {
	stride := ValueStride(dim)
	for r, decay := range p.Decay[:p.Used] {
		row := o[r*stride : r*stride+dim]
		scaleGeneric(row, decay, row)
		for j := range keys {
			axpyGeneric(row, s[j*Queries+r], v[j*dim:(j+1)*dim])
		}
	}
}
