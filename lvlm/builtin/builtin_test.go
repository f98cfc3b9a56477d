//go:build !nomodel

package builtin_test

import (
	"io/fs"
	"slices"
	"testing"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/builtin"
	"github.com/go-par/par/lvlm/chat"
	"github.com/go-par/par/lvlm/preprocess"
)

// maxSize bounds what the model adds to a program.
const maxSize = 16 << 20

func TestSize(t *testing.T) {
	files, err := builtin.Files()
	if err != nil {
		t.Fatal(err)
	}
	_, pruning, err := builtin.Pruning()
	if err != nil {
		t.Fatal(err)
	}
	size := int64(0)
	count := func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		st, err := d.Info()
		size += st.Size()
		return err
	}
	for _, fsys := range []fs.FS{files, pruning} {
		if err := fs.WalkDir(fsys, ".", count); err != nil {
			t.Fatal(err)
		}
	}
	st, err := fs.Stat(files, "model.safetensors") // which listings leave out
	if err != nil {
		t.Fatal(err)
	}
	if size += st.Size(); size > maxSize {
		t.Errorf("%d bytes are embedded, more than %d", size, maxSize)
	}
}

// TestOpen asks the embedded model and the same directory on disk about the bundled
// picture.
func TestOpen(t *testing.T) {
	embedded, err := builtin.Open(lvlm.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer embedded.Close()
	onDisk, err := lvlm.Open("model", lvlm.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer onDisk.Close()
	var answers [2][]int32
	for i, m := range []*lvlm.Model{embedded, onDisk} {
		img, err := builtin.Picture(m)
		if err != nil {
			t.Fatal(err)
		}
		prompt, err := m.Format("auto", []chat.Message{{Role: "user", Content: builtin.Question, Images: 1}})
		if err != nil {
			t.Fatal(err)
		}
		s := m.NewSession()
		for _, err := range s.Generate(t.Context(), lvlm.Request{Prompt: prompt, Images: []*preprocess.RGB{img}, MaxTokens: 32}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		answers[i] = s.Result().TokenIDs
	}
	if !slices.Equal(answers[0], answers[1]) || len(answers[0]) == 0 {
		t.Errorf("the embedded model answers %v, the one on disk %v", answers[0], answers[1])
	}
}

func TestPruning(t *testing.T) {
	settings, files, err := builtin.Pruning()
	if err != nil {
		t.Fatal(err)
	}
	if settings["method"] == "" || settings["method"] == "none" {
		t.Errorf("no method in %v", settings)
	}
	if name, ok := settings["router"]; ok {
		if _, err := fs.Stat(files, name); err != nil {
			t.Error(err)
		}
	}
}
