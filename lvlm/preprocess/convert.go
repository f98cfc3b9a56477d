package preprocess

import (
	"fmt"
	"image"
	"image/color"
)

// reduce converts what image/png decodes to RGB, in place where a pixel takes
// three bytes or more: the picture is not to be used afterwards. gray16 says that
// the file has gray samples of 16 bits, which Pillow (mode I;16) clips to 255;
// of others it takes the high byte.
func reduce(m image.Image, gray16 bool) (*RGB, error) {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	compact := func(pix []byte, size int, f func(s []byte) [3]byte) (*RGB, error) {
		img := &RGB{w, h, pix[: 3*w*h : 3*w*h]}
		mapPixels(img.Pix, pix, size, f)
		return img, nil
	}
	expand := func(pix []byte, size int, f func(s []byte) [3]byte) (*RGB, error) {
		img := NewRGB(w, h)
		mapPixels(img.Pix, pix, size, f)
		return img, nil
	}
	switch m := m.(type) {
	case *image.Gray:
		return expand(m.Pix, 1, gray)
	case *image.Gray16:
		return expand(m.Pix, 2, func(s []byte) [3]byte { v := clip16(s); return [3]byte{v, v, v} })
	case *image.Paletted:
		colours, _ := onWhite(m.Palette)
		return expand(m.Pix, 1, func(s []byte) [3]byte { return colours[s[0]] })
	case *image.RGBA: // opaque, as PNG and JPEG decode it
		return compact(m.Pix, 4, func(s []byte) [3]byte { return [3]byte(s) })
	case *image.NRGBA:
		return compact(m.Pix, 4, func(s []byte) [3]byte { return over(s[0], s[1], s[2], s[3]) })
	case *image.RGBA64:
		return compact(m.Pix, 8, func(s []byte) [3]byte { return [3]byte{s[0], s[2], s[4]} })
	case *image.NRGBA64:
		if gray16 {
			return compact(m.Pix, 8, func(s []byte) [3]byte { v := clip16(s); return over(v, v, v, s[6]) })
		}
		return compact(m.Pix, 8, func(s []byte) [3]byte { return over(s[0], s[2], s[4], s[6]) })
	}
	return nil, fmt.Errorf("pixels of type %T are not supported", m)
}

// mapPixels converts pixels of size bytes to RGB one by one. dst may start where
// src does: it then grows no faster than src is read, if size is 3 or more.
func mapPixels(dst, src []byte, size int, f func(s []byte) [3]byte) {
	for i := range len(dst) / 3 {
		rgb := f(src[size*i : size*(i+1)])
		copy(dst[3*i:3*i+3], rgb[:])
	}
}

func gray(s []byte) [3]byte { return [3]byte{s[0], s[0], s[0]} }

// clip16 reduces a big-endian sample of 16 bits.
func clip16(s []byte) byte {
	if s[0] != 0 {
		return 255
	}
	return s[1]
}

// over composites a colour of opacity a onto white.
func over(r, g, b, a byte) [3]byte { return [3]byte{blend(r, a), blend(g, a), blend(b, a)} }

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
		colours[i] = over(n.R, n.G, n.B, n.A)
		transparent = transparent || n.A == 0
	}
	return colours, transparent
}
