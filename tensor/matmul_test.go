package tensor

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/go-par/par/asm/asmtest"
	"github.com/go-par/par/tensor/quant"
)

// floatTypes are the storage types that a value is converted to by rounding.
var floatTypes = []quant.Type{quant.F32, quant.F16, quant.BF16}

// randomMatrix returns a matrix of small random values, exact in its type, whose
// bytes start at an odd address.
func randomMatrix(r *rand.Rand, typ quant.Type, rows, cols int) *Matrix {
	size, err := typ.RowBytes(cols)
	if err != nil {
		panic(err)
	}
	data := make([]byte, 1+rows*size)[1:]
	for i := range rows * cols {
		v := float32(r.NormFloat64())
		switch typ {
		case quant.F32:
			binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
		case quant.BF16:
			binary.LittleEndian.PutUint16(data[2*i:], uint16(math.Float32bits(v)>>16))
		case quant.F16: // any pattern of an exponent between 2^-8 and 2^1
			binary.LittleEndian.PutUint16(data[2*i:], uint16(r.Uint32())&0x83ff|uint16(7+r.IntN(10))<<10)
		default:
			panic("no random values of type " + typ.String())
		}
	}
	m, err := NewMatrix(typ, rows, cols, data)
	if err != nil {
		panic(err)
	}
	return m
}

func randomTensor(r *rand.Rand, rows, cols int) Tensor {
	t := New(rows, cols)
	for i := range t.Data {
		t.Data[i] = float32(r.NormFloat64())
	}
	return t
}

// guarded returns a tensor of NaN between guard values, and a function that
// reports whether they still stand.
func guarded(rows, cols int) (Tensor, func() bool) {
	const guard, n = -12345.5, 64
	all := make([]float32, n+rows*cols+n)
	for i := range all {
		all[i] = guard
	}
	in := all[n : n+rows*cols : n+rows*cols]
	for i := range in {
		in[i] = float32(math.NaN())
	}
	return Tensor{rows, cols, in}, func() bool {
		for i := range n {
			if all[i] != guard || all[len(all)-1-i] != guard {
				return false
			}
		}
		return true
	}
}

// checkProduct compares dst with the product in f64. Rounding K products and
// their sum in any order, the bias and what is added to, errs by at most
// (K+3)·2⁻²⁴·(Σ|a||w|+|bias|+|start|) to first order (Higham, Accuracy and Stability of
// Numerical Algorithms, section 3.1); the factor 1.01 covers the higher orders.
func checkProduct(t *testing.T, dst, a Tensor, rows []int32, w *Matrix, bias []float32) {
	t.Helper()
	checkSum(t, dst, New(dst.Rows, dst.Cols), a, rows, w, bias)
}

// checkSum is checkProduct of what is added to start.
func checkSum(t *testing.T, dst, start, a Tensor, rows []int32, w *Matrix, bias []float32) {
	t.Helper()
	row := make([]float32, w.Cols())
	for j := range w.Rows() {
		w.Row(row, j)
		for i := range dst.Rows {
			sum := float64(start.Row(i)[j])
			abs := math.Abs(sum)
			for k, x := range a.Row(rowAt(rows, i)) {
				sum += float64(x) * float64(row[k])
				abs += math.Abs(float64(x) * float64(row[k]))
			}
			if bias != nil {
				sum += float64(bias[j])
				abs += math.Abs(float64(bias[j]))
			}
			got := float64(dst.Row(i)[j])
			if limit := 1.01 * float64(w.Cols()+3) * 0x1p-24 * abs; !(math.Abs(got-sum) <= limit) {
				t.Fatalf("[%d, %d] = %v, want %v within %.3g", i, j, got, sum, limit)
			}
		}
	}
}

type product struct{ m, n, k int }

func (p product) String() string { return fmt.Sprintf("%dx%dx%d", p.m, p.n, p.k) }

