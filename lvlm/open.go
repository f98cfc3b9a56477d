package lvlm

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-par/par/internal/folder"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/tensor/gguf"
)

// Open opens a checkpoint. It is a Hugging Face directory with config.json,
// safetensors weights and a tokenizer, in LLaVA's own layout or in any that
// transformers wrote; or a GGUF file, with the vision tower and projector in
// another, Options.Projector or the one mmproj*.gguf beside it. Errors name file,
// field and value.
//
// Weights are used in place from mapped files: opening reads little. Who truncates
// a file while a Model uses it ends the program; Options.InMemory is for files that
// others may write to.
func Open(path string, o Options) (*Model, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	m := new(Model)
	if st.IsDir() {
		if _, err := os.Stat(filepath.Join(path, "config.json")); err != nil {
			return nil, fmt.Errorf("%s: not a checkpoint directory: %w", path, err)
		}
		err = m.openDir(folder.Dir(path), o)
	} else {
		_, err = m.openGGUF(path, o)
	}
	return m.opened(o, err)
}

// OpenFS opens a checkpoint that is a Hugging Face directory in a file system, such
// as an embedded one. Its files are read into memory.
func OpenFS(fsys fs.FS, o Options) (*Model, error) {
	m := new(Model)
	return m.opened(o, m.openDir(fsys, o))
}

// opened finishes what was opened without an error, and closes the rest.
func (m *Model) opened(o Options, err error) (*Model, error) {
	if err == nil {
		err = m.finish(o)
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// OpenTokenizer opens the tokenizer of a checkpoint alone.
func OpenTokenizer(path string) (*tokenizer.Tokenizer, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if st.IsDir() {
		return tokenizer.Open(path)
	}
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ggufTokenizer(f)
}
