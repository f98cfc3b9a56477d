package chat

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// path is an attribute argument such as "function.name" or 0, taken apart.
type path []Value

func newPath(v Value) path {
	switch v := v.(type) {
	case nil, None:
		return nil
	case String:
		var p path
		for _, part := range strings.Split(string(v), ".") {
			if i, err := strconv.ParseUint(part, 10, 63); err == nil {
				p = append(p, Int(i))
			} else {
				p = append(p, String(part))
			}
		}
		return p
	}
	return path{v}
}

// follow returns what a path leads to from v, with missing in place of what isn't
// there, where that is not nil.
func (r *renderer) follow(v Value, p path, missing Value) (Value, error) {
	for _, key := range p {
		var err error
		if v, err = r.item(v, key); err != nil {
			return nil, err
		}
		if _, undefined := v.(Undefined); undefined && missing != nil {
			v = missing
		}
	}
	return v, nil
}

// folded is what a value is compared by when case doesn't matter.
func folded(v Value, caseSensitive Value) Value {
	if s, ok := v.(String); ok && !given(caseSensitive) {
		return String(lower(string(s)))
	}
	return v
}

func filterFirst(r *renderer, v Value, _ args) (Value, error) {
	if it, ok := v.(*iterator); ok && len(it.rest) > 0 {
		first := it.rest[0]
		it.rest = it.rest[1:]
		return first, nil
	}
	items, err := r.elements(v)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return Undefined{hint: "no first item, the sequence is empty"}, nil
	}
	return items[0], nil
}

func filterLast(r *renderer, v Value, _ args) (Value, error) {
	if _, ok := v.(*iterator); ok {
		return nil, errors.New("needs a sequence; |list makes one")
	}
	items, err := r.elements(v)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return Undefined{hint: "no last item, the sequence is empty"}, nil
	}
	return items[len(items)-1], nil
}

func filterList(r *renderer, v Value, _ args) (Value, error) {
	items, err := r.elements(v)
	return List(items), err
}

func filterItems(r *renderer, v Value, _ args) (Value, error) {
	switch v := v.(type) {
	case Undefined:
		return &iterator{}, nil
	case *Dict:
		return &iterator{v.items()}, r.step(v.Len())
	}
	return nil, fmt.Errorf("needs a mapping, not '%s'", v.typeName())
}

func filterReverse(r *renderer, v Value, _ args) (Value, error) {
	if s, ok := v.(String); ok {
		chars := []rune(s)
		slices.Reverse(chars)
		return r.newString(string(chars))
	}
	items, err := r.elements(v)
	if err != nil {
		return nil, err
	}
	items = slices.Clone(items)
	slices.Reverse(items)
	return &iterator{items}, nil
}

func filterJoin(r *renderer, v Value, a args) (Value, error) {
	items, err := r.elements(v)
	if err != nil {
		return nil, err
	}
	sep := ""
	if a.pos[0] != nil {
		if sep, err = r.text(a.pos[0]); err != nil {
			return nil, err
		}
	}
	p := newPath(a.pos[1])
	out := printer{budget: &r.budget}
	for i, item := range items {
		if i > 0 {
			if err := out.write(sep); err != nil {
				return nil, err
			}
		}
		if item, err = r.follow(item, p, nil); err != nil {
			return nil, err
		}
		if err := out.print(item); err != nil {
			return nil, err
		}
	}
	return String(out.String()), nil
}

// filterMap applies a filter to each element, or looks up an attribute of each.
func filterMap(r *renderer, v Value, a args) (Value, error) {
	if !truth(v) { // whatever it is
		return &iterator{}, nil
	}
	items, err := r.elements(v)
	if err != nil {
		return nil, err
	}
	apply, err := mapping(r, a)
	if err != nil {
		return nil, err
	}
	mapped := make([]Value, len(items))
	for i, item := range items {
		if mapped[i], err = apply(item); err != nil {
			return nil, err
		}
	}
	return &iterator{mapped}, nil
}

