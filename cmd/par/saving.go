package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/par"
)

// saving compares a prompt's prefill with the unpruned one: decoder and, on the pruned
// side, the method's choosing. Encoding the image is left out, which is the same for both.
type saving struct {
	Pruned   float64 `json:"prefill_ms"` // medians
	Unpruned float64 `json:"unpruned_prefill_ms"`
	Ratio    float64 `json:"speedup"` // median of the ratios of runs that followed each other
	Runs     int     `json:"runs"`
}

// Prompts are run a few times both ways, on a slow machine just often enough for a
// median to pass over a run that was disturbed.
const (
	savingRuns  = 7
	savingLeast = 3
	savingTime  = 500 * time.Millisecond
)

// measureSaving runs r's prompt pruned and unpruned in turns. The session has answered
// it before: memory and caches are as warm for one as for the other.
func measureSaving(ctx context.Context, s *lvlm.Session, r lvlm.Request) (*saving, error) {
	r.MaxTokens, r.Trace, r.Progress = 1, nil, nil
	flows := []lvlm.Flow{r.Flow, par.Everything{}}
	var times [2][]float64
	var ratios []float64
	for start := time.Now(); len(ratios) < savingRuns && (len(ratios) < savingLeast || time.Since(start) < savingTime); {
		for i, f := range flows {
			r.Flow = f
			for _, err := range s.Generate(ctx, r) {
				if err != nil {
					return nil, err
				}
			}
			t := s.Result().Timings
			times[i] = append(times[i], ms(t.Prefill+t.Router))
		}
		ratios = append(ratios, times[1][len(ratios)]/times[0][len(ratios)])
	}
	ratio := math.Round(1e3*median(ratios)) / 1e3
	return &saving{median(times[0]), median(times[1]), ratio, len(ratios)}, nil
}

func median(list []float64) float64 {
	slices.Sort(list)
	n := len(list)
	return (list[(n-1)/2] + list[n/2]) / 2
}

// pruned says in a line what was kept and left out, and what that saved.
func (r *report) pruned() string {
	u, s := &r.Usage, r.Saving
	return fmt.Sprintf("%s kept %d of %d image tokens and skipped %d of %d layers: prefill in %.1f ms instead of %.1f ms, %.2f times as fast (medians of %d runs each way, encoding the image left out)",
		r.Flow.Method, u.ImageTokensKept, u.ImageTokens, u.Layers-u.LayersRun, u.Layers, s.Pruned, s.Unpruned, s.Ratio, s.Runs)
}
