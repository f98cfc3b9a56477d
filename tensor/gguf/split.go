package gguf

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/go-par/par/tensor/mmap"
)

// Keys of a file that gguf-split cut into shards. Every shard has them; all other
// keys are in the first one.
const (
	splitNoKey      = "split.no" // from 0
	splitCountKey   = "split.count"
	splitTensorsKey = "split.tensors.count" // in all shards together
)

var shardName = regexp.MustCompile(`^(.+)-([0-9]{5})-of-([0-9]{5})\.gguf$`)

// addShards opens the other shards if the open file is the first of several.
func (f *File) addShards(opts []mmap.Option) error {
	n, err := f.CountOr(splitCountKey, 0)
	if err != nil || n <= 1 {
		return err
	}
	m := shardName.FindStringSubmatch(filepath.Base(f.path))
	if m == nil {
		return fmt.Errorf("%s: field %s: is %d, but the file name does not end in -00001-of-%05d.gguf",
			f.path, splitCountKey, n, n)
	}
	if of, _ := strconv.Atoi(m[3]); of != n {
		return fmt.Errorf("%s: field %s: is %d, but the file name says %d", f.path, splitCountKey, n, of)
	}
	name := func(i int) string {
		return filepath.Join(filepath.Dir(f.path), fmt.Sprintf("%s-%05d-of-%05d.gguf", m[1], i+1, n))
	}
	no, err := f.Count(splitNoKey)
	if err != nil {
		return err
	}
	if no != 0 {
		return fmt.Errorf("%s: field %s: is %d: open the first shard, %s", f.path, splitNoKey, no, name(0))
	}
	if nr, _ := strconv.Atoi(m[2]); nr != 1 {
		return fmt.Errorf("%s: field %s: is 0, but the file name says shard %d", f.path, splitNoKey, nr)
	}
	for i := 1; i < n; i++ {
		if err := f.addShard(name(i), i, n, opts); err != nil {
			return err
		}
	}
	return f.checkTensorCount()
}

// addShard opens shard i of n.
func (f *File) addShard(path string, i, n int, opts []mmap.Option) error {
	if err := f.add(path, opts); err != nil {
		return err
	}
	last := len(f.parts) - 1
	shard := f.parts[last]
	view := &File{path: path, parts: []*container{shard}}
	for _, want := range []struct {
		key   string
		value int
	}{{splitNoKey, i}, {splitCountKey, n}} {
		got, err := view.Count(want.key)
		if err != nil {
			return err
		}
		if got != want.value {
			return fmt.Errorf("%s: field %s: is %d, want %d", path, want.key, got, want.value)
		}
	}
	for _, pos := range shard.tensors {
		name := shard.name(pos)
		for _, other := range f.parts[:last] {
			if _, dup := other.find(other.byName, string(name)); dup {
				return fmt.Errorf("%s: field %s: the tensor is in two shards", path, quote(name))
			}
		}
	}
	return nil
}

func (f *File) checkTensorCount() error {
	want, err := f.Count(splitTensorsKey)
	if err != nil {
		return err
	}
	got := 0
	for _, c := range f.parts {
		got += len(c.tensors)
	}
	if got != want {
		return fmt.Errorf("%s: field %s: is %d, but the shards have %d tensors", f.path, splitTensorsKey, want, got)
	}
	return nil
}
