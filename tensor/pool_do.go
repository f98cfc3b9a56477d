package tensor

// Do calls f for every item in [0, n), in any order, on the pool's threads, and
// returns when all are done. worker numbers the thread that an item runs on, below
// Threads. f must not use the pool.
func (p *Pool) Do(n int, f func(worker, i int)) {
	p.begin()
	defer p.end()
	p.run(n, each(f))
}

// each is a task that is a function.
type each func(worker, i int)

func (f each) run(worker, i int) { f(worker, i) }
