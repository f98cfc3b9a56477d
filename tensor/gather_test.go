package tensor

import (
	"slices"
	"testing"
)

func TestGather(t *testing.T) {
	src, dst := numbered(0, 5, 3), New(4, 3)
	Gather(dst, src, []int32{4, 0, 0, 2})
	if want := []float32{12, 13, 14, 0, 1, 2, 0, 1, 2, 6, 7, 8}; !slices.Equal(dst.Data, want) {
		t.Errorf("%v, want %v", dst.Data, want)
	}
}

func TestScatter(t *testing.T) {
	src, dst := numbered(0, 2, 3), numbered(10, 4, 3)
	Scatter(dst, src, []int32{3, 1})
	if want := []float32{30, 31, 32, 3, 4, 5, 36, 37, 38, 0, 1, 2}; !slices.Equal(dst.Data, want) {
		t.Errorf("%v, want %v", dst.Data, want)
	}
}

func TestCompress(t *testing.T) {
	for _, rows := range [][]int32{{}, {0}, {0, 1, 2, 3}, {1, 3}, {3}, {0, 2, 3}} {
		x := numbered(0, 4, 3)
		want := New(len(rows), 3)
		Gather(want, x, rows)
		got := Compress(x, rows)
		if got.Rows != len(rows) || got.Cols != 3 || !slices.Equal(got.Data, want.Data) {
			t.Errorf("rows %v: %v %v, want %v", rows, got, got.Data, want.Data)
		}
	}
}

func TestGatherPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"gather shape":        func() { Gather(New(1, 3), New(5, 3), []int32{0, 1}) },
		"gather width":        func() { Gather(New(1, 2), New(5, 3), []int32{0}) },
		"gather beyond":       func() { Gather(New(1, 3), New(5, 3), []int32{5}) },
		"scatter shape":       func() { Scatter(New(5, 3), New(1, 3), []int32{0, 1}) },
		"scatter negative":    func() { Scatter(New(5, 3), New(1, 3), []int32{-1}) },
		"compress descending": func() { Compress(New(5, 3), []int32{2, 1}) },
		"compress twice":      func() { Compress(New(5, 3), []int32{1, 1}) },
		"compress beyond":     func() { Compress(New(5, 3), []int32{5}) },
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
