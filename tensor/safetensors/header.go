package safetensors

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

const (
	lengthBytes     = 8
	maxHeaderLength = 100_000_000 // the reference implementation's limit
	metadataKey     = "__metadata__"
)

// header is what a file says about itself.
type header struct {
	tensors  []entry // in the order of their data
	metadata map[string]string
}

// entry is a tensor with its place in the data section.
type entry struct {
	Info
	begin, end uint64
}

// parseHeader reads and checks the header of a file and returns the data section
// with it. Nothing is believed before it is checked against the file's size.
func parseHeader(file []byte) (header, []byte, error) {
	if len(file) < lengthBytes {
		return header{}, nil, fmt.Errorf("field header length: unexpected end of file, %d bytes in all", len(file))
	}
	n := binary.LittleEndian.Uint64(file)
	rest := file[lengthBytes:]
	switch {
	case n == 0:
		return header{}, nil, errors.New("field header length: 0, want at least 2")
	case n > maxHeaderLength:
		return header{}, nil, fmt.Errorf("field header length: %d is beyond the limit of %d", n, maxHeaderLength)
	case n > uint64(len(rest)):
		return header{}, nil, fmt.Errorf("field header length: %d, but %d bytes follow", n, len(rest))
	}
	text, data := rest[:n], rest[n:]
	if text[0] != '{' {
		return header{}, nil, fmt.Errorf("field header: starts with %q, want an object", text[0])
	}
	var h header
	if err := document(text, h.parse); err != nil {
		return header{}, nil, fmt.Errorf("field header: %w", err)
	}
	if err := h.place(uint64(len(data))); err != nil {
		return header{}, nil, err
	}
	return h, data, nil
}

func (h *header) parse(s *scanner) error {
	return s.object(func(key string) error {
		if key == metadataKey {
			return h.parseMetadata(s)
		}
		e, err := parseEntry(s)
		if err != nil {
			return err
		}
		e.Name = key
		h.tensors = append(h.tensors, e)
		return nil
	})
}

func (h *header) parseMetadata(s *scanner) error {
	if s.literal("null") { // as the reference implementation writes none
		return nil
	}
	h.metadata = map[string]string{}
	return s.object(func(key string) error {
		value, err := s.string()
		h.metadata[key] = value
		return err
	})
}

// parseEntry reads one tensor's entry and checks that its fields agree.
func parseEntry(s *scanner) (entry, error) {
	var e entry
	var offsets []uint64
	var hasDType, hasShape, hasOffsets bool
	err := s.object(func(key string) (err error) {
		switch key {
		case "dtype":
			hasDType = true
			var name string
			name, err = s.string()
			if e.DType = DType(name); err == nil && e.DType.Bits() == 0 {
				err = fmt.Errorf("%q is no type of the format", name)
			}
		case "shape":
			hasShape = true
			e.Shape, err = parseShape(s)
		case "data_offsets":
			hasOffsets = true
			offsets, err = parseUints(s)
			if err == nil && len(offsets) != 2 {
				err = fmt.Errorf("%d numbers, want 2", len(offsets))
			}
		default: // the reference implementation ignores other keys
			err = s.skip()
		}
		return err
	})
	switch {
	case err != nil:
		return e, err
	case !hasDType:
		return e, errors.New("dtype is missing")
	case !hasShape:
		return e, errors.New("shape is missing")
	case !hasOffsets:
		return e, errors.New("data_offsets is missing")
	}
	e.begin, e.end = offsets[0], offsets[1]
	return e, e.checkSize()
}

func parseUints(s *scanner) ([]uint64, error) {
	list := []uint64{}
	err := s.array(func() error {
		n, err := s.uint()
		list = append(list, n)
		return err
	})
	return list, err
}

func parseShape(s *scanner) ([]int, error) {
	list, err := parseUints(s)
	if err != nil {
		return nil, err
	}
	shape := make([]int, len(list))
	for i, n := range list {
		if n > math.MaxInt {
			return nil, fmt.Errorf("dimension %d is too large", n)
		}
		shape[i] = int(n)
	}
	return shape, nil
}

// checkSize fails where the bytes between the offsets are not those of the shape.
func (e *entry) checkSize() error {
	want, err := byteSize(e.DType, e.Shape)
	switch {
	case err != nil:
		return err
	case e.begin > e.end:
		return fmt.Errorf("data_offsets [%d, %d]: the end lies before the begin", e.begin, e.end)
	case e.end-e.begin != want:
		return fmt.Errorf("data_offsets [%d, %d]: %d bytes, but %s %v has %d",
			e.begin, e.end, e.end-e.begin, e.DType, e.Shape, want)
	}
	return nil
}

// byteSize returns the size of a tensor.
func byteSize(d DType, shape []int) (uint64, error) {
	n := uint64(1)
	for _, dim := range shape {
		hi, lo := bits.Mul64(n, uint64(dim))
		if hi != 0 {
			return 0, fmt.Errorf("shape %v: the number of values overflows", shape)
		}
		n = lo
	}
	hi, lo := bits.Mul64(n, uint64(d.Bits()))
	switch {
	case hi != 0:
		return 0, fmt.Errorf("shape %v: the number of bytes overflows", shape)
	case lo%8 != 0:
		return 0, fmt.Errorf("shape %v: %d values of %d bits are not whole bytes", shape, n, d.Bits())
	}
	return lo / 8, nil
}

// place sorts the tensors by their place and checks that they fill the data
// section of size bytes without hole or overlap.
func (h *header) place(size uint64) error {
	slices.SortFunc(h.tensors, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.Name, b.Name))
	})
	var end uint64
	for i := range h.tensors {
		e := &h.tensors[i]
		switch {
		case e.begin != end:
			return fmt.Errorf("field %q: data_offsets [%d, %d]: the data before ends at %d", e.Name, e.begin, e.end, end)
		case e.end > size:
			return fmt.Errorf("field %q: data_offsets [%d, %d]: unexpected end of file, the data section has %d bytes",
				e.Name, e.begin, e.end, size)
		}
		end = e.end
		e.Bytes = int(end - e.begin)
	}
	if end != size {
		return fmt.Errorf("field data: %d bytes after the last tensor", size-end)
	}
	return nil
}
