package pretrain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/scenes"
	"github.com/go-par/par/lvlm/tokenizer"
)

// The first tokens of the vocabulary.
const (
	unk = iota
	bos
	eos
	imageToken
	firstByte
)

// The types of SentencePiece's pieces.
const (
	pieceNormal  = 1
	pieceUnknown = 2
	pieceControl = 3
	pieceByte    = 6
)

// spaceMark is how SentencePiece spells a space.
const spaceMark = "\u2581"

// The words around questions and answers.
const (
	userMark      = "USER:"
	assistantMark = "ASSISTANT:"
)

// template is the chat template: LLaVA-1.5's words without its preamble, and no
// space around the picture.
const template = `{% for message in messages %}{% if message['role'] == 'user' %}USER:` +
	`{% if message['content'] is string %} {{ message['content'] }}{% else %}` +
	`{% for part in message['content'] if part['type'] == 'image' %}<image>{% endfor %}` +
	`{% for part in message['content'] if part['type'] == 'text' %}{{ part['text'] }}{% endfor %}{% endif %}` +
	`{% else %} ASSISTANT: {% if message['content'] is string %}{{ message['content'] }}{% else %}` +
	`{% for part in message['content'] if part['type'] == 'text' %}{{ part['text'] }}{% endfor %}{% endif %}</s>{% endif %}{% endfor %}` +
	`{% if add_generation_prompt %} ASSISTANT:{% endif %}`

// vocabulary returns SentencePiece pairs with byte fallback in which each word that
// occurs in the scenes' questions and answers is one token.
func vocabulary() *tokenizer.Vocabulary {
	v := &tokenizer.Vocabulary{Model: "llama"}
	add := func(piece string, kind int32, score float32) {
		v.Tokens, v.Types, v.Scores = append(v.Tokens, piece), append(v.Types, kind), append(v.Scores, score)
	}
	add("<unk>", pieceUnknown, 0)
	add("<s>", pieceControl, 0)
	add("</s>", pieceControl, 0)
	add(lvlm.ImageMark, pieceControl, 0)
	for b := range 256 {
		add(fmt.Sprintf("<0x%02X>", b), pieceByte, 0)
	}
	words := append(scenes.Vocabulary(), strings.TrimSuffix(userMark, ":"), strings.TrimSuffix(assistantMark, ":"))
	merges := pairs(words)
	for i, m := range merges {
		add(m, pieceNormal, -float32(i))
	}
	add(spaceMark, pieceNormal, -float32(len(merges)))
	for c := byte('!'); c <= '~'; c++ {
		add(string(rune(c)), pieceNormal, -float32(len(merges)+int(c)))
	}
	return v
}

// pairs returns byte-pair encoding's merges (Sennrich et al., 2016) in their order,
// until each of the words, which begin with the mark of a space, is one piece.
func pairs(words []string) []string {
	split := map[string][]string{}
	for _, w := range words {
		if isWord(w) {
			split[w] = strings.Split(spaceMark+w, "")
		}
	}
	var merges []string
	for {
		counts := map[[2]string]int{}
		for _, symbols := range split {
			for i := 1; i < len(symbols); i++ {
				counts[[2]string{symbols[i-1], symbols[i]}]++
			}
		}
		if len(counts) == 0 {
			return merges
		}
		best := slices.MaxFunc(slices.SortedFunc(maps.Keys(counts), func(a, b [2]string) int {
			return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
		}), func(a, b [2]string) int { return counts[a] - counts[b] })
		merges = append(merges, best[0]+best[1])
		for w, symbols := range split {
			split[w] = mergePair(symbols, best)
		}
	}
}

// isWord tells words from punctuation marks, which stand without a space.
func isWord(w string) bool {
	return strings.ContainsFunc(w, func(r rune) bool { return r >= 'A' && r != '_' })
}

// mergePair joins a pair of symbols wherever it comes.
func mergePair(symbols []string, pair [2]string) []string {
	out := symbols[:0]
	for i := 0; i < len(symbols); i++ {
		if i+1 < len(symbols) && symbols[i] == pair[0] && symbols[i+1] == pair[1] {
			out = append(out, pair[0]+pair[1])
			i++
		} else {
			out = append(out, symbols[i])
		}
	}
	return out
}
