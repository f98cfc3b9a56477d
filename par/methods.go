package par

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-par/par/lvlm"
)

// Options parametrise a pruning method.
type Options struct {
	Tokens, Layers Budget // image tokens and decoder layers to keep
	Target         Target // what the prefill may cost, to choose budgets left open by
	FromLayer      int    // the decoder layer that dropped tokens do not enter any more; OwnLayer: the method's own
	Protect        []int  // layers never left out; nil: the first two and the last
	Renumber       bool   // kept tokens get contiguous positions; for methods that prune before layer 0
	Seed           uint64 // random

	Keep, Skip []int        // fixed: image tokens that go on, layers left out; nil Keep keeps all
	Router     *Router      // par
	Noise      Noise        // par: while training
	Explore    func(Scores) // par: while training; changes the scores that are chosen by
	Order      *LayerOrder  // shortgpt, short-lvlm
	CLIP       *lvlm.CLIP   // cdpruner
	Question   string       // cdpruner

	method Method
}

// OwnLayer is the FromLayer that leaves it to the method where to prune.
const OwnLayer = -1

// DefaultFromLayer is where PAR prunes: layers 0 and 1 see every token.
const DefaultFromLayer = 2

// Method describes a pruning method.
type Method struct {
	Name      string
	Paper     string // what it follows
	Tokens    bool   // it chooses image tokens
	Layers    bool   // it chooses decoder layers
	FromLayer int    // where it prunes unless told otherwise
	Staged    bool   // where it prunes follows from the method and can't be chosen
	Positions string // position ids of kept tokens, and what the authors' code does
	Budget    string // what the budget counts

	new func(o Options) (lvlm.Flow, error)
}

const (
	original   = "original"
	renumbered = "original; contiguous, as the authors' code has it, if renumbered"
	fromThere  = "tokens that go on from the pruning layer"
)

var methods = []Method{
	{Name: "none", Positions: original, Budget: "everything", new: newNone},
	{Name: "par", Paper: "Pruning All-Rounder, ICCV 2025, arXiv:2412.06458", Tokens: true, Layers: true, FromLayer: DefaultFromLayer,
		Positions: original, Budget: fromThere + "; layers run", new: newRouted},
	{Name: "random", Tokens: true, Layers: true, FromLayer: DefaultFromLayer, Positions: original,
		Budget: fromThere + "; layers run", new: newRandom},
	{Name: "uniform", Tokens: true, Layers: true, FromLayer: DefaultFromLayer, Positions: original,
		Budget: fromThere + "; layers run", new: newUniform},
	{Name: "pooling", Paper: "average pooling, as in LLaVolta, NeurIPS 2024, arXiv:2406.20092", Tokens: true,
		Positions: "original, of the token in the middle of a pool; contiguous if renumbered", Budget: "pools, at most; before layer 0", new: newPooling},
	{Name: "fastv", Paper: "FastV, ECCV 2024, arXiv:2403.06764", Tokens: true, FromLayer: 2, Positions: original, Budget: fromThere, new: newFastV},
	{Name: "divprune", Paper: "DivPrune, CVPR 2025, arXiv:2503.02175", Tokens: true, Positions: renumbered, Budget: "tokens that enter layer 0", new: newDivPrune},
	{Name: "cdpruner", Paper: "CDPruner, NeurIPS 2025, arXiv:2506.10967", Tokens: true, Positions: renumbered, Budget: "tokens that enter layer 0", new: newCDPruner},
	{Name: "dart", Paper: "DART, EMNLP 2025, arXiv:2502.11494", Tokens: true, FromLayer: 2, Positions: original,
		Budget: fromThere + "; what 8 pivots do not share evenly goes to the first ones", new: newDART},
	{Name: "visionzip", Paper: "VisionZip, CVPR 2025, arXiv:2412.04467", Tokens: true,
		Positions: renumbered, Budget: "tokens that enter layer 0: 27 dominant, class token included, to 5 contextual ones", new: newVisionZip},
	{Name: "pyramiddrop", Paper: "PyramidDrop, CVPR 2025, arXiv:2410.17247", Tokens: true, Staged: true,
		Positions: original + "; the authors' code counts anew after each stage", Budget: "tokens averaged over all layers", new: newPyramidDrop},
	{Name: "sparsevlm", Paper: "SparseVLM, second version, ICML 2025, arXiv:2410.04417", Tokens: true, Staged: true,
		Positions: original, Budget: "the authors' labels, about the tokens averaged over all layers", new: newSparseVLM},
	{Name: "shortgpt", Paper: "ShortGPT, arXiv:2403.03853", Layers: true, Positions: original, Budget: "layers run", new: newStaticLayers},
	{Name: "short-lvlm", Paper: "Short-LVLM, ACM MM 2025, arXiv:2507.23362: its layer score", Layers: true, Positions: original, Budget: "layers run", new: newStaticLayers},
	{Name: "fixed", Positions: original, FromLayer: DefaultFromLayer, Budget: "the caller's lists", new: newFixed},
}

