//go:build !purego && !noasm

package asm

//go:noescape
func attentionScoresNEON(s, q, k []float32, p *Panel, keys, dim int)

func attentionScores(s, q, k []float32, p *Panel, keys, dim int) {
	if useNEON {
		attentionScoresNEON(s, q, k, p, keys, dim)
		return
	}
	attentionScoresGeneric(s, q, k, p, keys, dim)
}

//go:noescape
func attentionSoftmaxNEON(s []float32, p *Panel, keys int, masked bool)

func attentionSoftmax(s []float32, p *Panel, keys int, masked bool) {
	if useNEON {
		attentionSoftmaxNEON(s, p, keys, masked)
		return
	}
	attentionSoftmaxGeneric(s, p, keys, masked)
}

//go:noescape
func attentionValuesNEON(o, s, v []float32, p *Panel, keys, dim int)

func attentionValues(o, s, v []float32, p *Panel, keys, dim int) {
	if useNEON {
		attentionValuesNEON(o, s, v, p, keys, dim)
		return
	}
	attentionValuesGeneric(o, s, v, p, keys, dim)
}
