// Package par prunes large vision-language models while they run: it chooses for
// each image and question which visual tokens and which decoder layers are
// computed at all. Its methods are lvlm.Flows; New makes one by name, and Methods
// tells of each which paper it follows, where it prunes, and what its budget
// counts.
//
// The meta-router of PAR (arXiv:2412.06458) is a Router. The layer orders of static
// layer skipping come from Calibrate. FLOPs are counted by Architecture, in the
// convention of the PAR paper and in an honest one.
//
// Scores are compared as f32, ties go to the lower index, and the same input gives
// the same choice on any number of threads.
package par
