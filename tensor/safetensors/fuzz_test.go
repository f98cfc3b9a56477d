package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var seeds = []string{
	`{}`,
	`{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[],"data_offsets":[8,9]}}`,
	`{"a":{"dtype":"BF16","shape":[0],"data_offsets":[0,0],"x":[{"y":[1.5e+3,-0,"\u00e9",true,null]}]}}  `,
	`{"\ud83d\ude00\"\\\/\b\f\n\r\t":{"dtype":"F4","shape":[2,9],"data_offsets":[0,9]}}`,
}

// FuzzFromBytes reads arbitrary bytes; a sound file comes back from the writer
// with all it has.
func FuzzFromBytes(f *testing.F) {
	for _, header := range seeds {
		f.Add(raw(header, 9))
	}
	f.Fuzz(check)
}

// FuzzHeader reads arbitrary headers, with their length and data after them.
func FuzzHeader(f *testing.F) {
	for _, header := range seeds {
		f.Add(header, uint16(9))
	}
	f.Fuzz(func(t *testing.T, header string, size uint16) { check(t, raw(header, int(size))) })
}

func check(t *testing.T, data []byte) {
	f, err := FromBytes("fuzz.safetensors", data)
	if err != nil {
		return
	}
	visit(t, f)
	// What is sound here is sound JSON to others too.
	n := binary.LittleEndian.Uint64(data)
	if !json.Valid(data[lengthBytes : lengthBytes+n]) {
		t.Errorf("%q is taken for JSON", data[lengthBytes:lengthBytes+n])
	}
	g, err := FromBytes("again.safetensors", rewrite(t, f))
	if err != nil {
		t.Fatal(err)
	}
	byName := cmpopts.SortSlices(func(a, b Info) bool { return a.Name < b.Name })
	if diff := cmp.Diff(f.Tensors(), g.Tensors(), byName); diff != "" {
		t.Errorf("%q: tensors (-read +read again):\n%s", data, diff)
	}
	if diff := cmp.Diff(f.Metadata(), g.Metadata()); diff != "" {
		t.Errorf("%q: metadata (-read +read again):\n%s", data, diff)
	}
	for _, info := range f.Tensors() {
		a, _ := f.Lookup(info.Name)
		b, _ := g.Lookup(info.Name)
		if !bytes.Equal(a.Data, b.Data) {
			t.Errorf("%q: tensor %q: %v became %v", data, info.Name, a.Data, b.Data)
		}
	}
}
