package asm

// WidenInt8 writes what the bytes of UnpackQuads and UnpackSupers stand for:
// dst[i] = scales[g]·(q[i]-zero) + mins[g] for group g of i, where the groups are
// len(q)/len(scales) values each, 16 or 32. Nil mins add nothing. The product is
// exact with scales of 18 significant bits; the sum is rounded once.
func WidenInt8(dst []float32, q []byte, scales, mins []float32, zero int32) {
	if len(q) == 0 {
		return
	}
	group := len(q) / len(scales)
	if group != 16 && group != 32 || group*len(scales) != len(q) {
		panic("asm: WidenInt8 takes groups of 16 or 32")
	}
	dst = dst[:len(q)]
	raceRead(q)
	raceRead(scales)
	raceWrite(dst)
	if mins != nil {
		mins = mins[:len(scales)]
		raceRead(mins)
	}
	widenInt8(dst, q, scales, mins, zero, group)
}

func widenInt8Generic(dst []float32, q []byte, scales, mins []float32, zero int32, group int) {
	for g, s := range scales {
		x, y := q[g*group:][:group], dst[g*group:][:group]
		if mins == nil {
			for i, b := range x {
				y[i] = s * float32(int32(b)-zero)
			}
			continue
		}
		for i, b := range x {
			y[i] = float32(s*float32(int32(b)-zero)) + mins[g]
		}
	}
}
