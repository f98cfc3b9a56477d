package par

import "github.com/go-par/par/lvlm"

// RunFLOPs counts what a prompt's prefill took, in both conventions, each layer over
// the image tokens that entered it. Rows that were there from the turn before count
// as if they had been computed. r is the router that was followed, nil for none.
func (a *Architecture) RunFLOPs(res *lvlm.Result, r *Router) (paper, actual FLOPs) {
	images := res.Prompt.ImageTokens()
	rows, pictures := len(res.Prompt.IDs), len(res.Prompt.Spans)
	text := rows - images

	paper = a.beside(pictures, text)
	actual = FLOPs{Text: text, Head: 2 * float64(a.Text.Hidden) * float64(a.Text.Vocab)}
	if v := a.Vision; v != nil {
		actual.Vision = float64(pictures) * (v.tower(2) + v.projector(a.Tokens, a.Text.Hidden))
	}
	if r != nil {
		actual.Router = a.router(Load{Router: r.load(), Layers: len(res.Outcome.Entered) - len(res.Outcome.Skipped)}, rows)
	}
	skipped := map[int]bool{}
	for _, l := range res.Outcome.Skipped {
		skipped[l] = true
	}
	for l, n := range res.Outcome.Entered {
		switch {
		case skipped[l]:
		case n == images:
			paper.Full += a.paperLayer(paper.Text + n)
			actual.Full += decoderLayer(&a.Text, text+n)
		default:
			paper.Pruned += a.paperLayer(paper.Text + n)
			actual.Pruned += decoderLayer(&a.Text, text+n)
		}
	}
	paper.Total = paper.Constant + paper.Full + paper.Pruned
	paper.Unpruned = paper.Constant + float64(a.Text.Layers)*a.paperLayer(paper.Text+images)
	actual.Total = actual.Vision + actual.Router + actual.Full + actual.Pruned + actual.Head
	actual.Unpruned = actual.Vision + actual.Head + float64(a.Text.Layers)*decoderLayer(&a.Text, rows)
	paper.FullRatio, actual.FullRatio = paper.Total/paper.Unpruned, actual.Total/actual.Unpruned
	return paper, actual
}
