package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"unicode"

	"github.com/go-par/par/internal/folder"
)

// CLIP is the tokenizer of CLIP's text tower (Radford et al., 2021): byte pairs
// within lower-case words, whose last symbol is marked.
type CLIP struct {
	ids        map[string]int32
	ranks      map[mergeJSON]int
	start, end int32
	size       int
}

// The marks of CLIP's vocabulary.
const (
	clipStart   = "<|startoftext|>"
	clipEnd     = "<|endoftext|>"
	clipWordEnd = "</w>"
)

// clipWords finds the words of a text without marks: contractions, letters, single
// digits, runs of other characters.
var clipWords = regexp.MustCompile(`'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+`)

// OpenCLIP reads the tokenizer of a CLIP checkpoint's directory: vocab.json and
// merges.txt, or the model of tokenizer.json.
func OpenCLIP(dir string) (*CLIP, error) {
	vocab, merges, err := clipFiles(folder.Dir(dir))
	if err != nil {
		return nil, err
	}
	c := &CLIP{ids: make(map[string]int32, len(vocab)), ranks: make(map[mergeJSON]int, len(merges))}
	for _, e := range vocab {
		if e.id < 0 || e.id > maxWord {
			return nil, fmt.Errorf("%s: vocab: id %d of %q is out of range", dir, e.id, e.piece)
		}
		c.ids[e.piece] = int32(e.id)
		c.size = max(c.size, int(e.id)+1)
	}
	for i, m := range merges {
		if _, ok := c.ranks[m]; !ok {
			c.ranks[m] = i
		}
	}
	for _, mark := range []struct {
		piece string
		id    *int32
	}{{clipStart, &c.start}, {clipEnd, &c.end}} {
		var ok bool
		if *mark.id, ok = c.ids[mark.piece]; !ok {
			return nil, fmt.Errorf("%s: vocab: no %s, as CLIP's has", dir, mark.piece)
		}
	}
	return c, nil
}

func clipFiles(fsys fs.FS) (vocabJSON, []mergeJSON, error) {
	path := folder.Path(fsys, "vocab.json")
	data, err := readFile(fsys, "vocab.json")
	if errors.Is(err, fs.ErrNotExist) {
		return clipModel(fsys, "tokenizer.json")
	}
	if err != nil {
		return nil, nil, err
	}
	var vocab vocabJSON
	if err := json.Unmarshal(data, &vocab); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	path = folder.Path(fsys, "merges.txt")
	if data, err = readFile(fsys, "merges.txt"); err != nil {
		return nil, nil, err
	}
	var merges []mergeJSON
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" || i == 0 && strings.HasPrefix(line, "#version") {
			continue
		}
		m, err := parseMerge(line)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: line %d: %w", path, i+1, err)
		}
		merges = append(merges, m)
	}
	return vocab, merges, nil
}

// clipModel reads vocabulary and merges from a tokenizer.json.
func clipModel(fsys fs.FS, name string) (vocabJSON, []mergeJSON, error) {
	path := folder.Path(fsys, name)
	data, err := readFile(fsys, name)
	if err != nil {
		return nil, nil, err
	}
	var f struct{ Model bpeJSON }
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if s := or(f.Model.WordSuffix, ""); s != clipWordEnd {
		return nil, nil, fmt.Errorf("%s: field model: end_of_word_suffix %q is not CLIP's %q", path, s, clipWordEnd)
	}
	return f.Model.Vocab, f.Model.Merges, nil
}

// Size returns the number of ids.
func (c *CLIP) Size() int { return c.size }

// End returns the id that ends a text.
func (c *CLIP) End() int32 { return c.end }

// Encode returns the ids of a text, between those that start and end one. What the
// vocabulary lacks becomes the end mark's id, CLIP's token for the unknown.
func (c *CLIP) Encode(text string) []int32 {
	ids := []int32{c.start}
	// transformers' normaliser, in its order: composed, spaces joined, lower case.
	text = strings.Join(strings.FieldsFunc(nfc(text), unicode.IsSpace), " ")
	text = strings.ToLower(strings.ReplaceAll(text, "\u0130", "i\u0307"))
	for _, word := range clipWords.FindAllString(text, -1) {
		ids = c.encodeWord(ids, word)
	}
	return append(ids, c.end)
}

// encodeWord merges neighbours, those of the lowest rank first, each time wherever
// they stand.
func (c *CLIP) encodeWord(ids []int32, word string) []int32 {
	var symbols []string
	for i := range len(word) {
		symbols = append(symbols, string(byteAlphabet[word[i]]))
	}
	symbols[len(symbols)-1] += clipWordEnd
	for {
		best, rank := mergeJSON{}, -1
		for i := 1; i < len(symbols); i++ {
			pair := mergeJSON{symbols[i-1], symbols[i]}
			if r, ok := c.ranks[pair]; ok && (rank < 0 || r < rank) {
				best, rank = pair, r
			}
		}
		if rank < 0 {
			break
		}
		merged := symbols[:0]
		for i := 0; i < len(symbols); i++ {
			s := symbols[i]
			if i+1 < len(symbols) && s == best[0] && symbols[i+1] == best[1] {
				s += best[1]
				i++
			}
			merged = append(merged, s)
		}
		symbols = merged
	}
	for _, s := range symbols {
		id, ok := c.ids[s]
		if !ok {
			id = c.end
		}
		ids = append(ids, id)
	}
	return ids
}
