package asm

// Fetch has memory brought into the caches that is about to be read, where the tier
// can say so. It does not wait for it.
func Fetch(b []byte) {
	if len(b) > 0 {
		fetch(&b[0], len(b))
	}
}
