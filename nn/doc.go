// Package nn holds the layers of a vision-language model as structs that read
// like the checkpoint: every field is a stored weight or a size taken from the
// configuration.
//
// Activations are tensor.Tensor, one token a row; weights are tensor.Matrix,
// [out, in]. A Forward computes on a tensor.Pool, keeps its intermediates in a
// Workspace and allocates nothing once the Workspace has grown.
package nn
