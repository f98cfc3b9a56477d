package asm

import "math"

const genericTile = 4

func gemmGeneric(f PanelFormat, c []float32, ldc int, d []float32, ldd int, a, b []uint32, k, panels int) {
	const nr = genericTile
	size := f.SizeB(k) * nr
	for p := range panels {
		bp := b[p*size : (p+1)*size]
		for r := range genericTile {
			var sums [nr]float32
			switch f {
			case PanelF32:
				sums = rowF32(a[r:], bp, k)
			case PanelBF16:
				sums = rowBF16(a[r:], bp, f.Steps(k))
			default:
				sums = rowInt8(f, a[r:], bp, k)
			}
			from, to := d[r*ldd+p*nr:r*ldd+p*nr+nr], c[r*ldc+p*nr:r*ldc+p*nr+nr]
			for i, s := range sums {
				to[i] = from[i] + s
			}
		}
	}
}

// The generic rows below multiply one row of a panel of A, from its first dword
// on, with a panel of B.

func rowF32(a, b []uint32, steps int) [genericTile]float32 {
	var s0, s1, s2, s3 float32
	for i := range steps {
		x := math.Float32frombits(a[i*genericTile])
		y := b[i*genericTile : i*genericTile+genericTile : i*genericTile+genericTile]
		s0 += x * math.Float32frombits(y[0])
		s1 += x * math.Float32frombits(y[1])
		s2 += x * math.Float32frombits(y[2])
		s3 += x * math.Float32frombits(y[3])
	}
	return [genericTile]float32{s0, s1, s2, s3}
}

func rowBF16(a, b []uint32, steps int) (sums [genericTile]float32) {
	for i := range steps {
		x := a[i*genericTile]
		x0, x1 := math.Float32frombits(x<<16), math.Float32frombits(x&^0xffff)
		for c, y := range b[i*genericTile : (i+1)*genericTile] {
			sums[c] += x0 * math.Float32frombits(y<<16)
			sums[c] += x1 * math.Float32frombits(y&^0xffff)
		}
	}
	return sums
}

func rowInt8(f PanelFormat, a, b []uint32, k int) (sums [genericTile]float32) {
	const t = genericTile
	steps, blocks := f.Steps(k), k/f.Block()
	perBlock := f.Steps(f.Block())
	scaleA, endA := a[steps*t:], a[(steps+blocks)*t:]
	scaleB, minB := b[steps*t:], b[(steps+blocks)*t:]
	for n := range blocks {
		var dots [t]int32
		if f != PanelInt8Min {
			start := int32(endA[n*t])
			dots = [t]int32{start, start, start, start}
		}
		for i := n * perBlock; i < (n+1)*perBlock; i++ {
			for c := range t {
				dots[c] += dotInt8(a[i*t], b[i*t+c])
			}
		}
		for c := range t {
			scale := math.Float32frombits(scaleA[n*t]) * math.Float32frombits(scaleB[n*t+c])
			sums[c] += float32(dots[c]) * scale
			if f == PanelInt8Min {
				sums[c] += math.Float32frombits(endA[n*t]) * math.Float32frombits(minB[n*t+c])
			}
		}
	}
	return sums
}

// dotInt8 multiplies four signed with four unsigned bytes.
func dotInt8(a, b uint32) int32 {
	return int32(int8(a))*int32(b&255) + int32(int8(a>>8))*int32(b>>8&255) +
		int32(int8(a>>16))*int32(b>>16&255) + int32(int8(a>>24))*int32(b>>24)
}
