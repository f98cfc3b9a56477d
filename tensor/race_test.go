//go:build race

package tensor

// raceEnabled says that the race detector runs: what it is told of moves to the
// heap.
const raceEnabled = true
