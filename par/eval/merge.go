package eval

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// merge joins the answers that the shards of a run have left in a folder, in the
// order of the questions, and returns those to each of the questions: the result is
// that of a run that was not divided. Answers from before stay where no shard has
// newer ones. What is missing or belongs to no question is reported.
func merge(out string, s Source, flow string, questions []Question, report func(error)) ([]*Answer, error) {
	dir := answersDir(out, s.Name, flow)
	shards, err := findShards(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, Shard{}.answersFile())
	before, err := readAnswers(path)
	if err != nil {
		return nil, err
	}
	var list []*Answer
	from := map[key]string{}
	for _, sh := range shards {
		name := filepath.Join(dir, sh.answersFile())
		part, err := readAnswers(name)
		if err != nil {
			return nil, err
		}
		for _, a := range part {
			if other, ok := from[a.key()]; ok {
				return nil, fmt.Errorf("%s: question %s is answered in %s, too", name, spellID(a.QuestionID), other)
			}
			from[a.key()] = name
			list = append(list, a)
		}
	}
	for _, a := range before {
		if _, ok := from[a.key()]; !ok {
			list = append(list, a)
		}
	}
	ordered, strange := inOrder(questions, list)
	sorted := slices.DeleteFunc(slices.Clone(ordered), func(a *Answer) bool { return a == nil })
	sorted = append(sorted, strange...)
	if len(sorted) > 0 && (len(shards) > 0 || !slices.Equal(before, sorted)) {
		if err := writeAnswers(path, sorted); err != nil {
			return nil, err
		}
	}
	for i, a := range ordered {
		if a == nil {
			report(fmt.Errorf("%s: %s: flow %s: no answer", questions[i].Place, questions[i].name(), flow))
		}
	}
	if s.Limit == 0 {
		for _, a := range strange {
			report(fmt.Errorf("%s: question %s is none of the benchmark's", path, spellID(a.QuestionID)))
		}
	}
	return ordered, nil
}

// findShards lists the parts whose answers are in a folder. They must be all of one
// division.
func findShards(dir string) ([]Shard, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Shard
	for _, e := range entries {
		if s, ok := parseAnswersFile(e.Name()); ok {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b Shard) int { return cmp.Or(a.Count-b.Count, a.Index-b.Index) })
	for i, s := range list {
		switch {
		case s.Count != list[0].Count:
			return nil, fmt.Errorf("%s: answers of %d and of %d shards; remove those of one division", dir, list[0].Count, s.Count)
		case s.Index != i:
			return nil, fmt.Errorf("%s: the answers of shard %v are missing", dir, Shard{i, s.Count})
		}
	}
	if len(list) > 0 && len(list) < list[0].Count {
		return nil, fmt.Errorf("%s: the answers of shard %v are missing", dir, Shard{len(list), list[0].Count})
	}
	return list, nil
}
