package eval

import (
	"strings"
	"testing"
)

func TestParseShard(t *testing.T) {
	for text, want := range map[string]Shard{"0/1": {0, 1}, "3/4": {3, 4}, "99999/100000": {99999, 100000}} {
		if got, err := ParseShard(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1", "4/4", "-1/4", "1/0", "a/b", "1/4/2", "0/100001", "99999999999999999999/4"} {
		if got, err := ParseShard(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

func TestEnvShard(t *testing.T) {
	for _, c := range []struct {
		name, env string
		count     int
		want      Shard
		from, err string
	}{
		{name: "none"},
		{name: "slurm", env: "SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=0", want: Shard{2, 4}, from: "SLURM_ARRAY_TASK_ID"},
		{name: "slurm from 1", env: "SLURM_ARRAY_TASK_ID=4 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=1", want: Shard{3, 4}, from: "SLURM_ARRAY_TASK_ID"},
		{name: "slurm in steps", env: "SLURM_ARRAY_TASK_ID=8 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_STEP=4", want: Shard{2, 3}, from: "SLURM_ARRAY_TASK_ID"},
		{name: "a part of a slurm array again", env: "SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=1", count: 4, want: Shard{2, 4}, from: "SLURM_ARRAY_TASK_ID"},
		{name: "kubernetes", env: "JOB_COMPLETION_INDEX=1", count: 3, want: Shard{1, 3}, from: "JOB_COMPLETION_INDEX"},
		{name: "kubernetes without a count", env: "JOB_COMPLETION_INDEX=1", err: "not the number of shards"},
		{name: "a count alone", count: 3, err: "which one this is"},
		{name: "too high", env: "JOB_COMPLETION_INDEX=3", count: 3, err: "shard 3/3 from JOB_COMPLETION_INDEX"},
		{name: "no number", env: "JOB_COMPLETION_INDEX=x", count: 3, err: `"x" is not a number`},
		{name: "slurm without a count", env: "SLURM_ARRAY_TASK_ID=0", err: `SLURM_ARRAY_TASK_COUNT: "" is not a number`},
	} {
		getenv := func(name string) string {
			for _, e := range strings.Fields(c.env) {
				if k, v, _ := strings.Cut(e, "="); k == name {
					return v
				}
			}
			return ""
		}
		got, from, err := EnvShard(getenv, c.count)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: error %v does not say %q", c.name, err, c.err)
			}
			continue
		}
		if err != nil || got != c.want || from != c.from {
			t.Errorf("%s: %v from %q, %v", c.name, got, from, err)
		}
	}
}

// Parts cover everything once, and differ by one in size at most.
func TestShardPart(t *testing.T) {
	for _, n := range []int{0, 1, 7, 100} {
		for _, count := range []int{1, 2, 3, 7, 13} {
			at := 0
			for i := range count {
				from, to := Shard{i, count}.part(n)
				if from != at || to-from < n/count || to-from > n/count+1 {
					t.Errorf("shard %d/%d of %d: %d to %d", i, count, n, from, to)
				}
				at = to
			}
			if at != n {
				t.Errorf("%d shards of %d end at %d", count, n, at)
			}
		}
	}
}

func TestAnswersFile(t *testing.T) {
	s := Shard{3, 12}
	if got, ok := parseAnswersFile(s.answersFile()); !ok || got != s {
		t.Errorf("%s is that of %v, %v", s.answersFile(), got, ok)
	}
	for _, name := range []string{"answers.jsonl", "answers-00000-of-00000.jsonl", "answers-00003-of-00003.jsonl", "answers-0-of-2.jsonl", "answers-00000-of-00002.jsonl.tmp", "answers--0001-of-00002.jsonl"} {
		if got, ok := parseAnswersFile(name); ok {
			t.Errorf("%s is taken for that of %v", name, got)
		}
	}
}