// oddProducts straddle the tiles of every tier, the blocks of the inner
// dimension, and the change from matVec to gemm.
var oddProducts = []product{
	{1, 1, 1}, {1, 33, 65}, {2, 3, 5}, {3, 31, 16}, {4, 32, 17}, {5, 64, 4}, {7, 100, 127}, {8, 5, 513},
	{9, 1, 1}, {9, 31, 3}, {10, 32, 4}, {11, 33, 5}, {12, 16, 511}, {13, 15, 512}, {14, 17, 513}, {16, 64, 64},
	{17, 257, 33}, {23, 255, 31}, {24, 96, 1024}, {25, 290, 70}, {37, 513, 40}, {61, 12, 100}, {100, 1, 300},
	{9, 3, gemmSteps - 1}, {10, 33, gemmSteps + 1}, {12, 32, 2 * gemmSteps}, {13, 5, 2*gemmSteps + 7},
}

func TestMatMul(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		p := NewPool(2)
		defer p.Close()
		for _, typ := range floatTypes {
			for _, shape := range oddProducts {
				t.Run(fmt.Sprintf("%v %v", typ, shape), func(t *testing.T) {
					r := rand.New(rand.NewPCG(1, 2))
					a := randomTensor(r, shape.m, shape.k)
					w := randomMatrix(r, typ, shape.n, shape.k)
					bias := randomTensor(r, 1, shape.n).Data
					dst, intact := guarded(shape.m, shape.n)

					p.MatMul(dst, a, nil, w, nil)
					checkProduct(t, dst, a, nil, w, nil)
					p.MatMul(dst, a, nil, w, bias)
					checkProduct(t, dst, a, nil, w, bias)
					if !intact() {
						t.Error("wrote beyond dst")
					}
				})
			}
		}
	})
}

// The same rows through a list give the same bits as rows in order, and repeated
// and reordered rows the product of each.
func TestMatMulRows(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		p := NewPool(2)
		defer p.Close()
		r := rand.New(rand.NewPCG(3, 4))
		a := randomTensor(r, 60, 130)
		w := randomMatrix(r, quant.BF16, 70, 130)
		for _, n := range []int{1, 3, 8, 9, 29, 60, 75} {
			rows := make([]int32, n)
			for i := range rows {
				rows[i] = int32(r.IntN(a.Rows))
			}
			got, want := New(n, 70), New(n, 70)
			p.MatMul(got, a, rows, w, nil)
			checkProduct(t, got, a, rows, w, nil)

			gathered := New(n, 130)
			Gather(gathered, a, rows)
			p.MatMul(want, gathered, nil, w, nil)
			sameBits(t, got, want)
		}
	})
}

// The number of threads does not change a bit.
func TestMatMulThreads(t *testing.T) {
	serial := NewPool(1)
	defer serial.Close()
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, threads := range []int{2, 3, 16} {
			p := NewPool(threads)
			defer p.Close()
			for _, shape := range []product{{5, 300, 200}, {40, 20, 600}, {130, 700, 520}, {30, 70, gemmSteps + 50}} {
				r := rand.New(rand.NewPCG(5, 6))
				a := randomTensor(r, shape.m, shape.k)
				w := randomMatrix(r, quant.F16, shape.n, shape.k)
				got, want := New(shape.m, shape.n), New(shape.m, shape.n)
				p.MatMul(got, a, nil, w, nil)
				serial.MatMul(want, a, nil, w, nil)
				sameBits(t, got, want)
			}
		}
	})
}

