package safetensors

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-par/par/internal/folder"
	"github.com/go-par/par/tensor/mmap"
)

// openIndex opens the shards that an index lists. The index decides: a
// tensor is visible where it is listed, in the shard it is listed for.
func openIndex(fsys fs.FS, index string, opts []mmap.Option) (*File, error) {
	path := folder.Path(fsys, index)
	m, err := mmap.OpenFS(fsys, index, mmap.InMemory())
	if err != nil {
		return nil, err
	}
	shards, err := parseIndex(m.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := newFile()
	for _, name := range slices.Sorted(maps.Keys(shards)) {
		if err := f.addShard(fsys, name, opts, shards[name]); err != nil {
			f.Close()
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return f, nil
}

// addShard adds a shard and fails where it lacks one of the tensors listed for it.
func (f *File) addShard(fsys fs.FS, shard string, opts []mmap.Option, want map[string]bool) error {
	before := len(f.tensors)
	if err := f.add(fsys, shard, opts, want); err != nil {
		return fmt.Errorf("field weight_map: shard %w", err)
	}
	if len(f.tensors)-before == len(want) {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if _, ok := f.byName[name]; !ok {
			return fmt.Errorf("field weight_map %q: shard %s has no such tensor", name, folder.Path(fsys, shard))
		}
	}
	return nil
}

// parseIndex returns the names of the tensors of each shard.
func parseIndex(text []byte) (map[string]map[string]bool, error) {
	var shards map[string]map[string]bool
	err := document(text, func(s *scanner) error {
		return s.object(func(key string) (err error) {
			if key != "weight_map" {
				return s.skip()
			}
			shards, err = parseWeightMap(s)
			return err
		})
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("field index: %w", err)
	case shards == nil:
		return nil, errors.New("field weight_map: missing")
	case len(shards) == 0:
		return nil, errors.New("field weight_map: empty")
	}
	return shards, nil
}

func parseWeightMap(s *scanner) (map[string]map[string]bool, error) {
	shards := map[string]map[string]bool{}
	err := s.object(func(tensor string) error {
		shard, err := s.string()
		if err != nil {
			return err
		}
		if err := checkShardName(shard); err != nil {
			return err
		}
		if shards[shard] == nil {
			shards[shard] = map[string]bool{}
		}
		shards[shard][tensor] = true
		return nil
	})
	return shards, err
}

// checkShardName refuses names that lead out of the index's directory, on any
// system: an index is made on one and read on another.
func checkShardName(name string) error {
	if name == "." || strings.ContainsAny(name, "/\\:\x00") || !filepath.IsLocal(name) {
		return fmt.Errorf("shard name %q is not a plain file name", name)
	}
	return nil
}
