// Package font writes ASCII text into pictures with a small bitmap font.
package font

import (
	_ "embed"
	"image"
	"image/color"
	"image/draw"
	"strings"
)

// A letter is Width x Height pixels, the last row for descenders; the next one
// begins Advance pixels further right. All are multiplied by a text's scale.
const (
	Width   = 5
	Height  = 8
	Advance = Width + 1
)

// glyphs.txt draws the characters from ' ' on, 16 a band, with '#' for ink. The last
// is the box that stands for characters that the font lacks.
//
//go:embed glyphs.txt
var drawing string

const (
	first  = ' '
	last   = '~' + 1
	inBand = 16
)

var glyphs = parse(drawing)

// parse returns for each character the pixels that have ink.
func parse(text string) [last - first + 1][]image.Point {
	var list [last - first + 1][]image.Point
	lines := strings.Split(text, "\n")
	for i := range list {
		band := i / inBand * (Height + 1)
		for y := range Height {
			row := lines[band+y][i%inBand*(Width+1):]
			for x := range Width {
				if row[x] == '#' {
					list[i] = append(list[i], image.Pt(x, y))
				}
			}
		}
	}
	return list
}

// Glyph returns the pixels of a character that have ink. They are not to be changed.
func Glyph(r rune) []image.Point {
	if r < first || r >= last {
		r = last
	}
	return glyphs[r-first]
}

// Size returns the width and height of a line of text.
func Size(text string, scale int) (width, height int) {
	n := len([]rune(text))
	return max(0, n*Advance-1) * scale, Height * scale
}

// Draw writes a line of text whose upper left corner is at p. A pixel of the font
// covers scale x scale pixels of dst; what lies outside of dst is left out.
func Draw(dst draw.Image, p image.Point, text string, c color.Color, scale int) {
	each(text, func(x, y int) {
		square(dst, p.X+x*scale, p.Y+y*scale, c, scale)
	})
}

// DrawUp writes a line of text that runs upwards, turned by a quarter to the left.
// The upper left corner of what it covers is at p.
func DrawUp(dst draw.Image, p image.Point, text string, c color.Color, scale int) {
	width, _ := Size(text, 1)
	each(text, func(x, y int) {
		square(dst, p.X+y*scale, p.Y+(width-1-x)*scale, c, scale)
	})
}

// each calls ink for every pixel of a text.
func each(text string, ink func(x, y int)) {
	at := 0
	for _, r := range text {
		for _, p := range Glyph(r) {
			ink(at+p.X, p.Y)
		}
		at += Advance
	}
}

func square(dst draw.Image, x, y int, c color.Color, side int) {
	draw.Draw(dst, image.Rect(x, y, x+side, y+side), image.NewUniform(c), image.Point{}, draw.Over)
}
