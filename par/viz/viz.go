// Package viz draws what a pruning method chose: the pictures at their own
// resolution with the dropped patches darkened, the scores it chose by as a heat
// map, the bar of layers that were run and left out, and question and answer.
package viz

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"slices"

	"github.com/go-par/par/internal/font"
	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/tensor/atomicfile"
)

// Answer is what is drawn.
type Answer struct {
	Pictures []Picture
	Method   string
	Question string
	Result   *lvlm.Result
}

// Picture is an image of the prompt.
type Picture struct {
	*preprocess.RGB
	Seen preprocess.Area // what the vision tower saw of it
}

var (
	paper   = color.RGBA{255, 255, 255, 255}
	ink     = color.RGBA{24, 26, 30, 255}
	faint   = color.RGBA{120, 124, 130, 255}
	running = color.RGBA{46, 134, 98, 255}
	skipped = color.RGBA{222, 224, 228, 255}
	pruned  = color.RGBA{126, 190, 160, 255} // run over fewer image tokens
)

// lineHeight is the distance of lines of text, in pixels of the font.
const lineHeight = font.Height + 3

// leastWidth is that of a drawing of small pictures, so that text has room.
const leastWidth = 480

// Draw draws the answer. Where the method published scores of the image tokens, a
// heat map stands beside each picture.
func Draw(a *Answer) *image.RGBA {
	d := layout(a)
	fill(d.dst, d.dst.Bounds(), paper)
	y := d.margin
	for i, p := range a.Pictures {
		d.picture(a, i, d.margin, y, false)
		if d.heat {
			d.picture(a, i, d.margin+p.W+d.margin, y, true)
		}
		y += p.H + d.margin
	}
	y = d.layers(a.Result, y)
	for _, b := range d.text {
		for _, line := range b.lines {
			font.Draw(d.dst, image.Pt(d.margin, y), line, b.ink, d.size)
			y += lineHeight * d.size
		}
		y += d.margin / 2
	}
	return d.dst
}

// WriteFile draws the answer to a PNG file.
func WriteFile(path string, a *Answer) error {
	img := Draw(a)
	return atomicfile.Write(path, func(w io.Writer) error { return png.Encode(w, img) })
}

// drawing is a drawing in the making.
type drawing struct {
	dst          *image.RGBA
	margin, size int // in pixels; of a pixel of text
	heat         bool
	text         []block
}

type block struct {
	ink   color.RGBA
	lines []string
}

// layout finds out how large the drawing is.
func layout(a *Answer) *drawing {
	d := &drawing{heat: a.Result.Outcome.TokenScores != nil}
	width, height := leastWidth, 0
	for _, p := range a.Pictures {
		w := p.W
		if d.heat {
			w *= 2
		}
		width = max(width, w)
	}
	d.size = max(1, width/400)
	d.margin = 12 * d.size
	for _, p := range a.Pictures {
		height += p.H + d.margin
	}
	columns := width / (font.Advance * d.size)
	d.text = []block{
		{faint, wrap(summary(a), columns)},
		{ink, wrap(a.Question, columns)},
		{running, wrap(a.Result.Text, columns)},
	}
	height += d.margin + d.barHeight(a.Result)
	for _, b := range d.text {
		height += len(b.lines)*lineHeight*d.size + d.margin/2
	}
	if d.heat {
		width += d.margin
	}
	d.dst = image.NewRGBA(image.Rect(0, 0, width+2*d.margin, height+d.margin))
	return d
}

func summary(a *Answer) string {
	r := a.Result
	s := fmt.Sprintf("%s: %d of %d image tokens from layer %d on, %d of %d layers", a.Method,
		len(r.Outcome.Kept), r.Prompt.ImageTokens(), r.Outcome.FromLayer, r.Layers-len(r.Outcome.Skipped), r.Layers)
	if len(r.Outcome.Kept) == r.Prompt.ImageTokens() {
		s = fmt.Sprintf("%s: all %d image tokens, %d of %d layers", a.Method, len(r.Outcome.Kept), r.Layers-len(r.Outcome.Skipped), r.Layers)
	}
	if r.Outcome.TokenScores != nil {
		s += ". Right: scores, by rank, dark to bright."
	}
	return s
}

