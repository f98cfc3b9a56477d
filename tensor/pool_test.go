package tensor

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// countTask counts how often each item runs.
type countTask struct {
	threads int
	counts  []atomic.Int32
	wrong   atomic.Int32 // worker numbers out of range
	delay   time.Duration
}

func (c *countTask) run(worker, i int) {
	if worker < 0 || worker >= c.threads {
		c.wrong.Add(1)
	}
	for start := time.Now(); time.Since(start) < c.delay; {
	}
	c.counts[i].Add(1)
}

func (c *countTask) check(t *testing.T, want int32) {
	t.Helper()
	for i := range c.counts {
		if got := c.counts[i].Load(); got != want {
			t.Fatalf("item %d of %d ran %d times, want %d", i, len(c.counts), got, want)
		}
	}
	if c.wrong.Load() > 0 {
		t.Fatalf("%d items ran under a worker number beyond %d", c.wrong.Load(), c.threads)
	}
}

func TestPoolRunsEveryItemOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		p := NewPool(threads)
		defer p.Close()
		if p.Threads() != threads {
			t.Errorf("NewPool(%d).Threads() = %d", threads, p.Threads())
		}
		for _, n := range []int{0, 1, 2, 3, 7, 64, 1000} {
			c := &countTask{threads: threads, counts: make([]atomic.Int32, n)}
			for range 20 {
				p.run(n, c)
			}
			c.check(t, 20)
		}
	}
}

func TestPoolWakesParkedWorkers(t *testing.T) {
	p := NewPool(4)
	defer p.Close()
	for _, pause := range []time.Duration{0, workerSpin / 2, workerSpin, 3 * workerSpin, 50 * workerSpin} {
		c := &countTask{threads: 4, counts: make([]atomic.Int32, 16), delay: 20 * time.Microsecond}
		for range 10 {
			time.Sleep(pause)
			p.run(len(c.counts), c)
		}
		c.check(t, 10)
	}
}

func TestPoolTakesTurns(t *testing.T) {
	p := NewPool(3)
	defer p.Close()
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			c := &countTask{threads: 3, counts: make([]atomic.Int32, 32)}
			for range 50 {
				p.begin()
				p.run(len(c.counts), c)
				p.end()
			}
			c.check(t, 50)
		})
	}
	callers.Wait()
}

// With one processor the workers cannot run beside the caller, which must not
// wait for them.
func TestPoolOnOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	p := NewPool(4)
	defer p.Close()
	c := &countTask{threads: 4, counts: make([]atomic.Int32, 100)}
	for range 100 {
		p.run(len(c.counts), c)
	}
	c.check(t, 100)
}

func TestPoolThreadsDefault(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	p := NewPool(0)
	defer p.Close()
	if p.Threads() != 3 {
		t.Errorf("NewPool(0).Threads() = %d under GOMAXPROCS 3", p.Threads())
	}
}

func TestPoolCloseEndsGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 10 {
		p := NewPool(5)
		p.run(10, &countTask{threads: 5, counts: make([]atomic.Int32, 10)})
		p.Close()
	}
	// Close waits for the last statement of each goroutine, not for the runtime
	// to have put it away.
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after Close", before, runtime.NumGoroutine())
		}
	}
}

func TestPoolRunDoesNotAllocate(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	c := &countTask{threads: 2, counts: make([]atomic.Int32, 8)}
	if n := testing.AllocsPerRun(100, func() { p.run(len(c.counts), c) }); n != 0 {
		t.Errorf("%v allocations per operation", n)
	}
}

func TestGrowKeepsMemory(t *testing.T) {
	var s []float32
	a := grow(&s, 10)
	b := grow(&s, 100)
	if len(a) != 10 || len(b) != 100 || &a[0] != &b[0] {
		t.Error("grow replaced memory that sufficed")
	}
	if c := grow(&s, cap(s)+1); len(c) <= cap(b) {
		t.Errorf("grow returned %d values", len(c))
	}
}

// BenchmarkPool measures what an operation of empty items costs right after
// another one, when workers still spin.
func BenchmarkPool(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			p := NewPool(threads)
			defer p.Close()
			c := &countTask{threads: threads, counts: make([]atomic.Int32, threads)}
			for b.Loop() {
				p.run(threads, c)
			}
		})
	}
}
