//go:build !purego && !noasm

package asm

//go:noescape
func attentionScoresAVX512(s, q, k []float32, p *Panel, keys, dim int)

//go:noescape
func attentionScoresAVX2(s, q, k []float32, p *Panel, keys, dim int)

func attentionScores(s, q, k []float32, p *Panel, keys, dim int) {
	switch {
	case useAVX512:
		attentionScoresAVX512(s, q, k, p, keys, dim)
	case useAVX2:
		attentionScoresAVX2(s, q, k, p, keys, dim)
	default:
		attentionScoresGeneric(s, q, k, p, keys, dim)
	}
}

//go:noescape
func attentionSoftmaxAVX512(s []float32, p *Panel, keys int, masked bool)

//go:noescape
func attentionSoftmaxAVX2(s []float32, p *Panel, keys int, masked bool)

func attentionSoftmax(s []float32, p *Panel, keys int, masked bool) {
	switch {
	case useAVX512:
		attentionSoftmaxAVX512(s, p, keys, masked)
	case useAVX2:
		attentionSoftmaxAVX2(s, p, keys, masked)
	default:
		attentionSoftmaxGeneric(s, p, keys, masked)
	}
}

//go:noescape
func attentionValuesAVX512(o, s, v []float32, p *Panel, keys, dim int)

//go:noescape
func attentionValuesAVX2(o, s, v []float32, p *Panel, keys, dim int)

func attentionValues(o, s, v []float32, p *Panel, keys, dim int) {
	switch {
	case useAVX512:
		attentionValuesAVX512(o, s, v, p, keys, dim)
	case useAVX2:
		attentionValuesAVX2(o, s, v, p, keys, dim)
	default:
		attentionValuesGeneric(o, s, v, p, keys, dim)
	}
}
