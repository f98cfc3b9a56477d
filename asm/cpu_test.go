package asm

import (
	"strings"
	"testing"
)

func TestChooseBest(t *testing.T) {
	got, reason := choose("")
	names := Tiers()
	if want := names[len(names)-1]; got.name != want || reason != bestReason {
		t.Errorf("choose(\"\") = %s, %q; want %s, %q", got.name, reason, want, bestReason)
	}
	if names[0] != "generic" {
		t.Errorf("the least tier is %s, want generic", names[0])
	}
}

func TestChooseFollowsEnvironment(t *testing.T) {
	for _, name := range Tiers() {
		if got, _ := choose(name); got.name != name {
			t.Errorf("choose(%q) = %s", name, got.name)
		}
	}
}

func TestChooseReportsUnknown(t *testing.T) {
	best, _ := choose("")
	for _, name := range []string{"avx9", "AVX2", " avx2", "sve2"} {
		got, reason := choose(name)
		if got != best || !strings.Contains(reason, "PAR_CPU ignored") || !strings.Contains(reason, name) {
			t.Errorf("choose(%q) = %s, %q", name, got.name, reason)
		}
	}
}

func TestChooseReportsUnavailable(t *testing.T) {
	defer func(f features) { detected = f }(detected)
	detected = 0
	for _, tier := range tiers[1:] {
		got, reason := choose(tier.name)
		if got.name != "generic" || !strings.Contains(reason, "PAR_CPU ignored") {
			t.Errorf("choose(%q) = %s, %q on a CPU without it", tier.name, got.name, reason)
		}
	}
}

// What a tier may use includes what it needs, and whatever a lower tier needs
// that this one takes away must not be needed here.
func TestTiersAreClosed(t *testing.T) {
	for i, tier := range tiers {
		if tier.needs&^tier.may != 0 {
			t.Errorf("%s needs %b beyond the %b it may use", tier.name, tier.needs, tier.may)
		}
		if i > 0 && tier.needs&tiers[1].needs != tiers[1].needs {
			t.Errorf("%s does not build on %s", tier.name, tiers[1].name)
		}
	}
}

func TestSetTier(t *testing.T) {
	before := Tier()
	defer SetTier(before)
	for _, name := range Tiers() {
		if err := SetTier(name); err != nil || Tier() != name {
			t.Errorf("SetTier(%q) = %v, active %s", name, err, Tier())
		}
	}
	if err := SetTier("nothing"); err == nil {
		t.Error("SetTier took a tier that does not exist")
	}
}
