// Package train teaches a meta-router which visual tokens and decoder layers a
// model can do without (PAR, ICCV 2025), without labels: the model's own unpruned
// output is the target, and no gradient flows through the model.
//
// Stage A (MakePairs) lets a noisy router prune each sample several times and ranks
// the flows by the divergence of the model's output from its unpruned output. Stage B
// (Fit) trains the router to prefer the best flow of a sample over the worst, or of
// every two flows the better.
package train
