package preprocess

import (
	"bytes"
	"encoding/binary"
)

// orientation is the Exif tag 0x0112: how the stored rows and columns relate to
// the upright picture.
type orientation int

const upright orientation = 1

// exifOrientation reads the orientation of an Exif block (Exif 2.3, 4.5.4 and
// 4.6.2: a TIFF header and its first directory), upright where there is none.
func exifOrientation(b []byte) orientation {
	for bytes.HasPrefix(b, exifPrefix) {
		b = b[len(exifPrefix):]
	}
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return upright
	}
	const (
		tagOrientation = 0x0112
		typeShort      = 3
		typeLong       = 4
		entrySize      = 12
	)
	if len(b) < 8 {
		return upright
	}
	offset := uint64(order.Uint32(b[4:]))
	if offset+2 > uint64(len(b)) {
		return upright
	}
	entries := b[offset+2:]
	for range order.Uint16(b[offset:]) {
		if len(entries) < entrySize {
			break
		}
		e := entries[:entrySize]
		entries = entries[entrySize:]
		if order.Uint16(e) != tagOrientation {
			continue
		}
		var v uint32
		switch order.Uint16(e[2:]) {
		case typeShort:
			v = uint32(order.Uint16(e[8:]))
		case typeLong:
			v = order.Uint32(e[8:])
		}
		if v >= 1 && v <= 8 {
			return orientation(v)
		}
		break
	}
	return upright
}

var exifPrefix = []byte("Exif\x00\x00")

// pngOrientation reads the orientation from a PNG file's eXIf chunk, which may
// also follow the pixels.
func pngOrientation(data []byte) orientation {
	const overhead = 12 // length, type and checksum
	for rest := data[len("\x89PNG\r\n\x1a\n"):]; len(rest) >= overhead; {
		n := uint64(binary.BigEndian.Uint32(rest))
		if n > uint64(len(rest)-overhead) {
			break
		}
		if string(rest[4:8]) == "eXIf" {
			return exifOrientation(rest[8 : 8+n])
		}
		rest = rest[overhead+n:]
	}
	return upright
}

// oriented returns the upright picture.
func (p *RGB) oriented(o orientation) *RGB {
	w, h := p.W, p.H
	// The source pixel of the upright picture's first one, and the steps to that
	// of the next column and row.
	var from, right, down int
	switch o {
	case 2: // mirrored
		from, right, down = w-1, -1, w
	case 3: // upside down
		from, right, down = w*h-1, -1, -w
	case 4: // upside down, mirrored
		from, right, down = w*(h-1), 1, -w
	case 5: // transposed
		from, right, down = 0, w, 1
	case 6: // to be turned clockwise
		from, right, down = w*(h-1), -w, 1
	case 7: // transposed about the other diagonal
		from, right, down = w*h-1, -w, -1
	case 8: // to be turned anticlockwise
		from, right, down = w-1, w, -1
	default:
		return p
	}
	out := NewRGB(w, h)
	if o >= 5 {
		out.W, out.H = h, w
	}
	// In tiles, so that the cache lines that a column touches are used again.
	const tile = 32
	for y0 := 0; y0 < out.H; y0 += tile {
		for x0 := 0; x0 < out.W; x0 += tile {
			for y := y0; y < min(y0+tile, out.H); y++ {
				dst := out.row(y)
				s := from + y*down + x0*right
				for x := x0; x < min(x0+tile, out.W); x++ {
					copy(dst[3*x:3*x+3], p.Pix[3*s:3*s+3])
					s += right
				}
			}
		}
	}
	return out
}
