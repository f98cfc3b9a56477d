package gguf

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/go-par/par/tensor/mmap"
)

const (
	magic      = "GGUF"
	minVersion = 2 // version 1 has counts and lengths of 32 bits
	maxVersion = 3 // version 3 added big-endian files, which version 2 readers took for nonsense
)

// container is one file that keeps the rules of the format. It holds where things
// are and decodes them when asked: 8 bytes for a key and 16 for a tensor are all
// the memory that an open file takes, whatever its header says.
type container struct {
	data      []byte
	alignment int
	keys      table // positions of the key-value pairs
	tensors   []int // positions of the entries of the tensor table, in their order
	byName    table // the same
	dataStart int
}

// table has positions of entries that start with their name, ascending by name.
type table []int

// parse checks a file from front to back.
func parse(data []byte) (*container, error) {
	c := &container{data: data, alignment: defaultAlignment}
	if err := mmap.Guard(c.parse); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *container) parse() error {
	r := &reader{data: c.data}
	if err := parseVersion(r); err != nil {
		return err
	}
	tensors, err := r.count(minTensorInfo)
	if err != nil {
		return fmt.Errorf("field tensor count: %w", err)
	}
	keys, err := r.count(minKeyValue)
	if err != nil {
		return fmt.Errorf("field key count: %w", err)
	}
	if err := c.parseKeys(r, keys); err != nil {
		return err
	}
	if v, ok := c.lookupKey(alignmentKey); ok {
		if c.alignment, err = alignmentOf(v); err != nil {
			return fmt.Errorf("field %s: %w", alignmentKey, err)
		}
	}
	if err := c.parseTensors(r, tensors); err != nil {
		return err
	}
	return c.checkData(r.pos)
}

func parseVersion(r *reader) error {
	b, err := r.take(4)
	if err != nil {
		return fmt.Errorf("field magic: %w", err)
	}
	if string(b) != magic {
		return fmt.Errorf("field magic: %q, want %q", b, magic)
	}
	version, err := r.u32()
	switch {
	case err != nil:
		return fmt.Errorf("field version: %w", err)
	case version != 0 && version&0xffff == 0:
		return fmt.Errorf("field version: %#x has its bytes swapped: big-endian files are not supported", version)
	case version < minVersion || version > maxVersion:
		return fmt.Errorf("field version: %d, want %d or %d", version, minVersion, maxVersion)
	}
	return nil
}

func (c *container) parseKeys(r *reader, n int) error {
	c.keys = make(table, n)
	for i := range c.keys {
		c.keys[i] = r.pos
		if _, _, err := r.keyValue(); err != nil {
			return fmt.Errorf("%w (key %d of key count %d%s)", err, i+1, n, c.behind(c.keys[:i], nil))
		}
	}
	if name := c.sort(c.keys); name != nil {
		return fmt.Errorf("field %s: the key is there twice", quote(name))
	}
	return nil
}

func (c *container) parseTensors(r *reader, n int) error {
	c.tensors = make([]int, n)
	for i := range c.tensors {
		c.tensors[i] = r.pos
		if _, err := r.tensorInfo(); err != nil {
			return fmt.Errorf("%w (tensor %d of tensor count %d%s)", err, i+1, n, c.behind(c.keys, c.tensors[:i]))
		}
	}
	c.byName = slices.Clone(c.tensors)
	if name := c.sort(c.byName); name != nil {
		return fmt.Errorf("field %s: the tensor is there twice", quote(name))
	}
	return nil
}

// behind names the last of the entries read so far. Where what follows makes no
// sense, the fault often is a wrong length or count in there.
func (c *container) behind(keys, tensors []int) string {
	switch {
	case len(tensors) > 0:
		return ", after tensor " + quote(c.name(slices.Max(tensors)))
	case len(keys) > 0:
		return ", after key " + quote(c.name(slices.Max(keys)))
	}
	return ""
}

// checkData checks that the tensors lie one behind the other, each padded to the
// alignment, and inside the file. The last one's padding may be missing. The
// tensor table ends at byte end.
func (c *container) checkData(end int) error {
	if len(c.tensors) == 0 {
		c.dataStart = end
		return nil
	}
	start := alignUp(uint64(end), c.alignment)
	if start > uint64(len(c.data)) {
		return fmt.Errorf("field %s: with %d the data starts at byte %d: unexpected end of file, it has %d bytes",
			alignmentKey, c.alignment, start, len(c.data))
	}
	c.dataStart = int(start)
	size := uint64(len(c.data)) - start
	var want uint64
	for _, pos := range c.tensors {
		t, err := c.tensorInfo(pos)
		switch {
		case err != nil:
			return err
		case t.offset != want:
			return fmt.Errorf("field %s: offset %d, want %d: tensors are stored one behind the other, aligned to %d",
				quote(t.name), t.offset, want, c.alignment)
		case t.offset > size || t.bytes > size-t.offset:
			return fmt.Errorf("field %s: %d bytes at offset %d: unexpected end of file, the data section has %d bytes",
				quote(t.name), t.bytes, t.offset, size)
		}
		want = alignUp(t.offset+t.bytes, c.alignment)
	}
	return nil
}

// name returns the name at the start of an entry.
func (c *container) name(pos int) []byte {
	r := reader{c.data, pos}
	name, _ := r.string() // fails only if the file changed
	return name
}

// sort sorts by name and returns a name that occurs twice, if one does.
func (c *container) sort(t table) []byte {
	slices.SortFunc(t, func(a, b int) int { return bytes.Compare(c.name(a), c.name(b)) })
	for i := 1; i < len(t); i++ {
		if name := c.name(t[i]); bytes.Equal(name, c.name(t[i-1])) {
			return name
		}
	}
	return nil
}

func (c *container) find(t table, name string) (pos int, ok bool) {
	i, ok := slices.BinarySearchFunc(t, []byte(name), func(pos int, name []byte) int {
		return bytes.Compare(c.name(pos), name)
	})
	if !ok {
		return 0, false
	}
	return t[i], true
}

func (c *container) lookupKey(key string) (Value, bool) {
	pos, ok := c.find(c.keys, key)
	if !ok {
		return Value{}, false
	}
	r := reader{c.data, pos}
	_, v, err := r.keyValue()
	return v, err == nil
}

func (c *container) keyValues() []KeyValue {
	list := make([]KeyValue, 0, len(c.keys))
	for _, pos := range slices.Sorted(slices.Values(c.keys)) {
		r := reader{c.data, pos}
		if key, v, err := r.keyValue(); err == nil {
			list = append(list, KeyValue{string(key), v})
		}
	}
	return list
}

func (c *container) tensorInfo(pos int) (tensorInfo, error) {
	r := reader{c.data, pos}
	return r.tensorInfo()
}

// tensor returns the tensor whose entry is at pos, false if the file changed so
// that it is no longer there.
func (c *container) tensor(pos int) (Tensor, bool) {
	t, err := c.tensorInfo(pos)
	data := c.data[c.dataStart:]
	if err != nil || t.offset > uint64(len(data)) || t.bytes > uint64(len(data))-t.offset {
		return Tensor{}, false
	}
	shape := slices.Clone(t.ne[:t.dims])
	slices.Reverse(shape)
	begin, end := int(t.offset), int(t.offset+t.bytes)
	return Tensor{Info{string(t.name), t.typ, shape, end - begin}, data[begin:end:end]}, true
}

func (c *container) lookupTensor(name string) (Tensor, bool) {
	pos, ok := c.find(c.byName, name)
	if !ok {
		return Tensor{}, false
	}
	return c.tensor(pos)
}
