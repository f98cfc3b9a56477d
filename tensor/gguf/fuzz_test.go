package gguf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-par/par/tensor/quant"
)

// FuzzFromBytes reads arbitrary bytes.
func FuzzFromBytes(f *testing.F) {
	f.Add(sound().Bytes())
	f.Add(encode(f, everyKey, everyTensor))
	f.Add(encode(f, nil, nil))
	f.Fuzz(func(t *testing.T, data []byte) { check(t, data) })
}

// check reads data, within the memory that its size allows; a sound file comes back
// from the writer with all it has.
func check(t *testing.T, data []byte) {
	var f *File
	var err error
	took := allocated(func() { f, err = FromBytes("fuzz.gguf", data) })
	if err == nil {
		list := f.KeyValues()
		took += allocated(func() { copyValues(f, list) })
	}
	if took > uint64(2*len(data)+slack) {
		t.Errorf("%q: a file of %d bytes took %d", data, len(data), took)
	}
	if err != nil {
		return
	}
	visit(t, f)
	g := open(t, rewrite(t, f))
	equal := cmp.Options{cmp.AllowUnexported(Value{}), cmpopts.EquateEmpty()}
	if diff := cmp.Diff(f.KeyValues(), g.KeyValues(), equal); diff != "" {
		t.Errorf("%q: keys (-read +read again):\n%s", data, diff)
	}
	if diff := cmp.Diff(f.Tensors(), g.Tensors()); diff != "" {
		t.Errorf("%q: tensors (-read +read again):\n%s", data, diff)
	}
	for _, info := range f.Tensors() {
		a, _ := f.Lookup(info.Name)
		b, _ := g.Lookup(info.Name)
		if !bytes.Equal(a.Data, b.Data) {
			t.Errorf("%q: tensor %q: %v became %v", data, info.Name, a.Data, b.Data)
		}
	}
}

// copyValues copies the values of all keys out of the file, as a loader does.
func copyValues(f *File, list []KeyValue) {
	for _, kv := range list {
		switch v := kv.Value; {
		case v.Kind() == String:
			f.String(kv.Key)
		case v.Kind() != Array:
		case v.Elem() == String:
			f.Strings(kv.Key)
		case v.Elem() == Float32, v.Elem() == Float64:
			f.Float32s(kv.Key)
		case v.wideInteger():
			f.Int32s(kv.Key)
		}
	}
}

// FuzzStructure builds files that are sound but for the numbers that the script
// asks to replace: arbitrary bytes seldom get past the first count.
func FuzzStructure(f *testing.F) {
	f.Add([]byte("a sound file: no byte of this asks for a change"))
	for i := range 32 {
		script := make([]byte, 64)
		script[i] = 0x80 | byte(i)
		f.Add(script)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		b := builder{script: script}
		data := b.build()
		if b.changes == 0 {
			open(t, data)
		}
		check(t, data)
	})
}

// builder writes a file as a script tells.
type builder struct {
	file
	script  []byte
	changes int
}

// next returns the script's next byte, 0 at its end.
func (b *builder) next() byte {
	if len(b.script) == 0 {
		return 0
	}
	c := b.script[0]
	b.script = b.script[1:]
	return c
}

// edges are numbers at which size computations go wrong.
var edges = [...]uint64{
	0, 1, 2, 7, 31, 33, 255, 256, 1<<16 - 1, 1 << 16, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32,
	1<<61 + 1, 1<<62 + 4, 1<<63 - 1, 1 << 63, math.MaxUint64 - 31, math.MaxUint64,
}

// number returns want, or what the script has instead.
func (b *builder) number(want uint64) uint64 {
	c := b.next()
	if c < 0x80 {
		return want
	}
	got := want + uint64(c&3) - 1
	if c < 0xf0 {
		got = edges[int(c)%len(edges)]
	}
	if got != want {
		b.changes++
	}
	return got
}

func (b *builder) u32(want uint32) { b.put(uint32(b.number(uint64(want)))) }
func (b *builder) u64(want uint64) { b.put(b.number(want)) }

func (b *builder) string(s string) {
	b.u64(uint64(len(s)))
	b.WriteString(s)
}

// build writes a file of up to 7 keys and 7 tensors.
func (b *builder) build() []byte {
	keys, tensors := int(b.next()&7), int(b.next()&7)
	b.WriteString(magic)
	b.u32(maxVersion)
	b.u64(uint64(tensors))
	b.u64(uint64(keys + 1))
	alignment := 1 << (b.next() & 7)
	b.string(alignmentKey)
	b.u32(uint32(Uint32))
	b.u32(uint32(alignment))
	for i := range keys {
		b.string(fmt.Sprint("key.", i))
		b.value(Kind(b.next() % 13))
	}
	sizes := b.tensors(tensors, alignment)
	if tensors > 0 {
		b.pad(alignment)
	}
	for _, n := range sizes {
		b.Write(blob(n))
		b.Write(make([]byte, padding(uint64(n), alignment)))
	}
	return b.Bytes()
}

func (b *builder) value(kind Kind) {
	b.u32(uint32(kind))
	n, elem := 1, kind
	if kind == Array {
		elem = Kind(b.next() % 13)
		if elem == Array {
			elem = String
		}
		n = int(b.next() & 15)
		b.u32(uint32(elem))
		b.u64(uint64(n))
	}
	for range n {
		switch elem {
		case String:
			b.string("text"[:b.next()&3])
		case Bool:
			b.WriteByte(byte(b.number(1)))
		default:
			word := binary.LittleEndian.AppendUint64(nil, b.number(5))
			b.Write(word[:elem.size()])
		}
	}
}

// tensors writes the tensor table and returns the tensors' sizes.
func (b *builder) tensors(n, alignment int) []int {
	types := [...]quant.Type{quant.F32, quant.F16, quant.Q4_0, quant.Q8_0, quant.Q6_K, quant.I64, quant.BF16, quant.Q4_K}
	sizes := make([]int, n)
	var offset uint64
	for i := range sizes {
		typ := types[b.next()&7]
		block, bytes := typ.Block()
		blocks, rows := int(b.next()&3), int(b.next()&3)
		b.string(fmt.Sprint("tensor.", i))
		b.u32(2)
		b.u64(uint64(blocks * block))
		b.u64(uint64(rows))
		b.u32(uint32(typ))
		b.u64(offset)
		sizes[i] = blocks * rows * bytes
		offset = alignUp(offset+uint64(sizes[i]), alignment)
	}
	return sizes
}
