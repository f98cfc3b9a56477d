package scenes

// searches bounds how often something that is absent is looked for at random.
const searches = 64

// existence asks for something that is there or isn't, each in half of the cases.
func (a *asker) existence() (Question, bool) {
	if len(a.Objects) == 0 {
		return Question{}, false
	}
	by := pick(&a.random, []attribute{byColour | byShape, byColour | byShape, byShape, byColour, bySize | byShape, bySize | byColour})
	present := by.of(&a.Objects[a.below(len(a.Objects))])
	absent, ok := a.absent(by)
	if by == byColour|byShape && a.coin() {
		if f, found := a.absentPair(); found {
			absent = f
		}
	}
	if !ok {
		return Question{}, false
	}
	if a.coin() {
		return a.exists(present), true
	}
	return a.exists(absent), true
}

// exists asks whether there is an object that matches.
func (a *asker) exists(f Filter) Question {
	matching := a.Matching(f)
	return a.ask(isThere, yesNo(len(matching) > 0), matching, article(f.phrase(pick(&a.random, things))))
}

// absent returns a filter by some attributes that no object matches.
func (a *asker) absent(by attribute) (Filter, bool) {
	for range searches {
		f := by.of(&Object{Shape: Shape(1 + a.below(Shapes)), Colour: Colour(1 + a.below(Colours)), Size: Size(1 + a.below(Sizes))})
		if a.Count(f) == 0 {
			return f, true
		}
	}
	return Filter{}, false
}

// absentPair returns a colour and a shape that are in the picture, but not together.
func (a *asker) absentPair() (Filter, bool) {
	for range searches {
		f := Filter{Colour: a.Objects[a.below(len(a.Objects))].Colour, Shape: a.Objects[a.below(len(a.Objects))].Shape}
		if a.Count(f) == 0 {
			return f, true
		}
	}
	return Filter{}, false
}

// Poll is a way to choose what is not in the picture, as POPE (Li et al., EMNLP 2023)
// does: at random, by what is popular, or by what goes with the things in the picture.
type Poll uint8

// The polls.
const (
	PollRandom      Poll = iota // any colour and shape
	PollPopular                 // the most frequent shape of the picture, in a colour it has not there
	PollAdversarial             // a colour and a shape that are in the picture, but not together
	pollsEnd
)

// Polls is how many polls there are.
const Polls = int(pollsEnd)

var pollNames = []string{"random", "popular", "adversarial"}

func (p Poll) String() string { return name(pollNames, int(p)) }

// Poll asks for the colour and shape of an object, and for a colour and a shape that
// no object has. There may be nothing to ask for.
func (s *Scene) Poll(p Poll) (there, absent Question, ok bool) {
	if len(s.Objects) == 0 || p >= pollsEnd {
		return there, absent, false
	}
	a := asker{s, s.Key.random(1 + uint64(kindsEnd)<<32 + uint64(p))}
	var f Filter
	switch p {
	case PollPopular:
		f, ok = a.absentColour(a.mostFrequentShape())
	case PollAdversarial:
		f, ok = a.absentPair()
	default:
		f, ok = a.absent(byColour | byShape)
	}
	there = a.exists((byColour | byShape).of(&a.Objects[a.below(len(a.Objects))]))
	absent = a.exists(f)
	there.Kind, absent.Kind = Existence, Existence
	return there, absent, ok
}

func (a *asker) mostFrequentShape() Shape {
	best, most := Shape(0), 0
	for shape := Circle; shape < shapesEnd; shape++ {
		if n := a.Count(Filter{Shape: shape}); n > most {
			best, most = shape, n
		}
	}
	return best
}

// absentColour returns a colour that no object of the shape has.
func (a *asker) absentColour(shape Shape) (Filter, bool) {
	for range searches {
		f := Filter{Colour: Colour(1 + a.below(Colours)), Shape: shape}
		if a.Count(f) == 0 {
			return f, true
		}
	}
	return Filter{}, false
}
