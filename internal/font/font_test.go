package font

import (
	"image"
	"image/color"
	"strings"
	"testing"
)

// show prints a picture with '#' for ink.
func show(m *image.Gray) string {
	var b strings.Builder
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			b.WriteByte(" #"[m.GrayAt(x, y).Y/255])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func picture(rows ...string) string { return strings.Join(rows, "\n") + "\n" }

func TestDraw(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 13, 8))
	Draw(m, image.Pt(1, 0), "Ly", color.White, 1)
	want := picture(
		" #           ",
		" #           ",
		" #     #   # ",
		" #     #   # ",
		" #     #   # ",
		" #      #### ",
		" #####     # ",
		"        ###  ")
	if got := show(m); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestDrawUp(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 16, 10))
	DrawUp(m, image.Pt(0, 0), "L", color.White, 2)
	want := picture(
		"            ##  ",
		"            ##  ",
		"            ##  ",
		"            ##  ",
		"            ##  ",
		"            ##  ",
		"            ##  ",
		"            ##  ",
		"##############  ",
		"##############  ")
	if got := show(m); got != want {
		t.Errorf("got\n%s", got)
	}
}

// Characters differ from each other and from the box, and text may leave the
// picture on every side.
func TestGlyphs(t *testing.T) {
	seen := map[string]rune{}
	for r := rune(first); r <= last; r++ {
		m := image.NewGray(image.Rect(0, 0, Width, Height))
		Draw(m, image.Point{}, string(r), color.White, 1)
		s := show(m)
		if other, ok := seen[s]; ok {
			t.Errorf("%q looks like %q", r, other)
		}
		seen[s] = r
	}
	m := image.NewGray(image.Rect(0, 0, Width, Height))
	Draw(m, image.Pt(-3, -3), "Äx", color.White, 3)
	DrawUp(m, image.Pt(-3, 5), "Äx", color.White, 3)
	box := image.NewGray(m.Rect)
	Draw(box, image.Point{}, "\u00c4", color.White, 1)
	if !strings.HasPrefix(show(box), "#####\n#   #") {
		t.Errorf("a character that is lacking looks like\n%s", show(box))
	}
	if w, h := Size("ab", 2); w != 22 || h != 16 {
		t.Errorf("size %d x %d", w, h)
	}
}