func mapping(r *renderer, a args) (func(Value) (Value, error), error) {
	if len(a.pos) == 0 {
		attribute, missing := a.take("attribute"), a.take("default")
		switch {
		case attribute == nil:
			return nil, errors.New("needs a filter or an attribute")
		case len(a.named) > 0:
			return nil, fmt.Errorf("has no parameter %s", quote(clip(a.named[0].name)))
		}
		if _, none := missing.(None); none {
			missing = nil
		}
		p := newPath(attribute)
		return func(v Value) (Value, error) { return r.follow(v, p, missing) }, nil
	}
	name, err := stringArg("filter", a.pos[0])
	if err != nil {
		return nil, err
	}
	f, ok := filters[name]
	if !ok {
		return nil, unknownFilter(name)
	}
	a.pos = a.pos[1:]
	return func(v Value) (Value, error) { return r.apply("filter", name, f, v, a) }, nil
}

// selection makes select, reject, selectattr and rejectattr: the elements that, or
// an attribute of which, pass or fail a test.
func selection(pass, attr bool) func(*renderer, Value, args) (Value, error) {
	return func(r *renderer, v Value, a args) (Value, error) {
		if !truth(v) { // whatever it is
			return &iterator{}, nil
		}
		items, err := r.elements(v)
		if err != nil {
			return nil, err
		}
		var p path
		if attr {
			if len(a.pos) == 0 {
				return nil, errors.New("needs an attribute")
			}
			p = newPath(a.pos[0])
			a.pos = a.pos[1:]
		}
		test, err := predicate(r, a)
		if err != nil {
			return nil, err
		}
		var kept []Value
		for _, item := range items {
			x, err := r.follow(item, p, nil)
			if err != nil {
				return nil, err
			}
			ok, err := test(x)
			if err != nil {
				return nil, err
			}
			if ok == pass {
				kept = append(kept, item)
			}
		}
		return &iterator{kept}, nil
	}
}

// predicate is the test that arguments name, truth if they name none.
func predicate(r *renderer, a args) (func(Value) (bool, error), error) {
	if len(a.pos) == 0 {
		return func(v Value) (bool, error) { return truth(v), nil }, nil
	}
	name, err := stringArg("test", a.pos[0])
	if err != nil {
		return nil, err
	}
	t, ok := tests[name]
	if !ok {
		return nil, unknownTest(name)
	}
	a.pos = a.pos[1:]
	return func(v Value) (bool, error) {
		result, err := r.apply("test", name, t, v, a)
		return err == nil && truth(result), err
	}, nil
}

// sortBy sorts items stably by their keys.
func (r *renderer) sortBy(items, keys []Value, reverse bool) ([]Value, error) {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	var failed error
	slices.SortStableFunc(order, func(i, j int) int {
		if reverse {
			i, j = j, i
		}
		for _, swap := range []bool{false, true} {
			a, b := keys[i], keys[j]
			if swap {
				a, b = b, a
			}
			if failed == nil {
				failed = r.step(1)
			}
			if failed != nil {
				return 0
			}
			less, err := r.ordered("<", a, b)
			if err != nil {
				failed = err
			}
			if less && swap {
				return 1
			} else if less {
				return -1
			}
		}
		return 0
	})
	sorted := make([]Value, len(items))
	for i, o := range order {
		sorted[i] = items[o]
	}
	return sorted, failed
}

func filterSort(r *renderer, v Value, a args) (Value, error) {
	items, err := r.elements(v)
	if err != nil {
		return nil, err
	}
	paths := []path{newPath(a.pos[2])}
	if s, ok := a.pos[2].(String); ok {
		paths = nil
		for _, attr := range strings.Split(string(s), ",") {
			paths = append(paths, newPath(String(attr)))
		}
	}
	keys := make([]Value, len(items))
	for i, item := range items {
		key := make(List, len(paths))
		for k, p := range paths {
			x, err := r.follow(item, p, nil)
			if err != nil {
				return nil, err
			}
			key[k] = folded(x, a.pos[1])
		}
		keys[i] = key
	}
	sorted, err := r.sortBy(items, keys, given(a.pos[0]))
	return List(sorted), err
}

func filterDictSort(r *renderer, v Value, a args) (Value, error) {
	d, ok := v.(*Dict)
	if !ok {
		return nil, fmt.Errorf("needs a mapping, not '%s'", v.typeName())
	}
	keys := d.keys
	if a.pos[1] != nil {
		by, err := stringArg("by", a.pos[1])
		if err != nil {
			return nil, err
		}
		switch by {
		case "key":
		case "value":
			keys = d.vals
		default:
			return nil, fmt.Errorf("by must be key or value, not %s", quote(clip(by)))
		}
	}
	keys = slices.Clone(keys)
	for i, k := range keys {
		keys[i] = folded(k, a.pos[0])
	}
	sorted, err := r.sortBy(d.items(), keys, given(a.pos[2]))
	return List(sorted), err
}

