// Package pretrain trains a small LLaVA from scratch on the world of package scenes.
//
// Training has three stages, as LLaVA's own has (Liu et al., 2023), but begins
// earlier, with a vision tower of random weights: the tower learns from dense labels,
// one of each kind for every patch; the projector learns to place patches near the
// words that name what they show; then everything learns to answer questions, several
// of them packed behind one picture.
//
// The examples of a step follow from the seed and the step's number, and gradients
// are summed in one order, so that a run that was broken off goes on to the same bits.
package pretrain
