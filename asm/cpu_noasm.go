//go:build (!amd64 && !arm64) || purego || noasm

package asm

const bestReason = "built without assembly"

var tiers = []tier{{"generic", 0, 0}}

func detect() features { return 0 }

func setFeatures(features) {}
