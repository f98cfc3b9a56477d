package gguf

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/tensor/mmap"
	"github.com/go-par/par/tensor/quant"
)

// file writes raw files for tests: unlike Write it lets anything through.
type file struct{ bytes.Buffer }

func (f *file) put(values ...any) *file {
	for _, v := range values {
		if s, ok := v.(string); ok {
			binary.Write(f, binary.LittleEndian, uint64(len(s)))
			f.WriteString(s)
			continue
		}
		if err := binary.Write(f, binary.LittleEndian, v); err != nil {
			panic(err)
		}
	}
	return f
}

// newFile starts a file of version 3.
func newFile(tensors, keys uint64) *file {
	f := &file{}
	f.WriteString("GGUF")
	return f.put(uint32(3), tensors, keys)
}

// pad fills up to the next multiple of n.
func (f *file) pad(n int) *file {
	for f.Len()%n != 0 {
		f.WriteByte(0)
	}
	return f
}

// blob returns n bytes that tell their place.
func blob(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i%251 + 1)
	}
	return b
}

func source(name string, t quant.Type, shape []int, data []byte) Source {
	return Tensor{Info{name, t, shape, len(data)}, data}.Source()
}

var everyKey = []KeyValue{
	{"general.architecture", Of("llama")},
	{"k.u8", Of(uint8(255))}, {"k.i8", Of(int8(-128))},
	{"k.u16", Of(uint16(65535))}, {"k.i16", Of(int16(-32768))},
	{"k.u32", Of(uint32(math.MaxUint32))}, {"k.i32", Of(int32(math.MinInt32))},
	{"k.u64", Of(uint64(math.MaxUint64))}, {"k.i64", Of(int64(math.MinInt64))},
	{"k.f32", Of(float32(1.5))}, {"k.f64", Of(-2.5)},
	{"k.nan", Of(float32(math.NaN()))}, {"k.large", Of(1e300)},
	{"k.true", Of(true)}, {"k.false", Of(false)}, {"k.empty", Of("")},
	{"a.u8", ArrayOf([]uint8{1, 2})}, {"a.i16", ArrayOf([]int16{-1})},
	{"a.i32", ArrayOf([]int32{1, -2, 3})}, {"a.u64", ArrayOf([]uint64{7, 1 << 40})},
	{"a.f32", ArrayOf([]float32{0.5, float32(math.Inf(1))})}, {"a.f64", ArrayOf([]float64{0.25})},
	{"a.bool", ArrayOf([]bool{true, false})},
	{"a.texts", ArrayOf([]string{"", "a", "\xff\xfe", "token"})},
	{"a.none", ArrayOf([]string(nil))},
}

var everyTensor = []Source{
	source("weight", quant.Q4_0, []int{3, 64}, blob(3*2*18)),
	source("scalar", quant.F32, []int{}, blob(4)),
	source("none", quant.F16, []int{0, 5}, nil),
	source("four", quant.I8, []int{2, 1, 3, 1}, blob(6)),
}

