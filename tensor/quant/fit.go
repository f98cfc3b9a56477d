package quant

import "math"

// Least-squares search for scales and codes. A block's scale decides which codes
// are nearest, and the codes decide which scale is best; the search tries scales
// around the one that just spans the values, solves for the best scale given each
// one's codes, and keeps the pair with the smallest squared error. In the
// super-block types the scales found are themselves rounded to small integers,
// which are then tried one up and one down against the error they really give.
//
// Sums are kept in float64, in which products of a float32 and a code are exact.

// A codebook tells what codes mean: the integers from lo to hi or, if there is a
// table, its ascending values, of which the first is lo.
type codebook struct {
	lo, hi float32
	table  *[16]float32
	index  *[512]byte // the nearest code for every half from -128 on
}

// iq4 is the codebook of IQ4_NL and IQ4_XS. Midways between its values are whole
// multiples of a half, so that all numbers between two halves have one nearest
// value.
var iq4 = func() *codebook {
	var index [512]byte
	code := byte(0)
	for i := range index {
		x := float32(i)/2 - 128
		for code < 15 && x >= (iq4Values[code]+iq4Values[code+1])/2 {
			code++
		}
		index[i] = code
	}
	return &codebook{iq4Values[0], iq4Values[15], &iq4Values, &index}
}()

// nearest returns the value in the codebook that is nearest to v.
func (c *codebook) nearest(v float32) float32 {
	if c.table == nil {
		return nearestInt(v, c.lo, c.hi)
	}
	return c.table[c.search(v)]
}

// code returns the code of the value that is nearest to v.
func (c *codebook) code(v float32) byte {
	if c.table == nil {
		return byte(int(nearestInt(v, c.lo, c.hi) - c.lo))
	}
	return c.search(v)
}

func (c *codebook) search(v float32) byte {
	switch {
	case v <= c.lo:
		return 0
	case v >= c.hi:
		return 15
	}
	return c.index[int(2*v+256)&511]
}

// nearestInt returns the integer in [lo, hi] nearest to v, ties to even. |lo| and
// |hi| are less than 2^22, so that adding and taking away 1.5·2^23 rounds.
func nearestInt(v, lo, hi float32) float32 {
	const magic = 3 << 22
	if v < lo {
		return lo
	}
	if v > hi {
		return hi
	}
	return v + magic - magic
}

// errorOf returns the squared error of x under scale s.
func (c *codebook) errorOf(x []float32, s float32) float64 {
	var e float64
	id := inverse(s)
	for _, v := range x {
		r := float64(v - float32(s*c.nearest(v*id)))
		e += r * r
	}
	return e
}

// scale returns the scale with the smallest squared error found for x.
func (c *codebook) scale(x []float32) float32 {
	top := extreme(x)
	if top == 0 {
		return 0
	}
	end := c.lo // the end of the range that is farther from zero
	var best, gain float64
	for k := -9; k <= 9; k++ {
		id := end * (1 + 0.1*float32(k)/min(8, -end)) / top
		var xq, qq float64
		for _, v := range x {
			q := float64(c.nearest(v * id))
			xq += float64(v) * q
			qq += q * q
		}
		// The best scale xq/qq lowers the error by xq²/qq.
		if g := xq * xq / qq; qq > 0 && g > gain {
			best, gain = xq/qq, g
		}
	}
	return float32(best)
}

// A scaled is a super-block of groups with one integer scale each.
type scaled struct {
	d      float32
	scales [16]int8
	codes  [256]byte
}

// fit finds scales in [lo, hi] and codes for the groups of n values in x.
func (b *scaled) fit(x *[256]float32, n int, c *codebook, lo, hi int) {
	var s [16]float32
	groups := len(x) / n
	for g := range groups {
		s[g] = c.scale(x[g*n:][:n])
	}
	b.d = extreme(s[:]) / float32(lo)
	for g := range groups {
		b.scales[g] = int8(nearestInt(s[g]*inverse(b.d), float32(lo), float32(hi)))
	}
	for pass := range 2 {
		if pass > 0 {
			b.refit(x, n, c)
		}
		b.d = asHalf(b.d)
		for g := range groups {
			b.improve(x[g*n:][:n], g, c, lo, hi)
		}
	}
	for i, v := range x {
		b.codes[i] = c.code(v * inverse(b.d*float32(b.scales[i/n])))
	}
}

// refit solves for d given the scales and the codes they imply.
func (b *scaled) refit(x *[256]float32, n int, c *codebook) {
	var xq, qq float64
	for i, v := range x {
		s := float32(b.scales[i/n])
		q := float64(s * c.nearest(v*inverse(b.d*s)))
		xq += float64(v) * q
		qq += q * q
	}
	if qq > 0 {
		b.d = float32(xq / qq)
	}
}

