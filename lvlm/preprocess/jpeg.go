package preprocess

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"io"
)

// maxScans bounds the passes of a progressive JPEG: each costs time in
// proportion to the pixels, whatever its length in the file. Encoders write
// about ten.
const maxScans = 200

func decodeJPEG(data []byte, _ image.Config) (*RGB, error) {
	info := scanJPEG(data)
	if info.scans > maxScans {
		return nil, fmt.Errorf("%d scans, more than the %d allowed", info.scans, maxScans)
	}
	var r io.Reader = bytes.NewReader(data)
	if info.components == 4 && !info.adobe {
		// image/jpeg wants to be told that four components are CMYK. Inverted is
		// how Adobe stores them, and how Pillow reads them with or without marker.
		const soi = 2
		r = io.MultiReader(bytes.NewReader(data[:soi]), bytes.NewReader(adobeCMYK), bytes.NewReader(data[soi:]))
	}
	m, err := jpeg.Decode(r)
	if err != nil {
		return nil, err
	}
	var img *RGB
	switch m := m.(type) {
	case *image.YCbCr:
		img = fromYCbCr(m)
	case *image.Gray:
		img = NewRGB(m.Rect.Dx(), m.Rect.Dy())
		for y := range img.H {
			mapPixels(img.row(y), m.Pix[y*m.Stride:], 1, gray)
		}
	case *image.RGBA:
		if img, err = reduce(m, false); err != nil {
			return nil, err
		}
	case *image.CMYK:
		img = &RGB{m.Rect.Dx(), m.Rect.Dy(), m.Pix[:len(m.Pix)/4*3]}
		mapPixels(img.Pix, m.Pix, 4, cmyk)
	default:
		return nil, fmt.Errorf("pixels of type %T are not supported", m)
	}
	return img.oriented(exifOrientation(info.exif)), nil
}

// adobeCMYK is an APP14 segment that says "not YCCK" (Adobe TN 5116, section 18).
var adobeCMYK = []byte("\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00")

// jpegInfo is what the markers of a JPEG file say that image/jpeg does not tell.
type jpegInfo struct {
	exif       []byte // first Exif block before the pixels
	adobe      bool   // has an Adobe segment
	components int
	scans      int
}

// scanJPEG walks the marker segments (ITU-T T.81, annex B) as far as they make
// sense; whether the file is valid is the decoder's business.
func scanJPEG(data []byte) (info jpegInfo) {
	for {
		// Whatever lies before a marker is entropy-coded data or junk.
		at := bytes.IndexByte(data, 0xff)
		if at < 0 || at+1 >= len(data) {
			return info
		}
		marker := data[at+1]
		data = data[at+1:]
		switch {
		case marker == 0xff: // fill byte
			continue
		case marker == 0x00 || marker == 0x01 || marker >= 0xd0 && marker <= 0xd8: // no segment follows
			data = data[1:]
			continue
		case marker == 0xd9: // EOI
			return info
		}
		data = data[1:]
		if len(data) < 2 {
			return info
		}
		n := int(binary.BigEndian.Uint16(data))
		if n < 2 || n > len(data) {
			return info
		}
		segment := data[2:n]
		data = data[n:]
		switch {
		case marker == 0xda: // SOS
			info.scans++
		case marker == 0xe1 && info.exif == nil && info.scans == 0 && bytes.HasPrefix(segment, exifPrefix):
			info.exif = segment
		case marker == 0xee && len(segment) >= 12 && bytes.HasPrefix(segment, []byte("Adobe")):
			info.adobe = true
		case marker >= 0xc0 && marker <= 0xc2 && len(segment) >= 6: // SOF of what image/jpeg reads
			info.components = int(segment[5])
		}
	}
}

// cmyk converts as Pillow does, each ink darkening what black leaves.
func cmyk(s []byte) (rgb [3]byte) {
	light := 255 - int(s[3])
	for ch := range rgb {
		t := int(s[ch])*light + 128
		rgb[ch] = byte(max(0, light-(t>>8+t)>>8))
	}
	return rgb
}

// fromYCbCr upsamples the chroma planes and converts to RGB as libjpeg does.
func fromYCbCr(m *image.YCbCr) *RGB {
	img := NewRGB(m.Rect.Dx(), m.Rect.Dy())
	u := newUpsampler(m.SubsampleRatio, img.W, img.H)
	const minBand = 64
	parallel(img.H, minBand, 0, func(lo, hi int) {
		cb, cr := make([]byte, u.span()), make([]byte, u.span())
		for y := lo; y < hi; y++ {
			u.row(cb, m.Cb, m.CStride, y)
			u.row(cr, m.Cr, m.CStride, y)
			convertYCC(img.row(y), m.Y[y*m.YStride:], cb, cr)
		}
	})
	return img
}

// convertYCC converts a row with libjpeg's fixed-point constants (JFIF 1.02: 16
// fraction bits, rounded).
func convertYCC(dst, luma, cb, cr []byte) {
	const (
		half = 1 << 15
		rCr  = 91881  // 1.40200
		gCb  = -22554 // -0.34414
		gCr  = -46802 // -0.71414
		bCb  = 116130 // 1.77200
	)
	n := len(dst) / 3
	luma, cb, cr = luma[:n], cb[:n], cr[:n]
	for i, l := range luma {
		y, u, v := int32(l), int32(cb[i])-128, int32(cr[i])-128
		d := dst[3*i:][:3]
		d[0] = clamp(y + (rCr*v+half)>>16)
		d[1] = clamp(y + (gCb*u+gCr*v+half)>>16)
		d[2] = clamp(y + (bCb*u+half)>>16)
	}
}

func clamp(v int32) byte { return byte(min(max(v, 0), 255)) }
