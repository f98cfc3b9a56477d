package scenes

import (
	"fmt"

	"github.com/go-par/par/lvlm/preprocess"
)

// MaxSize is the largest side of a picture in pixels.
const MaxSize = 1 << 12

// ink is a colour, or a difference of colours.
type ink [3]int16

// palette has the colours of objects. Texts and backgrounds are greyish.
var palette = [...]ink{
	Red:    {214, 42, 40},
	Orange: {244, 132, 24},
	Yellow: {248, 216, 48},
	Green:  {44, 164, 72},
	Blue:   {44, 96, 224},
	Purple: {136, 52, 186},
	Pink:   {250, 142, 196},
	Cyan:   {40, 206, 214},
}

var (
	inkLight = ink{240, 240, 236}
	inkDark  = ink{22, 22, 26}
)

// Coverage is sampled in subrows of each row of pixels, and along them exactly but for
// the rounding to subpixels.
const (
	subrows   = 4
	subpixels = 256
	covered   = subrows * subpixels // coverage of a pixel that is all inside
)

// opaque is the opacity of what hides everything behind it.
const opaque = 256

// middle returns where the middle of pixel i is, of size pixels, in units.
func middle(i, size int) int { return (2*i + 1) * Side / (2 * size) }

// Renderer draws scenes. It reuses its memory, and serves one goroutine at a time.
type Renderer struct {
	coverage []int32 // of a row, zero between calls
	weights  []int32
	list     []span
	shadow   Object // of the object that is being drawn
}

// Render returns the picture of a scene, of size x size pixels.
func (s *Scene) Render(size int) (*preprocess.RGB, error) {
	if err := CheckSize(size); err != nil {
		return nil, err
	}
	img := preprocess.NewRGB(size, size)
	new(Renderer).Render(img, s)
	return img, nil
}

// CheckSize reports a size that pictures can't have.
func CheckSize(size int) error {
	if size < 1 || size > MaxSize {
		return fmt.Errorf("pictures of %d x %d pixels can't be drawn (1 to %d)", size, size, MaxSize)
	}
	return nil
}

// Render fills a picture, which must be a square of at most MaxSize pixels either way.
func (r *Renderer) Render(img *preprocess.RGB, s *Scene) {
	if img.W != img.H || CheckSize(img.W) != nil || len(img.Pix) != 3*img.W*img.H {
		panic(fmt.Sprintf("scenes: picture of %d x %d pixels in %d bytes", img.W, img.H, len(img.Pix)))
	}
	r.grow(img.W)
	r.paintGround(img, &s.ground)
	for i := range s.Objects {
		r.paintObject(img, &s.Objects[i])
	}
	for i := range s.Texts {
		r.paintText(img, &s.Texts[i], s.ground.dark)
	}
	addGrain(img.Pix, s.ground.grain, s.ground.noise)
}

func (r *Renderer) grow(size int) {
	if len(r.weights) != size {
		r.coverage, r.weights = make([]int32, size+1), make([]int32, size)
	}
}

func (r *Renderer) paintGround(img *preprocess.RGB, g *ground) {
	for y := range img.H {
		g.weights(r.weights, middle(y, img.H), img.W)
		row := img.Pix[3*img.W*y:]
		for x, w := range r.weights {
			for c := range 3 {
				row[3*x+c] = byte(int32(g.a[c]) + int32(g.b[c]-g.a[c])*w/weightUnit)
			}
		}
	}
	for i := range g.strokes {
		r.fill(img, &g.strokes[i].figure, flat(g.strokes[i].ink), opaque)
	}
	for i := range g.specks {
		r.fill(img, &g.specks[i].figure, flat(g.specks[i].ink), opaque)
	}
}

