package lvlm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/lvlm/tokenizer"
	"github.com/go-par/par/tensor/gguf"
	"github.com/go-par/par/tensor/quant"
)

// FuzzReadGGUF opens a sound model and projector after a script has changed keys
// and tensors, and runs what still opens. Containers damaged at random are for
// the fuzzers of package gguf: they seldom get as far as here. Opening takes no
// more memory than it does without a change, beside twice what the files hold.
func FuzzReadGGUF(f *testing.F) {
	text, vision := controls(f)
	sound, err := openDrafts(text, vision)
	if err != nil {
		f.Fatal(err)
	}
	sound.m.Close()
	f.Add([]byte{})
	for i := range 40 { // one change to each of the first keys and tensors
		for op := range byte(12) {
			f.Add([]byte{byte(i) & 1, byte(i), op, byte(7 * i), 0, 0, 0})
			f.Add([]byte{byte(i)&1 | 2, byte(i), op, byte(7 * i), 1, 0, 0})
		}
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		files := [2]*draft{text.clone(), vision.clone()}
		for len(script) >= editBytes {
			files[script[0]&1].edit(script[0]&2 != 0, script[:editBytes])
			script = script[editBytes:]
		}
		o, err := openDrafts(files[0], files[1])
		if o == nil {
			return // no file to open
		}
		defer o.m.Close()
		if o.took > sound.took+2*o.size {
			t.Errorf("files of %d bytes took %d, sound ones %d", o.size, o.took, sound.took)
		}
		if err != nil {
			return
		}
		m := o.m
		m.Tokenizer.Decode(m.Tokenizer.Encode("a <red>  cat\n", tokenizer.Options{AddSpecial: true}), false)
		img := preprocess.NewRGB(9, 5)
		for _, err := range m.NewSession().Generate(t.Context(), Request{
			Prompt: ImageMark + "\na cat", Images: []*preprocess.RGB{img}, MaxTokens: 2,
		}) {
			if err != nil {
				return
			}
		}
	})
}

// opened is a model that was made of drafts, as far as that went.
type opened struct {
	m          *Model
	size, took uint64 // bytes of the files, and allocated
}

// openDrafts opens a model; it returns nil where a draft can't even be written.
func openDrafts(text, vision *draft) (*opened, error) {
	a, errA := text.bytes()
	b, errB := vision.bytes()
	if err := errors.Join(errA, errB); err != nil {
		return nil, err
	}
	o := &opened{m: new(Model), size: uint64(len(a) + len(b))}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := o.read(a, b)
	runtime.ReadMemStats(&after)
	o.took = after.TotalAlloc - before.TotalAlloc
	return o, err
}

func (o *opened) read(text, vision []byte) error {
	a, err := gguf.FromBytes("model.gguf", text)
	if err != nil {
		return err
	}
	b, err := gguf.FromBytes("mmproj.gguf", vision)
	if err != nil {
		return err
	}
	if _, err := o.m.readGGUF(a, b); err != nil {
		return err
	}
	return o.m.finish(Options{Threads: 1})
}

// controls returns a sound model and its projector.
func controls(f testing.TB) (text, vision *draft) {
	c := tinyCheckpoints["hub"]
	model := filepath.Join(f.TempDir(), "model.gguf")
	if _, err := Convert(f.Context(), c.write(f), model, ConvertOptions{Type: "q8_0", ProjectorType: "f16"}); err != nil {
		f.Fatal(err)
	}
	return newDraft(f, model), newDraft(f, projectorBeside(model))
}

// draft is a GGUF file to be.
type draft struct {
	keys    []gguf.KeyValue
	tensors []gguf.Tensor
}

func newDraft(f testing.TB, path string) *draft {
	file, err := gguf.Open(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { file.Close() })
	d := &draft{keys: file.KeyValues()}
	for _, info := range file.Tensors() {
		t, _ := file.Lookup(info.Name)
		d.tensors = append(d.tensors, t)
	}
	return d
}

func (d *draft) clone() *draft { return &draft{slices.Clone(d.keys), slices.Clone(d.tensors)} }

