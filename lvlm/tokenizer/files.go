package tokenizer

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Files returns the tokenizer files of a Hugging Face directory that say what v
// says, by name: tokenizer.json, of SentencePiece tokenizer.model too, and
// tokenizer_config.json with the chat template, if it is not "".
func (v *Vocabulary) Files(template string) (map[string][]byte, error) {
	t, err := v.Tokenizer()
	if err != nil {
		return nil, err
	}
	// Unused tokens at the end only pad the vocabulary to the model's size.
	w := *v
	w.Tokens = v.Tokens[:t.Size()]
	files := map[string][]byte{}
	class := "PreTrainedTokenizerFast"
	write := w.byteLevelJSON
	if v.Model == "llama" {
		class, write = "LlamaTokenizer", w.sentencePieceJSON
		files["tokenizer.model"] = w.modelProto(t)
	}
	if files["tokenizer.json"], err = write(t); err != nil {
		return nil, err
	}
	if files["tokenizer.json"] == nil {
		delete(files, "tokenizer.json")
	}
	files["tokenizer_config.json"], err = w.config(t, class, template)
	return files, err
}

// kind returns the type of a token.
func (v *Vocabulary) kind(t *Tokenizer, id int32) int32 {
	switch {
	case v.Model == "llama" && id == t.unk:
		return pieceUnknown // converters mark it as a control token
	case v.Types != nil && v.Types[id] != 0:
		return v.Types[id]
	case t.special[id]:
		return pieceControl
	case v.Model == "llama" && byteToken(v.Tokens[id]) >= 0:
		return pieceByte
	}
	return pieceNormal
}

// message builds an encoded protocol buffer message.
type message []byte

func (m *message) tag(number, wire int) {
	*m = binary.AppendUvarint(*m, uint64(number)<<3|uint64(wire))
}

func (m *message) bytes(number int, b []byte) {
	m.tag(number, wireBytes)
	*m = append(binary.AppendUvarint(*m, uint64(len(b))), b...)
}

func (m *message) int(number int, x int64) {
	m.tag(number, wireVarint)
	*m = binary.AppendUvarint(*m, uint64(x))
}

func (m *message) bool(number int, x bool) {
	n := int64(0)
	if x {
		n = 1
	}
	m.int(number, n)
}

func (m *message) float(number int, x float32) {
	m.tag(number, wire32)
	*m = binary.LittleEndian.AppendUint32(*m, math.Float32bits(x))
}

// modelProto returns a tokenizer.model; the numbers are those of
// sentencepiece_model.proto.
func (v *Vocabulary) modelProto(t *Tokenizer) []byte {
	var m message
	hasBytes := false
	for i, text := range v.Tokens {
		kind := v.kind(t, int32(i))
		if kind == pieceUser {
			text = strings.ReplaceAll(text, " ", spaceMark)
		}
		hasBytes = hasBytes || kind == pieceByte
		var p message
		p.bytes(1, []byte(text))
		p.float(2, v.Scores[i])
		p.int(3, int64(kind))
		m.bytes(1, p)
	}
	var trainer message
	trainer.int(3, modelBPE)
	trainer.int(4, int64(len(v.Tokens)))
	trainer.bool(35, hasBytes)
	for i, id := range []int32{t.unk, t.bos, t.eos, t.pad} {
		trainer.int(40+i, int64(id)) // -1 where there is none
	}
	m.bytes(2, trainer)
	var norm message
	norm.bytes(1, []byte("identity"))
	norm.bool(3, or(v.AddSpacePrefix, true))
	norm.bool(4, false)
	norm.bool(5, true)
	m.bytes(3, norm)
	return m
}