// paintObject draws an object over its shadow, lit from above.
func (r *Renderer) paintObject(img *preprocess.RGB, o *Object) {
	r.shadow = *o
	r.shadow.X, r.shadow.Y = o.X+o.Radius/9, o.Y+o.Radius/7
	r.fill(img, &r.shadow, flat(ink{}), opaque*5/16)
	top, bottom := palette[o.Colour], palette[o.Colour]
	for c := range top {
		top[c] += o.tint[c] + 12
		bottom[c] += o.tint[c] - 18
	}
	r.fill(img, o, shade{top, bottom}, opaque)
}

func (r *Renderer) paintText(img *preprocess.RGB, t *Text, dark bool) {
	letters, plate := inkDark, inkLight
	if dark {
		letters, plate = plate, letters
	}
	if t.plate {
		letters, plate = plate, letters // what stands out is the plate
		b := t.plateBox()
		r.fill(img, &b, flat(plate), opaque)
	}
	r.fill(img, t, flat(letters), opaque)
}

// shade is a colour that changes from the top of a figure to its bottom.
type shade struct{ top, bottom ink }

func flat(c ink) shade { return shade{c, c} }

// fill paints a figure, each pixel as far as the figure covers it.
func (r *Renderer) fill(img *preprocess.RGB, f figure, colour shade, opacity int32) {
	size := img.W
	y0, y1 := f.rows()
	first, end := max(y0*size/Side, 0), min(y1*size/Side+1, size)
	for y := first; y < end; y++ {
		lo, hi := size, 0
		for i := range subrows {
			r.list = f.spans(r.list[:0], middle(subrows*y+i, subrows*size))
			for _, s := range r.list {
				a, b := r.cover(s, size)
				lo, hi = min(lo, a), max(hi, b)
			}
		}
		if lo < hi {
			t := min(max(middle(y, size)-y0, 0), y1-y0)
			blend(img.Pix[3*(y*size+lo):], r.coverage[lo:hi], colour.at(t, y1-y0), opacity)
			clear(r.coverage[lo : hi+1])
		}
	}
}

// at returns the colour at part of the whole.
func (s shade) at(part, whole int) (c [3]int32) {
	for i := range c {
		d := int(s.bottom[i] - s.top[i])
		c[i] = int32(min(max(int(s.top[i])+d*part/max(whole, 1), 0), 255))
	}
	return c
}

// cover adds a span's part of each pixel to the coverage and returns the bounds of
// the pixels that it touches.
func (r *Renderer) cover(s span, size int) (first, end int) {
	const subpixel = Side / subpixels // of a picture with one pixel
	x0, x1 := max(s.x0, 0)*size/subpixel, min(s.x1, Side)*size/subpixel
	if x0 >= x1 {
		return size, 0
	}
	first, end = x0/subpixels, x1/subpixels
	row := r.coverage
	if first == end {
		row[first] += int32(x1 - x0)
		return first, end + 1
	}
	row[first] += int32((first+1)*subpixels - x0)
	for x := first + 1; x < end; x++ {
		row[x] += subpixels
	}
	row[end] += int32(x1 - end*subpixels) // nothing where end is the picture's
	return first, min(end+1, size)
}

// blend paints a row of pixels by coverage.
func blend(pix []byte, coverage []int32, c [3]int32, opacity int32) {
	for x, part := range coverage {
		if part == 0 {
			continue
		}
		alpha := part * opacity / opaque
		p := pix[3*x : 3*x+3]
		for i := range p {
			p[i] = byte((int32(p[i])*(covered-alpha) + c[i]*alpha + covered/2) / covered)
		}
	}
}

// addGrain adds noise to each byte: the sum of two uniform variables, at most strength
// levels up or down.
func addGrain(pix []byte, strength int, seed uint64) {
	if strength == 0 {
		return
	}
	r := random{seed}
	for len(pix) > 0 {
		bits := r.next()
		for i := range min(4, len(pix)) {
			n := int(bits>>(16*i)&255) + int(bits>>(16*i+8)&255) - 255
			pix[i] = byte(min(max(int(pix[i])+n*strength/256, 0), 255))
		}
		pix = pix[min(4, len(pix)):]
	}
}
