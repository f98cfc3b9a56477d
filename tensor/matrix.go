package tensor

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"github.com/go-par/par/tensor/quant"
)

// Matrix is a weight [Rows, Cols] = [out, in], row-major, in one storage type.
// Its bytes may be a read-only file mapping; nothing writes them.
type Matrix struct {
	typ        quant.Type
	rows, cols int
	stride     int // bytes per row
	data       []byte
}

// NewMatrix views data as a matrix. It fails where the size of data is not that
// of rows x cols values of type t.
func NewMatrix(t quant.Type, rows, cols int, data []byte) (*Matrix, error) {
	stride, err := t.RowBytes(cols)
	if err != nil {
		return nil, err
	}
	if rows < 0 || (stride > 0 && rows > math.MaxInt/stride) || rows*stride != len(data) {
		return nil, fmt.Errorf("%s matrix %d x %d does not fit in %d bytes", t, rows, cols, len(data))
	}
	return &Matrix{t, rows, cols, stride, data}, nil
}

// FromF32 returns an F32 matrix with the values of v, copied.
func FromF32(rows, cols int, v []float32) *Matrix {
	data := make([]byte, 4*len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(x))
	}
	m, err := NewMatrix(quant.F32, rows, cols, data)
	if err != nil {
		panic("tensor: " + err.Error())
	}
	return m
}

// Matrix views t as an F32 weight in t's memory.
func (t Tensor) Matrix() *Matrix {
	data := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(t.Data))), 4*len(t.Data))
	return &Matrix{quant.F32, t.Rows, t.Cols, 4 * t.Cols, data}
}

func (m *Matrix) Type() quant.Type { return m.typ }
func (m *Matrix) Rows() int        { return m.rows }
func (m *Matrix) Cols() int        { return m.cols }

// Bytes returns the stored bytes, not to be written.
func (m *Matrix) Bytes() []byte { return m.data }

// Tensor returns the values, decoded.
func (m *Matrix) Tensor() Tensor {
	t := New(m.rows, m.cols)
	for i := range m.rows {
		m.Row(t.Row(i), i)
	}
	return t
}

// Row decodes row i into dst, Cols values.
func (m *Matrix) Row(dst []float32, i int) {
	decode(m.typ, dst[:m.cols], m.data[i*m.stride:(i+1)*m.stride])
}
