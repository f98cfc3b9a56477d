package tensor

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/go-par/par/tensor/quant"
)

// numbered returns a tensor whose values tell their row and column.
func numbered(first, rows, cols int) Tensor {
	t := New(rows, cols)
	for i := range t.Data {
		t.Data[i] = float32(first*cols + i)
	}
	return t
}

func TestKVAppend(t *testing.T) {
	const heads, dim = 3, 5
	kv := NewKV(heads, dim, 1)
	want := New(0, heads*dim)
	for _, n := range []int{1, 0, 7, 40, 2} {
		rows := numbered(want.Rows, n, heads*dim)
		negated := New(n, heads*dim)
		for i, x := range rows.Data {
			negated.Data[i] = -x
		}
		kv.Append(rows, negated)
		want = Tensor{want.Rows + n, want.Cols, append(want.Data, rows.Data...)}
	}
	if kv.Len != want.Rows || kv.Cap < kv.Len {
		t.Fatalf("%d rows of %d, want %d", kv.Len, kv.Cap, want.Rows)
	}
	for h := range heads {
		for i := range want.Rows {
			row := want.Row(i)[h*dim : (h+1)*dim]
			if got := kv.keys(nil, h, i, 1); !slices.Equal(got, row) {
				t.Fatalf("key %d of head %d is %v, want %v", i, h, got, row)
			}
			for k, x := range kv.values(nil, h, i, 1) {
				if x != -row[k] {
					t.Fatalf("value %d of head %d is %v at %d, want %v", i, h, x, k, -row[k])
				}
			}
		}
	}
	if got := kv.Bytes(); got != 2*50*heads*dim*4 {
		t.Errorf("%d bytes, want %d", got, 2*50*heads*dim*4)
	}
}

// TestAppendRotated compares with Rotate, or RotatePairs, and Append, to the bit.
func TestAppendRotated(t *testing.T) {
	const heads, dim = 3, 64
	r := rand.New(rand.NewPCG(31, 32))
	for _, threads := range []int{1, 3} {
		p := NewPool(threads)
		defer p.Close()
		for _, typ := range []quant.Type{quant.F32, quant.F16, quant.BF16, quant.Q8_0} {
			for _, pairs := range []bool{false, true} {
				got, want := newKV(t, typ, heads, dim), newKV(t, typ, heads, dim)
				for _, n := range []int{1, 0, 200, 7} {
					k, v := randomTensor(r, n, heads*dim), randomTensor(r, n, heads*dim)
					cos, sin := randomTensor(r, n, dim/2), randomTensor(r, n, dim/2)
					turned := Tensor{n, k.Cols, slices.Clone(k.Data)}
					if pairs {
						p.RotatePairs(turned, heads, cos, sin)
					} else {
						p.Rotate(turned, heads, cos, sin)
					}
					want.Append(turned, v)
					p.AppendRotated(got, k, v, cos, sin, pairs)
					if !slices.Equal(k.Data, turned.Data) {
						t.Fatalf("%d threads, %s: keys are not turned as by themselves", threads, typ)
					}
				}
				if got.Len != want.Len {
					t.Fatalf("%d rows, want %d", got.Len, want.Len)
				}
				for h := range heads {
					mem := make([]float32, 2*got.Len*dim)
					for _, of := range []func(kv *KV, mem []float32) []float32{
						func(kv *KV, mem []float32) []float32 { return kv.keys(mem, h, 0, kv.Len) },
						func(kv *KV, mem []float32) []float32 { return kv.values(mem, h, 0, kv.Len) },
					} {
						if !slices.Equal(of(got, mem), of(want, mem[got.Len*dim:])) {
							t.Fatalf("%d threads, %s: head %d holds other rows than by Rotate and Append", threads, typ, h)
						}
					}
				}
			}
		}
	}
}

func newKV(t *testing.T, typ quant.Type, heads, dim int) *KV {
	t.Helper()
	kv, err := NewKVOf(typ, heads, dim, 3)
	if err != nil {
		t.Fatal(err)
	}
	return kv
}

