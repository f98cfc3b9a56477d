package asm

// Rows of activations and of stored weights become the int8 blocks that panels of
// PanelInt8 and its kin are packed from.

// QuantizeInt8 writes x as bytes q and scales, one for every 32 values: x = scale·q
// with q from -127 to 127. The scale is a 127th of the largest magnitude, rounding
// is to nearest, ties to even. sums receives Σ q of every 16 values. len(x) is a
// multiple of 32; values must be finite.
func QuantizeInt8(q []byte, scales []float32, sums []int32, x []float32) {
	q, scales, sums = q[:len(x)], scales[:len(x)/32], sums[:len(x)/16]
	raceRead(x)
	raceWrite(q)
	raceWrite(scales)
	raceWrite(sums)
	if len(x) > 0 {
		quantizeInt8(q, scales, sums, x)
	}
}

// Panel returns the format of panels that weights of type f are packed in, and the
// zero z that is to be taken from their bytes: a weight is scale·(b-z), or
// scale·b+min.
func (f QuadFormat) Panel() (format PanelFormat, zero int32) {
	switch f {
	case Q4_0:
		return PanelInt8, 8
	case Q5_0:
		return PanelInt8, 16
	case Q8_0, IQ4_NL:
		return PanelInt8, 128
	}
	return PanelInt8Min, 0
}

// Panel is QuadFormat.Panel for blocks of 256 weights.
func (f SuperFormat) Panel() (format PanelFormat, zero int32) {
	if f == Q6_K {
		return PanelInt8x16, 32
	}
	return PanelInt8Min, 0
}

// UnpackQuads writes whole blocks of weights as bytes q, in order, and a scale and,
// for formats that have them, a minimum for each block.
func UnpackQuads(f QuadFormat, q []byte, scales, mins []float32, w []byte) {
	blocks := len(w) / f.size()
	if blocks == 0 {
		return
	}
	q, scales = q[:32*blocks], scales[:blocks]
	if panel, _ := f.Panel(); panel == PanelInt8Min {
		mins = mins[:blocks]
		raceWrite(mins)
	}
	raceRead(w)
	raceWrite(q)
	raceWrite(scales)
	unpackQuads(f, q, scales, mins, w)
}

// UnpackSupers is UnpackQuads for blocks of 256 weights, with 8 scales and minima
// each, in Q6_K 16 scales.
func UnpackSupers(f SuperFormat, q []byte, scales, mins []float32, w []byte) {
	blocks := len(w) / f.size()
	if blocks == 0 {
		return
	}
	q = q[:256*blocks]
	if f == Q6_K {
		scales = scales[:16*blocks]
	} else {
		scales, mins = scales[:8*blocks], mins[:8*blocks]
		raceWrite(mins)
	}
	raceRead(w)
	raceWrite(q)
	raceWrite(scales)
	unpackSupers(f, q, scales, mins, w)
}
