package scenes

import (
	"strconv"

	"github.com/go-par/par/internal/font"
)

// Capital letters and digits have no descenders.
const glyphHeight = font.Height - 1

// plateMargin is how far a plate reaches beyond its text, in pixels of the font.
const plateMargin = 2

// glyphRows has a bit for each pixel of a row of a character, the left one lowest.
var glyphRows = func() (rows ['Z' + 1][glyphHeight]uint8) {
	for c := range rows {
		for _, p := range font.Glyph(rune(c)) {
			if p.Y < glyphHeight {
				rows[c][p.Y] |= 1 << p.X
			}
		}
	}
	return rows
}()

func digits(n int) string { return strconv.Itoa(n) }

// extent returns the width and height of a text with its plate, in units.
func (t *Text) extent() (w, h int) {
	b := t.box()
	const around = 2 * plateMargin
	return b.x1 - b.x0 + around*t.Dot, b.y1 - b.y0 + around*t.Dot
}

// box returns where the text is.
func (t *Text) box() box {
	w, h := (len(t.Printed)*font.Advance-1)*t.Dot, glyphHeight*t.Dot
	x, y := t.X-w/2, t.Y-h/2
	return box{x, y, x + w, y + h}
}

// character returns where the i-th character is.
func (t *Text) character(i int) box {
	b := t.box()
	b.x0 += i * font.Advance * t.Dot
	b.x1 = b.x0 + font.Width*t.Dot
	return b
}

func (t *Text) plateBox() box {
	b := t.box()
	m := plateMargin * t.Dot
	return box{b.x0 - m, b.y0 - m, b.x1 + m, b.y1 + m}
}

func (t *Text) rows() (y0, y1 int) {
	b := t.box()
	return b.y0, b.y1
}

func (t *Text) spans(list []span, y int) []span {
	b := t.box()
	if y < b.y0 || y >= b.y1 {
		return list
	}
	row := (y - b.y0) / t.Dot
	for i := range len(t.Printed) {
		pixels := glyphRows[t.Printed[i]][row]
		x := b.x0 + i*font.Advance*t.Dot
		for at := 0; at < font.Width; at++ {
			start := at
			for pixels>>at&1 != 0 {
				at++
			}
			if at > start {
				list = append(list, span{x + start*t.Dot, x + at*t.Dot})
			}
		}
	}
	return list
}
