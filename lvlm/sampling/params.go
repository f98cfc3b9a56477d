// Package sampling chooses the next token from a model's logits, and watches the
// text for stop strings.
package sampling

import (
	"fmt"
	"math"
)

// Params say how to choose. The zero value is greedy decoding.
//
// What is set applies in the order of transformers' generate, whose values
// checkpoints recommend: RepetitionPenalty, Temperature, TopK, TopP, MinP. (llama.cpp
// applies the temperature last: there a high one does not widen what TopP keeps.)
type Params struct {
	// RepetitionPenalty divides the positive logits of accepted tokens and
	// multiplies the negative ones, once each however often the token occurred
	// (Keskar et al., "CTRL", 2019). 0 and 1 are off.
	RepetitionPenalty float32
	// Temperature divides the logits. 0 takes the token with the highest logit.
	Temperature float32
	// TopK keeps this many tokens of highest logit, 0 all of them.
	TopK int
	// TopP keeps the fewest tokens of highest probability that together have at
	// least this probability (Holtzman et al., "The Curious Case of Neural Text
	// Degeneration", 2020). 0 and 1 are off.
	TopP float32
	// MinP keeps the tokens that have at least this fraction of the highest
	// probability (Nguyen et al., "Min-p Sampling", 2024). 0 is off.
	MinP float32
	// Seed starts the generator: the same seed, parameters and logits give the same
	// tokens.
	Seed uint64
}

// Validate returns an error that names the first field whose value makes no sense.
func (p Params) Validate() error {
	inUnit := func(x float32) bool { return x >= 0 && x <= 1 } // not for NaN
	positive := func(x float32) bool { return x >= 0 && !math.IsInf(float64(x), 1) }
	switch {
	case !positive(p.RepetitionPenalty):
		return fmt.Errorf("field RepetitionPenalty: %v is not a finite number from 0", p.RepetitionPenalty)
	case !positive(p.Temperature):
		return fmt.Errorf("field Temperature: %v is not a finite number from 0", p.Temperature)
	case p.TopK < 0:
		return fmt.Errorf("field TopK: %d is negative", p.TopK)
	case !inUnit(p.TopP):
		return fmt.Errorf("field TopP: %v is not in [0, 1]", p.TopP)
	case !inUnit(p.MinP):
		return fmt.Errorf("field MinP: %v is not in [0, 1]", p.MinP)
	}
	return nil
}
