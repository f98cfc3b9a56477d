package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-par/par/par/internal/records"
	"github.com/go-par/par/par/samples"
)

// Source says where a benchmark's files are, and what of it is to be asked.
type Source struct {
	Kind string `json:"benchmark"` // one of Kinds
	Name string `json:"name"`      // in tables and folder names; Kind where not given

	// Dir is a folder in the layout of LLaVA's evaluation data. The others say where
	// something is that is not there.
	Dir       string `json:"dir"`
	Questions string `json:"questions,omitempty"` // file
	Labels    string `json:"labels,omitempty"`    // file, or folder of files
	Images    string `json:"images,omitempty"`    // folder

	Limit     int    `json:"limit,omitempty"`      // ask the first so many; 0: all
	MaxTokens int    `json:"max_tokens,omitempty"` // of an answer; 0: as the benchmark's scripts
	NoOCR     bool   `json:"no_ocr,omitempty"`     // textvqa: leave out the line with OCR tokens
	AllRounds bool   `json:"all_rounds,omitempty"` // mmbench: ask with the options in every rotation
	Split     string `json:"split,omitempty"`      // scienceqa: "" is test; vqav2: file of the questions to hand in
}

// kind describes a benchmark.
type kind struct {
	name                      string
	about                     string
	dir                       string // of LLaVA's evaluation data
	questions, labels, images string // in dir
	maxTokens                 int
	load                      func(s Source, report func(error)) (Benchmark, error)
}

// The folders are those of docs/Evaluation.md of LLaVA, the numbers of tokens those
// of its scripts: model_vqa_loader.py generates 128, model_vqa_science.py and
// model_vqa_mmbench.py 1024.
var kinds = []kind{
	{"fidelity", "likeness to the unpruned model on any images, without labels", "", "", "", "", 64, loadFidelity},
	{"pope", "object hallucination: F1 of yes, mean of its categories", "pope", "llava_pope_test.jsonl", "coco", "val2014", 128, loadPOPE},
	{"mme", "perception and cognition: accuracy and accuracy+ of yes and no", "MME", "llava_mme.jsonl", "MME_Benchmark_release_version", "MME_Benchmark_release_version", 128, loadMME},
	{"scienceqa", "multiple choice: accuracy on questions with an image, and on all", "scienceqa", "llava_test_CQM-A.json", "problems.json", "images/test", 1024, loadScienceQA},
	{"seed", "SEED-Bench, multiple choice: accuracy on all, images, videos", "seed_bench", "llava-seed-bench.jsonl", "SEED-Bench.json", "", 128, loadSEED},
	{"gqa", "short answers: accuracy", "gqa", "llava_gqa_testdev_balanced.jsonl", "data/testdev_balanced_questions.json", "data/images", 128, loadGQA},
	{"textvqa", "text in images: soft accuracy over ten people's answers", "textvqa", "llava_textvqa_val_v051_ocr.jsonl", "TextVQA_0.5.1_val.json", "train_images", 128, loadTextVQA},
	{"vqav2", "short answers: a file for the server; soft accuracy where labels= has the annotations", "vqav2", "llava_vqav2_mscoco_test-dev2015.jsonl", "", "test2015", 128, loadVQAv2},
	{"mmbench", "multiple choice: a file for the server; accuracy where the table has answers", "mmbench", "mmbench_dev_20230712.tsv", "", "", 1024, loadMMBench},
	{"mmbench-cn", "the same in Chinese", "mmbench", "mmbench_dev_cn_20231003.tsv", "", "", 1024, loadMMBench},
	{"scenes", "pictures that par scenes drew: accuracy by kind of question, share of objects named in descriptions", "", "vqav2/llava_vqav2_mscoco_test-dev2015.jsonl", "vqav2/annotations.json", "images", 128, loadScenes},
}

// Kinds lists the benchmarks that Load knows, each with a few words about it.
func Kinds() (names, about []string) {
	for _, k := range kinds {
		names, about = append(names, k.name), append(about, k.about)
	}
	return names, about
}