func (d *draft) bytes() ([]byte, error) {
	var list []gguf.Source
	for _, t := range d.tensors {
		list = append(list, t.Source())
	}
	var b bytes.Buffer
	err := gguf.Write(&b, d.keys, list)
	return b.Bytes(), err
}

// editBytes is the length of one change in a script: what to change, which, how,
// and a number.
const editBytes = 7

func (d *draft) edit(tensor bool, script []byte) {
	op, n := script[2], binary.LittleEndian.Uint32(script[3:])
	if tensor && len(d.tensors) > 0 {
		d.editTensor(int(script[1])%len(d.tensors), op, n)
	} else if !tensor && len(d.keys) > 0 {
		d.editKey(int(script[1])%len(d.keys), op, n)
	}
}

func (d *draft) editKey(i int, op byte, n uint32) {
	kv := &d.keys[i]
	set := func(v gguf.Value) { kv.Value = v }
	switch op % 12 {
	case 0:
		d.keys = slices.Delete(d.keys, i, i+1)
	case 1:
		set(gguf.Of(n))
	case 2:
		set(gguf.Of(int32(n)))
	case 3:
		set(gguf.Of(uint64(n) << (n % 33)))
	case 4:
		set(gguf.Of(math.Float32frombits(n)))
	case 5:
		set(gguf.Of(n%2 == 1))
	case 6:
		texts := []string{"", "llama", "qwen2", "gpt2", "clip", "gpt-2", "llama-bpe", "linear", "pad", "silu", "\xff", "{{ x }}"}
		set(gguf.Of(texts[int(n)%len(texts)]))
	case 7:
		set(gguf.ArrayOf(slices.Repeat([]int32{int32(n)}, int(n%5))))
	case 8:
		set(gguf.ArrayOf(slices.Repeat([]float32{math.Float32frombits(n)}, int(n%5))))
	case 9, 10, 11:
		set(damaged(kv.Value, op, int(n)))
	}
}

// damaged returns an array with an element changed, or cut.
func damaged(v gguf.Value, op byte, n int) gguf.Value {
	if v.Kind() != gguf.Array || v.Len() == 0 {
		return gguf.ArrayOf([]string{"a", "b"})
	}
	at := n % v.Len()
	if v.Elem() == gguf.String {
		var list []string
		for s := range v.Texts() {
			list = append(list, string(s))
		}
		switch op {
		case 9:
			list = list[:at]
		case 10:
			list[at] = list[(at+1)%len(list)]
		case 11:
			list[at] = []string{"", "\u2581", "<0x4", "a b c", "\xc3"}[(n>>8)%5]
		}
		return gguf.ArrayOf(list)
	}
	list := make([]int32, v.Len())
	for i := range list {
		list[i] = int32(n >> (i % 24))
	}
	if op == 9 {
		list = list[:at]
	}
	return gguf.ArrayOf(list)
}

func (d *draft) editTensor(i int, op byte, n uint32) {
	t := &d.tensors[i]
	switch op % 6 {
	case 0:
		d.tensors = slices.Delete(d.tensors, i, i+1)
	case 1:
		t.Name = d.tensors[int(n)%len(d.tensors)].Name + string(rune('a'+n%26))
	case 2:
		t.Type = quant.Type(n % 43)
		fit(t)
	case 3:
		t.Shape = slices.Clone(t.Shape)
		slices.Reverse(t.Shape)
		fit(t)
	case 4:
		t.Shape = slices.Clone(t.Shape)
		if len(t.Shape) > 0 {
			t.Shape[int(n)%len(t.Shape)] = int((n >> 8) % 65)
		}
		fit(t)
	case 5:
		t.Data = slices.Repeat([]byte{byte(n), byte(n >> 8)}, (len(t.Data)+1)/2)[:len(t.Data)]
	}
}

// fit gives a tensor data of the size that its type and shape ask for.
func fit(t *gguf.Tensor) {
	cols, rows := 1, 1
	for i, n := range t.Shape {
		if i == len(t.Shape)-1 {
			cols = n
		} else {
			rows *= n
		}
	}
	size, err := t.Type.RowBytes(cols)
	if err != nil || rows*size > 1<<20 {
		return // no container, as the data is of another size
	}
	data := make([]byte, rows*size)
	copy(data, t.Data)
	t.Data = data
}
