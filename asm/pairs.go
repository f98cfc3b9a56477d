package asm

// PairRows packs rows of a matrix side by side as steps of PanelBF16: dword c of
// step k of dst, width dwords a step, holds bf16 of value c of row 2k in its low half
// and of row 2k+1 in its high half. Values are rounded to nearest even; subnormal ones
// may become 0. src has that many rows, ld apart, of n <= width <= 32 values; the
// dwords from n on become 0, and so does the second half of an odd last row.
func PairRows(dst []uint32, width int, src []float32, ld, rows, n int) {
	if rows == 0 || width == 0 {
		return
	}
	if n > width || width > MaxTileColumns {
		panic("asm: PairRows: the rows do not fit")
	}
	dst, src = dst[:(rows+1)/2*width], src[:(rows-1)*ld+n]
	raceRead(src)
	raceWrite(dst)
	pairRows(dst, width, src, ld, rows, n)
}

func pairRowsGeneric(dst []uint32, width int, src []float32, ld, rows, n int) {
	for k := 0; k < rows; k += 2 {
		step := dst[k/2*width : (k/2+1)*width]
		clear(step[n:])
		for c, v := range src[k*ld : k*ld+n] {
			step[c] = uint32(roundBF16(v))
		}
		if k+1 == rows {
			return
		}
		for c, v := range src[(k+1)*ld : (k+1)*ld+n] {
			step[c] |= uint32(roundBF16(v)) << 16
		}
	}
}
