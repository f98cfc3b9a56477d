// Package grad trains what package nn runs: a reverse-mode tape over the
// operations of a transformer, losses, AdamW, Muon and learning-rate schedules.
//
// A Tape records operations as they are computed; Backward goes through them in
// reverse and adds to the gradient of everything that took part. Products run on a
// tensor.Pool and every sum has a fixed order, so that a training step gives the
// same bits each time, whatever the number of threads. To learn from several parts of
// a batch at once, give each a Local tape of a pool of one thread, and Flush the tapes
// in order.
//
// The three products of a layer, x wᵀ forward and dy w and dyᵀ x back, are one that
// packs either side along or across its rows; in ComputeBF16 values are rounded as they
// are packed, and sums and weights stay f32 (Micikevicius et al., "Mixed Precision
// Training", 2018). Attention computes tiles of scores over what a mask shows of the
// keys, and again for the gradient.
package grad
