package asm_test

import (
	"testing"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
)

// Each kernel on rows that stay in L1 or L2. Bytes are those read and written; what
// works in place gets fresh values each time, since its own would fade.
func BenchmarkVector(b *testing.B) {
	const n, heads, half = 4096, 32, 64
	x, y, w, bias := random(1, n, 1), random(2, n, 1), random(3, n, 1), random(4, n, 1)
	cos, sin := random(5, half, 1), random(6, half, 1)
	rows, few := random(7, 48*128, 1), make([]float32, 128)
	scores := random(8, 48, 1)
	halves, q8 := make([]byte, 2*n), make([]byte, n/32*34)
	asm.F32ToF16(halves, x)
	asm.F32ToQ8(q8, x)
	for _, k := range []struct {
		name  string
		bytes int
		run   func()
	}{
		{"Dot", 8 * n, func() { asm.Dot(x, y) }},
		{"Axpy", 12 * n, func() { asm.Axpy(y, 0, x) }},
		{"Add", 12 * n, func() { asm.Add(y, x) }},
		{"Max", 4 * n, func() { asm.Max(x) }},
		{"DotRows", 4 * 48 * 128, func() { asm.DotRows(scores, rows, few) }},
		{"SumRows", 4 * 48 * 128, func() { asm.SumRows(few, scores, rows) }},
		{"Sum", 4 * n, func() { asm.Sum(x) }},
		{"SumSquares", 4 * n, func() { asm.SumSquares(x, 0.5) }},
		{"Normalize", 16 * n, func() { asm.Normalize(y, x, w, bias, 0.5, 2) }},
		{"Rotate", 8 * n, func() { asm.Rotate(y[:heads*2*half], cos, sin) }},
		{"ExpSum", 8 * n, func() { copy(y, x); asm.ExpSum(y, 1) }},
		{"SiLU", 8 * n, func() { copy(y, x); asm.Swish(y, 1, 0) }},
		{"SwiGLU", 12 * n, func() { copy(y, x); asm.SwiGLU(y, w) }},
		{"GELU", 8 * n, func() { copy(y, x); asm.GELU(y) }},
		{"F16ToF32", 6 * n, func() { asm.F16ToF32(y, halves) }},
		{"BF16ToF32", 6 * n, func() { asm.BF16ToF32(y, halves) }},
		{"F32ToF16", 6 * n, func() { asm.F32ToF16(halves, x) }},
		{"F32ToBF16", 6 * n, func() { asm.F32ToBF16(halves, x) }},
		{"Q8ToF32", 4*n + n/32*34, func() { asm.Q8ToF32(y, q8) }},
		{"F32ToQ8", 4*n + n/32*34, func() { asm.F32ToQ8(q8, x) }},
	} {
		b.Run(k.name, func(b *testing.B) {
			asmtest.BenchmarkAllTiers(b, func(b *testing.B) {
				copy(y, x)
				b.SetBytes(int64(k.bytes))
				for b.Loop() {
					k.run()
				}
			})
		})
	}
}
