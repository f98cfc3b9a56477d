package scenes

import (
	"slices"
	"strings"
)

// Numbers is how many numbers are spelled out and printed, from 0.
const Numbers = 100

var (
	ones = [...]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
		"ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}
	tens = [...]string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
)

// printedWords together have every letter.
var printedWords = []string{
	"BIRD", "BOX", "BUS", "CAT", "CUP", "DOG", "EGG", "FISH", "FOX", "GOLD", "HAT", "ICE", "INK", "JAM", "KEY", "LAMP",
	"LEAF", "MAP", "MILK", "MOON", "OAK", "PEN", "QUIZ", "ROCK", "SHIP", "SUN", "TOY", "TREE", "VAN", "WEB", "WIND", "ZIP",
}

// spell returns a number below Numbers in words.
func spell(n int) string {
	if n < len(ones) {
		return ones[n]
	}
	word := tens[n/10]
	if n%10 != 0 {
		word += " " + ones[n%10]
	}
	return word
}

// SplitWords takes a question or an answer apart into words and punctuation marks.
func SplitWords(text string) []string {
	var list []string
	for _, word := range strings.Fields(text) {
		bare := strings.TrimRight(word, punctuation)
		if bare != "" {
			list = append(list, bare)
		}
		for _, mark := range word[len(bare):] {
			list = append(list, string(mark))
		}
	}
	return list
}

const punctuation = ".,?"

// Vocabulary lists every word and punctuation mark that questions about scenes of keys
// and their answers have, in alphabetical order.
func Vocabulary() []string {
	var list []string
	add := func(texts ...string) {
		for _, text := range texts {
			list = append(list, SplitWords(strings.ReplaceAll(text, "%s", ""))...)
		}
	}
	add(punctuationMarks...)
	for _, names := range [][]string{shapeNames[:], shapePlural[:], colourNames[:], sizeNames[:], placeNames[:], things, thingsPlural, functionWords} {
		add(names...)
	}
	add(ones[:]...)
	add(tens[:]...)
	for _, word := range printedWords {
		add(strings.ToLower(word))
	}
	for _, templates := range allTemplates() {
		add(templates...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

var punctuationMarks = strings.Split(punctuation, "")
