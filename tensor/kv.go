package tensor

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/go-par/par/tensor/quant"
)

// KV is the keys and values of one layer, a row of each per token. It is stored
// head-major: one head's rows are contiguous, as attention reads them.
//
// Reading a KV may go on in several goroutines; Append and Truncate exclude all
// else.
type KV struct {
	Heads, Dim int // key heads, values per head
	Len, Cap   int // rows held, rows allocated
	stride     int // bytes per row of one head
	k, v       []byte
}

// rowGroup is what capacities are rounded up to, so that attention may read keys
// in whole groups. Rows beyond Len hold anything, but they are there.
const rowGroup = 12

// NewKV returns an empty KV with room for capacity rows.
func NewKV(heads, dim, capacity int) *KV {
	stride, err := quant.F32.RowBytes(dim)
	if err != nil {
		panic("tensor: " + err.Error())
	}
	kv := &KV{Heads: heads, Dim: dim, stride: stride}
	kv.grow(capacity)
	return kv
}

// Append adds the rows of k and v, and allocates only where they exceed Cap; the
// capacity then at least doubles.
//
// Shapes: k, v [n, Heads*Dim].
func (kv *KV) Append(k, v Tensor) {
	if width := kv.Heads * kv.Dim; k.Cols != width || v.Cols != width || k.Rows != v.Rows {
		panic(fmt.Sprintf("tensor: appending keys %v and values %v to %d heads of %d", k, v, kv.Heads, kv.Dim))
	}
	if kv.Len+k.Rows > kv.Cap {
		kv.grow(max(kv.Len+k.Rows, 2*kv.Cap))
	}
	for h := range kv.Heads {
		kv.store(kv.k, k, h)
		kv.store(kv.v, v, h)
	}
	kv.Len += k.Rows
}

// store writes head h of the rows of src behind the rows held in dst.
func (kv *KV) store(dst []byte, src Tensor, h int) {
	at := (h*kv.Cap + kv.Len) * kv.stride
	for i := range src.Rows {
		copy(f32s(dst[at:at+kv.stride]), src.Row(i)[h*kv.Dim:])
		at += kv.stride
	}
}

// grow moves the rows held to a memory of at least the given number of rows.
func (kv *KV) grow(rows int) {
	rows += (rowGroup - rows%rowGroup) % rowGroup
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
		keys := kv.keys(h)
		for i := range kv.Len {
			copy(dst.Row(i)[h*kv.Dim:], keys[i*kv.Dim:(i+1)*kv.Dim])
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

// keys and values return head h's rows up to the last one allocated.
func (kv *KV) keys(h int) []float32   { return f32s(kv.k[h*kv.Cap*kv.stride : (h+1)*kv.Cap*kv.stride]) }
func (kv *KV) values(h int) []float32 { return f32s(kv.v[h*kv.Cap*kv.stride : (h+1)*kv.Cap*kv.stride]) }

// f32s views b as floats. b is 4-aligned, as memory made for whole floats is.
func f32s(b []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}
