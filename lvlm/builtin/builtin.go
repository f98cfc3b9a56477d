// Package builtin is a small LLaVA that is part of the program: a Hugging Face
// directory as package pretrain exports it, trained on the world of package scenes, and
// how its prompts are pruned by default. It answers without any file, also in a browser.
//
// The build tag nomodel leaves it out, which saves its size.
package builtin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/scenes"
)

// ErrNone is returned where the program was built without the model.
var ErrNone = errors.New("no model is embedded, as the program was built with the tag nomodel")

// Name is what the model is called in tables.
const Name = "builtin"

// Open opens the embedded model. Its weights are used where they lie in the program.
func Open(o lvlm.Options) (*lvlm.Model, error) {
	if model == nil {
		return nil, ErrNone
	}
	return lvlm.OpenFS(model, o)
}

// Files returns the embedded directory.
func Files() (fs.FS, error) {
	if model == nil {
		return nil, ErrNone
	}
	return model, nil
}

// Pruning says how prompts of the model are pruned by default: settings by the names
// that the flags of par run have, and the file system that files in them, such as a
// router, are in.
func Pruning() (settings map[string]string, files fs.FS, err error) {
	if pruning == nil {
		return nil, nil, ErrNone
	}
	const name = "default.json"
	text, err := fs.ReadFile(pruning, name)
	if err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(text, &settings); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return settings, pruning, nil
}

// Scene is what the bundled picture shows. It is of the test split: the model was not
// trained on it.
func Scene() *scenes.Scene { return scenes.New(scenes.Key{Split: scenes.Test, Seed: 1, Index: 29}) }

// Question goes with the bundled picture, or any other one.
const Question = "What is in the picture?"

// Picture draws the bundled picture in the size that a model looks at.
func Picture(m *lvlm.Model) (*preprocess.RGB, error) {
	if m.Config.Vision == nil {
		return nil, fmt.Errorf("the model sees no pictures")
	}
	return Scene().Render(m.Config.Vision.ImageSize)
}
