package viz

import "strings"

// substitutes spell common characters that the font lacks.
var substitutes = strings.NewReplacer(
	"\u2018", "'", "\u2019", "'", "\u201c", `"`, "\u201d", `"`, "\u2013", "-", "\u2014", "-", "\u2026", "...", "\u00a0", " ",
)

// wrap breaks text into lines of at most width characters, at spaces where there
// are some.
func wrap(s string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(strings.TrimSpace(substitutes.Replace(s)), "\n") {
		line := ""
		for word := range strings.FieldsSeq(paragraph) {
			for r := []rune(word); len(r) > width; r = []rune(word) {
				if line != "" {
					lines, line = append(lines, line), ""
				}
				lines, word = append(lines, string(r[:width])), string(r[width:])
			}
			switch n := len([]rune(line)) + 1 + len([]rune(word)); {
			case line == "":
				line = word
			case n <= width:
				line += " " + word
			default:
				lines, line = append(lines, line), word
			}
		}
		lines = append(lines, line)
	}
	return lines
}
