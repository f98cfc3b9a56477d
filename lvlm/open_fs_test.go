package lvlm

import (
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/go-par/par/lvlm/tokenizer"
)

// A checkpoint in memory opens as the one on disk does.
func TestOpenFS(t *testing.T) {
	const dir = "../testdata/llava-tiny/model"
	files := fstest.MapFS{}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		data, err := os.ReadFile(dir + "/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = &fstest.MapFile{Data: data}
	}
	m, err := OpenFS(files, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	disk, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	if !slices.Equal(m.Decoder.Head.W.Bytes(), disk.Decoder.Head.W.Bytes()) {
		t.Error("the weights differ")
	}
	const text = "What is in the picture?"
	if a, b := m.Tokenizer.Encode(text, tokenizer.Options{}), disk.Tokenizer.Encode(text, tokenizer.Options{}); !slices.Equal(a, b) {
		t.Errorf("%q is %v, on disk %v", text, a, b)
	}
	delete(files, "model.safetensors")
	if _, err := OpenFS(files, Options{}); err == nil {
		t.Error("a checkpoint without weights opens")
	}
}