func findKind(name string) (*kind, error) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		names, _ := Kinds()
		return nil, fmt.Errorf("benchmark %q is not known (%s)", name, strings.Join(names, ", "))
	}
	return &kinds[i], nil
}

// Setting is a key and its value.
type Setting struct{ Key, Value string }

// ParseSettings reads "name:key=value,key=value". What stands behind a comma and has
// no "=" goes on with the value before, so that values may be lists.
func ParseSettings(s string) (name string, list []Setting, err error) {
	name, rest, has := strings.Cut(s, ":")
	if name == "" {
		return "", nil, fmt.Errorf("%q names nothing", s)
	}
	if !has {
		return name, nil, nil
	}
	for _, part := range strings.Split(rest, ",") {
		k, v, ok := strings.Cut(part, "=")
		switch {
		case ok && k != "":
			list = append(list, Setting{k, v})
		case !ok && len(list) > 0:
			list[len(list)-1].Value += "," + part
		default:
			return "", nil, fmt.Errorf("%q: %q is not key=value", s, part)
		}
	}
	return name, list, nil
}

// ParseSource reads "kind:key=value,...", where the keys are dir, questions, labels,
// images, as (the name), limit, max-tokens, ocr=no, rounds=all and split. data is the
// folder with a folder for each benchmark.
func ParseSource(s, data string) (Source, error) {
	name, settings, err := ParseSettings(s)
	if err != nil {
		return Source{}, err
	}
	k, err := findKind(name)
	if err != nil {
		return Source{}, err
	}
	src := Source{Kind: name, Name: name, Dir: filepath.Join(data, k.dir)}
	for _, set := range settings {
		if err := src.set(set.Key, set.Value); err != nil {
			return src, fmt.Errorf("%q: %w", s, err)
		}
	}
	return src, nil
}

func (s *Source) set(key, value string) error {
	choice := func(dst *bool, on string) error {
		if value != on {
			return fmt.Errorf("%s=%s: only %s=%s is known", key, value, key, on)
		}
		*dst = true
		return nil
	}
	count := func(dst *int) error {
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil || n == 0 {
			return fmt.Errorf("%s=%s: not a positive number", key, value)
		}
		*dst = int(n)
		return nil
	}
	of := func(kinds ...string) error {
		if !slices.Contains(kinds, s.Kind) {
			return fmt.Errorf("%s= is for %s", key, strings.Join(kinds, " and "))
		}
		return nil
	}
	switch key {
	case "dir":
		s.Dir = value
	case "questions":
		s.Questions = value
	case "labels":
		s.Labels = value
	case "images":
		s.Images = value
	case "as":
		if value == "" {
			return fmt.Errorf("as= gives no name")
		}
		s.Name = value
	case "limit":
		return count(&s.Limit)
	case "max-tokens":
		return count(&s.MaxTokens)
	case "ocr":
		return errors.Join(of("textvqa"), choice(&s.NoOCR, "no"))
	case "rounds":
		return errors.Join(of("mmbench", "mmbench-cn"), choice(&s.AllRounds, "all"))
	case "split":
		s.Split = value
		return of("scienceqa", "vqav2")
	default:
		return fmt.Errorf("setting %q is not known (dir, questions, labels, images, as, limit, max-tokens, ocr, rounds, split)", key)
	}
	return nil
}

// Load reads a benchmark. What is wrong with single questions is reported, and these
// are left out; an error means that there is nothing to ask.
func Load(s Source, report func(error)) (Benchmark, error) {
	k, err := findKind(s.Kind)
	if err != nil {
		return nil, err
	}
	if s.MaxTokens == 0 {
		s.MaxTokens = k.maxTokens
	}
	if s.Kind == "fidelity" && s.Questions == "" {
		return nil, fmt.Errorf("benchmark fidelity: questions= names no file")
	}
	s.Questions = s.path(s.Questions, k.questions)
	s.Labels = s.path(s.Labels, k.labels)
	switch {
	case s.Images == "" && s.Kind == "fidelity":
		s.Images = filepath.Dir(s.Questions)
	case s.Images == "" && k.images == "":
		s.Images = s.Dir
	default:
		s.Images = s.path(s.Images, k.images)
	}
	b, err := k.load(s, report)
	if err != nil {
		return nil, err
	}
	if len(b.Questions()) == 0 {
		return nil, fmt.Errorf("%s: no question can be asked", s.Questions)
	}
	return b, nil
}

