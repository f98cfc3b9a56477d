//go:build !nomodel

package builtin

import (
	"embed"
	"io/fs"

	"github.com/go-par/par/internal/folder"
	"github.com/go-par/par/tensor/safetensors"
)

// The files beside the weights. An embedded directory hands out copies only, which is
// why the weights, model.safetensors, are a string of their own.
//
//go:embed model/[^m]*
var small embed.FS

//go:embed model/model.safetensors
var weights string

//go:embed pruning
var pruned embed.FS

var (
	model   = folder.With(sub(small, "model"), safetensors.SingleName, weights)
	pruning = sub(pruned, "pruning")
)

func sub(dir embed.FS, name string) fs.FS {
	f, err := fs.Sub(dir, name)
	if err != nil { // name is no path
		panic(err)
	}
	return f
}
