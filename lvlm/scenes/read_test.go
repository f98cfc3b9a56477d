package scenes

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestParse reads what is written.
func TestParse(t *testing.T) {
	for i := range uint64(50) {
		want := New(Key{Split: Test, Style: Style(i % 3), Seed: 3, Index: i})
		line, err := json.Marshal(sceneLine{"00000007", "00000007.png", want})
		if err != nil {
			t.Fatal(err)
		}
		image, got, err := Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Scene{}, Object{}, Text{}), cmpopts.IgnoreFields(Scene{}, "Key"), cmpopts.EquateEmpty()); diff != "" || image != "00000007.png" {
			t.Errorf("scene %d in %q (-want +got):\n%s", i, image, diff)
		}
		description := want.Describe()
		if diff := cmp.Diff(want.Score(description), got.Score(description)); diff != "" {
			t.Errorf("scene %d is scored otherwise (-want +got):\n%s", i, diff)
		}
	}
}

func TestParseMalformed(t *testing.T) {
	for line, want := range map[string]string{
		`{`:              "unexpected end",
		`null`:           "image is missing",
		`{"objects":[]}`: "image is missing",
		`{"image":"a.png","objects":[{"shape":"ring","colour":"green"}]}`:                "element 0: no shape, no colour or no size",
		`{"image":"a.png","objects":[{"shape":"blob","colour":"green","size":"small"}]}`: `shape "blob" is not known`,
		`{"image":"a.png","objects":[{"shape":"ring","colour":"mauve","size":"small"}]}`: `colour "mauve" is not known`,
		`{"image":"a.png","objects":[{"shape":"ring","colour":"green","size":"huge"}]}`:  `size "huge" is not known`,
		`{"image":"a.png","objects":[{"shape":"ring","colour":"green","size":""}]}`:      `size "" is not known`,
		`{"image":"a.png","texts":[{"printed":""}]}`:                                     `element 0: "" is neither`,
		`{"image":"a.png","texts":[{"printed":"A"},{"printed":"100"}]}`:                  `element 1: "100" is neither`,
		`{"image":"a.png","texts":[{"printed":"4X"}]}`:                                   `"4X" is neither`,
		`{"image":"a.png","texts":[{"printed":"été"}]}`:                                  "is neither",
	} {
		if _, _, err := Parse([]byte(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v does not say %q", line, err, want)
		}
	}
}

// FuzzParse scores descriptions of whatever scenes can be read.
func FuzzParse(f *testing.F) {
	f.Add(`{"id":"0","image":"0.png","objects":[{"shape":"ring","colour":"green","size":"small","x":3,"y":1,"radius":8}],"texts":[{"printed":"42"}]}`, "I see a small green ring and the number forty two.")
	f.Fuzz(func(t *testing.T, line, description string) {
		_, s, err := Parse([]byte(line))
		if err != nil {
			return
		}
		n := s.Score(description)
		if share := n.Share(); share < 0 || share > 1 || n.Read > n.Texts || n.Wrong < 0 {
			t.Errorf("%+v of %s for %q", n, line, description)
		}
		for i := range s.Texts {
			if s.Texts[i].Words() == "" {
				t.Errorf("%q has no words", s.Texts[i].Printed)
			}
		}
	})
}
