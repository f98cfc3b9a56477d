package tensor

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor/quant"
)

// KV is the keys and values of one layer, a row of each per token. It is stored
// head-major: one head's rows are contiguous, as attention reads them. Values are
// f32, or rounded to a smaller type when they are appended.
//
// Reading a KV may go on in several goroutines; Append and Truncate exclude all
// else.
type KV struct {
	Heads, Dim int // key heads, values per head
	Len, Cap   int // rows held, rows allocated
	typ        quant.Type
	stride     int // bytes per row of one head
	k, v       []byte
}

// NewKV returns an empty KV of f32 with room for capacity rows.
func NewKV(heads, dim, capacity int) *KV {
	kv, err := NewKVOf(quant.F32, heads, dim, capacity)
	if err != nil {
		panic("tensor: " + err.Error())
	}
	return kv
}

// NewKVOf returns an empty KV that holds values as F32, F16, BF16 or Q8_0. It fails
// for other types, and where a head is not a whole number of blocks.
func NewKVOf(t quant.Type, heads, dim, capacity int) (*KV, error) {
	switch t {
	case quant.F32, quant.F16, quant.BF16, quant.Q8_0:
	default:
		return nil, fmt.Errorf("keys and values cannot be held as %s", t)
	}
	stride, err := t.RowBytes(dim)
	if err != nil {
		return nil, fmt.Errorf("keys and values of a head: %w", err)
	}
	kv := &KV{Heads: heads, Dim: dim, typ: t, stride: stride}
	kv.grow(capacity)
	return kv, nil
}

// Type returns the type that values are held as.
func (kv *KV) Type() quant.Type { return kv.typ }

// Append adds the rows of k and v, and allocates only where they exceed Cap; the
// capacity then at least doubles.
//
// Shapes: k, v [n, Heads*Dim].
func (kv *KV) Append(k, v Tensor) {
	first := kv.extend(k, v)
	for i := range k.Rows {
		kv.put(first+i, k.Row(i), v.Row(i))
	}
}

// extend makes room for the rows of k and v and returns the first one's number.
func (kv *KV) extend(k, v Tensor) int {
	if width := kv.Heads * kv.Dim; k.Cols != width || v.Cols != width || k.Rows != v.Rows {
		panic(fmt.Sprintf("tensor: appending keys %v and values %v to %d heads of %d", k, v, kv.Heads, kv.Dim))
	}
	if kv.Len+k.Rows > kv.Cap {
		kv.grow(max(kv.Len+k.Rows, 2*kv.Cap))
	}
	kv.Len += k.Rows
	return kv.Len - k.Rows
}

// put stores row i.
func (kv *KV) put(i int, k, v []float32) {
	for h := range kv.Heads {
		at := (h*kv.Cap + i) * kv.stride
		kv.narrow(kv.k[at:at+kv.stride], k[h*kv.Dim:(h+1)*kv.Dim])
		kv.narrow(kv.v[at:at+kv.stride], v[h*kv.Dim:(h+1)*kv.Dim])
	}
}

// narrow rounds x to the type that values are held as.
func (kv *KV) narrow(dst []byte, x []float32) {
	switch kv.typ {
	case quant.F32:
		copy(f32s(dst), x)
	case quant.F16:
		asm.F32ToF16(dst, x)
	case quant.BF16:
		asm.F32ToBF16(dst, x)
	case quant.Q8_0:
		asm.F32ToQ8(dst, x)
	}
}

// grow moves the rows held to a memory of at least the given number of rows, in
// whole groups of keys, as attention reads them. Rows beyond Len hold anything.
func (kv *KV) grow(rows int) {
	rows += (asm.KeyGroup - rows%asm.KeyGroup) % asm.KeyGroup
	if rows < 0 || kv.Heads > math.MaxInt/max(1, kv.stride) || rows > math.MaxInt/max(1, kv.Heads*kv.stride) {
		panic(fmt.Sprintf("tensor: no memory holds %d rows of %d heads of %d", rows, kv.Heads, kv.Dim))
	}
	kv.k = kv.relaid(kv.k, rows)
	kv.v = kv.relaid(kv.v, rows)
	kv.Cap = rows
}

func (kv *KV) relaid(old []byte, rows int) []byte {
	data := make([]byte, kv.Heads*rows*kv.stride)
	for h := range kv.Heads {
		copy(data[h*rows*kv.stride:], old[h*kv.Cap*kv.stride:][:kv.Len*kv.stride])
	}
	return data
}

// Keys copies the keys of all rows held to dst, heads side by side.
//
// Shape: dst [Len, Heads*Dim].
func (kv *KV) Keys(dst Tensor) {
	if dst.Rows != kv.Len || dst.Cols != kv.Heads*kv.Dim {
		panic(fmt.Sprintf("tensor: %d keys of %d heads of %d do not go into %v", kv.Len, kv.Heads, kv.Dim, dst))
	}
	for h := range kv.Heads {
		for i := range kv.Len {
			row := dst.Row(i)[h*kv.Dim : (h+1)*kv.Dim]
			copy(row, kv.keys(row, h, i, 1))
		}
	}
}

// Truncate drops the rows from n on; it keeps the memory.
func (kv *KV) Truncate(n int) {
	if n < 0 || n > kv.Len {
		panic(fmt.Sprintf("tensor: truncating %d cached rows to %d", kv.Len, n))
	}
	kv.Len = n
}

// Bytes returns the size of the rows held, keys and values together.
func (kv *KV) Bytes() int { return 2 * kv.Heads * kv.Len * kv.stride }

// keys returns n keys of head h from row first on, and values as many values. They
// are in the cache itself or, where that is not of f32, in mem, which has room for
// widened(n) floats.
func (kv *KV) keys(mem []float32, h, first, n int) []float32 { return kv.widen(mem, kv.k, h, first, n) }
func (kv *KV) values(mem []float32, h, first, n int) []float32 {
	return kv.widen(mem, kv.v, h, first, n)
}

func (kv *KV) widened(n int) int {
	if kv.typ == quant.F32 {
		return 0
	}
	return n * kv.Dim
}

func (kv *KV) widen(mem []float32, data []byte, h, first, n int) []float32 {
	b := data[(h*kv.Cap+first)*kv.stride : (h*kv.Cap+first+n)*kv.stride]
	if kv.typ == quant.F32 {
		return f32s(b)
	}
	mem = mem[:n*kv.Dim]
	switch kv.typ {
	case quant.F16:
		asm.F16ToF32(mem, b)
	case quant.BF16:
		asm.BF16ToF32(mem, b)
	case quant.Q8_0:
		asm.Q8ToF32(mem, b)
	}
	return mem
}

// f32s views b as floats. b is 4-aligned, as memory made for whole floats is.
func f32s(b []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}
