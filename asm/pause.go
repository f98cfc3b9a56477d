package asm

// Pause tells the CPU n times that the caller spins, which takes some tens of
// cycles each and leaves the core's resources to its other thread.
func Pause(n int) { pause(n) }
