package tensor

import "runtime"

// Pool runs operations on a fixed number of threads. It is safe for concurrent
// use: operations of several callers take turns.
type Pool struct{ threads int }

// NewPool returns a pool of that many threads, GOMAXPROCS where threads is 0.
func NewPool(threads int) *Pool {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &Pool{threads}
}

// Threads returns the number of threads.
func (p *Pool) Threads() int { return p.threads }

// Close ends the pool's goroutines. The pool is not to be used afterwards.
func (p *Pool) Close() {}
