// Package scenes is a small world whose pictures, questions and answers are known to
// be right, for training and testing a vision-language model.
//
// A Key names a scene: its split, its style, a seed and an index. New makes the scene,
// a description of objects in six shapes, eight colours and three sizes, and of printed
// words and numbers, on a plain or patterned background. Render draws it as a picture of
// any size, Ask and Questions ask about it, Describe says in a sentence what is there,
// and Patches labels each patch of the picture, to train a vision tower directly.
//
// All arithmetic is on integers. A key stands for the same bytes on every machine.
//
// No question is ambiguous: sizes have gaps between them, what is asked about is
// identified by what is said, places and directions are clear of their bounds, and
// texts are covered by nothing. Answers are distributed evenly, or nearly so: of two
// that are possible, yes and no or left and right, each is as likely, and a question is
// left out where only one of them could have been the answer.
//
// What is in a scene decides which split it belongs to. So no picture of the training
// split shows the same things in the same places as one of the others, whatever the
// seeds.
//
// Write puts a part of the world into files: pictures, LLaVA's conversations, and the
// questions and labels of benchmarks.
package scenes
