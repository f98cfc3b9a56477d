package preprocess

import "testing"

func TestDemo(t *testing.T) {
	img := Demo()
	if err := img.check(); err != nil {
		t.Fatal(err)
	}
	if img.W != 448 || img.H != 336 {
		t.Fatalf("got %d x %d pixels", img.W, img.H)
	}
	for _, c := range []struct {
		what string
		x, y int
		want ink
	}{
		{"sun", 360, 66, ink{255, 214, 72}},
		{"roof", 190, 160, ink{186, 74, 58}},
		{"door", 190, 230, ink{110, 72, 44}},
		{"tree", 340, 205, ink{46, 116, 56}},
		{"path", 190, 330, ink{214, 190, 150}},
	} {
		if got := ink(img.row(c.y)[3*c.x:]); got != c.want {
			t.Errorf("%s at %d, %d is %v, want %v", c.what, c.x, c.y, got, c.want)
		}
	}
	if digest(img.Pix) != digest(Demo().Pix) {
		t.Error("two pictures differ")
	}
}
