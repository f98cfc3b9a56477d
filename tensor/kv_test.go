package tensor

import (
	"slices"
	"testing"
)

// numbered returns a tensor whose values tell their row and column.
func numbered(first, rows, cols int) Tensor {
	t := New(rows, cols)
	for i := range t.Data {
		t.Data[i] = float32(first*cols + i)
	}
	return t
}

func TestKVAppend(t *testing.T) {
	const heads, dim = 3, 5
	kv := NewKV(heads, dim, 1)
	want := New(0, heads*dim)
	for _, n := range []int{1, 0, 7, 40, 2} {
		rows := numbered(want.Rows, n, heads*dim)
		negated := New(n, heads*dim)
		for i, x := range rows.Data {
			negated.Data[i] = -x
		}
		kv.Append(rows, negated)
		want = Tensor{want.Rows + n, want.Cols, append(want.Data, rows.Data...)}
	}
	if kv.Len != want.Rows || kv.Cap < kv.Len {
		t.Fatalf("%d rows of %d, want %d", kv.Len, kv.Cap, want.Rows)
	}
	for h := range heads {
		for i := range want.Rows {
			row := want.Row(i)[h*dim : (h+1)*dim]
			if got := kv.keys(h)[i*dim : (i+1)*dim]; !slices.Equal(got, row) {
				t.Fatalf("key %d of head %d is %v, want %v", i, h, got, row)
			}
			for k, x := range kv.values(h)[i*dim : (i+1)*dim] {
				if x != -row[k] {
					t.Fatalf("value %d of head %d is %v at %d, want %v", i, h, x, k, -row[k])
				}
			}
		}
	}
	if got := kv.Bytes(); got != 2*50*heads*dim*4 {
		t.Errorf("%d bytes, want %d", got, 2*50*heads*dim*4)
	}
}

func TestKVTruncate(t *testing.T) {
	kv := NewKV(2, 4, 10)
	kv.Append(numbered(0, 10, 8), numbered(0, 10, 8))
	kv.Truncate(6)
	kv.Append(numbered(100, 1, 8), numbered(100, 1, 8))
	if got := kv.keys(1)[5*4 : 7*4]; !slices.Equal(got, []float32{44, 45, 46, 47, 804, 805, 806, 807}) {
		t.Errorf("rows 5 and 6 of head 1 are %v", got)
	}
	kv.Truncate(0)
	if kv.Bytes() != 0 || kv.Cap < 10 {
		t.Errorf("%d bytes, capacity %d after truncating to nothing", kv.Bytes(), kv.Cap)
	}
}

func TestKVAppendKeepsMemory(t *testing.T) {
	kv := NewKV(2, 4, 64)
	row := numbered(0, 1, 8)
	if n := testing.AllocsPerRun(50, func() { kv.Append(row, row) }); n != 0 {
		t.Errorf("%v allocations an append within the capacity", n)
	}
}

func TestKVPanics(t *testing.T) {
	for name, f := range map[string]func(kv *KV){
		"width":         func(kv *KV) { kv.Append(New(1, 7), New(1, 8)) },
		"rows":          func(kv *KV) { kv.Append(New(1, 8), New(2, 8)) },
		"truncate more": func(kv *KV) { kv.Truncate(1) },
		"negative":      func(kv *KV) { kv.Truncate(-1) },
		"too large":     func(kv *KV) { NewKV(1<<20, 1<<20, 1<<30) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f(NewKV(2, 4, 1))
		})
	}
}
