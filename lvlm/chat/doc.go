// Package chat turns the messages of a conversation into the text of a prompt.
//
// Most checkpoints carry a chat template, written in Jinja. Parse and Render
// understand the part of that language that such templates use, and behave as
// jinja2 does in the environment that transformers sets up for them
// (ImmutableSandboxedEnvironment with trim_blocks, lstrip_blocks and loop
// controls): statements for, if, set, macro, call, filter, with, raw, break,
// continue and generation; all expressions; the filters, tests, methods and
// functions of the tables in this package; Python's way of printing values.
//
// A template comes from an untrusted file. It sees nothing but the closed set of
// types that Value names: no Go value, no method found by reflection, no file, no
// other template. The work it can ask for is bounded (see limits.go), and a
// construct outside of the subset is an error that names it and its line.
//
// Known differences from jinja2: integers have 64 bits and overflow is an error;
// recursive loops, blocks and everything that loads another template are refused;
// printing a generator is an error, as its Python text contains an address;
// |safe leaves a string a plain string; filters that jinja2 runs when their result
// is needed run at once; a power of floating-point numbers may differ in its last
// digit.
//
// Format applies a template, or one of the built-in formats, to Messages. In its
// result ImageMark stands for each image.
package chat
