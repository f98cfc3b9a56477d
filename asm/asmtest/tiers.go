// Package asmtest runs tests and benchmarks once for every tier of package asm.
package asmtest

import (
	"testing"

	"github.com/go-par/par/asm"
)

// TestAllTiers runs f as a subtest under every tier that this CPU has, the
// generic one included, and restores the active tier. Neither t nor the subtests
// may be parallel: the tier is the program's.
func TestAllTiers(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	forAll(t, func(tier string) { t.Run(tier, f) })
}

// BenchmarkAllTiers is TestAllTiers for benchmarks.
func BenchmarkAllTiers(b *testing.B, f func(b *testing.B)) {
	b.Helper()
	forAll(b, func(tier string) { b.Run(tier, f) })
}

func forAll(tb testing.TB, run func(tier string)) {
	tb.Helper()
	for _, tier := range asm.Tiers() {
		Use(tb, tier)
		run(tier)
	}
}

// Use makes a tier active until the end of the test.
func Use(tb testing.TB, tier string) {
	tb.Helper()
	before := asm.Tier()
	if err := asm.SetTier(tier); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := asm.SetTier(before); err != nil {
			tb.Error(err)
		}
	})
}
