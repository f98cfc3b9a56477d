package scenes

// ground is what is behind the objects and texts.
type ground struct {
	pattern pattern
	dark    bool
	a, b    ink // mixed by the pattern

	along  point // the pattern's direction; its length is directionUnit
	period int   // of the pattern, in units
	phase  int
	heap   [lattice * lattice]uint8 // of clouds

	grain int    // strength of the noise, in levels
	noise uint64 // its seed

	strokes []tinted[stroke]
	specks  []tinted[disc]
}

type tinted[F any] struct {
	figure F
	ink    ink
}

type pattern uint8

const (
	plain pattern = iota
	gradient
	stripes
	plaid
	zigzag
	clouds
	patterns
)

// weightUnit is the weight of a pattern that is all of its second colour.
const weightUnit = 256

// directions point to sixteen sides; directionUnit is their length.
const directionUnit = 256

var directions = [...]point{
	{256, 0}, {237, 98}, {181, 181}, {98, 237}, {0, 256}, {-98, 237}, {-181, 181}, {-237, 98},
	{-256, 0}, {-237, -98}, {-181, -181}, {-98, -237}, {0, -256}, {98, -237}, {181, -181}, {237, -98},
}

// lattice is the number of points either way that clouds are interpolated from.
const lattice = 9

// drawGround makes a background. It is greyish, which no object is, and neither so dark
// nor so light that letters are lost on it.
func drawGround(r *random) ground {
	g := ground{
		pattern: pattern(r.below(int(patterns))),
		dark:    r.coin(),
		along:   pick(r, directions[:]),
		period:  r.between(Side/14, Side/4),
		phase:   r.below(Side),
		grain:   r.between(0, 14),
		noise:   r.next(),
	}
	base, contrast := r.between(135, 175), -r.between(10, 34)
	if g.dark {
		base, contrast = r.between(45, 95), r.between(10, 34)
	}
	for c := range g.a {
		g.a[c] = int16(base + r.between(-15, 15))
		g.b[c] = g.a[c] + int16(contrast+r.between(-6, 6))
	}
	if g.pattern == clouds {
		for i := range g.heap {
			g.heap[i] = uint8(r.next())
		}
	}
	g.drawDistractors(r)
	return g
}

// drawDistractors makes thin lines and specks, which are no objects.
func (g *ground) drawDistractors(r *random) {
	for range max(0, r.between(-2, 3)) {
		s := stroke{point{r.below(Side), r.below(Side / 2)}, point{r.below(Side), r.between(Side*5/8, Side)}, r.between(60, 150)}
		g.strokes = append(g.strokes, tinted[stroke]{s, g.near(r)})
	}
	for range max(0, r.between(-6, 12)) {
		d := disc{r.below(Side), r.below(Side), r.between(90, 240)}
		g.specks = append(g.specks, tinted[disc]{d, g.near(r)})
	}
}

// near returns a grey that is little lighter or darker than the ground.
func (g *ground) near(r *random) ink {
	by := int16(r.between(18, 44))
	if r.coin() {
		by = -by
	}
	return ink{g.a[0] + by, g.a[1] + by, g.a[2] + by}
}

// weights computes a row of the pattern.
func (g *ground) weights(row []int32, y, size int) {
	for x := range row {
		row[x] = int32(g.weight(middle(x, size), y))
	}
}

// weight returns how much of the second colour the pattern has at a point.
func (g *ground) weight(x, y int) int {
	switch g.pattern {
	case gradient:
		// The largest inner product with a direction is that with a diagonal.
		const half = Side * 362 / directionUnit / 2
		t := ((x-Side/2)*g.along.x+(y-Side/2)*g.along.y)/directionUnit + half
		return min(max(t*weightUnit/(2*half), 0), weightUnit)
	case stripes:
		return g.wave(x*g.along.x + y*g.along.y)
	case plaid:
		return (g.wave(x*g.along.x+y*g.along.y) + g.wave(y*g.along.x-x*g.along.y)) / 2
	case zigzag:
		bend := abs((x*g.along.y-y*g.along.x)/directionUnit%g.period) - g.period/2
		return g.wave(x*g.along.x + y*g.along.y + abs(bend)*directionUnit)
	case clouds:
		return g.cloud(x, y)
	}
	return 0
}

// wave returns stripes with soft edges. t is along them, in units / directionUnit.
func (g *ground) wave(t int) int {
	t = (t/directionUnit + g.phase) % (2 * g.period)
	if t < 0 {
		t += 2 * g.period
	}
	t = abs(t - g.period) // from 0 to the period and back
	return min(max((t-g.period/2)*4+weightUnit/2, 0), weightUnit)
}

// cloud interpolates between the points of the lattice, smoothly.
func (g *ground) cloud(x, y int) int {
	const cell = Side / (lattice - 1)
	i, j := x/cell, y/cell
	u, v := ease(x%cell*weightUnit/cell), ease(y%cell*weightUnit/cell)
	at := g.heap[j*lattice+i:]
	top := int(at[0])*(weightUnit-u) + int(at[1])*u
	bottom := int(at[lattice])*(weightUnit-u) + int(at[lattice+1])*u
	return (top*(weightUnit-v) + bottom*v) / (weightUnit * weightUnit)
}

// ease is 3t² - 2t³.
func ease(t int) int { return t * t * (3*weightUnit - 2*t) / (weightUnit * weightUnit) }
