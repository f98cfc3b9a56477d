package tensor

// MatMul computes dst = a[rows] Wᵀ + bias: row i of dst is W times row rows[i]
// of a, plus bias. A nil rows takes all rows of a in order; a nil bias adds
// nothing. dst must not overlap a.
//
// Shapes: a [n, W.Cols], dst [len(rows), W.Rows], bias [W.Rows].
func (p *Pool) MatMul(dst, a Tensor, rows []int32, w *Matrix, bias []float32) {
	row := make([]float32, w.cols)
	for j := 0; j < w.rows; j++ {
		w.Row(row, j)
		for i := 0; i < dst.Rows; i++ {
			r := i
			if rows != nil {
				r = int(rows[i])
			}
			var sum float32
			for k, x := range a.Row(r) {
				sum += x * row[k]
			}
			if bias != nil {
				sum += bias[j]
			}
			dst.Data[i*dst.Cols+j] = sum
		}
	}
}
