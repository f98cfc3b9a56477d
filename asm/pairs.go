package asm

import "unsafe"

// PairRows packs rows of a matrix as panels of PanelBF16, width columns of it each:
// dword c of step k of a panel holds bf16 of the panel's column c of row 2k in its low
// half and of row 2k+1 in its high half. Values are rounded to nearest even;
// subnormal ones may become 0. src has that many rows, ld apart, of n values; panels
// begin size dwords apart, and in the last one dwords for columns from n on become 0,
// as does the second half of an odd last row.
func PairRows(dst []uint32, width, size int, src []float32, ld, rows, n int) {
	if rows == 0 || n == 0 {
		return
	}
	if width < 1 || width > MaxTileColumns || size < (rows+1)/2*width {
		panic("asm: PairRows: the rows do not fit")
	}
	dst, src = dst[:(n-1)/width*size+(rows+1)/2*width], src[:(rows-1)*ld+n]
	raceRead(src)
	raceWrite(dst)
	pairRows(dst, width, size, src, ld, rows, n)
}

// PairValues packs the rows that src points to, of n values each, as steps of
// PanelBF16: dword k of row r goes to dst[k*pitch+r] and holds bf16 of value 2k in its
// low half and of value 2k+1 in its high half, 0 behind an odd last one. Values are
// rounded as by PairRows.
func PairValues(dst []uint32, pitch int, src []unsafe.Pointer, n int) {
	pairElements(dwords, dst, pitch, src, n)
}

// PairF16 is PairValues for rows of n halves.
func PairF16(dst []uint32, pitch int, src []unsafe.Pointer, n int) {
	pairElements(halves, dst, pitch, src, n)
}

func pairElements(e element, dst []uint32, pitch int, src []unsafe.Pointer, n int) {
	if len(src) == 0 || n == 0 {
		return
	}
	steps := (n + 1) / 2
	dst = dst[:(steps-1)*pitch+len(src)]
	raceWriteRows(dst, pitch, steps, len(src))
	for _, p := range src {
		raceRead(unsafe.Slice((*byte)(p), n*e.size()))
	}
	pairValues(e, dst, pitch, src, n)
}

func pairRowsGeneric(dst []uint32, width, size int, src []float32, ld, rows, n int) {
	for ; n > 0; n -= width {
		lanes := min(n, width)
		for k := 0; k < rows; k += 2 {
			step := dst[k/2*width : (k/2+1)*width]
			clear(step[lanes:])
			for c, v := range src[k*ld : k*ld+lanes] {
				step[c] = uint32(roundBF16(v))
			}
			if k+1 == rows {
				break
			}
			for c, v := range src[(k+1)*ld : (k+1)*ld+lanes] {
				step[c] |= uint32(roundBF16(v)) << 16
			}
		}
		if n > width {
			dst, src = dst[size:], src[width:]
		}
	}
}

// pairValuesGeneric packs the values from first on, which is even: each row is rounded
// a few values at a time, then all are interleaved.
func pairValuesGeneric(e element, dst []uint32, pitch int, src []unsafe.Pointer, first, n int) {
	const most = 64 // values at a time
	var wide [most]float32
	var pairs [MaxTileColumns][most / 2]uint32
	var rows [MaxTileColumns]unsafe.Pointer
	for ; first < n; first += most {
		values := min(most, n-first)
		steps := (values + 1) / 2
		for r := 0; r < len(src); r += len(rows) {
			some := src[r:min(r+len(rows), len(src))]
			for i, p := range some {
				p = unsafe.Add(p, first*e.size())
				x := wide[:values]
				if e == halves {
					f16ToF32(x, unsafe.Slice((*byte)(p), 2*values))
				} else {
					x = unsafe.Slice((*float32)(p), values)
				}
				pairs[i][steps-1] = 0
				rows[i] = unsafe.Pointer(&pairs[i])
				f32ToBF16(unsafe.Slice((*byte)(rows[i]), 4*steps), x)
			}
			interleave(dwords, dst[first/2*pitch+r:], pitch, rows[:len(some)], steps)
		}
	}
}
