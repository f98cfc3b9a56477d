package chart

import "math"

// span is the stretch of values that an axis covers.
type span struct {
	lo, hi float64
	log    bool
	empty  bool
	step   float64 // between ticks; of a logarithmic axis, 0
}

func newSpan(a Axis) span {
	s := span{log: a.Log, empty: true}
	if a.Min < a.Max && s.shows(a.Min) {
		s.include(a.Min)
		s.include(a.Max)
	}
	return s
}

// largest and smallest bound the values that an axis can show, far within what a
// float64 holds, so that sums and ratios of them are finite.
const largest, smallest = 1e100, 1e-100

// shows reports whether v has a place on the axis.
func (s *span) shows(v float64) bool {
	return math.Abs(v) <= largest && (!s.log || v >= smallest)
}

func (s *span) include(v float64) {
	switch {
	case !s.shows(v):
	case s.empty:
		s.lo, s.hi, s.empty = v, v, false
	default:
		s.lo, s.hi = math.Min(s.lo, v), math.Max(s.hi, v)
	}
}

// finish makes the stretch a little longer than what it must include, and of a
// length that is not 0.
func (s *span) finish() {
	if s.empty {
		s.lo, s.hi = 0, 1
		if s.log {
			s.lo, s.hi = 1, 10
		}
	}
	if s.log {
		s.lo, s.hi = s.lo/1.1, s.hi*1.1
		return
	}
	if s.hi-s.lo <= 1e-9*math.Max(math.Abs(s.lo), math.Abs(s.hi)) || s.hi-s.lo < smallest {
		pad := math.Max(1e-3, 0.05*math.Abs(s.lo))
		s.lo, s.hi = s.lo-pad, s.hi+pad
	}
	s.step = niceStep((s.hi - s.lo) / 6)
	s.lo = math.Floor(s.lo/s.step) * s.step
	s.hi = math.Ceil(s.hi/s.step) * s.step
}

// niceStep returns the least of 1, 2 and 5 times powers of ten that reaches v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v {
			return m * power
		}
	}
	return 10 * power
}

// share maps the axis to 0..1.
func (s *span) share(v float64) float64 {
	if s.log {
		return math.Log(v/s.lo) / math.Log(s.hi/s.lo)
	}
	return (v - s.lo) / (s.hi - s.lo)
}

// ticks lists the values that are marked.
func (s *span) ticks() []float64 {
	var list []float64
	if !s.log {
		for i := 0; ; i++ {
			v := s.lo + float64(i)*s.step
			if v > s.hi+s.step/2 {
				return list
			}
			list = append(list, v)
		}
	}
	wide := math.Log10(s.hi/s.lo) > 3
	for e := math.Floor(math.Log10(s.lo)); math.Pow(10, e) <= s.hi; e++ {
		for _, m := range []float64{1, 2, 5} {
			if v := m * math.Pow(10, e); v >= s.lo && v <= s.hi && (m == 1 || !wide) {
				list = append(list, v)
			}
		}
	}
	return list
}
