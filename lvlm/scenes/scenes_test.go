package scenes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/go-par/par/lvlm/preprocess"
)

var allStyles = []Style{Ordinary, Crowded, Printed}

// render draws a scene.
func render(t testing.TB, s *Scene, size int) *preprocess.RGB {
	t.Helper()
	img, err := s.Render(size)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// TestGolden holds scenes, questions and pictures against digests that are the same on
// every machine. To write them anew, run with SCENES_GOLDEN=write.
func TestGolden(t *testing.T) {
	const path = "testdata/golden.json"
	got := map[string]string{}
	for _, split := range []Split{Train, Val, Test} {
		for _, style := range allStyles {
			for _, size := range []int{7, 112, 336} {
				sum := sha256.New()
				for i := range 8 {
					s := New(Key{split, style, 1, uint64(i)})
					e := json.NewEncoder(sum)
					for _, v := range []any{s, s.Questions(40), render(t, s, size).Pix} {
						if err := e.Encode(v); err != nil {
							t.Fatal(err)
						}
					}
				}
				got[fmt.Sprintf("%v %v %d", split, style, size)] = hex.EncodeToString(sum.Sum(nil)[:8])
			}
		}
	}
	if os.Getenv("SCENES_GOLDEN") == "write" {
		text, err := json.MarshalIndent(got, "", "  ")
		if err == nil {
			err = os.WriteFile(path, append(text, '\n'), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]string
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("digests differ:\n%v\n%v", got, want)
	}
}

// TestRendererReused: what was drawn before leaves no trace.
func TestRendererReused(t *testing.T) {
	var r Renderer
	for i := range uint64(30) {
		s := New(Key{Style: allStyles[i%3], Index: i})
		size := []int{112, 64, 5}[i/3%3]
		img := preprocess.NewRGB(size, size)
		r.Render(img, s)
		if !slices.Equal(img.Pix, render(t, s, size).Pix) {
			t.Errorf("scene %d: a fresh renderer draws another picture", i)
		}
	}
}

// content spells what split looks at.
func content(s *Scene) string {
	var list []string
	for _, o := range s.Objects {
		p, _ := PlaceOf(o.X, o.Y)
		list = append(list, fmt.Sprint(o.Shape, o.Colour, o.Size, p))
	}
	for _, x := range s.Texts {
		p, _ := PlaceOf(x.X, x.Y)
		list = append(list, fmt.Sprint(x.Printed, p))
	}
	slices.Sort(list)
	return fmt.Sprint(list)
}

// TestSplitsDisjoint looks for a content that is in two splits, over equal and other
// seeds. Some contents, of few things, come again.
func TestSplitsDisjoint(t *testing.T) {
	owner := map[string]Split{}
	repeated := 0
	for _, style := range allStyles {
		for seed := range uint64(3) {
			for i := range uint64(700) {
				for _, split := range []Split{Train, Val, Test} {
					s := New(Key{split, style, seed, i})
					c := content(s)
					if other, ok := owner[c]; ok {
						repeated++
						if other != split {
							t.Fatalf("%s is in %v and in %v", c, other, split)
						}
					}
					owner[c] = split
					if s.split() != split {
						t.Fatalf("a scene of %v belongs to %v", split, s.split())
					}
				}
			}
		}
	}
	if repeated == 0 {
		t.Error("no content came again, so that nothing was tested")
	}
	// The order of objects, and where in its place each is, changes nothing.
	s := New(Key{Seed: 5})
	slices.Reverse(s.Objects)
	if s.split() != Train {
		t.Error("another order belongs to another split")
	}
}

// TestKeysDiffer: keys that differ in one field have other scenes.
func TestKeysDiffer(t *testing.T) {
	seen := map[string]Key{}
	for i := range uint64(500) {
		for _, k := range []Key{{Index: i}, {Seed: i + 1}, {Split: Val, Index: i}, {Style: Crowded, Index: i}} {
			s := New(k)
			text, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			if other, ok := seen[string(text)]; ok {
				t.Errorf("%+v and %+v have the same scene", k, other)
			}
			seen[string(text)] = k
		}
	}
}

// TestObjectsVisible: of each object at least three quarters are to be seen, texts are
// covered by nothing, and everything is in the picture.
func TestObjectsVisible(t *testing.T) {
	const size = 336
	for i := range uint64(300) {
		s := New(Key{Style: allStyles[i%2], Index: i})
		seen := make([]int, 1+len(s.Objects))
		all := s.owners(size)
		for _, o := range all.pixels {
			if int(o) < len(seen) {
				seen[o]++
			}
		}
		for j := range s.Objects {
			alone := (&Scene{Objects: s.Objects[j : j+1]}).owners(size)
			n := size*size - count(alone.pixels, 0)
			if 4*seen[1+j] < 3*n {
				t.Errorf("scene %d: of object %d, %d of %d pixels are to be seen", i, j, seen[1+j], n)
			}
			o := &s.Objects[j]
			if min(o.X, o.Y) < o.reach() || max(o.X, o.Y) > Side-o.reach() {
				t.Errorf("scene %d: object %d leaves the picture", i, j)
			}
		}
		for j := range s.Texts {
			b := s.Texts[j].plateBox()
			if min(b.x0, b.y0) < 0 || max(b.x1, b.y1) > Side {
				t.Errorf("scene %d: text %d leaves the picture", i, j)
			}
			for y := b.y0 * size / Side; y < b.y1*size/Side; y++ {
				for x := b.x0 * size / Side; x < b.x1*size/Side; x++ {
					if o := int(all.pixels[y*size+x]); o != 0 && o < len(seen) {
						t.Fatalf("scene %d: object %d covers text %d", i, o-1, j)
					}
				}
			}
		}
	}
}

func count(list []uint8, v uint8) int {
	n := 0
	for _, x := range list {
		if x == v {
			n++
		}
	}
	return n
}

// TestCounts: numbers of objects, and of those that are counted, are uniform.
func TestCounts(t *testing.T) {
	objects, shaped, coloured := map[int]int{}, map[int]int{}, map[int]int{}
	for i := range uint64(6000) {
		s := New(Key{Index: i})
		objects[len(s.Objects)]++
		shaped[s.Count(s.counted[0])]++
		coloured[s.Count(s.counted[1])]++
	}
	for name, n := range map[string]map[int]int{"objects": objects, "counted shapes": shaped, "counted colours": coloured} {
		uniform(t, name, n, mostObjects-leastObjects+1)
	}
}

// uniform holds counts against a uniform distribution over so many values: Pearson's
// sum has the mean k = values-1 and the variance 2k; four deviations are allowed, which
// less than one run in 1,000 would need if the seed weren't fixed.
func uniform[K comparable](t *testing.T, name string, counts map[K]int, values int) {
	t.Helper()
	total, sum := 0, 0.0
	for _, n := range counts {
		total += n
	}
	expected := float64(total) / float64(values)
	for _, n := range counts {
		sum += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	sum += float64(values-len(counts)) * expected
	k := float64(values - 1)
	if bound := k + 4*math.Sqrt(2*k); sum > bound {
		t.Errorf("%s: chi-square %.1f > %.1f over %d: %v", name, sum, bound, total, counts)
	} else {
		t.Logf("%s: chi-square %.1f of %.1f over %d in %d values", name, sum, bound, total, values)
	}
}

func TestRenderRefuses(t *testing.T) {
	s := New(Key{})
	for _, size := range []int{-1, 0, MaxSize + 1, math.MaxInt} {
		if _, err := s.Render(size); err == nil {
			t.Errorf("size %d is drawn", size)
		}
		if _, err := s.Patches(size, 8); err == nil {
			t.Errorf("size %d is labelled", size)
		}
	}
	if _, err := s.Patches(112, 0); err == nil {
		t.Error("patches of no pixels are labelled")
	}
}

// TestLargest draws the largest picture, where coordinates are largest.
func TestLargest(t *testing.T) {
	s := New(Key{Style: Crowded})
	small, large := render(t, s, 64), render(t, s, MaxSize)
	const scale = MaxSize / 64
	for i := range s.Objects {
		o := &s.Objects[i]
		x, y := o.X*64/Side, o.Y*64/Side
		p, q := small.Pix[3*(y*64+x):], large.Pix[3*scale*(y*MaxSize+x):]
		for c := range 3 {
			if o.Shape != Ring && abs(int(p[c])-int(q[c])) > 120 {
				t.Errorf("object %d: %v at a size of 64, %v at %d", i, p[:3], q[:3], MaxSize)
			}
		}
	}
}

func FuzzScene(f *testing.F) {
	f.Add(uint64(0), uint64(0), uint8(0), uint8(0), uint16(112), uint8(8))
	f.Add(uint64(1), uint64(2), uint8(1), uint8(1), uint16(1), uint8(1))
	f.Add(^uint64(0), ^uint64(0), uint8(2), uint8(2), uint16(511), uint8(14))
	f.Fuzz(func(t *testing.T, seed, index uint64, split, style uint8, size uint16, patch uint8) {
		s := New(Key{Split(split % 3), Style(style % 3), seed, index})
		n, p := 1+int(size)%512, 1+int(patch)%64
		if again := New(s.Key); !reflect.DeepEqual(s, again) {
			t.Fatal("a key has two scenes")
		}
		img := render(t, s, n)
		if len(img.Pix) != 3*n*n {
			t.Fatalf("%d bytes", len(img.Pix))
		}
		labels, err := s.Patches(n, p)
		if across := (n + p - 1) / p; err != nil || len(labels) != across*across {
			t.Fatalf("%d labels, %v", len(labels), err)
		}
		known := Vocabulary()
		for _, q := range s.Questions(60) {
			for _, word := range SplitWords(q.Text + " " + q.Answer) {
				if _, ok := slices.BinarySearch(known, word); !ok {
					t.Fatalf("%q is not in the vocabulary", word)
				}
			}
		}
		if d := s.Score(s.Describe()); d.Named != len(s.Objects) || d.Read != len(s.Texts) || d.Wrong != 0 {
			t.Fatalf("%s scores %+v", s.Describe(), d)
		}
	})
}
