package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/tensor/mmap"
	"github.com/go-par/par/tensor/quant"
)

// raw returns a file with that header and n bytes of data.
func raw(header string, n int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), blob(n)...)
}

// blob returns n bytes that tell their place.
func blob(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i%251 + 1)
	}
	return b
}

func source(name string, d DType, shape []int, data []byte) Source {
	return Tensor{Info{name, d, shape, len(data)}, data}.Source()
}

func encode(t testing.TB, tensors []Source, metadata map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// visit checks what must hold for any open file.
func visit(t testing.TB, f *File) {
	t.Helper()
	for _, info := range f.Tensors() {
		tensor, ok := f.Lookup(info.Name)
		if diff := cmp.Diff(info, tensor.Info); !ok || diff != "" {
			t.Errorf("tensor %q: found %t:\n%s", info.Name, ok, diff)
		}
		if len(tensor.Data) != info.Bytes || cap(tensor.Data) != info.Bytes {
			t.Errorf("tensor %q: %d bytes of %d, room for %d", info.Name, len(tensor.Data), info.Bytes, cap(tensor.Data))
		}
	}
}

// rewrite writes what f has.
func rewrite(t testing.TB, f *File) []byte {
	t.Helper()
	var tensors []Source
	for _, info := range f.Tensors() {
		tensor, _ := f.Lookup(info.Name)
		tensors = append(tensors, tensor.Source())
	}
	return encode(t, tensors, f.Metadata())
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.safetensors")
	names := []string{"model.layers.0.weight", "a/b c", `quote " and \ and <&>`, "größe", "line\nfeed", ""}
	tensors := []Source{
		SourceF32(names[0], []int{2, 3}, []float32{1, -2, 0.5, float32(math.Inf(1)), 0, 6}),
		SourceI32(names[1], []int{3}, []int32{1, -2, math.MinInt32}),
		source(names[2], BF16, []int{3}, blob(6)),
		source(names[3], U8, nil, blob(1)),
		source(names[4], F16, []int{0, 7}, nil),
		source(names[5], "F6_E2M3", []int{4}, blob(3)),
	}
	metadata := map[string]string{"format": "pt", "": "empty", "ü": "\"\n"}
	if err := WriteFile(path, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	for name, opts := range map[string][]mmap.Option{"mapped": nil, "read": {mmap.InMemory()}} {
		f, err := Open(path, opts...)
		if err != nil {
			t.Fatal(err)
		}
		visit(t, f)
		want := []Info{ // wide values first
			{names[1], I32, []int{3}, 12}, {names[0], F32, []int{2, 3}, 24},
			{names[4], F16, []int{0, 7}, 0}, {names[2], BF16, []int{3}, 6},
			{names[3], U8, []int{}, 1}, {names[5], "F6_E2M3", []int{4}, 3},
		}
		if diff := cmp.Diff(want, f.Tensors()); diff != "" {
			t.Errorf("%s: tensors (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(metadata, f.Metadata()); diff != "" {
			t.Errorf("%s: metadata (-want +got):\n%s", name, diff)
		}
		tensor, _ := f.Lookup(names[0])
		if got := math.Float32frombits(binary.LittleEndian.Uint32(tensor.Data[8:])); got != 0.5 {
			t.Errorf("%s: third value is %v", name, got)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(rewrite(t, f), data) {
			t.Errorf("%s: other bytes when written again", name)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if _, ok := f.Lookup(names[0]); ok || len(f.Tensors()) != 0 {
			t.Errorf("%s: a closed file still has tensors", name)
		}
	}
}

// TestLayout holds the writer against a file written out by hand from the format.
func TestLayout(t *testing.T) {
	want := raw(`{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},`+
		`"a":{"dtype":"U8","shape":[],"data_offsets":[8,9]}}      `, 0)
	if len(want)%8 != 0 {
		t.Fatalf("data starts at %d", len(want))
	}
	want = append(append(want, blob(8)...), blob(1)...)
	sources := []Source{source("a", U8, nil, blob(1)), source("b", F32, []int{2, 1}, blob(8))}
	if diff := cmp.Diff(want, encode(t, sources, map[string]string{"format": "pt"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestManyValues crosses the size of the pieces that values are encoded in.
func TestManyValues(t *testing.T) {
	values := make([]int32, 3<<12+1)
	for i := range values {
		values[i] = int32(i * i)
	}
	f, err := FromBytes("many", encode(t, []Source{SourceI32("x", []int{len(values)}, values)}, nil))
	if err != nil {
		t.Fatal(err)
	}
	x, _ := f.Lookup("x")
	for i, want := range values {
		if got := int32(binary.LittleEndian.Uint32(x.Data[4*i:])); got != want {
			t.Fatalf("value %d is %d, want %d", i, got, want)
		}
	}
}

func TestAccepts(t *testing.T) {
	for name, data := range map[string][]byte{
		"nothing":        raw(`{}`, 0),
		"padded":         raw("{} \t\r\n", 0),
		"metadata":       raw(`{"__metadata__":{"a":"b"}}`, 0),
		"null metadata":  raw(`{"__metadata__":null}`, 0),
		"more fields":    raw(`{"a":{"x":[{"y":[1.5e+3,-0,"\u00e9",true,null]}],"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 2),
		"odd place":      raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[1,5]},"b":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}`, 5),
		"zero-sized":     raw(`{"b":{"dtype":"F32","shape":[0],"data_offsets":[1,1]},"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"c":{"dtype":"F32","shape":[0,9],"data_offsets":[0,0]}}`, 1),
		"escaped name":   raw(`{"\ud83d\ude00\"\\\/\b\f\n\r\t":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}`, 1),
		"space anywhere": raw("{ \"a\" :\n{ \"dtype\" : \"U8\" , \"shape\" : [ 1 , 1 ] ,\t\"data_offsets\" : [ 0 , 1 ] } } ", 1),
	} {
		f, err := FromBytes(name, data)
		if err != nil {
			t.Error(err)
			continue
		}
		visit(t, f)
	}
}

func TestEscapes(t *testing.T) {
	f, err := FromBytes("escapes", raw(`{"\ud83d\ude00\"\\\/\b\f\n\r\t\u00E9é":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}`, 1))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.Tensors()[0].Name, "😀\"\\/\b\f\n\r\téé"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRefuses(t *testing.T) {
	entry := func(dtype, shape, offsets string) string {
		return fmt.Sprintf(`{"a":{"dtype":%s,"shape":%s,"data_offsets":%s}}`, dtype, shape, offsets)
	}
	length := func(n uint64, text string) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, n), text...)
	}
	nested := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	const f32 = `"F32"`
	for name, c := range map[string]struct {
		data []byte
		want []string
	}{
		"no bytes":          {nil, []string{"header length"}},
		"seven bytes":       {make([]byte, 7), []string{"header length", "7"}},
		"length 0":          {length(0, ""), []string{"header length", "0"}},
		"length 2^64-1":     {length(math.MaxUint64, "{}"), []string{"header length", "18446744073709551615"}},
		"length past end":   {length(3, "{}"), []string{"header length", "3"}},
		"length past limit": {length(100_000_001, "{}"), []string{"header length", "100000001"}},
		"space first":       {raw(" {}", 0), []string{"header", "' '"}},
		"array":             {raw("[]", 0), []string{"header", "'['"}},
		"open":              {raw("{", 0), []string{"header", "end"}},
		"two objects":       {raw("{}{}", 0), []string{"header", "after"}},
		"NUL padding":       {raw("{}\x00", 0), []string{"header", `\x00`}},
		"trailing comma":    {raw(`{"__metadata__":{},}`, 0), []string{"header", "'}'"}},
		"no colon":          {raw(`{"a" 1}`, 0), []string{"header", "colon"}},
		"not UTF-8":         {raw("{\"\xff\":{}}", 0), []string{"header", "UTF-8"}},
		"control character": {raw("{\"\n\":{}}", 0), []string{"header", `\n`}},
		"half a pair":       {raw(`{"\ud83d":{}}`, 0), []string{"header", "surrogate"}},
		"wrong pair":        {raw(`{"\ud83d\u0041":{}}`, 0), []string{"header", "surrogate"}},
		"escape":            {raw(`{"\x":{}}`, 0), []string{"header", "escape"}},
		"hexadecimal":       {raw(`{"\u12g4":{}}`, 0), []string{"header", "12g4"}},
		"deep":              {raw(`{"a":{"x":`+nested+`}}`, 0), []string{`"a"`, "nested"}},
		"tensor twice":      {raw(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\u0061":{}}`, 0), []string{`"a"`, "duplicate"}},
		"field twice":       {raw(`{"a":{"dtype":"U8","dtype":"U8"}}`, 0), []string{`"a"`, "duplicate", "dtype"}},
		"metadata twice":    {raw(`{"__metadata__":{},"__metadata__":{}}`, 0), []string{"__metadata__", "duplicate"}},
		"metadata number":   {raw(`{"__metadata__":{"x":1}}`, 0), []string{"__metadata__", `"x"`}},
		"metadata string":   {raw(`{"__metadata__":"x"}`, 0), []string{"__metadata__", "object"}},
		"entry null":        {raw(`{"a":null}`, 0), []string{`"a"`, "object"}},
		"no dtype":          {raw(`{"a":{"shape":[],"data_offsets":[0,4]}}`, 4), []string{`"a"`, "dtype"}},
		"no shape":          {raw(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4), []string{`"a"`, "shape"}},
		"no offsets":        {raw(`{"a":{"dtype":"F32","shape":[]}}`, 4), []string{`"a"`, "data_offsets"}},
		"dtype":             {raw(entry(`"F12"`, "[1]", "[0,4]"), 4), []string{`"a"`, "dtype", "F12"}},
		"dtype null":        {raw(entry("null", "[1]", "[0,4]"), 4), []string{`"a"`, "dtype"}},
		"half a byte":       {raw(entry(`"F4"`, "[3]", "[0,2]"), 2), []string{`"a"`, "whole bytes"}},
		"shape fraction":    {raw(entry(f32, "[1.0]", "[0,4]"), 4), []string{`"a"`, "shape", "1.0"}},
		"shape exponent":    {raw(entry(f32, "[1e0]", "[0,4]"), 4), []string{`"a"`, "shape", "1e0"}},
		"shape zero first":  {raw(entry(f32, "[01]", "[0,4]"), 4), []string{`"a"`, "shape", "'1'"}},
		"shape negative":    {raw(entry(f32, "[-1,-1]", "[0,4]"), 4), []string{`"a"`, "shape", "-1"}},
		"shape 2^64":        {raw(entry(f32, "[18446744073709551616]", "[0,4]"), 4), []string{`"a"`, "18446744073709551616"}},
		"values overflow":   {raw(entry(f32, "[1073741824,1073741824,1073741824]", "[0,4]"), 4), []string{`"a"`, "overflow"}},
		"bits overflow":     {raw(entry(f32, "[1073741824,1073741824,2]", "[0,4]"), 4), []string{`"a"`, "overflow"}},
		"size":              {raw(entry(f32, "[2]", "[0,4]"), 4), []string{`"a"`, "4 bytes", "8"}},
		"offsets reversed":  {raw(entry(f32, "[1]", "[4,0]"), 4), []string{`"a"`, "[4, 0]"}},
		"one offset":        {raw(entry(f32, "[1]", "[0]"), 4), []string{`"a"`, "data_offsets", "want 2"}},
		"three offsets":     {raw(entry(f32, "[1]", "[0,4,4]"), 4), []string{`"a"`, "data_offsets", "want 2"}},
		"hole at the start": {raw(entry(f32, "[1]", "[1,5]"), 5), []string{`"a"`, "[1, 5]"}},
		"past end":          {raw(entry(f32, "[1]", "[0,4]"), 3), []string{`"a"`, "unexpected end of file"}},
		"bytes after":       {raw(entry(f32, "[1]", "[0,4]"), 5), []string{"data", "1 bytes"}},
		"overlap": {raw(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, 3),
			[]string{`"b"`, "[1, 3]"}},
		"zero-sized elsewhere": {raw(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"z":{"dtype":"U8","shape":[0],"data_offsets":[9,9]}}`, 2),
			[]string{`"z"`, "[9, 9]"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := FromBytes("bad.safetensors", c.data)
			if err == nil {
				t.Fatal("accepted")
			}
			t.Log(err)
			for _, want := range append(c.want, "bad.safetensors: field ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not name %q", want)
				}
			}
		})
	}
}

// TestTruncated cuts a sound file everywhere.
func TestTruncated(t *testing.T) {
	data := encode(t, []Source{source("a", F32, []int{3}, blob(12)), source("b", U8, []int{5}, blob(5))}, nil)
	for n := range data {
		if _, err := FromBytes("cut.safetensors", data[:n]); err == nil {
			t.Errorf("cut at %d of %d: accepted", n, len(data))
		}
	}
}

func TestType(t *testing.T) {
	for d := range dtypeBits {
		got, err := d.Type()
		want, ok := map[DType]quant.Type{F32: quant.F32, F16: quant.F16, BF16: quant.BF16}[d]
		if ok != (err == nil) || got != want {
			t.Errorf("%s: type %v, %v", d, got, err)
		}
		if err != nil && !strings.Contains(err.Error(), string(d)) {
			t.Errorf("%s is not named in: %v", d, err)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	good := source("x", F32, []int{2}, blob(8))
	for name, c := range map[string]struct {
		tensors  []Source
		metadata map[string]string
		want     string
	}{
		"twice":             {[]Source{good, good}, nil, "taken"},
		"twice, other type": {[]Source{good, source("x", U8, nil, blob(1)), source("y", U16, nil, blob(2))}, nil, "taken"},
		"metadata's name":   {[]Source{source(metadataKey, U8, nil, blob(1))}, nil, "taken"},
		"name not UTF-8":    {[]Source{source("\xff", U8, nil, blob(1))}, nil, "UTF-8"},
		"dtype":             {[]Source{source("x", "F12", nil, blob(1))}, nil, "F12"},
		"negative":          {[]Source{source("x", U8, []int{-1, -1}, blob(1))}, nil, "negative"},
		"overflow":          {[]Source{source("x", F64, []int{math.MaxInt32, math.MaxInt32, 8}, nil)}, nil, "overflow"},
		"bits":              {[]Source{source("x", "F4", []int{3}, blob(1))}, nil, "whole bytes"},
		"short":             {[]Source{source("x", F32, []int{2}, blob(7))}, nil, "missing"},
		"long":              {[]Source{source("x", F32, []int{2}, blob(9))}, nil, "left"},
		"metadata":          {nil, map[string]string{"k": "\xff"}, "metadata"},
	} {
		err := Write(io.Discard, c.tensors, c.metadata)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What fails leaves no file behind.
	dir := t.TempDir()
	path := filepath.Join(dir, "t.safetensors")
	broken := errors.New("broken source")
	err := WriteFile(path, []Source{good, {"y", U8, []int{1}, func(io.Writer) error { return broken }}}, nil)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), `"y"`) {
		t.Errorf("a source that fails: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// BenchmarkOpen reads the header of a file with as many tensors as a large mixture
// of experts has.
func BenchmarkOpen(b *testing.B) {
	var list []Source
	for i := range 20_000 {
		list = append(list, source(fmt.Sprintf("model.layers.%d.mlp.experts.%d.down_proj.weight", i/256, i%256), BF16, []int{2, 4}, blob(16)))
	}
	data := encode(b, list, nil)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := FromBytes("benchmark", data); err != nil {
			b.Fatal(err)
		}
	}
}
