package tensor

import (
	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor/quant"
)

// decode is quant.Decode with kernels for the types that have them; the values are
// the same, bit for bit, but for the sign of a NaN.
func decode(t quant.Type, dst []float32, src []byte) {
	quad, isQuad := quadFormats[t]
	super, isSuper := superFormats[t]
	switch {
	case t == quant.F16:
		asm.F16ToF32(dst, src)
	case t == quant.BF16:
		asm.BF16ToF32(dst, src)
	case isQuad:
		decodeQuads(quad, dst, src)
	case isSuper:
		decodeSupers(super, dst, src)
	default:
		quant.Decode(t, dst, src)
	}
}

// decodeStep is how many values are unpacked at a time, on the stack.
const decodeStep = 512

func decodeQuads(f asm.QuadFormat, dst []float32, src []byte) {
	var q [decodeStep]byte
	var scales, mins [decodeStep / 32]float32
	format, zero := f.Panel()
	for size := len(src) / max(len(dst)/32, 1); len(dst) > 0; {
		n := min(decodeStep, len(dst))
		asm.UnpackQuads(f, q[:n], scales[:], mins[:], src[:n/32*size])
		var m []float32
		if format == asm.PanelInt8Min {
			m = mins[:n/32]
		}
		asm.WidenInt8(dst[:n], q[:n], scales[:n/32], m, zero)
		dst, src = dst[n:], src[n/32*size:]
	}
}

func decodeSupers(f asm.SuperFormat, dst []float32, src []byte) {
	var q [decodeStep]byte
	var scales [decodeStep / 16]float32
	var mins [decodeStep / 32]float32
	_, zero := f.Panel()
	for size := len(src) / max(len(dst)/256, 1); len(dst) > 0; {
		n := min(decodeStep, len(dst))
		asm.UnpackSupers(f, q[:n], scales[:], mins[:], src[:n/256*size])
		if f == asm.Q6_K {
			asm.WidenInt8(dst[:n], q[:n], scales[:n/16], nil, zero)
		} else {
			asm.WidenInt8(dst[:n], q[:n], scales[:n/32], mins[:n/32], zero)
		}
		dst, src = dst[n:], src[n/256*size:]
	}
}
