package tensor

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-par/par/asm"
)

// Pool runs operations on a fixed number of threads. It is safe for concurrent
// use: operations of several callers take turns. An idle pool costs nothing, and
// an operation allocates nothing once the pool has seen its size.
type Pool struct {
	turn sync.Mutex // held by the caller whose operation runs

	// What runs and how: written by the caller, between operations only.
	task    task
	n       int64
	compute Compute

	_     cacheLine
	next  atomic.Int64 // the first item that nobody has taken
	_     cacheLine
	state atomic.Uint64 // see below
	_     cacheLine

	workers []worker      // the goroutines; the caller is one more, number 0
	idle    chan struct{} // tells a caller that waits in join that all have left
	ended   sync.WaitGroup

	scratch []scratch // by worker number
	tasks   tasks
	sum     Tensor // of AddMatMul
}

// The state of the pool is one word, so that entering, closing and leaving an
// operation are single atomic steps: the number of operations begun, whether the
// present one admits workers, whether its caller sleeps until they have left,
// whether the pool ends, and how many are in it.
//
// A worker that the system does not schedule in time never enters and so is
// never waited for.
const (
	inside   = 1<<16 - 1
	open     = 1 << 16
	sleeping = 1 << 17
	closed   = 1 << 18
	begun    = 1 << 32
)

// A worker spins for this long after an operation, since a model runs one
// operation after the other, and then parks. The caller does so at the end of
// one.
const (
	workerSpin = 100 * time.Microsecond
	callerSpin = 50 * time.Microsecond
)

type cacheLine [64]byte

type worker struct {
	parked atomic.Bool
	wake   chan struct{} // one token after parked went from true to false by another's hand
	_      cacheLine
}

// A task is an operation cut into items that can run in any order.
type task interface {
	// run does item i. worker numbers the goroutine it runs on, below Threads.
	run(worker, i int)
}

// NewPool returns a pool of that many threads, GOMAXPROCS where threads is 0.
func NewPool(threads int) *Pool {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	threads = min(threads, inside)
	p := &Pool{
		workers: make([]worker, threads-1),
		idle:    make(chan struct{}, 1),
		scratch: make([]scratch, threads),
	}
	for i := range p.workers {
		p.workers[i].wake = make(chan struct{}, 1)
		p.ended.Go(func() { p.serve(i + 1) })
	}
	return p
}

// Threads returns the number of threads.
func (p *Pool) Threads() int { return len(p.workers) + 1 }

// Close ends the pool's goroutines, after the operations that run. The pool is
// not to be used afterwards.
func (p *Pool) Close() {
	p.turn.Lock()
	defer p.turn.Unlock()
	p.state.Store(p.state.Load() + begun | closed)
	p.rouse(len(p.workers))
	p.ended.Wait()
}

// begin waits for the caller's turn. Between begin and end an operation owns the
// pool's tasks and scratch memory, and calls run any number of times.
func (p *Pool) begin() { p.turn.Lock() }
func (p *Pool) end()   { p.turn.Unlock() }

// run calls t.run for every item in [0, n), in any order, on the caller and on
// as many workers as come, and returns when all are done. t should be one of
// p.tasks, so that making it an interface allocates nothing. Items are taken one
// by one: a core that is disturbed takes fewer.
func (p *Pool) run(n int, t task) {
	if n <= 1 || len(p.workers) == 0 {
		for i := range n {
			t.run(0, i)
		}
		return
	}
	p.task, p.n = t, int64(n)
	p.next.Store(0)
	p.state.Store(p.state.Load()&^(begun-1) + begun | open)
	p.rouse(n - 1)
	p.work(0)
	p.join()
	p.task = nil
}

// rouse wakes parked workers so that n may come.
func (p *Pool) rouse(n int) {
	for i := range p.workers[:min(n, len(p.workers))] {
		w := &p.workers[i]
		if w.parked.Load() && w.parked.CompareAndSwap(true, false) {
			w.wake <- struct{}{}
		}
	}
}

// work takes items until none is left.
func (p *Pool) work(worker int) {
	t, n := p.task, p.n
	for {
		i := p.next.Add(1) - 1
		if i >= n {
			return
		}
		t.run(worker, int(i))
	}
}

// join admits no more workers and waits until those inside have left.
func (p *Pool) join() {
	p.state.And(^uint64(open))
	if spin(callerSpin, func() bool { return p.state.Load()&inside == 0 }) {
		return
	}
	if p.state.Or(sleeping)&inside != 0 {
		<-p.idle
	}
}

// serve is the life of worker number id.
func (p *Pool) serve(id int) {
	w := &p.workers[id-1]
	var seen uint64
	for {
		seen = p.await(w, seen)
		if seen&closed != 0 {
			return
		}
		if p.enter(seen) {
			p.work(id)
			if s := p.state.Add(^uint64(0)); s&inside == 0 && s&sleeping != 0 {
				p.idle <- struct{}{}
			}
		}
	}
}

// await returns the state of an operation later than the one seen.
func (p *Pool) await(w *worker, seen uint64) uint64 {
	news := func() bool { return p.state.Load()/begun != seen/begun }
	for !spin(workerSpin, news) {
		w.parked.Store(true)
		if news() && w.parked.CompareAndSwap(true, false) {
			break
		}
		<-w.wake
	}
	return p.state.Load()
}

// enter reports whether the worker got into the operation seen while it was
// open.
func (p *Pool) enter(seen uint64) bool {
	for s := seen; s&open != 0 && s/begun == seen/begun; s = p.state.Load() {
		if p.state.CompareAndSwap(s, s+1) {
			return true
		}
	}
	return false
}

// spin reports whether cond came true within about d.
func spin(d time.Duration, cond func() bool) bool {
	const pauses, looks = 16, 16 // about 0.2 µs between looks, 3 µs between clocks
	for start := time.Now(); ; {
		for range looks {
			if cond() {
				return true
			}
			asm.Pause(pauses)
		}
		if time.Since(start) > d {
			return false
		}
	}
}
