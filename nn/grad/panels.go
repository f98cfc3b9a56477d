package grad

import (
	"unsafe"

	"github.com/go-par/par/asm"
	"github.com/go-par/par/tensor"
)

// side is one side of a product: the rows of a on the left or the columns of b on the
// right, called lanes, which are multiplied along their depth. They lie in memory in
// either of two ways, which is what makes the three products of a layer, x wᵀ, dy w
// and dyᵀ x, one.
type side struct {
	data         []float32
	ld           int // values from one row in memory to the next
	lanes, depth int
	across       bool // rows in memory are steps of depth; otherwise they are lanes
}

// rows are the rows of x as lanes.
func rows(x tensor.Tensor) side { return side{x.Data, x.Cols, x.Rows, x.Cols, false} }

// columns are the columns of x as lanes.
func columns(x tensor.Tensor) side { return side{x.Data, x.Cols, x.Cols, x.Rows, true} }

// at returns the values from lane and step k on.
func (s *side) at(lane, k int) []float32 {
	if s.across {
		return s.data[k*s.ld+lane:]
	}
	return s.data[lane*s.ld+k:]
}

// from returns s without the lanes before the one given.
func (s side) from(lane int) side {
	s.data = s.at(lane, 0)
	s.lanes -= lane
	return s
}

// panelFormat returns how products in that arithmetic are packed.
func panelFormat(c tensor.Compute) asm.PanelFormat {
	if c == tensor.ComputeBF16 && asm.PanelBF16.Fast() {
		return asm.PanelBF16
	}
	return asm.PanelF32
}

// steps returns the dwords that n values of a lane take up.
func steps(f asm.PanelFormat, n int) int { return f.Steps(n + n%f.Block()) }

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// worker is the memory of one thread.
type worker struct {
	left, right  []uint32  // packed
	zeros        []float32 // a lane
	strip        []float32 // a product that goes elsewhere from here
	keys, values []uint32  // of a head, packed
	across       []uint32  // the keys, packed the other way
	scores       []float32 // of a tile of attention, and their gradients
	grads        []float32
	sums         []float32 // gradients of a head's keys and values
}

func grow[T any](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = make([]T, n+n/8)
	}
	return (*s)[:n]
}

// pack writes n values, from k on, of some lanes from lane on as panels of that width,
// which have zeros for lanes beyond the last.
func (w *worker) pack(f asm.PanelFormat, dst []uint32, width int, s side, lane, lanes, k, n int) {
	size := steps(f, n) * width
	lanes = min(lanes, s.lanes-lane)
	switch {
	case !s.across:
		for i := 0; i < lanes; i += width {
			w.interleave(f, dst[i/width*size:(i/width+1)*size], width, s, lane+i, k, n)
		}
	case f == asm.PanelBF16:
		asm.PairRows(dst, width, size, s.at(lane, k), s.ld, n, lanes)
	default:
		panels := floatsOf(dst)
		for i := range n {
			row := s.at(lane, k+i)[:lanes]
			for at := i * width; len(row) > 0; at += size {
				used := copy(panels[at:at+width], row)
				clear(panels[at+used : at+width])
				row = row[used:]
			}
		}
	}
}

// interleave packs lanes that are rows in memory.
func (w *worker) interleave(f asm.PanelFormat, dst []uint32, width int, s side, lane, k, n int) {
	var from [asm.MaxTileColumns]unsafe.Pointer
	for i := range from[:width] {
		if lane+i < s.lanes {
			from[i] = unsafe.Pointer(unsafe.SliceData(s.at(lane+i, k)[:n]))
			continue
		}
		if len(w.zeros) < n {
			w.zeros = make([]float32, n)
		}
		from[i] = unsafe.Pointer(unsafe.SliceData(w.zeros))
	}
	if f == asm.PanelBF16 {
		asm.PairValues(dst, width, from[:width], n)
	} else {
		asm.Interleave(dst, width, from[:width], n)
	}
}

// packLeft packs all lanes of s as panels of a left side, padded to whole panels.
func (w *worker) packLeft(f asm.PanelFormat, to *[]uint32, s side, k, n int) []uint32 {
	size := steps(f, n)
	out := grow(to, (s.lanes+asm.MaxTileRows)*size)
	end := 0
	for lane := 0; lane < s.lanes; {
		mr, _ := f.Tile(s.lanes - lane)
		lanes := max(mr, (s.lanes-lane)/mr*mr) // in panels as tall
		end = (lane + lanes) * size
		w.pack(f, out[lane*size:end], mr, s, lane, lanes, k, n)
		lane += lanes
	}
	return out[:end]
}

// packRight packs all lanes of s as panels of a right side, padded to whole panels.
func (w *worker) packRight(f asm.PanelFormat, to *[]uint32, s side, k, n int) []uint32 {
	_, nr := f.Tile(1)
	out := grow(to, ceilDiv(s.lanes, nr)*nr*steps(f, n))
	w.pack(f, out, nr, s, 0, s.lanes, k, n)
	return out
}

// floatsOf views dwords as f32.
func floatsOf(d []uint32) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(d))), len(d))
}