func TestKVTruncate(t *testing.T) {
	kv := NewKV(2, 4, 10)
	kv.Append(numbered(0, 10, 8), numbered(0, 10, 8))
	kv.Truncate(6)
	kv.Append(numbered(100, 1, 8), numbered(100, 1, 8))
	if got := kv.keys(nil, 1, 5, 2); !slices.Equal(got, []float32{44, 45, 46, 47, 804, 805, 806, 807}) {
		t.Errorf("rows 5 and 6 of head 1 are %v", got)
	}
	kv.Truncate(0)
	if kv.Bytes() != 0 || kv.Cap < 10 {
		t.Errorf("%d bytes, capacity %d after truncating to nothing", kv.Bytes(), kv.Cap)
	}
}

// What is held in a smaller type reads as what the type makes of it.
func TestKVTypes(t *testing.T) {
	const heads, dim, rows = 3, 64, 30
	r := rand.New(rand.NewPCG(1, 1))
	k, v := randomTensor(r, rows, heads*dim), randomTensor(r, rows, heads*dim)
	for _, typ := range kvTypes {
		kv, err := NewKVOf(typ, heads, dim, 1)
		if err != nil {
			t.Fatal(err)
		}
		kv.Append(k.Slice(0, 7), v.Slice(0, 7))
		kv.Append(k.Slice(7, rows), v.Slice(7, rows))
		size, err := typ.RowBytes(dim)
		if err != nil {
			t.Fatal(err)
		}
		if got := kv.Bytes(); got != 2*heads*rows*size {
			t.Errorf("%v: %d bytes, want %d", typ, got, 2*heads*rows*size)
		}
		keys, mem, want, stored := New(rows, heads*dim), make([]float32, dim), make([]float32, dim), make([]byte, size)
		kv.Keys(keys)
		for i := range rows {
			for h := range heads {
				for name, c := range map[string]struct{ got, in []float32 }{
					"key":   {keys.Row(i)[h*dim : (h+1)*dim], k.Row(i)[h*dim : (h+1)*dim]},
					"value": {kv.values(mem, h, i, 1), v.Row(i)[h*dim : (h+1)*dim]},
				} {
					if err := quant.Encode(typ, stored, c.in); err != nil {
						t.Fatal(err)
					}
					quant.Decode(typ, want, stored)
					if !slices.Equal(c.got, want) {
						t.Fatalf("%v: %s %d of head %d is %v, want %v", typ, name, i, h, c.got, want)
					}
				}
			}
		}
	}
}

func TestKVTypesRefused(t *testing.T) {
	for _, c := range []struct {
		typ quant.Type
		dim int
	}{{quant.Q4_0, 32}, {quant.F64, 8}, {quant.Type(99), 8}, {quant.Q8_0, 48}, {quant.F32, -1}} {
		if kv, err := NewKVOf(c.typ, 1, c.dim, 1); err == nil {
			t.Errorf("%v holds heads of %d: %v", c.typ, c.dim, kv)
		}
	}
}

func TestKVAppendKeepsMemory(t *testing.T) {
	kv := NewKV(2, 4, 64)
	row := numbered(0, 1, 8)
	if n := testing.AllocsPerRun(50, func() { kv.Append(row, row) }); n != 0 {
		t.Errorf("%v allocations an append within the capacity", n)
	}
}

func TestKVPanics(t *testing.T) {
	for name, f := range map[string]func(kv *KV){
		"width":         func(kv *KV) { kv.Append(New(1, 7), New(1, 8)) },
		"rows":          func(kv *KV) { kv.Append(New(1, 8), New(2, 8)) },
		"truncate more": func(kv *KV) { kv.Truncate(1) },
		"negative":      func(kv *KV) { kv.Truncate(-1) },
		"too large":     func(kv *KV) { NewKV(1<<20, 1<<20, 1<<30) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f(NewKV(2, 4, 1))
		})
	}
}
