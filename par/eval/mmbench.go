package eval

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/go-par/par/par/internal/records"
)

// mmBench is MMBench (Liu et al., ECCV 2024), English or Chinese: multiple choice in
// a table with the pictures in it. Questions are asked as LLaVA's
// model_vqa_mmbench.py does. With all rounds a question counts only if every rotation
// of its options is answered right (CircularEval), with one round if that one is.
type mmBench struct {
	set
	accuracies
	table  *tsv
	units  [][]int // the rounds of each question
	rows   []int   // of the table, for each question
	answer []int   // the right option in round 0, for each question; -1 where not published
}

const mmLetters = "ABCD"

func loadMMBench(s Source, report func(error)) (Benchmark, error) {
	table, err := readTSV(s.Questions, report)
	if err != nil {
		return nil, err
	}
	for _, c := range []string{"index", "question", "hint", "A", "B", "image"} {
		if !slices.Contains(table.columns, c) {
			return nil, fmt.Errorf("%s: no column %q", s.Questions, c)
		}
	}
	suffix := "Answer with the option's letter from the given choices directly."
	if s.Kind == "mmbench-cn" {
		suffix = "请直接回答选项字母。"
	}
	b := &mmBench{table: table}
	images := map[string]string{}
	for i := range table.rows {
		images[table.get(i, "index")] = table.get(i, "image")
	}
	seen := map[string]bool{}
	for i := range table.rows {
		if s.Limit > 0 && len(b.units) >= s.Limit {
			break
		}
		if err := b.add(i, images, seen, suffix, s.AllRounds); err != nil {
			report(table.place(i).Errorf("%w", err))
		}
	}
	slices.Sort(b.names)
	return b, nil
}

// add takes the questions of a row.
func (b *mmBench) add(row int, images map[string]string, seen map[string]bool, suffix string, allRounds bool) error {
	get := func(column string) string { return b.table.get(row, column) }
	index := get("index")
	if _, err := strconv.Atoi(index); err != nil {
		return fmt.Errorf("column index: %q is not a number", index)
	}
	if seen[index] {
		return fmt.Errorf("column index: %s is there twice", index)
	}
	image := get("image")
	if other, ok := images[image]; ok { // later tables refer to the row with the picture
		image = other
	}
	var options, letters []string
	for _, l := range mmLetters {
		o := get(string(l))
		if isNaN(o) {
			break
		}
		options, letters = append(options, o), append(letters, string(l))
	}
	answer := -1
	a := get("answer")
	if !isNaN(a) {
		if answer = slices.Index(letters, a); answer < 0 {
			return fmt.Errorf("column answer: %q is none of the %d options", a, len(options))
		}
	}
	switch {
	case isNaN(image):
		return fmt.Errorf("column image: question %s has no picture", index)
	case len(options) == 0:
		return fmt.Errorf("question %s has no options", index)
	}
	seen[index] = true
	text := get("question")
	if hint := get("hint"); !isNaN(hint) {
		text = hint + "\n" + text
	}
	category := get("category")
	if isNaN(category) {
		category = "other"
	}
	b.category(category)
	rounds := 1
	if allRounds {
		rounds = len(options)
	}
	var unit []int
	for round := range rounds {
		prompt := text
		for k, o := range options {
			prompt += "\n" + string(mmLetters[k]) + ". " + o
		}
		unit = append(unit, len(b.questions))
		b.questions = append(b.questions, Question{
			ID: json.RawMessage(index), Round: &Round{round, options, letters}, Text: prompt + "\n" + suffix, Prompt: prompt,
			Category: category, Image: Image{Base64: image}, Place: b.table.place(row).Path + ": " + b.table.place(row).Place,
		})
		b.rows, b.answer = append(b.rows, row), append(b.answer, answer)
		options, letters = rotate(options), rotate(letters)
	}
	b.units = append(b.units, unit)
	return nil
}

func rotate(list []string) []string { return append(slices.Clone(list[1:]), list[0]) }

func (b *mmBench) Units() [][]int { return b.units }

