package preprocess

import (
	"runtime"
	"sync"
)

// canvas is a picture laid on a larger area of one colour, which takes no memory.
type canvas struct {
	img    *RGB
	w, h   int // of the canvas
	x, y   int // of the picture on it
	colour [3]byte
}

// rect is a part of a resized picture, which itself may be too large to exist.
type rect struct {
	x, y int64
	w, h int
}

// resize returns the part crop of the canvas resized to w x h pixels.
//
// Resizing is separable; Pillow rounds to bytes between its two passes, so their
// order shows. It resizes vertically first where that shrinks the height by more
// than twice what the width shrinks. A pass that changes nothing has windows of
// weight one and needs no special case.
func (c *canvas) resize(f Filter, w, h int64, crop rect, threads int) *RGB {
	cols := f.windows(axis{c.w, c.x, c.img.W}, w, crop.x, crop.w)
	rows := f.windows(axis{c.h, c.y, c.img.H}, h, crop.y, crop.h)
	dst := NewRGB(crop.w, crop.h)
	pass := c.horizontalFirst
	if dh, dw := int64(c.h)-h, int64(c.w)-w; dh > 0 && dh > 2*dw {
		pass = c.verticalFirst
	}
	// Neighbouring bands read the same source rows at their border: bands of few
	// rows would mostly repeat each other's work.
	const minBand = 24
	parallel(crop.h, minBand, threads, func(lo, hi int) { pass(dst, cols, rows, lo, hi) })
	return dst
}

// horizontalFirst computes rows lo..hi of dst. Each source row is narrowed once
// and added to the sums of all outputs whose windows hold it, so that nothing
// between the passes is stored.
func (c *canvas) horizontalFirst(dst *RGB, cols, rows []window, lo, hi int) {
	n := 3 * dst.W
	sums := make([]int32, n*(hi-lo))
	blank := make([]byte, n) // a canvas row, narrowed
	narrowConstant(blank, cols, c.colour)
	first, end := rows[lo].start, 0
	for i := lo; i < hi; i++ {
		sum := sums[n*(i-lo):][:n]
		for j, b := range blank {
			sum[j] = half + rows[i].outside*int32(b)
		}
		end = max(end, rows[i].start+len(rows[i].weights))
	}
	line := make([]byte, n)
	active := lo // outputs before it are complete
	for y := first; y < end; y++ {
		narrow(line, c.img.row(y), cols, c.colour)
		for active < hi-1 && rows[active].start+len(rows[active].weights) <= y {
			active++
		}
		for i := active; i < hi && rows[i].start <= y; i++ {
			if k := y - rows[i].start; k < len(rows[i].weights) {
				addScaled(sums[n*(i-lo):][:n], line, rows[i].weights[k])
			}
		}
	}
	out := dst.Pix[n*lo : n*hi]
	for i, sum := range sums {
		out[i] = clip8(sum)
	}
}

// verticalFirst computes rows lo..hi of dst: the source columns that cols need
// are summed into one row of full width, which is then narrowed.
func (c *canvas) verticalFirst(dst *RGB, cols, rows []window, lo, hi int) {
	left, right := span(cols)
	n := 3 * (right - left)
	sums := make([]int32, n)
	line := make([]byte, 3*c.img.W)
	for i := lo; i < hi; i++ {
		w := &rows[i]
		var blank [3]byte // a canvas column, shortened
		total := w.total()
		for ch, v := range c.colour {
			blank[ch] = clip8(half + total*int32(v))
		}
		for j := 0; j < n; j += 3 {
			for ch, v := range c.colour {
				sums[j+ch] = half + w.outside*int32(v)
			}
		}
		for k, weight := range w.weights {
			addScaled(sums, c.img.row(w.start + k)[3*left:3*right], weight)
		}
		for j, sum := range sums {
			line[3*left+j] = clip8(sum)
		}
		narrow(dst.row(i), line, cols, blank)
	}
}

// span returns the range of picture samples that any of the windows reads.
func span(ws []window) (lo, hi int) {
	lo = ws[0].start
	for i := range ws {
		lo = min(lo, ws[i].start)
		hi = max(hi, ws[i].start+len(ws[i].weights))
	}
	return lo, max(lo, hi)
}

// narrow resizes one row of pixels; outside is the colour beside the picture.
func narrow(dst, src []byte, cols []window, outside [3]byte) {
	for i := range cols {
		w := &cols[i]
		r := half + w.outside*int32(outside[0])
		g := half + w.outside*int32(outside[1])
		b := half + w.outside*int32(outside[2])
		s := src[3*w.start:][:3*len(w.weights)]
		for j, k := range w.weights {
			p := s[3*j : 3*j+3 : 3*j+3]
			r += k * int32(p[0])
			g += k * int32(p[1])
			b += k * int32(p[2])
		}
		d := dst[3*i:][:3]
		d[0], d[1], d[2] = clip8(r), clip8(g), clip8(b)
	}
}

// narrowConstant is narrow for a row of one colour.
func narrowConstant(dst []byte, cols []window, colour [3]byte) {
	for i := range cols {
		total := cols[i].total()
		for ch, v := range colour {
			dst[3*i+ch] = clip8(half + total*int32(v))
		}
	}
}

// addScaled adds weight times src to sums, of equal length.
func addScaled(sums []int32, src []byte, weight int32) {
	src = src[:len(sums)]
	for i, v := range src {
		sums[i] += weight * int32(v)
	}
}

// parallel runs f over 0..n cut into bands of at least minBand, on at most
// threads goroutines (GOMAXPROCS where threads is 0).
func parallel(n, minBand, threads int, f func(lo, hi int)) {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	bands := max(1, min(threads, n/minBand))
	var wg sync.WaitGroup
	for i := 1; i < bands; i++ {
		wg.Go(func() { f(n*i/bands, n*(i+1)/bands) })
	}
	f(0, n/bands)
	wg.Wait()
}
