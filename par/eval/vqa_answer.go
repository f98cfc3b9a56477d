package eval

import (
	"strings"
	"unicode"
)

// normaliseVQA brings an answer into the form in which VQA's server compares answers,
// as the EvalAIAnswerProcessor of Pythia and LLaVA does, with its peculiarities.
func normaliseVQA(s string) string {
	s = strings.ToLower(s)
	s = strings.NewReplacer(",", "", "?", "").Replace(s)
	s = strings.ReplaceAll(s, "'s", " 's")
	s = strings.NewReplacer("\n", " ", "\t", " ").Replace(strings.TrimFunc(s, isSpace))
	s = withoutPunctuation(strings.TrimFunc(s, isSpace))

	var words []string
	for _, w := range strings.FieldsFunc(strings.ToLower(s), isSpace) {
		if digit, ok := vqaNumbers[w]; ok {
			w = digit
		}
		if w == "a" || w == "an" || w == "the" {
			continue
		}
		if full, ok := vqaContractions[w]; ok {
			w = full
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

// isSpace is what Python takes for a space.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// withoutPunctuation removes a mark that stands beside a space anywhere in the text
// and puts a space in its place otherwise.
func withoutPunctuation(in string) string {
	out := in
	for _, mark := range []string{";", "/", "[", "]", `"`, "{", "}", "(", ")", "=", "+", `\`, "_", "-", ">", "<", "@", "`", ",", "?", "!"} {
		instead := " "
		if strings.Contains(in, mark+" ") || strings.Contains(in, " "+mark) {
			instead = ""
		}
		out = strings.ReplaceAll(out, mark, instead)
	}
	return withoutPeriods(out)
}

// maxPeriods is the number of periods that are removed: the original hands a flag
// over in the place of a count.
const maxPeriods = 32

// withoutPeriods removes periods with no digit behind them.
func withoutPeriods(s string) string {
	var b strings.Builder
	runes := []rune(s)
	removed := 0
	for i, r := range runes {
		if r == '.' && removed < maxPeriods && (i+1 == len(runes) || !unicode.IsDigit(runes[i+1])) {
			removed++
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

var vqaNumbers = map[string]string{
	"none": "0", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
	"six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10",
}

// vqaContractions maps words that lack one of their apostrophes to the words.
var vqaContractions = contractions(`
	ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't
	he'd he'd've he's how'd how'll how's isn't it'd it'd've it'll ma'am mightn't mightn't've might've mustn't
	must've needn't not've o'clock oughtn't 'ow's'at shan't she'd've should've shouldn't shouldn't've
	somebody'd've somebody'll somebody's someone'd someone'd've someone'll someone's something'd
	something'd've something'll that's there'd there'd've there're there's they'd they'd've they'll they're
	they've 'twas wasn't we'd've we've weren't what'll what're what's what've when's where'd where's where've
	who'd who'd've who'll who's who've why'll why're why's won't would've wouldn't wouldn't've y'all y'all'll
	y'all'd've you'd you'd've you'll you're you've`)

func contractions(words string) map[string]string {
	m := map[string]string{"somebody'd": "somebodyd"} // the other way round in the original
	for _, w := range strings.Fields(words) {
		for i, r := range w {
			if r == '\'' {
				m[w[:i]+w[i+1:]] = w
			}
		}
	}
	return m
}

// vqaPeople is the number of people who answered each question of VQA and TextVQA.
const vqaPeople = 10

// vqaScore is the soft accuracy of an answer, given ten people's: averaged over those
// without one of them, a third for each that agrees, at most 1.
func vqaScore(text string, people []string) float64 {
	answer := normaliseVQA(text)
	agree := 0
	for _, p := range people {
		if normaliseVQA(p) == answer {
			agree++
		}
	}
	without := func(n int) float64 { return min(1, float64(n)/3) }
	n := len(people)
	sum := float64(agree)*without(agree-1) + float64(n-agree)*without(agree)
	if agree == 0 {
		return 0
	}
	return sum / float64(n)
}
