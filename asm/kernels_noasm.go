//go:build (!amd64 && !arm64) || purego || noasm

package asm

func dot(a, b []float32) float32                  { return dotGeneric(a, b) }
func axpy(y []float32, a float32, x []float32)    { axpyGeneric(y, a, x) }
func add(y, x []float32)                          { addGeneric(y, x) }
func scale(dst []float32, a float32, x []float32) { scaleGeneric(dst, a, x) }
func maximum(x []float32) float32                 { return maximumGeneric(x) }
func dotRows(dst, a, x []float32)                 { dotRowsGeneric(dst, a, x) }
func sumRows(dst, w, a []float32)                 { sumRowsGeneric(dst, w, a) }

func sum(x []float32) float64                   { return sumGeneric(x) }
func sumSquares(x []float32, c float64) float64 { return sumSquaresGeneric(x, c) }
func normalize(dst, x, w, b []float32, mean, scale float32) {
	normalizeGeneric(dst, x, w, b, mean, scale)
}

func expSum(x []float32, shift float32) float32 { return expSumGeneric(x, shift) }
func swish(x []float32, a, b float32)           { swishGeneric(x, a, b) }
func swiGLU(gate, up []float32)                 { swiGLUGeneric(gate, up) }
func gelu(x []float32)                          { geluGeneric(x) }
func rotate(x, cos, sin []float32)              { rotateGeneric(x, cos, sin) }

func f16ToF32(dst []float32, src []byte)  { f16ToF32Generic(dst, src) }
func bf16ToF32(dst []float32, src []byte) { bf16ToF32Generic(dst, src) }
func f32ToF16(dst []byte, src []float32)  { f32ToF16Generic(dst, src) }
func f32ToBF16(dst []byte, src []float32) { f32ToBF16Generic(dst, src) }

func attentionScores(s, q, k []float32, p *Panel, keys, dim int) {
	attentionScoresGeneric(s, q, k, p, keys, dim)
}
func attentionSoftmax(s []float32, p *Panel, keys int, masked bool) {
	attentionSoftmaxGeneric(s, p, keys, masked)
}
func attentionValues(o, s, v []float32, p *Panel, keys, dim int) {
	attentionValuesGeneric(o, s, v, p, keys, dim)
}
