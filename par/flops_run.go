package par

import (
	"slices"

	"github.com/go-par/par/lvlm"
)

// RunFLOPs counts what a prompt's prefill took, in both conventions, each layer over
// the image tokens that entered it, and a third time as it was computed: without the
// pairs that a mask hides from attention, and without the rows of the last layer that
// nothing reads. Rows that were there from the turn before count as if they had been
// computed, and what a method other than a router computes to choose is not counted. r
// is the router that was followed, nil for none.
func (a *Architecture) RunFLOPs(res *lvlm.Result, r *Router) (paper, actual, computed FLOPs) {
	images := res.Prompt.ImageTokens()
	rows, pictures := len(res.Prompt.IDs), len(res.Prompt.Spans)
	text := rows - images

	paper = a.beside(pictures, text)
	actual = FLOPs{Text: text, Head: 2 * float64(a.Text.Hidden) * float64(a.Text.Vocab)}
	if v := a.Vision; v != nil {
		actual.Vision = float64(pictures) * (v.tower(2) + v.projector(a.Tokens, a.Text.Hidden))
	}
	computed = actual
	if r != nil {
		l := Load{Router: r.load(), Layers: len(res.Outcome.Entered) - len(res.Outcome.Skipped)}
		actual.Router = a.router(l, rows)
		computed.Router = a.scoring(l, r.Mask, res.Prompt)
	}
	for l, n := range res.Outcome.Entered {
		if slices.Contains(res.Outcome.Skipped, l) {
			continue
		}
		p, c, e := &paper.Pruned, &actual.Pruned, &computed.Pruned
		if n == images {
			p, c, e = &paper.Full, &actual.Full, &computed.Full
		}
		*p += a.paperLayer(paper.Text + n)
		*c += decoderLayer(&a.Text, text+n)
		*e += a.causalLayer(l, text+n)
	}
	layers := float64(a.Text.Layers)
	paper.Total = paper.Constant + paper.Full + paper.Pruned
	paper.Unpruned = paper.Constant + layers*a.paperLayer(paper.Text+images)
	beside := actual.Vision + actual.Head
	actual.Total = beside + actual.Router + actual.Full + actual.Pruned
	actual.Unpruned = beside + layers*decoderLayer(&a.Text, rows)
	computed.Total = beside + computed.Router + computed.Full + computed.Pruned
	computed.Unpruned = beside + (layers-1)*a.causalLayer(0, rows) + a.causalLayer(a.Text.Layers-1, rows)
	for _, c := range []*FLOPs{&paper, &actual, &computed} {
		c.FullRatio = c.Total / c.Unpruned
	}
	return paper, actual, computed
}

// causalLayer counts what is computed of decoder layer l over n rows.
func (a *Architecture) causalLayer(l, n int) float64 {
	if l == a.Text.Layers-1 {
		return layerOf(&a.Text, n, 1, n)
	}
	return layerOf(&a.Text, n, n, n*(n+1)/2)
}

// scoring counts what is computed of a router: see Router.Score.
func (a *Architecture) scoring(l Load, mask Mask, p *lvlm.Prompt) float64 {
	n, r := len(p.IDs), l.Router
	end := a.routerRows(l, n)
	scored, _ := scoredRows(p.Spans, n, end)
	all, last := 0, 0
	for row := range end {
		all += mask.Sees(row, n)
	}
	for _, row := range scored {
		last += mask.Sees(int(row), n)
	}
	t, c := r.inside(a.Text, end)
	if r.Layers > 0 {
		c += float64(r.Layers-1)*layerOf(&t, end, end, all) + layerOf(&t, end, len(scored), last)
	}
	return c + 2*float64(len(scored))*float64(t.Hidden)
}