// Products of the same rows are those of MatMul to the bit, whether they can share
// panels or not: narrow and wide matrices, types that are mixed, and such as Auto
// multiplies in different arithmetic.
func TestMatMuls(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		for _, threads := range []int{1, 2, 5} {
			p := NewPool(threads)
			defer p.Close()
			r := rand.New(rand.NewPCG(11, 12))
			for _, k := range []int{64, 288} {
				sets := [][]*Matrix{
					{randomMatrix(r, quant.F32, 1, k), randomMatrix(r, quant.F32, 70, k), randomMatrix(r, quant.F32, 33, k)},
					{randomMatrix(r, quant.BF16, 96, k), randomMatrix(r, quant.BF16, 32, k), randomMatrix(r, quant.BF16, 0, k)},
					{randomMatrix(r, quant.F16, 40, k), randomMatrix(r, quant.BF16, 40, k)},
					{encodedMatrix(t, r, quant.Q8_0, 1000, k), encodedMatrix(t, r, quant.Q8_0, 90, k)},
					{encodedMatrix(t, r, quant.Q4_0, 64, k), encodedMatrix(t, r, quant.Q4_0, 65, k)},
				}
				for _, m := range []int{1, maxMatVec, maxMatVec + 1, 29, gemmRows + 3} {
					a := randomTensor(r, m, k)
					rows := make([]int32, m)
					for i := range rows {
						rows[i] = int32(r.IntN(m))
					}
					for _, set := range sets {
						if m > gemmRows && set[0].typ != quant.F32 {
							continue
						}
						for _, rows := range [][]int32{nil, rows} {
							checkMatMuls(t, p, a, rows, set)
						}
					}
				}
			}
			p.MatMuls(randomTensor(r, 20, 5), nil)
		}
	})
}

func checkMatMuls(t *testing.T, p *Pool, a Tensor, rows []int32, set []*Matrix) {
	t.Helper()
	var list []Product
	var want []Tensor
	var checks []func() bool
	for i, w := range set {
		x := Product{W: w}
		if i%2 == 0 {
			x.Bias = make([]float32, w.rows)
			for j := range x.Bias {
				x.Bias[j] = float32(j)
			}
		}
		var intact func() bool
		x.Dst, intact = guarded(a.Rows, w.rows)
		list, checks = append(list, x), append(checks, intact)
		alone := New(a.Rows, w.rows)
		p.MatMul(alone, a, rows, w, x.Bias)
		want = append(want, alone)
	}
	p.MatMuls(a, rows, list...)
	for i, x := range list {
		sameBits(t, x.Dst, want[i])
		if !checks[i]() {
			t.Errorf("product %d wrote beyond dst", i)
		}
	}
}

// TestAddMatMul: without a bias, and where the inner dimension is one block, the sum is
// that of MatMul and Add to the bit.
func TestAddMatMul(t *testing.T) {
	p := NewPool(3)
	defer p.Close()
	asmtest.TestAllTiers(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(13, 14))
		for _, k := range []int{0, 64, gemmSteps + 33} {
			for _, n := range []int{0, 33, 64} {
				for _, m := range []int{0, 1, maxMatVec, maxMatVec + 1, 29} {
					a, w, start := randomTensor(r, m, k), randomMatrix(r, quant.F32, n, k), randomTensor(r, m, n)
					for _, bias := range [][]float32{nil, randomTensor(r, 1, n).Data} {
						got, intact := guarded(m, n)
						copy(got.Data, start.Data)
						p.AddMatMul(got, a, w, bias)
						checkSum(t, got, start, a, nil, w, bias)
						if m <= maxMatVec || k <= gemmSteps && bias == nil {
							want := New(m, n)
							p.MatMul(want, a, nil, w, bias)
							p.Add(want, start)
							sameBits(t, got, want)
						}
						if !intact() {
							t.Errorf("%d x %d x %d wrote beyond dst", m, n, k)
						}
					}
				}
			}
		}
	})
}

// More rows than are packed at once.
func TestMatMulManyRows(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	r := rand.New(rand.NewPCG(7, 8))
	a := randomTensor(r, 2*gemmRows+5, 20)
	w := randomMatrix(r, quant.F32, 9, 20)
	dst := New(a.Rows, 9)
	p.MatMul(dst, a, nil, w, nil)
	checkProduct(t, dst, a, nil, w, nil)

	rows := make([]int32, a.Rows)
	for i := range rows {
		rows[i] = int32(a.Rows - 1 - i)
	}
	p.MatMul(dst, a, rows, w, nil)
	checkProduct(t, dst, a, rows, w, nil)
}