// Methods lists the methods that New knows.
func Methods() []Method { return slices.Clone(methods) }

// MethodNames lists their names.
func MethodNames() []string {
	var names []string
	for _, m := range methods {
		names = append(names, m.Name)
	}
	return names
}

// Find returns the method of that name.
func Find(name string) (Method, error) {
	i := slices.IndexFunc(methods, func(m Method) bool { return m.Name == name })
	if i < 0 {
		return Method{}, fmt.Errorf("method %q is not known (%s)", name, strings.Join(MethodNames(), ", "))
	}
	return methods[i], nil
}

// Check looks for options that do not go with the method, whatever the model.
func (m Method) Check(o Options) error {
	fixed := m.Name == "fixed"
	switch {
	case !fixed && (o.Keep != nil || o.Skip != nil):
		return fmt.Errorf("method %s: explicit tokens or layers are for method fixed", m.Name)
	case fixed && !(o.Tokens.All() && o.Layers.All() && o.Target.None()):
		return fmt.Errorf("method fixed: the lists say what is kept; a budget has no place beside them")
	case m.Name == "none" && !(o.Tokens.All() && o.Layers.All() && o.Target.None()):
		return fmt.Errorf("method none: a budget needs a method that chooses")
	case !m.Tokens && !fixed && !o.Tokens.All():
		return fmt.Errorf("method %s: chooses no image tokens, so that a budget of %v of them has no place", m.Name, o.Tokens)
	case !m.Layers && !fixed && !o.Layers.All():
		return fmt.Errorf("method %s: chooses no layers, so that a budget of %v of them has no place", m.Name, o.Layers)
	case o.FromLayer < OwnLayer:
		return fmt.Errorf("method %s: pruning layer %d is negative", m.Name, o.FromLayer)
	case m.Staged && o.FromLayer != OwnLayer:
		return fmt.Errorf("method %s: prunes at layers of its own; pruning layer %d has no place", m.Name, o.FromLayer)
	case o.Renumber && m.from(o) != 0:
		return fmt.Errorf("method %s: tokens that go through layer 0 have positions and can't be numbered anew", m.Name)
	}
	return nil
}

// from returns where the method prunes with these options.
func (m Method) from(o Options) int {
	if o.FromLayer != OwnLayer {
		return o.FromLayer
	}
	if o.Router != nil && m.Name == "par" {
		return o.Router.FromLayer
	}
	return m.FromLayer
}

// New returns the named method's Flow, nil for "none".
func New(name string, o Options) (lvlm.Flow, error) {
	m, err := Find(name)
	if err != nil {
		return nil, err
	}
	if err := m.Check(o); err != nil {
		return nil, err
	}
	o.FromLayer = m.from(o)
	o.method = m
	f, err := m.new(o)
	if err != nil {
		return nil, fmt.Errorf("method %s: %w", name, err)
	}
	return f, nil
}
