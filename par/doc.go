// Package par prunes large vision-language models while they run: it chooses for
// each image and question which visual tokens and which decoder layers are
// computed at all. Its methods are lvlm.Flows; New makes one by name.
package par
