package tokenizer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// mergeNaively merges by the definition: of all adjacent pairs the one of lowest
// rank, the leftmost of several, until there is none.
func mergeNaively(m *bpe, ids []int32) []int32 {
	for {
		best, at := merge{rank: noRank}, -1
		for i := range len(ids) - 1 {
			if p, ok := m.pairs[pairKey(ids[i], ids[i+1])]; ok && p.rank < best.rank {
				best, at = p, i
			}
		}
		if at < 0 {
			return ids
		}
		ids = slices.Replace(ids, at, at+2, best.into)
	}
}

// randomBPE returns a vocabulary over a small alphabet whose merges overlap.
func randomBPE(rnd *rand.Rand, t *testing.T) (*Tokenizer, string) {
	alphabet := "abcd\u2581"
	v := &vocabulary{}
	pieces := strings.Split(alphabet, "")
	for i, p := range pieces {
		if err := v.set(p, int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	var merges []mergeJSON
	for len(merges) < 60 {
		a, b := pieces[rnd.IntN(len(pieces))], pieces[rnd.IntN(len(pieces))]
		if len(a+b) > 12 {
			continue
		}
		merges = append(merges, mergeJSON{a, b})
		if v.id(a+b) == none {
			if err := v.set(a+b, int64(len(v.pieces))); err != nil {
				t.Fatal(err)
			}
			pieces = append(pieces, a+b)
		}
	}
	m, err := newBPE(v, merges, bpeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return &Tokenizer{model: m, pieces: v.pieces, lookup: v.lookup}, alphabet
}

func TestMergeOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		tok, alphabet := randomBPE(rnd, t)
		letters := []rune(alphabet)
		for range 20 {
			var word strings.Builder
			var ids []int32
			for range 1 + rnd.IntN(40) {
				c := string(letters[rnd.IntN(len(letters))])
				word.WriteString(c)
				ids = append(ids, tok.lookup[c])
			}
			want := mergeNaively(tok.model, ids)
			if got := tok.Encode(word.String(), Options{}); !slices.Equal(got, want) {
				t.Fatalf("%q: %v, want %v", word.String(), got, want)
			}
		}
	}
}

// TestScores: SentencePiece merges by score, the leftmost of equal ones first,
// and pieces can hold characters that are none.
func TestScores(t *testing.T) {
	pieces := []spmPiece{
		{"<unk>", 0, pieceUnknown},
		{"a", -10, pieceNormal}, {"b", -11, pieceNormal},
		{"ab", -1, pieceNormal}, {"ba", -1, pieceNormal}, {"aa", -2, pieceNormal},
		{"bx", -3, pieceNormal}, {"abab", -4, pieceNormal}, {"u", -5, pieceUnused}, {"bu", -6, pieceUnused},
		{"<c>", 0, pieceUser},
	}
	m, err := newSPM(pieces, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	tok := &Tokenizer{model: m}
	for _, p := range pieces {
		tok.pieces = append(tok.pieces, p.text)
	}
	for text, want := range map[string][]int32{
		"aba":    {3, 1},
		"bab":    {4, 2},
		"abab":   {7},
		"aaba":   {1, 3, 1}, // ab before aa
		"bx":     {6},       // x is no piece, bx is
		"x":      {0},
		"xyx":    {0}, // a run of unknowns is one
		"xbxx":   {0, 6, 0},
		"bu":     {2, 0}, // unused pieces are taken apart
		"a<c>b":  {1, 10, 2},
		"a<cb":   {1, 0, 2},
		"\u00e9": {0},
	} {
		if got := tok.Encode(text, Options{}); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestLongWord merges words of many characters in vocabularies that lose nothing.
func TestLongWord(t *testing.T) {
	all := families(t)
	for _, name := range []string{"smollm", "llama3", "spm_llama"} {
		for _, unit := range []string{"a", "ab", " ", "hello", "é", "\u0301", "\U0010ffff"} {
			text := strings.Repeat(unit, 500_000/len(unit))
			if got := all[name].Decode(all[name].Encode(text, Options{}), false); got != text {
				t.Errorf("%s: %d times %q does not come back", name, len(text)/len(unit), unit)
			}
		}
	}
}

func TestMatcher(t *testing.T) {
	m := newMatcher(map[string]int32{"a": 1, "ab": 2, "abc": 3, "b": 4, "abd": 5, "é": 6, "  ": 7})
	for text, want := range map[string]string{
		"": "-1 0", "x": "-1 0", "a": "1 1", "abx": "2 2", "abc": "3 3", "abcd": "3 3", "abd": "5 3", "acd": "1 1",
		"é": "6 2", "\xc3": "-1 0", " ": "-1 0", "   ": "7 2",
	} {
		id, n := m.longest(text)
		if n == 0 {
			id = none
		}
		if got := fmt.Sprint(id, n); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
