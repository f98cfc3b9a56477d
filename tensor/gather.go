package tensor

import "fmt"

// Gather copies row rows[i] of src to row i of dst.
//
// Shapes: dst [len(rows), c], src [n, c].
func Gather(dst, src Tensor, rows []int32) {
	checkRows("gathering", dst, src, rows)
	for i, r := range rows {
		copy(dst.Row(i), src.Row(int(r)))
	}
}

// Scatter copies row i of src to row rows[i] of dst.
//
// Shapes: dst [n, c], src [len(rows), c].
func Scatter(dst, src Tensor, rows []int32) {
	checkRows("scattering", src, dst, rows)
	for i, r := range rows {
		copy(dst.Row(int(r)), src.Row(i))
	}
}

// checkRows panics where some has not one row for each of rows.
func checkRows(verb string, some, all Tensor, rows []int32) {
	if some.Rows != len(rows) || some.Cols != all.Cols {
		panic(fmt.Sprintf("tensor: %s %d rows between %v and %v", verb, len(rows), some, all))
	}
}

// Compress moves the rows listed, ascending, to the front of x and returns x cut
// to them.
func Compress(x Tensor, rows []int32) Tensor {
	last := int32(-1)
	for i, r := range rows {
		if r <= last {
			panic(fmt.Sprintf("tensor: compressing to row %d after row %d", r, last))
		}
		if last = r; i != int(r) {
			copy(x.Row(i), x.Row(int(r)))
		}
	}
	return x.Slice(0, len(rows))
}