func TestMatMulEmpty(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	w, err := NewMatrix(quant.F32, 3, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	dst, _ := guarded(2, 3)
	p.MatMul(dst, New(2, 0), nil, w, []float32{1, 2, 3})
	if want := []float32{1, 2, 3, 1, 2, 3}; !slices.Equal(dst.Data, want) {
		t.Errorf("a product of no columns is %v, want the bias", dst.Data)
	}
	p.MatMul(New(0, 3), New(0, 0), nil, w, nil)
	p.MatMul(New(0, 3), New(5, 0), []int32{}, w, nil)
}

func TestMatMulPanicsOnShapes(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	w := FromF32(3, 4, make([]float32, 12))
	for name, f := range map[string]func(){
		"columns of a":   func() { p.MatMul(New(2, 3), New(2, 5), nil, w, nil) },
		"columns of dst": func() { p.MatMul(New(2, 4), New(2, 4), nil, w, nil) },
		"rows of dst":    func() { p.MatMul(New(3, 3), New(2, 4), nil, w, nil) },
		"bias":           func() { p.MatMul(New(2, 3), New(2, 4), nil, w, make([]float32, 2)) },
		"short data":     func() { p.MatMul(New(2, 3), Tensor{2, 4, make([]float32, 7)}, nil, w, nil) },
		"row beyond":     func() { p.MatMul(New(1, 3), New(2, 4), []int32{2}, w, nil) },
		"negative row":   func() { p.MatMul(New(1, 3), New(2, 4), []int32{-1}, w, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

func TestMatMulDoesNotAllocate(t *testing.T) {
	asmtest.TestAllTiers(t, func(t *testing.T) {
		p := NewPool(2)
		defer p.Close()
		r := rand.New(rand.NewPCG(9, 10))
		for _, typ := range floatTypes {
			w := randomMatrix(r, typ, 70, 130)
			for _, m := range []int{1, 8, 20} {
				a, dst := randomTensor(r, m, 130), New(m, 70)
				other := New(m, 70)
				if n := testing.AllocsPerRun(10, func() {
					p.MatMul(dst, a, nil, w, nil)
					p.MatMuls(a, nil, Product{Dst: dst, W: w}, Product{Dst: other, W: w})
					p.AddMatMul(dst, a, w, nil)
				}); n != 0 {
					t.Errorf("%v, %d rows: %v allocations", typ, m, n)
				}
			}
		}
	})
}

func sameBits(t *testing.T, got, want Tensor) {
	t.Helper()
	for i, x := range got.Data {
		if math.Float32bits(x) != math.Float32bits(want.Data[i]) {
			t.Fatalf("[%d, %d] = %x, want the bits of %x", i/got.Cols, i%got.Cols, x, want.Data[i])
		}
	}
}

// FuzzMatMul varies shapes, row lists, threads and tiers.
func FuzzMatMul(f *testing.F) {
	f.Add(uint64(1), uint16(12), uint16(32), uint16(512), uint8(0), uint8(2), true)
	f.Add(uint64(2), uint16(13), uint16(33), uint16(513), uint8(1), uint8(3), false)
	f.Add(uint64(3), uint16(1), uint16(7), uint16(9), uint8(2), uint8(1), true)
	f.Add(uint64(4), uint16(20), uint16(40), uint16(gemmSteps), uint8(1), uint8(2), false)
	f.Fuzz(func(t *testing.T, seed uint64, m, n, k uint16, typ, threads uint8, list bool) {
		r := rand.New(rand.NewPCG(seed, 0))
		shape := product{int(m)%70 + 1, int(n)%300 + 1, int(k)%(2*gemmSteps) + 1}
		a := randomTensor(r, shape.m, shape.k)
		w := randomMatrix(r, floatTypes[int(typ)%len(floatTypes)], shape.n, shape.k)
		var rows []int32
		if list {
			rows = make([]int32, shape.m)
			for i := range rows {
				rows[i] = int32(r.IntN(shape.m))
			}
		}
		bias := randomTensor(r, 1, shape.n).Data
		p := NewPool(int(threads)%4 + 1)
		defer p.Close()
		asmtest.TestAllTiers(t, func(t *testing.T) {
			dst, intact := guarded(shape.m, shape.n)
			p.MatMul(dst, a, rows, w, bias)
			checkProduct(t, dst, a, rows, w, bias)
			if !intact() {
				t.Error("wrote beyond dst")
			}
		})
	})
}
