package preprocess

import (
	"fmt"
	"image"
	"image/color"
)

// reduce converts what image/png decodes to RGB, in place where a pixel takes
// three bytes or more: the picture is not to be used afterwards. clip says how
// Pillow reduces the samples of its mode I;16, 16-bit gray: values above 255
// become 255. Other 16-bit samples lose their low byte.
func reduce(m image.Image, clip bool) (*RGB, error) {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	n := w * h
	switch m := m.(type) {
	case *image.Gray:
		img := NewRGB(w, h)
		for i, v := range m.Pix[:n] {
			d := img.Pix[3*i:][:3]
			d[0], d[1], d[2] = v, v, v
		}
		return img, nil
	case *image.Gray16:
		img := NewRGB(w, h)
		for i := range n {
			v := m.Pix[2*i+1]
			if m.Pix[2*i] != 0 {
				v = 255
			}
			d := img.Pix[3*i:][:3]
			d[0], d[1], d[2] = v, v, v
		}
		return img, nil
	case *image.Paletted:
		colours, _ := onWhite(m.Palette)
		img := NewRGB(w, h)
		for i, index := range m.Pix[:n] {
			copy(img.Pix[3*i:3*i+3], colours[index][:])
		}
		return img, nil
	case *image.RGBA: // image/png uses it for opaque pictures only
		for i := range n {
			d, s := m.Pix[3*i:][:3], [4]byte(m.Pix[4*i:])
			d[0], d[1], d[2] = s[0], s[1], s[2]
		}
		return &RGB{w, h, m.Pix[: 3*n : 3*n]}, nil
	case *image.NRGBA:
		for i := range n {
			d, s := m.Pix[3*i:][:3], [4]byte(m.Pix[4*i:])
			d[0], d[1], d[2] = blend(s[0], s[3]), blend(s[1], s[3]), blend(s[2], s[3])
		}
		return &RGB{w, h, m.Pix[: 3*n : 3*n]}, nil
	case *image.RGBA64:
		for i := range n {
			d, s := m.Pix[3*i:][:3], [8]byte(m.Pix[8*i:])
			d[0], d[1], d[2] = s[0], s[2], s[4]
		}
		return &RGB{w, h, m.Pix[: 3*n : 3*n]}, nil
	case *image.NRGBA64:
		for i := range n {
			d, s := m.Pix[3*i:][:3], [8]byte(m.Pix[8*i:])
			r, g, b, a := s[0], s[2], s[4], s[6]
			if clip {
				if r != 0 {
					r = 255
				} else {
					r = s[1]
				}
				g, b = r, r
			}
			d[0], d[1], d[2] = blend(r, a), blend(g, a), blend(b, a)
		}
		return &RGB{w, h, m.Pix[: 3*n : 3*n]}, nil
	}
	return nil, fmt.Errorf("pixels of type %T are not supported", m)
}

// blend composites a sample of opacity a onto white with the rounding of
// Pillow's alpha_composite: seven extra bits, division by 255 by shifts.
func blend(v, a byte) byte {
	const extra = 7
	front := uint32(a) << extra
	back := uint32(255)<<extra - front
	t := uint32(v)*front + 255*back + 0x80<<extra
	return byte(((t>>8 + t) >> 8) >> extra)
}

// onWhite returns the colours of a palette composited onto white, and whether
// any is transparent. Indices beyond the palette are black.
func onWhite(p color.Palette) (colours [256][3]byte, transparent bool) {
	for i, c := range p[:min(len(p), len(colours))] {
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		colours[i] = [3]byte{blend(n.R, n.A), blend(n.G, n.A), blend(n.B, n.A)}
		transparent = transparent || n.A == 0
	}
	return colours, transparent
}
