package eval

import (
	"fmt"
	"strconv"
	"strings"
)

// Shard is a part of a run. The zero Shard is all of it.
type Shard struct{ Index, Count int }

// Whole reports whether s is not a part.
func (s Shard) Whole() bool { return s.Count == 0 }

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Count) }

// ParseShard reads "i/n", i from 0 to n-1.
func ParseShard(text string) (Shard, error) {
	i, n, _ := strings.Cut(text, "/")
	index, err := strconv.Atoi(i)
	if err != nil {
		return Shard{}, fmt.Errorf("shard %q is not i/n", text)
	}
	count, err := strconv.Atoi(n)
	if err != nil {
		return Shard{}, fmt.Errorf("shard %q is not i/n", text)
	}
	return checkShard(index, count, text)
}

// maxShards bounds the number of parts, and with it that of files.
const maxShards = 100000

func checkShard(index, count int, text string) (Shard, error) {
	if count < 1 || count > maxShards || index < 0 || index >= count {
		return Shard{}, fmt.Errorf("shard %s: not i/n with n from 1 to %d and i from 0 to n-1", text, maxShards)
	}
	return Shard{index, count}, nil
}

// EnvShard returns the shard that a cluster's scheduler gave this process. A task of
// a Slurm array finds index and count in SLURM_ARRAY_TASK_*; a pod of an indexed
// Kubernetes Job finds its index in JOB_COMPLETION_INDEX and must be told count, 0 for
// not told. from names the variable, "" where there is none and the shard is whole.
func EnvShard(getenv func(string) string, count int) (s Shard, from string, err error) {
	const slurm, kubernetes = "SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"
	number := func(name, otherwise string) int {
		text := getenv(name)
		if text == "" {
			text = otherwise
		}
		n, e := strconv.Atoi(text)
		if e != nil && err == nil {
			err = fmt.Errorf("environment variable %s: %q is not a number", name, text)
		}
		return n
	}
	index := 0
	switch {
	case getenv(slurm) != "":
		from = slurm
		step := number("SLURM_ARRAY_TASK_STEP", "1")
		index = (number(slurm, "") - number("SLURM_ARRAY_TASK_MIN", "0")) / max(1, step)
		if count == 0 {
			count = number("SLURM_ARRAY_TASK_COUNT", "")
		}
	case getenv(kubernetes) != "":
		from = kubernetes
		index = number(kubernetes, "")
		if count == 0 {
			return Shard{}, from, fmt.Errorf("%s is set, but not the number of shards", kubernetes)
		}
	case count > 0:
		return Shard{}, "", fmt.Errorf("%d shards, but neither %s nor %s says which one this is", count, slurm, kubernetes)
	default:
		return Shard{}, "", nil
	}
	if err != nil {
		return Shard{}, from, err
	}
	s, err = checkShard(index, count, fmt.Sprintf("%d/%d from %s", index, count, from))
	return s, from, err
}

// part returns which of n things are the shard's.
func (s Shard) part(n int) (from, to int) {
	if s.Whole() {
		return 0, n
	}
	return int(int64(n) * int64(s.Index) / int64(s.Count)), int(int64(n) * int64(s.Index+1) / int64(s.Count))
}

// answersFile is the name of the file that the shard's answers go to.
func (s Shard) answersFile() string {
	if s.Whole() {
		return "answers.jsonl"
	}
	return fmt.Sprintf("answers-%05d-of-%05d.jsonl", s.Index, s.Count)
}

// parseAnswersFile is the reverse of answersFile, for parts.
func parseAnswersFile(name string) (Shard, bool) {
	var s Shard
	if n, err := fmt.Sscanf(name, "answers-%05d-of-%05d.jsonl", &s.Index, &s.Count); err != nil || n != 2 || s.answersFile() != name {
		return Shard{}, false
	}
	return s, s.Index >= 0 && s.Index < s.Count
}
