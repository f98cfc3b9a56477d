package train

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/go-par/par/lvlm"
)

// Lanes are models of the same weights that work on a sample each at the same time.
// What they find does not depend on their number; the sums of gradients do, in their
// last bits.
type Lanes []*lvlm.Model

// NewLanes returns n lanes beside m, which share its threads out; 0: one a thread.
// Small models gain by them; each needs the memory of a session.
func NewLanes(m *lvlm.Model, n int) Lanes {
	threads := m.Pool.Threads()
	if n <= 0 {
		n = threads
	}
	lanes := make(Lanes, n)
	for i := range lanes {
		lanes[i] = m.Alongside(max(1, (i+1)*threads/n-i*threads/n))
	}
	return lanes
}

// Close ends the lanes' threads.
func (l Lanes) Close() {
	for _, m := range l {
		m.Close()
	}
}

// inOrder calls work for every i in [from, to), one call at a time on each lane, and
// done with what it returned, in the order of i. The first error ends both.
func inOrder[T any](ctx context.Context, lanes Lanes, from, to int, work func(ctx context.Context, m *lvlm.Model, i int) (T, error), done func(i int, found T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type result struct {
		i     int
		found T
	}
	results := make(chan result)
	var next atomic.Int64
	next.Store(int64(from))
	var running sync.WaitGroup
	for _, m := range lanes {
		running.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1) - 1)
				if i >= to {
					return
				}
				found, err := work(ctx, m, i)
				if err != nil {
					cancel(err)
					return
				}
				results <- result{i, found}
			}
		})
	}
	go func() {
		running.Wait()
		close(results)
	}()
	early := map[int]T{}
	for r := range results {
		early[r.i] = r.found
		for found, ok := early[from]; ok && ctx.Err() == nil; found, ok = early[from] {
			delete(early, from)
			if err := done(from, found); err != nil {
				cancel(err)
			}
			from++
		}
	}
	return context.Cause(ctx)
}
