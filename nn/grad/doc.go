// Package grad trains what package nn runs: a reverse-mode tape over the
// operations of a transformer, losses, AdamW and learning-rate schedules.
//
// A Tape records operations as they are computed; Backward goes through them in
// reverse and adds to the gradient of everything that took part. Products run on a
// tensor.Pool and every sum has a fixed order, so that a training step gives the
// same bits each time, whatever the number of threads.
package grad
