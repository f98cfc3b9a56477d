package quant

import (
	"bytes"
	"encoding/json"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The oracle folder gguf/quant holds, for each type, rows quantised and
// dequantised by the reference implementation.

type oracleIndex struct {
	Cols  int
	Types map[string]struct {
		ID         Type
		Block      int
		BlockBytes int `json:"block_bytes"`
		Quantise   bool
		Rows       []oracleRows
	}
	Convert struct {
		F16  checksum `json:"f16_decode_crc32"`
		BF16 checksum `json:"bf16_decode_crc32"`
	}
}

type checksum struct {
	CRC32 uint32 `json:"crc32_ieee"`
}

type oracleRows struct {
	Label       string
	First, Rows int
	Note        string
}

func oracle(t *testing.T) (string, oracleIndex) {
	t.Helper()
	root := os.Getenv("PAR_ORACLE")
	if root == "" {
		t.Skip("PAR_ORACLE is not set")
	}
	dir := filepath.Join(root, "gguf", "quant")
	text, err := os.ReadFile(filepath.Join(dir, "quant.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index oracleIndex
	if err := json.Unmarshal(text, &index); err != nil {
		t.Fatal(err)
	}
	if len(index.Types) == 0 {
		t.Fatal("quant.json lists no types")
	}
	return dir, index
}

// readTensors returns the raw bytes of a safetensors file's tensors.
func readTensors(t *testing.T, name string) map[string][]byte {
	t.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	n := le.Uint64(file)
	var header map[string]struct {
		Offsets [2]int `json:"data_offsets"`
	}
	if err := json.Unmarshal(file[8:8+n], &header); err != nil {
		t.Fatal(err)
	}
	tensors := make(map[string][]byte)
	for k, h := range header {
		tensors[k] = file[8+n:][h.Offsets[0]:h.Offsets[1]]
	}
	return tensors
}

func floats(b []byte) []float32 {
	f := make([]float32, len(b)/4)
	decodeF32(f, b)
	return f
}

// sameValue compares bits; NaN equals NaN, and zeros of either sign are equal
// where loose.
func sameValue(a, b float32, loose bool) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b || loose && a == b
}

func TestOracleDecode(t *testing.T) {
	dir, index := oracle(t)
	for name, typ := range index.Types {
		t.Run(name, func(t *testing.T) {
			if block, size := typ.ID.Block(); typ.ID.String() != name || block != typ.Block || size != typ.BlockBytes {
				t.Fatalf("type %d is %v with blocks of %d values in %d bytes, want %s, %d in %d",
					uint32(typ.ID), typ.ID, block, size, name, typ.Block, typ.BlockBytes)
			}
			tensors := readTensors(t, filepath.Join(dir, name+".safetensors"))
			for key, src := range tensors {
				stem, ok := strings.CutSuffix(key, "bytes")
				if !ok {
					continue
				}
				want := floats(tensors[stem+"dequant"])
				got := make([]float32, len(want))
				Decode(typ.ID, got, src)
				for i := range want {
					if !sameValue(got[i], want[i], false) {
						t.Fatalf("%s row %d value %d: got %x, want %x", key, i/index.Cols, i%index.Cols,
							math.Float32bits(got[i]), math.Float32bits(want[i]))
					}
				}
			}
		})
	}
}

func TestOracleEncode(t *testing.T) {
	dir, index := oracle(t)
	for name, typ := range index.Types {
		if !typ.Quantise {
			continue
		}
		t.Run(name, func(t *testing.T) {
			tensors := readTensors(t, filepath.Join(dir, name+".safetensors"))
			input, want := floats(tensors[name+".input"]), tensors[name+".bytes"]
			dequant := floats(tensors[name+".dequant"])
			size, err := typ.ID.RowBytes(index.Cols)
			if err != nil {
				t.Fatal(err)
			}
			got, values := make([]byte, size), make([]float32, index.Cols)
			for _, rows := range typ.Rows {
				for r := rows.First; r < rows.First+rows.Rows; r++ {
					if err := Encode(typ.ID, got, input[r*index.Cols:(r+1)*index.Cols]); err != nil {
						t.Fatal(err)
					}
					if rows.Note == "" {
						if w := want[r*size : (r+1)*size]; !bytes.Equal(got, w) {
							t.Errorf("%s, row %d:\n got %x\nwant %x", rows.Label, r, got, w)
						}
						continue
					}
					// A note tells of bytes that are not defined: the values count.
					Decode(typ.ID, values, got)
					for i, v := range values {
						if w := dequant[r*index.Cols+i]; !sameValue(v, w, true) && !(isInf(w) || w != w) {
							t.Errorf("%s, row %d, value %d: got %v, want %v", rows.Label, r, i, v, w)
							break
						}
					}
				}
			}
		})
	}
}

func isInf(x float32) bool { return math.IsInf(float64(x), 0) }

func TestOracleConvert(t *testing.T) {
	dir, _ := oracle(t)
	tensors := readTensors(t, filepath.Join(dir, "convert.safetensors"))
	in, f16, bf16 := floats(tensors["f32.bits"]), tensors["f16.bits"], tensors["bf16.bits"]
	if len(in) == 0 || len(f16) != 2*len(in) || len(bf16) != 2*len(in) {
		t.Fatalf("%d inputs, %d and %d bytes of outputs", len(in), len(f16), len(bf16))
	}
	for i, x := range in {
		if got, want := ToF16(x), le.Uint16(f16[2*i:]); got != want {
			t.Errorf("ToF16(%x) = %04x, want %04x", math.Float32bits(x), got, want)
		}
		if got, want := ToBF16(x), le.Uint16(bf16[2*i:]); got != want {
			t.Errorf("ToBF16(%x) = %04x, want %04x", math.Float32bits(x), got, want)
		}
	}
}

// TestOracleDecodeTables compares the checksums of all f16 values but NaN and of
// all bf16 values.
func TestOracleDecodeTables(t *testing.T) {
	_, index := oracle(t)
	var f16, bf16 []byte
	for h := range 1 << 16 {
		if x := FromF16(uint16(h)); x == x {
			f16 = le.AppendUint32(f16, math.Float32bits(x))
		}
		bf16 = le.AppendUint32(bf16, math.Float32bits(FromBF16(uint16(h))))
	}
	if got, want := crc32.ChecksumIEEE(f16), index.Convert.F16.CRC32; got != want {
		t.Errorf("checksum of f16 values is %d, want %d", got, want)
	}
	if got, want := crc32.ChecksumIEEE(bf16), index.Convert.BF16.CRC32; got != want {
		t.Errorf("checksum of bf16 values is %d, want %d", got, want)
	}
}