// path returns where a file is: where it is said to be, or else in the benchmark's
// folder.
func (s Source) path(said, usual string) string {
	switch {
	case said != "":
		return said
	case usual == "":
		return ""
	}
	return filepath.Join(s.Dir, filepath.FromSlash(usual))
}

// maxTokens is the most that an answer may have.
func (s Source) maxTokens() int {
	if s.MaxTokens > 0 {
		return s.MaxTokens
	}
	k, err := findKind(s.Kind)
	if err != nil {
		return 0
	}
	return k.maxTokens
}

// asked reads the questions of a file with one a line, as LLaVA writes them, and
// leaves out those that are malformed, there already, or refused by accept, which sees
// each of the others once.
func (s Source) asked(report func(error), accept func(q *Question) error) ([]Question, error) {
	list := newCollector(s, report)
	for r, err := range records.Each(s.Questions) {
		if err != nil {
			return nil, err
		}
		q, err := s.question(r)
		if list.add(q, r, err, accept) {
			break
		}
	}
	return list.questions, nil
}

// question reads {question_id, image, text, category}.
func (s Source) question(r records.Record) (*Question, error) {
	var j struct {
		ID       json.RawMessage `json:"question_id"`
		Image    *string
		Text     string
		Category string
	}
	if err := json.Unmarshal(r.Data, &j); err != nil {
		return nil, err
	}
	if err := checkID(j.ID); err != nil {
		return nil, err
	}
	switch {
	case strings.TrimSpace(j.Text) == "":
		return nil, fmt.Errorf("question %s: no text", spellID(j.ID))
	case j.Image == nil || *j.Image == "":
		return nil, fmt.Errorf("question %s: no image", spellID(j.ID))
	}
	path, err := samples.ImagePath(s.Images, *j.Image)
	if err != nil {
		return nil, fmt.Errorf("question %s: %w", spellID(j.ID), err)
	}
	return &Question{ID: j.ID, Text: j.Text, Prompt: j.Text, Category: j.Category, Image: Image{Path: path}}, nil
}

// collector gathers the questions that can be asked.
type collector struct {
	questions []Question
	seen      map[key]string
	limit     int
	report    func(error)
}

func newCollector(s Source, report func(error)) *collector {
	return &collector{seen: map[key]string{}, limit: s.Limit, report: report}
}

// add takes a question that is new and that accept accepts, where it is not nil, or
// reports what is wrong with it. It says whether there are enough.
func (c *collector) add(q *Question, r records.Record, err error, accept func(q *Question) error) (full bool) {
	if err == nil {
		q.Place = r.Path + ": " + r.Place
		if first, ok := c.seen[q.key()]; ok {
			err = fmt.Errorf("%s has the id and the text of the one at %s", q.name(), first)
		} else {
			c.seen[q.key()] = r.Place
		}
	}
	if err == nil && accept != nil {
		err = accept(q)
	}
	if err != nil {
		c.report(r.Errorf("%w", err))
		return false
	}
	c.questions = append(c.questions, *q)
	return c.limit > 0 && len(c.questions) >= c.limit
}

// GridLine is a line of a file of flows.
type GridLine struct{ Spec, Place string }

// ReadGrid reads a file with one flow a line. Blank lines, and those that begin with
// "#", are left out.
func ReadGrid(path string) ([]GridLine, error) {
	var list []GridLine
	for r, err := range records.Lines(path) {
		if err != nil {
			return nil, err
		}
		if r.Data[0] != '#' {
			list = append(list, GridLine{string(r.Data), r.Path + ": " + r.Place})
		}
	}
	return list, nil
}
