package safetensors

import (
	"fmt"

	"github.com/go-par/par/tensor/quant"
)

// DType is the type of a tensor's values, spelled as in the file.
type DType string

const (
	Bool DType = "BOOL"
	U8   DType = "U8"
	I8   DType = "I8"
	I16  DType = "I16"
	U16  DType = "U16"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I32  DType = "I32"
	U32  DType = "U32"
	F32  DType = "F32"
	I64  DType = "I64"
	U64  DType = "U64"
	F64  DType = "F64"
)

// dtypeBits has the bits per value of every type of the format. The narrowest
// are packed: their tensors must still be whole bytes.
var dtypeBits = map[DType]int{
	"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
	Bool: 8, U8: 8, I8: 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
	I16: 16, U16: 16, F16: 16, BF16: 16,
	I32: 32, U32: 32, F32: 32,
	I64: 64, U64: 64, F64: 64, "C64": 64,
}

// Bits returns the size of one value, 0 for a type that the format does not have.
func (d DType) Bits() int { return dtypeBits[d] }

// Type returns the storage type of a weight of this type. It fails for types that
// weights cannot have here.
func (d DType) Type() (quant.Type, error) {
	switch d {
	case F32:
		return quant.F32, nil
	case F16:
		return quant.F16, nil
	case BF16:
		return quant.BF16, nil
	}
	return 0, fmt.Errorf("dtype %s is not supported for weights: F32, F16 or BF16 is", d)
}
