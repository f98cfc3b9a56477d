// Package eval measures what pruning costs and saves. It asks a model the questions
// of benchmarks under a grid of Flows, scores the answers by each benchmark's own
// rules, and sets the scores beside time, FLOPs and memory.
//
// A Benchmark is a set of questions and a rule; Load reads one from the files that it
// is published as. Without labels, the benchmark "fidelity" compares the pruned model
// with the unpruned one on any images.
//
// Run asks. Answers are appended to one file a benchmark and Flow, in the layout of
// LLaVA's evaluation scripts, and each is on the disk before the next is asked for, so
// that a run may be killed at any time and started again. A Shard of a run asks its
// part of the questions. MakeTable joins the parts and computes everything that is
// reported from these files alone.
//
// What is malformed or missing is reported with its file and line and counted; the
// rest of the run goes on.
package eval
