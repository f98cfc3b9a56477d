package asm

import (
	"fmt"
	"os"
	"strings"
)

// features is a set of instruction sets, each bit a full conjunction: a bit is
// set only where everything that the instruction set builds on is there too.
type features uint

// A tier is active with the features that it may use and the CPU has.
type tier struct {
	name  string
	needs features // available where the CPU has these
	may   features // and, beyond them, uses these where they are there
}

var (
	detected   = detect()
	active     tier
	tierReason string
)

func init() {
	active, tierReason = choose(os.Getenv("PAR_CPU"))
	setFeatures(active.may & detected)
}

// choose returns the tier that the environment asks for, or the best one, and
// the reason in words.
func choose(env string) (tier, string) {
	best := tiers[0]
	for _, t := range tiers {
		if t.available() {
			best = t
		}
	}
	if env == "" {
		return best, bestReason
	}
	t, err := findTier(env)
	if err != nil {
		return best, fmt.Sprintf("%s; PAR_CPU ignored: %v", bestReason, err)
	}
	return t, "chosen by PAR_CPU"
}

func (t tier) available() bool { return t.needs&detected == t.needs }

func findTier(name string) (tier, error) {
	for _, t := range tiers {
		if t.name == name && t.available() {
			return t, nil
		}
	}
	return tier{}, fmt.Errorf("tier %q is not one of %s", name, strings.Join(Tiers(), ", "))
}

// Tier returns the name of the active tier.
func Tier() string { return active.name }

// TierReason says in a few words why that tier is active, and what was wrong
// with PAR_CPU where it could not be followed.
func TierReason() string { return tierReason }

// Tiers returns the names of the tiers that this CPU has, the least one first.
func Tiers() []string {
	var names []string
	for _, t := range tiers {
		if t.available() {
			names = append(names, t.name)
		}
	}
	return names
}

// SetTier makes the tier of that name active. It is meant for tests and
// benchmarks: no kernel may run meanwhile. It fails where this CPU does not have
// the tier.
func SetTier(name string) error {
	t, err := findTier(name)
	if err != nil {
		return err
	}
	active, tierReason = t, "set by the program"
	setFeatures(t.may & detected)
	return nil
}
