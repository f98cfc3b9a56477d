package asm_test

import (
	"encoding/binary"
	"math"
	"testing"
	"unsafe"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
)

func TestPairRows(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, width := range []int{1, 4, 8, 12, 16, 17, 31, 32} {
			for _, n := range []int{1, width, width + 1, 2*width + (width+1)/2, 3 * width} {
				for rows := 1; rows < 6; rows++ {
					ld, size := n+3, (rows+1)/2*width+5
					src := newGuarded(random(uint64(width*n), (rows-1)*ld+n, 1))
					dst := newGuarded(make([]float32, (n-1)/width*size+(rows+1)/2*width))
					panels := unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(dst.x))), len(dst.x))
					for i := range panels {
						panels[i] = marginBits
					}
					asm.PairRows(panels, width, size, src.x, ld, rows, n)
					dst.check(t)
					for i, got := range panels {
						k, c := i%size/width, i/size*width+i%size%width
						want := uint32(marginBits) // between panels
						if i%size < (rows+1)/2*width {
							want = 0
							for half := range 2 {
								if r := 2*k + half; r < rows && c < n {
									var b [2]byte
									asm.F32ToBF16(b[:], src.x[r*ld+c:r*ld+c+1])
									want |= uint32(binary.LittleEndian.Uint16(b[:])) << (16 * half)
								}
							}
						}
						if got != want {
							t.Fatalf("width %d, %d columns, row %d of %d, column %d: %#x, want %#x", width, n, 2*k, rows, c, got, want)
						}
					}
				}
			}
		}
	})
}

func TestPairValues(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, rows := range []int{1, 3, 4, 12, 15, 16, 17, 32, 33} {
			for _, n := range []int{1, 2, 15, 16, 17, 31, 32, 33, 48, 64, 65, 80, 97} {
				src := random(uint64(rows*n), rows*n, 1)
				pointers := make([]unsafe.Pointer, rows)
				for r := range pointers {
					pointers[r] = unsafe.Pointer(&src[r*n])
				}
				samePairs(t, asm.PairValues, pointers, src, n)

				stored := make([]byte, 2*rows*n)
				asm.F32ToF16(stored, src)
				asm.F16ToF32(src, stored)
				for r := range pointers {
					pointers[r] = unsafe.Pointer(&stored[2*r*n])
				}
				samePairs(t, asm.PairF16, pointers, src, n)
			}
		}
	})
}

// samePairs compares what pack makes of rows of n values, those of src, with bf16 of
// each.
func samePairs(t *testing.T, pack func([]uint32, int, []unsafe.Pointer, int), rows []unsafe.Pointer, src []float32, n int) {
	t.Helper()
	pitch, steps := len(rows)+2, (n+1)/2
	between := math.Float32bits(0.5)
	dst := newGuarded(make([]float32, (steps-1)*pitch+len(rows)))
	for i := range dst.x {
		dst.x[i] = 0.5
	}
	panel := unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(dst.x))), len(dst.x))
	pack(panel, pitch, rows, n)
	dst.check(t)
	for i, got := range panel {
		k, r := i/pitch, i%pitch
		want := between
		if r < len(rows) {
			var b [4]byte
			asm.F32ToBF16(b[:2*min(2, n-2*k)], src[r*n+2*k:r*n+min(n, 2*k+2)])
			want = binary.LittleEndian.Uint32(b[:])
		}
		if got != want {
			t.Fatalf("%d values, row %d of %d, step %d: %#x, want %#x", n, r, len(rows), k, got, want)
		}
	}
}

func TestSwiGLUGrad(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, n := range lengths {
			gate, up, d := random(31, n, 6), random(32, n, 1), random(33, n, 1)
			dy, dup := newGuarded(d), newGuarded(make([]float32, n))
			asm.SwiGLUGrad(dy.x, dup.x, gate, up)
			dy.check(t)
			dup.check(t)
			for i := range n {
				g, y := float64(gate[i]), float64(d[i])
				s := 1 / (1 + math.Exp(-g))
				near(t, dup.x[i], y*g*s, 0x1p-20*math.Abs(y*g*s), "n = %d, gradient of up %d", n, i)
				scale := math.Abs(y*float64(up[i])) * (s + math.Abs(g*s*(1-s)))
				near(t, dy.x[i], y*float64(up[i])*(s+g*s*(1-s)), 0x1p-20*scale, "n = %d, gradient of gate %d", n, i)
			}
		}
	})
}

