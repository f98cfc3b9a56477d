//go:build nomodel

package builtin

import "io/fs"

var model, pruning fs.FS
