package quant

import (
	"fmt"
	"math"
)

// Decode writes the values of src to dst. It panics where src is not exactly the
// bytes of len(dst) values of type t.
func Decode(t Type, dst []float32, src []byte) {
	n, err := t.RowBytes(len(dst))
	if err != nil {
		panic("quant: " + err.Error())
	}
	if len(src) != n {
		panic(fmt.Sprintf("quant: %d bytes for %d values of type %s, want %d", len(src), len(dst), t, n))
	}
	formats[t].decode(dst, src)
}

// Encode writes src to dst in type t. It fails where t cannot be written, where
// dst is not exactly the bytes of len(src) values, and where a block type is
// given a value that is not finite.
func Encode(t Type, dst []byte, src []float32) error {
	n, err := t.RowBytes(len(src))
	if err != nil {
		return err
	}
	f := &formats[t]
	if f.encode == nil {
		return fmt.Errorf("storage type %s can only be read", f.name)
	}
	if len(dst) != n {
		return fmt.Errorf("%d bytes for %d values of type %s, want %d", len(dst), len(src), f.name, n)
	}
	if f.block > 1 {
		for i, x := range src {
			if x-x != 0 {
				return fmt.Errorf("value %d is %v, which %s cannot hold", i, x, f.name)
			}
		}
	}
	f.encode(dst, src)
	return nil
}

// extreme returns the first of the values with the largest magnitude.
func extreme(x []float32) float32 {
	var m float32
	for _, v := range x {
		if abs(v) > abs(m) {
			m = v
		}
	}
	return m
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// inverse returns 1/d, and 0 where that is not finite: such a d is 0 in f16.
func inverse(d float32) float32 {
	if id := 1 / d; id-id == 0 {
		return id
	}
	return 0
}

// truncate returns the integer part of x, kept within [lo, hi]; NaN gives lo.
func truncate(x float32, lo, hi int) int {
	switch {
	case !(x > float32(lo)):
		return lo
	case x > float32(hi):
		return hi
	}
	return int(x)
}

// round returns the integer nearest to x, halves away from zero, kept within
// [lo, hi]; NaN gives lo.
func round(x float32, lo, hi int) int {
	x = float32(x) // rounds a product, which else may fuse with the difference
	i := truncate(x, lo-1, hi+1)
	switch f := x - float32(i); {
	case f >= 0.5:
		i++
	case f <= -0.5:
		i--
	}
	return min(max(i, lo), hi)
}