// picture draws the i-th picture with its top left corner at (x0, y0): with what
// was dropped darkened, or with the scores laid over it.
func (d *drawing) picture(a *Answer, i, x0, y0 int, heat bool) {
	p, span := a.Pictures[i], a.Result.Prompt.Spans[i]
	first := 0
	for _, s := range a.Result.Prompt.Spans[:i] {
		first += s.Count
	}
	side := 0
	for (side+1)*(side+1) <= span.Count {
		side++
	}
	lead := span.Count - side*side // a class token
	var ranks []float64
	if heat {
		ranks = byRank(a.Result.Outcome.TokenScores[first+lead : first+span.Count])
	}
	kept := make([]bool, side*side)
	for k := range kept {
		_, kept[k] = slices.BinarySearch(a.Result.Outcome.Kept, first+lead+k)
	}
	for y := range p.H {
		v := (float64(y) + 0.5 - p.Seen.Y) / p.Seen.H
		for x := range p.W {
			u := (float64(x) + 0.5 - p.Seen.X) / p.Seen.W
			c := [3]byte(p.Pix[3*(y*p.W+x):])
			switch {
			case u < 0 || u >= 1 || v < 0 || v >= 1:
				c = unseen(c, x, y, d.size)
			case heat:
				c = mix(grey(c), heatColour(ranks[int(v*float64(side))*side+int(u*float64(side))]), 0.65)
			case !kept[int(v*float64(side))*side+int(u*float64(side))]:
				c = mix(grey(c), [3]byte{20, 22, 28}, 0.72)
			}
			d.dst.SetRGBA(x0+x, y0+y, color.RGBA{c[0], c[1], c[2], 255})
		}
	}
}

// byRank maps scores to [0, 1] by their order; equal scores share the lower rank.
func byRank(scores []float32) []float64 {
	order := slices.Clone(scores)
	slices.Sort(order)
	ranks := make([]float64, len(scores))
	for i, s := range scores {
		at, _ := slices.BinarySearch(order, s)
		ranks[i] = float64(at) / float64(max(1, len(scores)-1))
	}
	return ranks
}

// unseen hatches what lies outside of the crop.
func unseen(c [3]byte, x, y, size int) [3]byte {
	if period := 8 * size; (x+y)%period < period/4 {
		return mix(grey(c), [3]byte{150, 152, 156}, 0.5)
	}
	return mix(grey(c), [3]byte{255, 255, 255}, 0.75)
}

func grey(c [3]byte) [3]byte {
	y := byte((299*int(c[0]) + 587*int(c[1]) + 114*int(c[2]) + 500) / 1000)
	return [3]byte{y, y, y}
}

// mix goes the part t of the way from a to b.
func mix(a, b [3]byte, t float64) [3]byte {
	for i := range a {
		a[i] = byte(float64(a[i]) + t*(float64(b[i])-float64(a[i])) + 0.5)
	}
	return a
}

// heatStops are colours of rising lightness, from violet to yellow, so that the
// map reads in grey too.
var heatStops = [][3]byte{{38, 10, 74}, {104, 26, 110}, {178, 46, 92}, {236, 104, 50}, {252, 188, 44}, {252, 250, 164}}

func heatColour(t float64) [3]byte {
	at := t * float64(len(heatStops)-1)
	i := min(int(at), len(heatStops)-2)
	return mix(heatStops[i], heatStops[i+1], at-float64(i))
}

// barHeight returns the height of the bar of layers and what belongs to it.
func (d *drawing) barHeight(r *lvlm.Result) int {
	h := 20*d.size + lineHeight*d.size + d.margin
	if r.Outcome.LayerScores != nil {
		h += 8 * d.size
	}
	return h
}

// layers draws a cell for each layer, left out ones pale, with its score below
// where there is one, and returns where to go on.
func (d *drawing) layers(r *lvlm.Result, y int) int {
	width := d.dst.Bounds().Dx() - 2*d.margin
	cell := func(i int) (x0, x1 int) {
		return d.margin + i*width/r.Layers, d.margin + (i+1)*width/r.Layers - d.size
	}
	images := r.Prompt.ImageTokens()
	for i := range r.Layers {
		x0, x1 := cell(i)
		c := running
		switch {
		case slices.Contains(r.Outcome.Skipped, i):
			c = skipped
		case r.Outcome.Entered[i] < images:
			c = pruned
		}
		fill(d.dst, image.Rect(x0, y, x1, y+20*d.size), c)
	}
	y += 20 * d.size
	if s := r.Outcome.LayerScores; s != nil {
		ranks := byRank(s)
		for i := range r.Layers {
			x0, x1 := cell(i)
			h := heatColour(ranks[i])
			fill(d.dst, image.Rect(x0, y+2*d.size, x1, y+8*d.size), color.RGBA{h[0], h[1], h[2], 255})
		}
		y += 8 * d.size
	}
	for _, l := range labelled(r, width/(font.Advance*d.size)) {
		x, _ := cell(l)
		font.Draw(d.dst, image.Pt(x, y+2*d.size), fmt.Sprint(l), faint, d.size)
	}
	return y + lineHeight*d.size + d.margin
}

// labelled chooses layers whose numbers are written: as many as have room.
func labelled(r *lvlm.Result, columns int) []int {
	step := 1
	for step*columns/r.Layers < len(fmt.Sprint(r.Layers))+1 {
		step *= 2
	}
	var list []int
	for l := 0; l < r.Layers; l += step {
		list = append(list, l)
	}
	return list
}

func fill(dst *image.RGBA, r image.Rectangle, c color.RGBA) {
	r = r.Intersect(dst.Bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			dst.SetRGBA(x, y, c)
		}
	}
}
