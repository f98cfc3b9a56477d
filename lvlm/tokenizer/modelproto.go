package tokenizer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// modelProto is what a tokenizer.model holds: the message ModelProto of
// SentencePiece's sentencepiece_model.proto, as far as it concerns encoding.
type modelProto struct {
	pieces []spmPiece

	// TrainerSpec
	modelType          int64
	byteFallback       bool
	spaceAsSuffix      bool
	unk, bos, eos, pad int64
	unkSurface         string

	// NormalizerSpec
	charsMap         []byte
	dummyPrefix      bool
	removeExtraSpace bool
	escapeSpace      bool
	rules            string // normalization_rule_tsv
	denormalizes     bool
}

const (
	modelUnigram = 1
	modelBPE     = 2
)

// maxPieces bounds a vocabulary as maxVocab does ids.
const maxPieces = maxVocab

func parseModelProto(data []byte) (*modelProto, error) {
	p := &modelProto{
		modelType: modelUnigram, unk: 0, bos: 1, eos: 2, pad: -1, unkSurface: " \u2047 ",
		dummyPrefix: true, removeExtraSpace: true, escapeSpace: true,
	}
	err := eachField(data, func(f field) error {
		switch f.number {
		case 1:
			if len(p.pieces) == maxPieces {
				return fmt.Errorf("field pieces: more than %d", maxPieces)
			}
			piece, err := parsePiece(f)
			if err != nil {
				return fmt.Errorf("field pieces[%d]: %w", len(p.pieces), err)
			}
			p.pieces = append(p.pieces, piece)
			return nil
		case 2:
			return inMessage("trainer_spec", f, p.trainerField)
		case 3:
			return inMessage("normalizer_spec", f, p.normalizerField)
		case 5:
			return inMessage("denormalizer_spec", f, func(f field) error {
				if f.number == 2 && len(f.bytes) > 0 {
					p.denormalizes = true
				}
				return nil
			})
		}
		return nil
	})
	return p, err
}

func inMessage(name string, f field, each func(field) error) error {
	if err := f.want(wireBytes); err != nil {
		return fmt.Errorf("field %s: %w", name, err)
	}
	if err := eachField(f.bytes, each); err != nil {
		return fmt.Errorf("field %s: %w", name, err)
	}
	return nil
}

func parsePiece(f field) (spmPiece, error) {
	p := spmPiece{kind: pieceNormal}
	if err := f.want(wireBytes); err != nil {
		return p, err
	}
	err := eachField(f.bytes, func(f field) error {
		switch f.number {
		case 1:
			p.text = string(f.bytes)
			return f.want(wireBytes)
		case 2:
			p.score = math.Float32frombits(uint32(f.value))
			return f.want(wire32)
		case 3:
			p.kind = int32(f.value)
			return f.want(wireVarint)
		}
		return nil
	})
	return p, err
}

func (p *modelProto) trainerField(f field) error {
	ints := map[int]*int64{3: &p.modelType, 40: &p.unk, 41: &p.bos, 42: &p.eos, 43: &p.pad}
	bools := map[int]*bool{24: &p.spaceAsSuffix, 35: &p.byteFallback}
	switch {
	case ints[f.number] != nil:
		*ints[f.number] = int64(int32(f.value)) // negative ids are sign-extended to 64 bits
		return f.want(wireVarint)
	case bools[f.number] != nil:
		*bools[f.number] = f.value != 0
		return f.want(wireVarint)
	case f.number == 44:
		p.unkSurface = string(f.bytes)
		return f.want(wireBytes)
	}
	return nil
}

func (p *modelProto) normalizerField(f field) error {
	bools := map[int]*bool{3: &p.dummyPrefix, 4: &p.removeExtraSpace, 5: &p.escapeSpace}
	switch {
	case bools[f.number] != nil:
		*bools[f.number] = f.value != 0
		return f.want(wireVarint)
	case f.number == 2:
		p.charsMap = f.bytes
		return f.want(wireBytes)
	case f.number == 6:
		p.rules = string(f.bytes)
		return f.want(wireBytes)
	}
	return nil
}

// Wire types of the protocol buffer encoding.
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wire32     = 5
)

// field is one field of an encoded message: value for numbers, bytes for the rest.
type field struct {
	number int
	wire   int
	value  uint64
	bytes  []byte
}

func (f field) want(wire int) error {
	if f.wire != wire {
		return fmt.Errorf("field number %d has wire type %d, not %d", f.number, f.wire, wire)
	}
	return nil
}

// eachField calls f for the fields of an encoded message in order.
func eachField(data []byte, each func(field) error) error {
	for len(data) > 0 {
		tag, n := binary.Uvarint(data)
		if n <= 0 || tag>>3 == 0 || tag>>3 > math.MaxInt32 {
			return errors.New("not a protocol buffer: bad field tag")
		}
		data = data[n:]
		f := field{number: int(tag >> 3), wire: int(tag & 7)}
		size := 0
		switch f.wire {
		case wireVarint:
			if f.value, size = binary.Uvarint(data); size <= 0 {
				return fmt.Errorf("field number %d: bad number", f.number)
			}
		case wire64:
			size = 8
		case wire32:
			size = 4
		case wireBytes:
			length, n := binary.Uvarint(data)
			if n <= 0 || length > uint64(len(data)-n) {
				return fmt.Errorf("field number %d: %d bytes announced, %d left", f.number, length, len(data)-max(n, 0))
			}
			f.bytes = data[n : n+int(length)]
			size = n + int(length)
		default:
			return fmt.Errorf("field number %d: wire type %d is not known", f.number, f.wire)
		}
		if size > len(data) {
			return fmt.Errorf("field number %d: cut short", f.number)
		}
		switch f.wire {
		case wire64:
			f.value = binary.LittleEndian.Uint64(data)
		case wire32:
			f.value = uint64(binary.LittleEndian.Uint32(data))
		}
		data = data[size:]
		if err := each(f); err != nil {
			return err
		}
	}
	return nil
}
