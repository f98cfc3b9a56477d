package scenes

import (
	"slices"
	"strings"
)

// Wordings of questions. What is asked about takes the places of %s.
var (
	isThere    = []string{"Is there %s?", "Is there %s in the picture?", "Can you see %s?", "Does the picture show %s?"}
	whatColour = []string{"What color is %s?", "What colour is %s?", "What is the color of %s?", "Which color does %s have?"}
	whatShape  = []string{"What shape is %s?", "What is the shape of %s?", "Which shape does %s have?"}
	whatSize   = []string{"What size is %s?", "How big is %s?", "Which size does %s have?"}
	howMany    = []string{"How many %s are there?", "How many %s are in the picture?", "How many %s can you see?", "Count the %s."}
	where      = []string{"Where is %s?", "Where in the picture is %s?", "In which part of the picture is %s?", "What is the position of %s?"}

	whichWay = []string{"Where is %s from %s?", "In which direction is %s, seen from %s?", "Where is %s, compared with %s?"}
	isLeft   = []string{"Is %s to the left of %s?", "Is %s left of %s?"}
	isRight  = []string{"Is %s to the right of %s?", "Is %s right of %s?"}
	isAbove  = []string{"Is %s above %s?", "Is %s higher than %s?"}
	isBelow  = []string{"Is %s below %s?", "Is %s lower than %s?"}

	whichLarger  = []string{"Which is larger, %s or %s?", "Which is bigger, %s or %s?"}
	whichSmaller = []string{"Which is smaller, %s or %s?"}
	areThereMore = []string{"Are there more %s than %s?", "Does the picture show more %s than %s?"}
	areThereLess = []string{"Are there fewer %s than %s?"}
	sameSize     = []string{"Are %s and %s the same size?", "Do %s and %s have the same size?"}

	whatText   = []string{"What is written?", "What is written in the picture?", "What does the text say?", "Read the text."}
	whatWord   = []string{"Which word is written?", "What is the word?", "Read the word."}
	whatNumber = []string{"Which number is written?", "What is the number?", "Read the number."}
	whatTextAt = []string{"What is written at the %s?", "Read the text at the %s."}

	describe = []string{"Describe the picture.", "What do you see?", "What is in the picture?", "What does the picture show?"}
)

// allTemplates lists the wordings.
func allTemplates() [][]string {
	return [][]string{isThere, whatColour, whatShape, whatSize, howMany, where, whichWay, isLeft, isRight, isAbove, isBelow,
		whichLarger, whichSmaller, areThereMore, areThereLess, sameSize, whatText, whatWord, whatNumber, whatTextAt, describe}
}

// Answers to questions of yes and no.
const (
	yes = "yes"
	no  = "no"
)

func yesNo(b bool) string {
	if b {
		return yes
	}
	return no
}

// Directions.
const (
	left  = "left"
	right = "right"
	above = "above"
	below = "below"
)

// An object whose shape isn't named is one of the things.
var (
	things       = []string{"thing", "object"}
	thingsPlural = []string{"things", "objects"}
)

// functionWords are those that phrases are joined with.
var functionWords = []string{"a", "an", "the", "and", yes, no, left, right, above, below, wordNoun, numberNoun, seeing}

const (
	wordNoun      = "word"
	numberNoun    = "number"
	seeing        = "I see"
	seeingNothing = "nothing"
)

// phrase names one object of a kind, without an article.
func (f Filter) phrase(thing string) string {
	noun := thing
	if f.Shape != 0 {
		noun = f.Shape.String()
	}
	return joinWords(f.Size.String(), f.Colour.String(), noun)
}

// plural names several objects of a kind.
func (f Filter) plural(thing string) string {
	noun := thing
	if f.Shape != 0 {
		noun = shapePlural[f.Shape]
	}
	return joinWords(f.Size.String(), f.Colour.String(), noun)
}

func joinWords(words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}

// article puts "a" or "an" before a phrase.
func article(phrase string) string {
	if strings.IndexByte("aeiou", phrase[0]) >= 0 {
		return "an " + phrase
	}
	return "a " + phrase
}
