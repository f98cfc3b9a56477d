// Package tokenizer turns text into token ids and back, as the tokenizer files
// of published models prescribe.
//
// [Open] reads a Hugging Face model directory: tokenizer.json (byte-pair
// encoding with the parts that LLaMA, Llama 3, GPT-2, Qwen2 and SmolLM files
// use), else tokenizer.model (SentencePiece, byte-pair encoding), else
// vocab.json with merges.txt. [NewSPM] and [NewBPE] take the vocabulary of a GGUF
// file as plain data. A part that this package does not know is an error that
// names it: approximate ids would be worse than none.
//
// # Which rules apply
//
// The ids obey the file. A tokenizer.json is followed to the letter, whatever
// class tokenizer_config.json names. With a tokenizer.model the ids are
// SentencePiece's, which reads "<s>" in a text as text; the tokens that
// tokenizer_config.json, special_tokens_map.json or added_tokens.json name are
// recognised in addition. \p{L} and \p{N} follow Unicode 16.0, numerals split off
// by Digits Unicode 17.0, NFC Unicode 9.0, because the reference implementation
// does; the Unicode version of the Go release plays no part.
//
// # Limits
//
// Text is UTF-8; each byte that is not becomes U+FFFD. Time and memory grow as
// n log n with the text, also for words of any length. A Tokenizer does not
// change after it was made, so any number of goroutines may use it; a [Stream]
// belongs to one.
package tokenizer
