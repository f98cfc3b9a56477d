package gguf

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"unicode/utf8"

	"github.com/go-par/par/tensor/quant"
)

// Rules of the format that hold for reading and writing alike.

const (
	alignmentKey     = "general.alignment"
	defaultAlignment = 32

	maxKey        = 1<<16 - 1
	maxTensorName = 63 // GGML keeps 64 bytes with the NUL that ends a name
)

func checkKey(key []byte) error { return checkName(key, maxKey) }

func checkTensorName(name []byte) error { return checkName(name, maxTensorName) }

func checkName(name []byte, limit int) error {
	switch {
	case len(name) == 0:
		return errors.New("empty")
	case len(name) > limit:
		return fmt.Errorf("%s has %d bytes, want at most %d", quote(name), len(name), limit)
	case !utf8.Valid(name):
		return fmt.Errorf("%s is not UTF-8", quote(name))
	}
	return nil
}

// quote makes a name from a file fit for a message: printable and not endless.
func quote(name []byte) string {
	const limit = 128
	if len(name) > limit {
		return fmt.Sprintf("%q...", name[:limit])
	}
	return fmt.Sprintf("%q", name)
}

// alignmentOf checks the value of general.alignment.
func alignmentOf(v Value) (int, error) {
	if v.kind != Uint32 {
		return 0, v.unlike("one uint32")
	}
	n, _ := v.integer(0)
	if n <= 0 || n&(n-1) != 0 || n != int64(int(n)) {
		return 0, fmt.Errorf("is %d, want a power of two", n)
	}
	return int(n), nil
}

// alignUp returns the first multiple of alignment at or after n.
func alignUp(n uint64, alignment int) uint64 {
	a := uint64(alignment)
	return (n + a - 1) &^ (a - 1)
}

// removedTypes are ids that older files have and no reader knows any more.
var removedTypes = map[quant.Type]string{
	4: "Q4_2", 5: "Q4_3",
	31: "Q4_0_4_4", 32: "Q4_0_4_8", 33: "Q4_0_8_8",
	36: "IQ4_NL_4_4", 37: "IQ4_NL_4_8", 38: "IQ4_NL_8_8",
}

// byteSize returns the size of a tensor; ne has the fastest dimension first, which
// is stored in whole blocks.
func byteSize(t quant.Type, ne []int) (uint64, error) {
	if name, ok := removedTypes[t]; ok {
		return 0, fmt.Errorf("type %d (%s) was removed from the format", uint32(t), name)
	}
	if !t.Known() {
		return 0, fmt.Errorf("type %d is unknown", uint32(t))
	}
	cols := 1
	if len(ne) > 0 {
		cols = ne[0]
	}
	row, err := t.RowBytes(cols)
	if err != nil {
		return 0, err
	}
	values, size := uint64(cols), uint64(row)
	for _, n := range ne[min(1, len(ne)):] {
		hi, lo := bits.Mul64(values, uint64(n))
		over, bytes := bits.Mul64(size, uint64(n))
		if hi != 0 || over != 0 || bytes > math.MaxInt64 {
			// A copy, so that ne itself can stay on the caller's stack.
			return 0, fmt.Errorf("ne %v: the number of values overflows", slices.Clone(ne))
		}
		values, size = lo, bytes
	}
	return size, nil
}