// improve moves the scale of group g by one, or to 0, where that lowers the error.
func (b *scaled) improve(x []float32, g int, c *codebook, lo, hi int) {
	s := int(b.scales[g])
	least := math.Inf(1)
	for _, t := range [4]int{s, s - 1, s + 1, 0} {
		if t < lo || t > hi {
			continue
		}
		if e := c.errorOf(x, b.d*float32(t)); e < least {
			least = e
			b.scales[g] = int8(t)
		}
	}
}

// A ranged is a super-block of groups with an integer scale and minimum each:
// x = d·scale·q - dmin·min.
type ranged struct {
	d, dmin      float32
	scales, mins [16]byte
	codes        [256]byte
}

// fit finds scales and minima up to top and codes up to last for the groups of n
// values in x.
func (b *ranged) fit(x *[256]float32, n int, last, top float32) {
	var s, m [16]float32
	groups := len(x) / n
	for g := range groups {
		s[g], m[g] = fitRange(x[g*n:][:n], last)
	}
	b.d, b.dmin = extreme(s[:])/top, extreme(m[:])/top
	for g := range groups {
		b.scales[g] = byte(nearestInt(s[g]*inverse(b.d), 0, top))
		b.mins[g] = byte(nearestInt(m[g]*inverse(b.dmin), 0, top))
	}
	for pass := range 2 {
		if pass > 0 {
			b.refit(x, n, last)
		}
		b.d, b.dmin = asHalf(b.d), asHalf(b.dmin)
		for g := range groups {
			b.improve(x[g*n:][:n], g, last, top)
		}
	}
	for i, v := range x {
		s, m := b.d*float32(b.scales[i/n]), b.dmin*float32(b.mins[i/n])
		b.codes[i] = byte(nearestInt((v+m)*inverse(s), 0, last))
	}
}

// fitRange returns the scale s and minimum m >= 0 with the smallest squared error
// found for x ≈ s·q - m, q from 0 to last.
func fitRange(x []float32, last float32) (s, m float32) {
	lo, hi := bounds(x)
	lo = min(lo, 0)
	if hi <= lo {
		return 0, -lo
	}
	least := math.Inf(1)
	n := float64(len(x))
	for k := -10; k <= 10; k++ {
		id := (last + 0.1*float32(k)) / (hi - lo)
		var sx, sq, xq, qq float64
		for _, v := range x {
			q := float64(nearestInt((v-lo)*id, 0, last))
			sx += float64(v)
			sq += q
			xq += float64(v) * q
			qq += q * q
		}
		det := n*qq - sq*sq
		if det <= 0 {
			continue
		}
		a := (n*xq - sx*sq) / det
		b := (sx - a*sq) / n
		if b > 0 {
			a, b = xq/qq, 0
		}
		// The squared error less Σx².
		if e := a*(a*qq-2*xq) + b*(n*b+2*a*sq-2*sx); e < least {
			least, s, m = e, float32(a), float32(-b)
		}
	}
	return s, m
}

// improve moves the scale and minimum of group g by one each, or to 0, where that
// lowers the error.
func (b *ranged) improve(x []float32, g int, last, top float32) {
	scale, low := float32(b.scales[g]), float32(b.mins[g])
	least := b.errorOf(x, 0, 0, last)
	b.scales[g], b.mins[g] = 0, 0
	for _, ds := range [3]float32{0, -1, 1} {
		for _, dm := range [3]float32{0, -1, 1} {
			s, m := scale+ds, low+dm
			if s < 0 || m < 0 || s > top || m > top {
				continue
			}
			if e := b.errorOf(x, s, m, last); e < least {
				least = e
				b.scales[g], b.mins[g] = byte(s), byte(m)
			}
		}
	}
}

// errorOf returns the squared error of a group under a scale and a minimum.
func (b *ranged) errorOf(x []float32, scale, low, last float32) float64 {
	s, m := b.d*scale, b.dmin*low
	id := inverse(s)
	var e float64
	for _, v := range x {
		r := float64(v + m - float32(s*nearestInt((v+m)*id, 0, last)))
		e += r * r
	}
	return e
}

// refit solves for d and dmin given scales, minima and the codes they imply.
func (b *ranged) refit(x *[256]float32, n int, last float32) {
	var qq, qm, mm, xq, xm float64
	for i, v := range x {
		s, m := float32(b.scales[i/n]), float32(b.mins[i/n])
		q := float64(s * nearestInt((v+b.dmin*m)*inverse(b.d*s), 0, last))
		low := float64(m)
		qq += q * q
		qm += q * low
		mm += low * low
		xq += float64(v) * q
		xm += float64(v) * low
	}
	det := qq*mm - qm*qm
	if det > 0 {
		d, dmin := (xq*mm-xm*qm)/det, (xq*qm-xm*qq)/det
		if d > 0 && dmin >= 0 {
			b.d, b.dmin = float32(d), float32(dmin)
		}
	} else if qq > 0 && mm == 0 {
		b.d = float32(xq / qq)
	}
}

// asHalf returns the f16 value nearest to x, the largest where x is beyond it.
func asHalf(x float32) float32 {
	const top = 65504
	return FromF16(ToF16(min(max(x, -top), top)))
}
