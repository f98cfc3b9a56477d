// Package lvlm runs large vision-language models of the LLaVA-1.5 family: a CLIP
// vision tower, a projector, and a LLaMA decoder, with pruning decided by a Flow.
//
// Open reads a checkpoint; a Session holds one conversation on it and streams
// answers. What a Flow drops, rows or whole layers, is never computed.
package lvlm
