package scenes

// Two objects are side by side, or one above the other, without doubt where they are
// apart by that much along one axis, and by less than 2/3 of it along the other one.
const apart = Side / 9

// direction returns where the i-th object is, seen from the j-th, "" where that is in
// doubt.
func (s *Scene) direction(i, j int) string {
	dx, dy := s.Objects[i].X-s.Objects[j].X, s.Objects[i].Y-s.Objects[j].Y
	switch {
	case abs(dx) >= apart && 2*abs(dx) > 3*abs(dy):
		if dx < 0 {
			return left
		}
		return right
	case abs(dy) >= apart && 2*abs(dy) > 3*abs(dx):
		if dy < 0 {
			return above
		}
		return below
	}
	return ""
}

// pair is two objects and the phrases that name them.
type pair struct {
	i, j          int
	first, second string
}

func (p pair) objects() []int { return []int{p.i, p.j} }

func (p pair) swapped() pair { return pair{p.j, p.i, p.second, p.first} }

// pair picks two objects that can be told apart without what is hidden and are as
// wanted.
func (a *asker) pair(hidden attribute, wanted func(i, j int) bool) (pair, bool) {
	order := a.order()
	for _, i := range order {
		f, ok := a.identify(i, hidden)
		if !ok {
			continue
		}
		for _, j := range order {
			if i == j || !wanted(i, j) {
				continue
			}
			if g, ok := a.identify(j, hidden); ok {
				return pair{i, j, a.the(f), a.the(g)}, true
			}
		}
	}
	return pair{}, false
}

// relation asks where one object is, seen from another one. It asks only where all
// four directions might have been asked for.
func (a *asker) relation() (Question, bool) {
	beside, ok := a.pair(0, func(i, j int) bool { return a.direction(i, j) == left })
	if !ok {
		return Question{}, false
	}
	over, ok := a.pair(0, func(i, j int) bool { return a.direction(i, j) == above })
	if !ok {
		return Question{}, false
	}
	// The first object of p is there, seen from the second one.
	p, there, opposite, isSo, isOpposite := beside, left, right, isLeft, isRight
	if a.coin() {
		p, there, opposite, isSo, isOpposite = over, above, below, isAbove, isBelow
	}
	if a.coin() {
		p = p.swapped()
		there, isSo, isOpposite = opposite, isOpposite, isSo
	}
	if a.coin() {
		return a.ask(whichWay, there, p.objects(), p.first, p.second), true
	}
	if a.coin() {
		return a.ask(isSo, yes, p.objects(), p.first, p.second), true
	}
	return a.ask(isOpposite, no, p.objects(), p.first, p.second), true
}

// comparison compares two objects in size, or two kinds in number.
func (a *asker) comparison() (Question, bool) {
	switch a.below(3) {
	case 0:
		return a.largerOrSmaller()
	case 1:
		return a.moreOrFewer()
	}
	return a.sameSize()
}

func (a *asker) largerOrSmaller() (Question, bool) {
	p, ok := a.pair(bySize, func(i, j int) bool { return a.Objects[i].Size > a.Objects[j].Size })
	if !ok {
		return Question{}, false
	}
	templates, answer := whichLarger, p.first
	if a.coin() {
		templates, answer = whichSmaller, p.second
	}
	if a.coin() {
		p = p.swapped()
	}
	return a.ask(templates, answer, p.objects(), p.first, p.second), true
}

// moreOrFewer compares the numbers of two colours or two shapes, one of which there
// are more of.
func (a *asker) moreOrFewer() (Question, bool) {
	by := byShape
	if a.coin() {
		by = byColour
	}
	order := a.order()
	for _, i := range order {
		for _, j := range order {
			many, few := by.of(&a.Objects[i]), by.of(&a.Objects[j])
			if a.Count(many) <= a.Count(few) {
				continue
			}
			thing := pick(&a.random, thingsPlural)
			objects := append(a.Matching(many), a.Matching(few)...)
			truth := a.coin()
			templates := areThereMore
			if a.coin() {
				templates, many, few = areThereLess, few, many
			}
			if !truth {
				many, few = few, many
			}
			return a.ask(templates, yesNo(truth), objects, many.plural(thing), few.plural(thing)), true
		}
	}
	return Question{}, false
}

// sameSize asks only where there are two objects of the same size and two others.
func (a *asker) sameSize() (Question, bool) {
	same, ok := a.pair(bySize, func(i, j int) bool { return a.Objects[i].Size == a.Objects[j].Size })
	if !ok {
		return Question{}, false
	}
	different, ok := a.pair(bySize, func(i, j int) bool { return a.Objects[i].Size != a.Objects[j].Size })
	if !ok {
		return Question{}, false
	}
	truth, p := true, same
	if a.coin() {
		truth, p = false, different
	}
	return a.ask(sameSize, yesNo(truth), p.objects(), p.first, p.second), true
}