func encode(t testing.TB, keys []KeyValue, tensors []Source) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, keys, tensors); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t testing.TB, data []byte) *File {
	t.Helper()
	f, err := FromBytes("test.gguf", data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// visit touches all that an open file offers and checks what must hold for any.
func visit(t testing.TB, f *File) {
	t.Helper()
	for _, kv := range f.KeyValues() {
		v, ok := f.Value(kv.Key)
		if !ok || v.String() != kv.Value.String() || v.Kind() != kv.Value.Kind() {
			t.Errorf("key %q: listed as %v, found %t as %v", kv.Key, kv.Value, ok, v)
		}
		n := 0
		for range v.Texts() {
			n++
		}
		if v.Elem() == String && n != v.Len() {
			t.Errorf("key %q: %d strings of %d", kv.Key, n, v.Len())
		}
		f.Count(kv.Key)
		f.Counts(kv.Key, 4)
		f.Float32(kv.Key)
		f.Bool(kv.Key)
		f.String(kv.Key)
		f.Strings(kv.Key)
		f.Int32s(kv.Key)
		f.Float32s(kv.Key)
	}
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
	return encode(t, f.KeyValues(), tensors)
}

// equalButVersionAndPadding compares files of any version, of which one may lack
// the padding at the end.
func equalButVersionAndPadding(a, b []byte) bool {
	body := func(b []byte) []byte { return bytes.TrimRight(b[8:], "\x00") }
	return bytes.Equal(body(a), body(b))
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.gguf")
	for _, alignment := range []uint32{1, 8, 32, 4096} {
		keys := append([]KeyValue{{alignmentKey, Of(alignment)}}, everyKey...)
		if err := WriteFile(path, keys, everyTensor); err != nil {
			t.Fatal(err)
		}
		for name, opts := range map[string][]mmap.Option{"mapped": nil, "read": {mmap.InMemory()}} {
			f, err := Open(path, opts...)
			if err != nil {
				t.Fatal(err)
			}
			visit(t, f)
			want := []Info{
				{"weight", quant.Q4_0, []int{3, 64}, 108}, {"scalar", quant.F32, []int{}, 4},
				{"none", quant.F16, []int{0, 5}, 0}, {"four", quant.I8, []int{2, 1, 3, 1}, 6},
			}
			if diff := cmp.Diff(want, f.Tensors()); diff != "" {
				t.Errorf("%s, alignment %d: tensors (-want +got):\n%s", name, alignment, diff)
			}
			// The file starts at a page, so that alignment there is alignment in memory.
			tensor, _ := f.Lookup("four")
			if at := uintptr(unsafe.Pointer(&tensor.Data[0])); name == "mapped" && at%uintptr(alignment) != 0 &&
				runtime.GOOS == "linux" {
				t.Errorf("alignment %d: data at %#x", alignment, at)
			}
			if !bytes.Equal(tensor.Data, blob(6)) {
				t.Errorf("%s, alignment %d: four has %v", name, alignment, tensor.Data)
			}
			var kept []string
			for _, kv := range f.KeyValues() {
				kept = append(kept, kv.Key+"="+kv.Value.String())
			}
			var wrote []string
			for _, kv := range keys {
				wrote = append(wrote, kv.Key+"="+kv.Value.String())
			}
			if diff := cmp.Diff(wrote, kept); diff != "" {
				t.Errorf("%s, alignment %d: keys (-want +got):\n%s", name, alignment, diff)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(rewrite(t, f), data) {
				t.Errorf("%s, alignment %d: other bytes when written again", name, alignment)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
			if _, ok := f.Lookup("four"); ok || f.Has("k.u8") || len(f.Tensors())+len(f.KeyValues()) != 0 {
				t.Error("a closed file still has tensors or keys")
			}
		}
	}
}

// TestLayout holds the writer against a file written out by hand from the format.
func TestLayout(t *testing.T) {
	want := newFile(2, 2).
		put("general.alignment", uint32(4), uint32(16)).
		put("names", uint32(9), uint32(8), uint64(2), "a", "bc").
		put("x", uint32(2), []uint64{3, 2}, uint32(0), uint64(0)). // rows of 3 values, 2 rows
		put("y", uint32(1), []uint64{32}, uint32(8), uint64(32)).  // after 24 bytes, aligned
		pad(16).put(blob(24)).pad(16).put(blob(34)).pad(16)
	got := encode(t,
		[]KeyValue{{"general.alignment", Of(uint32(16))}, {"names", ArrayOf([]string{"a", "bc"})}},
		[]Source{source("x", quant.F32, []int{2, 3}, blob(24)), source("y", quant.Q8_0, []int{32}, blob(34))})
	if diff := cmp.Diff(want.Bytes(), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestVersions(t *testing.T) {
	data := encode(t, everyKey, everyTensor)
	data[4] = 2
	visit(t, open(t, data))
	// The padding of the last tensor may be missing, and more than it may follow.
	visit(t, open(t, bytes.TrimRight(data, "\x00")))
	visit(t, open(t, append(data, 1, 2, 3)))
}

// sound is a file to break in one place.
func sound() *file {
	return newFile(2, 2).
		put("general.name", uint32(8), "n").
		put("n.layers", uint32(4), uint32(2)).
		put("x", uint32(1), uint64(8), uint32(0), uint64(0)).
		put("y", uint32(2), uint64(4), uint64(2), uint32(0), uint64(32)).
		pad(32).put(blob(32)).put(blob(32))
}

// TestTruncated cuts a sound file everywhere.
func TestTruncated(t *testing.T) {
	data := sound().Bytes()
	visit(t, open(t, data))
	for n := range data {
		_, err := FromBytes("cut.gguf", data[:n])
		if err == nil || !strings.Contains(err.Error(), "unexpected end of file") ||
			!strings.HasPrefix(err.Error(), "cut.gguf: field ") {
			t.Errorf("cut at %d of %d: %v", n, len(data), err)
		}
	}
}

func TestRefuses(t *testing.T) {
	const u32, str, arr = uint32(4), uint32(8), uint32(9)
	tensor := func(name string, ne []uint64, typ uint32, offset uint64) *file {
		return newFile(1, 0).put(name, uint32(len(ne)), ne, typ, offset).pad(32).put(blob(64))
	}
	for name, c := range map[string]struct {
		file *file
		want []string
	}{
		"key count":       {newFile(0, math.MaxUint64), []string{"key count", "18446744073709551615"}},
		"tensor count":    {newFile(1<<60, 0).put(blob(64)), []string{"tensor count", "1152921504606846976"}},
		"key length":      {newFile(0, 1).put(uint64(1<<63), blob(16)), []string{"key", "9223372036854775808"}},
		"string length":   {newFile(0, 1).put("k", str, uint64(math.MaxUint64-15), blob(16)), []string{`"k"`, "18446744073709551600"}},
		"array wraps":     {newFile(0, 1).put("k", arr, uint32(6), uint64(1<<62), blob(16)), []string{`"k"`, "4611686018427387904"}},
		"array too long":  {newFile(0, 1).put("k", arr, str, uint64(3), "a", "b"), []string{`"k"`, "array length 3"}},
		"array of arrays": {newFile(0, 1).put("k", arr, arr, uint64(1), u32, uint64(0)), []string{`"k"`, "arrays of arrays"}},
		"value type":      {newFile(0, 1).put("k", uint32(13), blob(16)), []string{`"k"`, "13"}},
		"element type":    {newFile(0, 1).put("k", arr, uint32(255), uint64(1), blob(16)), []string{`"k"`, "255"}},
		"bool":            {newFile(0, 1).put("k", uint32(7), uint8(2)), []string{`"k"`, "2"}},
		"bool in array":   {newFile(0, 1).put("k", arr, uint32(7), uint64(2), []uint8{1, 3}), []string{`"k"`, "3"}},
		"key empty":       {newFile(0, 1).put("", u32, u32, u32), []string{"key", "empty"}},
		"key too long":    {newFile(0, 1).put(strings.Repeat("k", 65536), u32, u32), []string{"key", "65536"}},
		"key not UTF-8":   {newFile(0, 1).put("\xff", u32, u32), []string{"key", `\xff`}},
		"key twice":       {newFile(0, 3).put("k", u32, u32, "j", u32, u32, "k", str, ""), []string{`"k"`, "twice"}},
		"alignment 0":     {newFile(0, 1).put(alignmentKey, u32, uint32(0)), []string{alignmentKey, "0"}},
		"alignment 48":    {newFile(0, 1).put(alignmentKey, u32, uint32(48)), []string{alignmentKey, "48"}},
		"alignment type":  {newFile(0, 1).put(alignmentKey, uint32(10), uint64(32)), []string{alignmentKey, "uint32"}},
		"alignment 2^31": {newFile(1, 1).put(alignmentKey, u32, uint32(1<<31)).put("x", uint32(0), uint32(0), uint64(0)).put(blob(64)),
			[]string{alignmentKey, "2147483648"}},
		"name empty":     {tensor("", []uint64{8}, 0, 0), []string{"tensor name", "empty"}},
		"name too long":  {tensor(strings.Repeat("x", 64), []uint64{8}, 0, 0), []string{"tensor name", "64"}},
		"dimensions":     {tensor("x", []uint64{1, 1, 1, 1, 1}, 0, 0), []string{`"x"`, "5 dimensions"}},
		"dimension":      {tensor("x", []uint64{1 << 63}, 0, 0), []string{`"x"`, "9223372036854775808"}},
		"values wrap":    {tensor("x", []uint64{1<<30 + 1, 1<<30 + 1, 1 << 10}, 24, 0), []string{`"x"`, "overflows"}},
		"bytes wrap":     {tensor("x", []uint64{4, 1 << 30, 1 << 30}, 28, 0), []string{`"x"`, "overflows"}},
		"bytes past end": {tensor("x", []uint64{17}, 0, 0), []string{`"x"`, "68"}},
		"part of block":  {tensor("x", []uint64{16, 2}, 2, 0), []string{`"x"`, "16", "Q4_0"}},
		"removed type":   {tensor("x", []uint64{8}, 4, 0), []string{`"x"`, "4", "Q4_2"}},
		"unknown type":   {tensor("x", []uint64{8}, 1000, 0), []string{`"x"`, "1000"}},
		"offset":         {tensor("x", []uint64{8}, 0, 32), []string{`"x"`, "offset 32"}},
		"offset wraps":   {tensor("x", []uint64{8}, 0, math.MaxUint64-31), []string{`"x"`, "18446744073709551584"}},
		"tensor twice": {newFile(2, 0).put("x", uint32(0), uint32(0), uint64(0)).put("x", uint32(0), uint32(0), uint64(32)).
			pad(32).put(blob(64)), []string{`"x"`, "twice"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := FromBytes("bad.gguf", c.file.Bytes())
			if err == nil {
				t.Fatal("accepted")
			}
			t.Log(err)
			for _, want := range append(c.want, "bad.gguf: field ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not name %q", want)
				}
			}
		})
	}
}

func TestRefusesStart(t *testing.T) {
	for start, want := range map[string]string{
		"gguf\x03\x00\x00\x00": "magic",
		"GGUF\x01\x00\x00\x00": "version",
		"GGUF\x04\x00\x00\x00": "version",
		"GGUF\x00\x00\x00\x00": "version",
		"GGUF\x00\x00\x00\x03": "big-endian",
	} {
		_, err := FromBytes("bad.gguf", append([]byte(start), make([]byte, 16)...))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", start, err)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	good := source("x", quant.F32, []int{2}, blob(8))
	for name, c := range map[string]struct {
		keys    []KeyValue
		tensors []Source
		want    string
	}{
		"key empty":      {[]KeyValue{{"", Of(true)}}, nil, "empty"},
		"key twice":      {[]KeyValue{{"k", Of(true)}, {"k", Of("")}}, nil, "twice"},
		"no value":       {[]KeyValue{{"k", Value{}}}, nil, "no value"},
		"alignment":      {[]KeyValue{{alignmentKey, Of(uint32(12))}}, nil, "power of two"},
		"alignment type": {[]KeyValue{{alignmentKey, Of(int32(32))}}, nil, "uint32"},
		"tensor twice":   {nil, []Source{good, good}, "twice"},
		"name":           {nil, []Source{source(strings.Repeat("x", 64), quant.F32, nil, blob(4))}, "63"},
		"dimensions":     {nil, []Source{source("x", quant.F32, []int{1, 1, 1, 1, 1}, blob(4))}, "5 dimensions"},
		"negative":       {nil, []Source{source("x", quant.F32, []int{-2, -1}, blob(8))}, "negative"},
		"blocks":         {nil, []Source{source("x", quant.Q8_0, []int{33}, blob(34))}, "33"},
		"type":           {nil, []Source{source("x", 5, []int{32}, blob(34))}, "Q4_3"},
		"data short":     {nil, []Source{source("x", quant.F32, []int{2}, blob(7))}, "missing"},
		"data long":      {nil, []Source{source("x", quant.F32, []int{2}, blob(9))}, "left"},
	} {
		err := Write(io.Discard, c.keys, c.tensors)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMemory opens files made to take as much memory as they can for their size,
// and takes what a model's loader takes.
func TestMemory(t *testing.T) {
	const n = 50_000
	keys := newFile(0, n)
	for i := range n {
		keys.put(name(i), uint32(7), uint8(1))
	}
	tensors := newFile(n, 1).put(alignmentKey, uint32(4), uint32(1))
	for i := range n {
		tensors.put(name(i), uint32(1), uint64(0), uint32(24), uint64(0))
	}
	texts := newFile(0, 1).put("k", uint32(9), uint32(8), uint64(n), make([]uint64, n))
	for what, f := range map[string]*file{"keys": keys, "tensors": tensors, "texts": texts} {
		data := f.Bytes()
		var err error
		took := allocated(func() {
			var g *File
			if g, err = FromBytes("large.gguf", data); err == nil {
				g.Strings("k")
				g.Has(name(n / 2))
				g.Lookup(name(n / 2))
			}
		})
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if took > uint64(2*len(data)+slack) {
			t.Errorf("%s: a file of %d bytes took %d", what, len(data), took)
		}
	}
}

// slack is what reading a file may take beside twice its size: errors quote up to
// 128 bytes of a name, each as four characters, and are wrapped several times.
const slack = 8 << 10

// allocated returns how many bytes f allocates, those that it drops included.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// name returns the i-th shortest name.
func name(i int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	s := ""
	for i++; i > 0; i = (i - 1) / len(letters) {
		s += letters[(i-1)%len(letters) : (i-1)%len(letters)+1]
	}
	return s
}

// BenchmarkOpen reads the header of a file with the vocabulary and the number of
// tensors of an 8B LLaMA 3; the data does not matter.
func BenchmarkOpen(b *testing.B) {
	const tokens, tensors = 128_256, 291
	texts := make([]string, tokens)
	for i := range texts {
		texts[i] = name(i)
	}
	keys := []KeyValue{
		{"tokenizer.ggml.tokens", ArrayOf(texts)},
		{"tokenizer.ggml.scores", ArrayOf(make([]float32, tokens))},
		{"tokenizer.ggml.token_type", ArrayOf(make([]int32, tokens))},
	}
	var list []Source
	for i := range tensors {
		list = append(list, source(name(i), quant.Q4_0, []int{1, 32}, blob(18)))
	}
	data := encode(b, keys, list)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		f := open(b, data)
		if _, err := f.Strings("tokenizer.ggml.tokens"); err != nil {
			b.Fatal(err)
		}
	}
}
