package tensor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/asm/asmtest"
	"github.com/go-par/par/tensor/quant"
)

// BenchmarkMatVec reads weights that no cache holds, as decoding does, and states
// the rate as a share of what the same threads read without computing, measured
// in turns with the products.
func BenchmarkMatVec(b *testing.B) {
	asmtest.BenchmarkAllTiers(b, func(b *testing.B) {
		for _, typ := range []quant.Type{quant.F16, quant.Q8_0, quant.Q4_0, quant.Q4_1, quant.Q5_0, quant.Q5_1, quant.IQ4_NL, quant.Q4_K, quant.Q5_K, quant.Q6_K} {
			for _, shape := range [][2]int{{4096, 4096}, {11008, 4096}, {4096, 11008}, {1536, 576}} {
				if values, _ := typ.Block(); shape[1]%values != 0 {
					continue
				}
				for _, n := range []int{1, 4, 8} {
					for _, threads := range []int{1, 2} {
						b.Run(fmt.Sprintf("%v/%dx%dx%d/threads=%d", typ, n, shape[0], shape[1], threads), func(b *testing.B) {
							benchmarkMatVec(b, typ, n, shape[0], shape[1], threads)
						})
					}
				}
			}
		}
	})
}

func benchmarkMatVec(b *testing.B, typ quant.Type, n, rows, cols, threads int) {
	const memory = 160 << 20
	p := NewPool(threads)
	defer p.Close()
	r := rand.New(rand.NewPCG(1, 1))
	size, err := typ.RowBytes(cols)
	if err != nil {
		b.Fatal(err)
	}
	data := make([]byte, memory/(rows*size)*(rows*size))
	one := encodedRows(b, r, typ, 16, cols)
	for at := 0; at < len(data); {
		at += copy(data[at:], one)
	}
	var weights []*Matrix
	for at := 0; at < len(data); at += rows * size {
		m, err := NewMatrix(typ, rows, cols, data[at:at+rows*size])
		if err != nil {
			b.Fatal(err)
		}
		weights = append(weights, m)
	}
	a, dst := randomTensor(r, n, cols), New(n, rows)
	var busy, reading []time.Duration
	for i := 0; b.Loop(); i++ {
		m := weights[i%len(weights)]
		probe := readProbe{weights[(i+len(weights)/2)%len(weights)].data}
		start := time.Now()
		p.MatMul(dst, a, nil, m, nil)
		middle := time.Now()
		p.begin()
		p.run(probeParts, &probe)
		p.end()
		busy = append(busy, middle.Sub(start))
		reading = append(reading, time.Since(middle))
	}
	// Other programs on the machine only ever add time, so the quicker quarter of
	// the runs tells most about this one.
	slices.Sort(busy)
	slices.Sort(reading)
	product, read := busy[len(busy)/4], reading[len(reading)/4]
	b.ReportMetric(float64(rows*size)/product.Seconds()*1e-9, "GB/s")
	b.ReportMetric(read.Seconds()/product.Seconds(), "of-memory")
	b.ReportMetric(0, "ns/op")
}

// encodedRows returns rows of random weights.
func encodedRows(tb testing.TB, r *rand.Rand, typ quant.Type, rows, cols int) []byte {
	tb.Helper()
	size, err := typ.RowBytes(rows * cols)
	if err != nil {
		tb.Fatal(err)
	}
	data := make([]byte, size)
	if err := quant.Encode(typ, data, randomTensor(r, rows, cols).Data); err != nil {
		tb.Fatal(err)
	}
	return data
}

// A readProbe reads memory in parts.
type readProbe struct{ data []byte }

const probeParts = 64

func (p *readProbe) run(_, i int) {
	n := len(p.data) / probeParts &^ 63
	asm.ProbeRead(p.data[i*n : (i+1)*n])
}