func filterGroupBy(r *renderer, v Value, a args) (Value, error) {
	items, err := r.elements(v)
	if err != nil {
		return nil, err
	}
	if _, none := a.pos[1].(None); none {
		a.pos[1] = nil
	}
	p := newPath(a.pos[0])
	attrs := make([]Value, len(items))
	pairs := make([]Value, len(items)) // to sort the two together
	for i, item := range items {
		if attrs[i], err = r.follow(item, p, a.pos[1]); err != nil {
			return nil, err
		}
		pairs[i] = Tuple{attrs[i], item}
		attrs[i] = folded(attrs[i], a.pos[2])
	}
	if pairs, err = r.sortBy(pairs, attrs, false); err != nil {
		return nil, err
	}
	groups := List{}
	var current Value
	for _, pair := range pairs {
		attr, item := pair.(Tuple)[0], pair.(Tuple)[1]
		key := folded(attr, a.pos[2])
		same := false
		if current != nil {
			if same, err = r.equal(current, key); err != nil {
				return nil, err
			}
		}
		if !same {
			current = key
			groups = append(groups, Tuple{attr, List{}})
		}
		last := groups[len(groups)-1].(Tuple)
		last[1] = append(last[1].(List), item)
	}
	return groups, nil
}

func filterBatch(r *renderer, v Value, a args) (Value, error) {
	items, err := r.elements(v)
	if err != nil {
		return nil, err
	}
	size, err := intArg("linecount", a.pos[0], 0)
	if err != nil {
		return nil, err
	}
	if size < 1 {
		return nil, fmt.Errorf("linecount is %d", size)
	}
	var batches []Value
	for batch := range slices.Chunk(items, size) {
		list := slices.Clone(List(batch))
		if fill := a.pos[1]; fill != nil && fill != (None{}) {
			if err := r.step(size - len(list)); err != nil {
				return nil, err
			}
			for len(list) < size {
				list = append(list, fill)
			}
		}
		batches = append(batches, list)
	}
	return &iterator{batches}, nil
}

func filterUnique(r *renderer, v Value, a args) (Value, error) {
	items, err := r.elements(v)
	if err != nil {
		return nil, err
	}
	p := newPath(a.pos[1])
	seen := map[dictKey]bool{}
	var kept []Value
	for _, item := range items {
		x, err := r.follow(item, p, nil)
		if err != nil {
			return nil, err
		}
		k, err := hash(folded(x, a.pos[0]))
		if err != nil {
			return nil, err
		}
		if !seen[k] {
			seen[k] = true
			kept = append(kept, item)
		}
	}
	return &iterator{kept}, nil
}

// extreme makes min and max: the first element that no other is op of.
func extreme(op string) func(*renderer, Value, args) (Value, error) {
	return func(r *renderer, v Value, a args) (Value, error) {
		items, err := r.elements(v)
		if err != nil {
			return nil, err
		}
		if len(items) == 0 {
			return Undefined{hint: "no smallest or largest item, the sequence is empty"}, nil
		}
		p := newPath(a.pos[1])
		var best, bestKey Value
		for _, item := range items {
			key, err := r.follow(item, p, nil)
			if err != nil {
				return nil, err
			}
			key = folded(key, a.pos[0])
			better := best == nil
			if !better {
				if better, err = r.ordered(op, key, bestKey); err != nil {
					return nil, err
				}
			}
			if better {
				best, bestKey = item, key
			}
		}
		return best, nil
	}
}

func filterSum(r *renderer, v Value, a args) (Value, error) {
	items, err := r.elements(v)
	if err != nil {
		return nil, err
	}
	var total Value = Int(0)
	if a.pos[1] != nil {
		total = a.pos[1]
	}
	if _, text := total.(String); text {
		return nil, errors.New("can't sum strings; use join")
	}
	p := newPath(a.pos[0])
	for _, item := range items {
		if item, err = r.follow(item, p, nil); err != nil {
			return nil, err
		}
		if total, err = r.binary("+", total, item); err != nil {
			return nil, err
		}
	}
	return total, nil
}