func TestSwishGrad(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, n := range lengths {
			for _, a := range []float32{1, 1.702} {
				x, d := random(34, n, 6), random(35, n, 1)
				dy := newGuarded(d)
				asm.SwishGrad(dy.x, x, a)
				dy.check(t)
				for i := range n {
					z, y := float64(a)*float64(x[i]), float64(d[i])
					s := 1 / (1 + math.Exp(-z))
					// z is rounded, which σ turns into a relative error of |z|·u at most.
					scale := math.Abs(y) * (s + math.Abs(z*s*(1-s))) * (1 + math.Abs(z)/8)
					near(t, dy.x[i], y*(s+z*s*(1-s)), 0x1p-20*scale, "n = %d, a = %v, element %d", n, a, i)
				}
			}
		}
	})
}

func TestNormGrad(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, n := range lengths {
			dy, w, x := random(36, n, 1), random(37, n, 1), random(38, n, 2)
			start := random(39, n, 1)
			dx, dw := newGuarded(start), newGuarded(start)
			const mean, r, slope, shift = 0.25, 0.75, -0.5, 0.125
			sum, dot := asm.NormGradSums(dy, w, x, mean)
			asm.NormGrad(dx.x, dw.x, dy, w, x, mean, r, slope, shift)
			dx.check(t)
			dw.check(t)
			var wantSum, wantDot, sumScale, dotScale float64
			for i, v := range x {
				g := float64(dy[i]) * float64(w[i])
				c := float64(v) - mean
				wantSum, sumScale = wantSum+g, sumScale+math.Abs(g)
				wantDot, dotScale = wantDot+g*c, dotScale+math.Abs(g*c)
				terms := []float64{float64(start[i]), r * g, -c * r * slope, -shift}
				var want, scale float64
				for _, x := range terms {
					want, scale = want+x, scale+math.Abs(x)
				}
				near(t, dx.x[i], want, 6*u*scale, "n = %d, gradient of value %d", n, i)
				g = float64(dy[i]) * c * r
				near(t, dw.x[i], float64(start[i])+g, 5*u*(math.Abs(g)+math.Abs(float64(start[i]))), "n = %d, gradient of weight %d", n, i)
			}
			near(t, sum, wantSum, sumError(n)*sumScale, "n = %d, sum", n)
			near(t, dot, wantDot, sumError(n)*dotScale, "n = %d, product", n)
		}
	})
}

func TestAdam(t *testing.T) {
	a := asm.Adam{Beta1: 0.875, Rest1: 0.125, Beta2: 0.75, Rest2: 0.25, Rate: 0.5, Scale: 1.5, Eps: 0x1p-20, Decay: 0.9375}
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, n := range lengths {
			xs, ms, vs, g := random(40, n, 1), random(41, n, 1), random(42, n, 1), random(43, n, 1)
			for i, v := range vs {
				vs[i] = v * v
			}
			x, m, v := newGuarded(xs), newGuarded(ms), newGuarded(vs)
			a.Step(x.x, m.x, v.x, g)
			x.check(t)
			m.check(t)
			v.check(t)
			for i := range n {
				d := float64(g[i])
				wantM, wantV := 0.875*float64(ms[i])+0.125*d, 0.75*float64(vs[i])+0.25*d*d
				scaleM := math.Abs(0.875*float64(ms[i])) + math.Abs(0.125*d)
				near(t, m.x[i], wantM, 2*u*scaleM, "n = %d, first moment %d", n, i)
				near(t, v.x[i], wantV, 4*u*wantV, "n = %d, second moment %d", n, i)
				denom := 1.5*math.Sqrt(wantV) + 0x1p-20
				want := 0.9375*float64(xs[i]) - 0.5*wantM/denom
				near(t, x.x[i], want, 2*u*math.Abs(0.9375*float64(xs[i]))+10*u*0.5*scaleM/denom, "n = %d, value %d", n, i)
			}
		}
	})
}