// addedEntry is an added token as it is written: with its id in tokenizer.json,
// under its id in tokenizer_config.json.
type addedEntry struct {
	ID         *int32 `json:"id,omitempty"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

// added returns the tokens that are found in a text before the model sees it.
func (v *Vocabulary) added(t *Tokenizer) map[int32]addedEntry {
	list := map[int32]addedEntry{}
	for i, text := range v.Tokens {
		kind := v.kind(t, int32(i))
		if v.Model == "llama" && kind == pieceUser && strings.Contains(text, " ") {
			continue // SentencePiece, which spells it otherwise, finds it by itself
		}
		if special := kind == pieceControl || kind == pieceUnknown; special || kind == pieceUser {
			list[int32(i)] = addedEntry{Content: text, Special: special}
		}
	}
	return list
}

// config returns a tokenizer_config.json.
func (v *Vocabulary) config(t *Tokenizer, class, template string) ([]byte, error) {
	j := map[string]any{
		"tokenizer_class": class,
		"add_bos_token":   len(t.prefix) > 0,
		"add_eos_token":   len(t.suffix) > 0,
		// Every stretch of text between special tokens gets its leading space.
		"legacy":                       true,
		"clean_up_tokenization_spaces": false,
	}
	if v.Model == "llama" && !or(v.AddSpacePrefix, true) {
		j["add_prefix_space"] = false // transformers builds the tokenizer from this, not from tokenizer.json
	}
	for name, id := range map[string]int32{"bos_token": t.bos, "eos_token": t.eos, "unk_token": t.unk, "pad_token": t.pad} {
		if id != none {
			j[name] = v.Tokens[id]
		}
	}
	added := map[string]addedEntry{}
	for id, a := range v.added(t) {
		added[strconv.Itoa(int(id))] = a
	}
	j["added_tokens_decoder"] = added
	if template != "" {
		j["chat_template"] = template
	}
	return indented(j)
}

type object = map[string]any

// byteLevelJSON returns the tokenizer.json of byte-level pairs.
func (v *Vocabulary) byteLevelJSON(t *Tokenizer) ([]byte, error) {
	byteLevel := func(regex bool) object {
		return object{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": regex}
	}
	split := func(pattern string) object {
		return object{"type": "Split", "pattern": object{"Regex": pattern}, "behavior": "Isolated", "invert": false}
	}
	var normalizer any
	var steps []object
	ignoreMerges := false
	switch v.Pre {
	case "llama-bpe", "llama3", "llama-v3":
		steps, ignoreMerges = []object{split(patternLlama3), byteLevel(false)}, true
	case "qwen2", "deepseek-r1-qwen":
		normalizer = object{"type": "NFC"}
		steps = []object{split(patternQwen2), byteLevel(false)}
	case "smollm":
		steps = []object{{"type": "Digits", "individual_digits": true}, byteLevel(true)}
	case "gpt-2":
		steps = []object{byteLevel(true)}
	default:
		return nil, fmt.Errorf("field tokenizer.ggml.pre: %q is not known", v.Pre)
	}
	if or(v.AddSpacePrefix, false) {
		steps[len(steps)-1]["add_prefix_space"] = true
	}
	vocab := map[string]int{}
	special := v.added(t)
	for i, text := range v.Tokens {
		if _, ok := special[int32(i)]; !ok {
			vocab[text] = i
		}
	}
	merges := make([][]string, len(v.Merges))
	for i, line := range v.Merges {
		merges[i] = strings.Split(line, " ")
	}
	return v.json(t, normalizer, object{"type": "Sequence", "pretokenizers": steps}, byteLevel(false), object{
		"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil, "end_of_word_suffix": nil,
		"fuse_unk": false, "byte_fallback": false, "ignore_merges": ignoreMerges,
		"vocab": vocab, "merges": merges,
	})
}

// sentencePieceJSON returns the tokenizer.json of a SentencePiece vocabulary, as the
// published ones of LLaMA are, nil where it would give other ids.
func (v *Vocabulary) sentencePieceJSON(t *Tokenizer) ([]byte, error) {
	replace := func(old, new string) object {
		return object{"type": "Replace", "pattern": object{"String": old}, "content": new}
	}
	norms := []object{replace(" ", spaceMark)}
	decoders := []object{replace(spaceMark, " "), {"type": "ByteFallback"}, {"type": "Fuse"}}
	if or(v.AddSpacePrefix, true) {
		norms = append([]object{{"type": "Prepend", "prepend": spaceMark}}, norms...)
		decoders = append(decoders, object{"type": "Strip", "content": " ", "start": 1, "stop": 0})
	}
	vocab := map[string]int{}
	for i, text := range v.Tokens {
		if v.kind(t, int32(i)) != pieceUser || !strings.Contains(text, " ") {
			vocab[text] = i
		}
	}
	merges, ok := v.merges(t)
	if !ok {
		return nil, nil
	}
	var unk any
	if t.unk != none {
		unk = v.Tokens[t.unk]
	}
	return v.json(t, object{"type": "Sequence", "normalizers": norms}, nil, object{"type": "Sequence", "decoders": decoders}, object{
		"type": "BPE", "dropout": nil, "unk_token": unk, "continuing_subword_prefix": nil, "end_of_word_suffix": nil,
		"fuse_unk": true, "byte_fallback": t.decoder.byteFallback, "ignore_merges": false,
		"vocab": vocab, "merges": merges,
	})
}

// merges returns the merges that lead to the pieces of a SentencePiece vocabulary,
// the best scores first; of equal scores the longest left part, as merging from
// the left brings it about. SentencePiece merges characters that are no pieces too;
// ok is false where a piece is made of such.
func (v *Vocabulary) merges(t *Tokenizer) (pairs [][2]string, ok bool) {
	ids := map[string]int32{}
	for i, text := range v.Tokens {
		if v.kind(t, int32(i)) == pieceNormal {
			ids[text] = int32(i)
		}
	}
	length := utf8.RuneCountInString
	type scored struct {
		pair  [2]string
		score float32
	}
	var list []scored
	for i, text := range v.Tokens {
		if id, ok := ids[text]; !ok || id != int32(i) {
			continue
		}
		for cut := range text {
			a, b := text[:cut], text[cut:]
			_, okA := ids[a]
			_, okB := ids[b]
			switch {
			case cut == 0:
			case okA && okB:
				list = append(list, scored{[2]string{a, b}, v.Scores[i]})
			case (okA || length(a) == 1) && (okB || length(b) == 1):
				return nil, false
			}
		}
	}
	slices.SortStableFunc(list, func(x, y scored) int {
		return cmp.Or(cmp.Compare(y.score, x.score), length(y.pair[0])-length(x.pair[0]), length(y.pair[1])-length(x.pair[1]))
	})
	for _, m := range list {
		pairs = append(pairs, m.pair)
	}
	return pairs, true
}

// json returns a tokenizer.json of its parts and what they have in common.
func (v *Vocabulary) json(t *Tokenizer, normalizer, pre, decoder, model any) ([]byte, error) {
	added := []addedEntry{}
	special := v.added(t)
	for _, id := range slices.Sorted(maps.Keys(special)) {
		a := special[id]
		a.ID = &id
		added = append(added, a)
	}
	return indented(object{
		"version": "1.0", "truncation": nil, "padding": nil,
		"added_tokens": added, "normalizer": normalizer, "pre_tokenizer": pre,
		"post_processor": v.postProcessor(t), "decoder": decoder, "model": model,
	})
}

// postProcessor puts the start and end tokens around a text.
func (v *Vocabulary) postProcessor(t *Tokenizer) any {
	if len(t.prefix)+len(t.suffix) == 0 {
		return nil
	}
	tokens := object{}
	part := func(ids []int32, segment int) (list []object) {
		for _, id := range ids {
			text := v.Tokens[id]
			tokens[text] = object{"id": text, "ids": []int32{id}, "tokens": []string{text}}
			list = append(list, object{"SpecialToken": object{"id": text, "type_id": segment}})
		}
		return list
	}
	around := func(sequence string, segment int) []object {
		list := append(part(t.prefix, segment), object{"Sequence": object{"id": sequence, "type_id": segment}})
		return append(list, part(t.suffix, segment)...)
	}
	single := around("A", 0)
	return object{
		"type": "TemplateProcessing", "single": single,
		"pair":           append(slices.Clone(single), around("B", 1)...),
		"special_tokens": tokens,
	}
}

// indented returns JSON for files that people read too.
func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}