func (b *mmBench) Judge(unit []int, answers []*Answer) []Mark {
	right := 1.0
	for k, q := range unit {
		if answers[k] == nil || b.answer[q] < 0 {
			return nil
		}
		r := b.questions[q].Round
		choice := mmChoice(answers[k].Text, r.Options)
		if choice < 0 || r.Letters[choice] != string(mmLetters[b.answer[q]]) {
			right = 0
		}
	}
	return b.mark(b.category(b.questions[unit[0]].Category), right)
}

// mmChoice returns which of the options an answer names, -1 for none: the only one
// whose letter is one of its words, or else the only one whose text is in it, as in
// the exact matching of VLMEvalKit. An answer that is longer than twice the options
// names none by their text.
func mmChoice(text string, options []string) int {
	words := strings.FieldsFunc(text, func(r rune) bool { return isSpace(r) || strings.ContainsRune(".()[],:;!*#{}", r) })
	byLetter, byText := []int{}, []int{}
	length := 0
	for i, o := range options {
		if slices.Contains(words, string(mmLetters[i])) {
			byLetter = append(byLetter, i)
		}
		if strings.Contains(strings.ToLower(text), strings.ToLower(o)) {
			byText = append(byText, i)
		}
		length += len([]rune(o))
	}
	switch {
	case len(byLetter) == 1:
		return byLetter[0]
	case len(byText) == 1 && len([]rune(text)) <= 2*length:
		return byText[0]
	}
	return -1
}

func (b *mmBench) Scores(sums []float64) []Score {
	all := b.total("accuracy", sums)
	if all.N == 0 {
		return nil
	}
	return append([]Score{all}, b.each(sums)...)
}

// Submission is the workbook that MMBench's server takes: the table without what it
// knows, and the answers of round 0 in a column before the seventh.
func (b *mmBench) Submission(answers []*Answer) (string, []byte, error) {
	predictions := map[int]string{}
	for i, a := range answers {
		if a != nil && b.questions[i].Round.Index == 0 {
			predictions[b.rows[i]] = a.Text
		}
	}
	var columns []string
	for _, c := range b.table.columns {
		if !slices.Contains([]string{"hint", "category", "source", "image", "comment", "l2-category"}, c) {
			columns = append(columns, c)
		}
	}
	const prediction = "prediction"
	columns = slices.Insert(columns, min(6, len(columns)), prediction)
	rows := [][]string{columns}
	for i := range b.table.rows {
		var cells []string
		for _, c := range columns {
			v := predictions[i]
			if c != prediction {
				if v = b.table.get(i, c); isNaN(v) {
					v = ""
				}
			}
			cells = append(cells, v)
		}
		rows = append(rows, cells)
	}
	content, err := workbook(rows)
	return "submission.xlsx", content, err
}

// tsv is a table as pandas' read_table reads it.
type tsv struct {
	path    string
	columns []string
	rows    [][]string
	lines   []int // on which rows begin
}

// maxTSV bounds a table. MMBench's largest has 400 MB.
const maxTSV = 2 << 30

func readTSV(path string, report func(error)) (*tsv, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if st.Size() > maxTSV {
		return nil, fmt.Errorf("%s: %d bytes, more than the %d allowed", path, st.Size(), int64(maxTSV))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	t := &tsv{path: path}
	if t.columns, err = r.Read(); err != nil {
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("no line of column names")
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	t.columns[0] = strings.TrimPrefix(t.columns[0], "\uFEFF")
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		line, _ := r.FieldPos(0)
		if len(row) > len(t.columns) {
			report(fmt.Errorf("%s: line %d: %d fields for %d columns", path, line, len(row), len(t.columns)))
			continue
		}
		row = append(row, make([]string, len(t.columns)-len(row))...)
		t.rows, t.lines = append(t.rows, row), append(t.lines, line)
	}
}

// get returns a field, "" where there is no such column.
func (t *tsv) get(row int, column string) string {
	if i := slices.Index(t.columns, column); i >= 0 {
		return t.rows[row][i]
	}
	return ""
}

func (t *tsv) place(row int) records.Record {
	return records.Record{Path: t.path, Place: fmt.Sprintf("line %d", t.lines[row])}
}

// isNaN reports whether pandas and LLaVA's script take a field for missing.
func isNaN(s string) bool {
	switch s {
	case "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "n/a", "null":
		return true
	}
	return strings.EqualFold(s, "nan") || strings.EqualFold(s, "none")
}
