package preprocess

import "image"

// upsampler brings a chroma plane to the size of the picture the way
// libjpeg-turbo does by default ("fancy upsampling"): where the plane has half
// the columns or rows, a chroma sample lies between two pixels, and each pixel
// takes 3/4 of the nearer sample and 1/4 of the farther one. Other ratios repeat
// samples.
type upsampler struct {
	stepX, stepY int // pixels a sample, across and down
	w, h         int // samples
	smoothX      bool
	smoothY      bool
}

func newUpsampler(ratio image.YCbCrSubsampleRatio, width, height int) *upsampler {
	u := &upsampler{stepX: 1, stepY: 1}
	switch ratio {
	case image.YCbCrSubsampleRatio422:
		u.stepX = 2
	case image.YCbCrSubsampleRatio420:
		u.stepX, u.stepY = 2, 2
	case image.YCbCrSubsampleRatio440:
		u.stepY = 2
	case image.YCbCrSubsampleRatio411:
		u.stepX = 4
	case image.YCbCrSubsampleRatio410:
		u.stepX, u.stepY = 4, 2
	}
	u.w = (width + u.stepX - 1) / u.stepX
	u.h = (height + u.stepY - 1) / u.stepY
	// libjpeg's column code wants three samples, and has nothing for quarters.
	u.smoothX = u.stepX == 2 && u.w > 2
	u.smoothY = u.stepY == 2 && (u.stepX == 1 || u.smoothX)
	return u
}

// span is the length of an upsampled row, at least that of the picture's.
func (u *upsampler) span() int { return u.w * u.stepX }

// row writes the samples for the picture's row y.
func (u *upsampler) row(dst, plane []byte, stride, y int) {
	at := y / u.stepY
	near := plane[at*stride:][:u.w]
	far := near
	above := y%2 == 0
	if u.smoothY {
		if above {
			far = plane[max(0, at-1)*stride:][:u.w]
		} else {
			far = plane[min(u.h-1, at+1)*stride:][:u.w]
		}
	}
	switch {
	case u.smoothX && u.smoothY:
		smoothBoth(dst, near, far)
	case u.smoothX:
		smoothColumns(dst, near)
	case u.smoothY:
		smoothRows(dst, near, far, above)
	case u.stepX == 1:
		copy(dst, near)
	default:
		for i := range dst {
			dst[i] = near[i/u.stepX]
		}
	}
}

// The functions below round alternate pixels up and down, so that no drift
// arises: biases of 1 and 2 quarters, or 8 and 7 sixteenths.

// smoothColumns doubles a row. The border's missing neighbour is the border.
func smoothColumns(dst, src []byte) {
	last := src[0]
	for i, v := range src {
		next := src[min(i+1, len(src)-1)]
		d := dst[2*i:][:2]
		d[0] = byte((3*uint32(v) + uint32(last) + 1) >> 2)
		d[1] = byte((3*uint32(v) + uint32(next) + 2) >> 2)
		last = v
	}
}

// smoothRows mixes two rows; above says that the pixels lie in the upper half of
// their sample.
func smoothRows(dst, near, far []byte, above bool) {
	bias := uint32(2)
	if above {
		bias = 1
	}
	for i, v := range near {
		dst[i] = byte((3*uint32(v) + uint32(far[i]) + bias) >> 2)
	}
}

// smoothBoth mixes two rows and doubles them, rounding once.
func smoothBoth(dst, near, far []byte) {
	far = far[:len(near)]
	dst = dst[:2*len(near)]
	v := 3*uint32(near[0]) + uint32(far[0])
	last := v
	for i := range near {
		next := v
		if i+1 < len(near) {
			next = 3*uint32(near[i+1]) + uint32(far[i+1])
		}
		dst[2*i] = byte((3*v + last + 8) >> 4)
		dst[2*i+1] = byte((3*v + next + 7) >> 4)
		last, v = v, next
	}
}
