package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-par/par/par/eval"
	"github.com/go-par/par/par/samples"
)

// TestScenes writes a part of the world and reads it as par train and par eval do.
func TestScenes(t *testing.T) {
	dir := t.TempDir()
	status, stdout, stderr := cli(t, "", "scenes", "-out", dir, "-split", "test", "-n", "6", "-seed", "4", "-size", "56")
	if status != 0 {
		t.Fatalf("exit %d: %s", status, stderr)
	}
	if !strings.Contains(stderr, "6/6 pictures") {
		t.Errorf("no progress: %q", stderr)
	}
	images := filepath.Join(dir, "images")
	n := 0
	for s, err := range samples.Each(filepath.Join(dir, "conversations.jsonl"), images) {
		if err != nil {
			t.Fatal(err)
		}
		if s.Question == "" || filepath.Dir(s.Image) != images {
			t.Errorf("sample %+v", s)
		}
		n++
	}
	if n != 6 {
		t.Errorf("%d samples", n)
	}

	// The settings of benchmarks are those that the command prints.
	fields := strings.Fields(stdout)
	benches := 0
	for i, word := range fields {
		if word != "-bench" {
			continue
		}
		benches++
		src, err := eval.ParseSource(fields[i+1], dir)
		if err != nil {
			t.Fatal(err)
		}
		b, err := eval.Load(src, func(err error) { t.Error(err) })
		if err != nil {
			t.Fatal(err)
		}
		for j, q := range b.Questions() {
			for _, answer := range []string{"yes", "no"} {
				if src.Kind == "pope" && len(b.Judge([]int{j}, []*eval.Answer{{Text: answer}})) != 1 {
					t.Errorf("%q can't be judged", q.Text)
				}
			}
		}
	}
	if benches != 2 {
		t.Errorf("%d benchmarks in %q", benches, stdout)
	}

	for _, args := range [][]string{{}, {"-out", dir, "x"}, {"-out", dir, "-split", "all"}, {"-out", dir, "-style", "plain"}, {"-out", dir, "-threads", "-1"}} {
		if status, _, _ := cli(t, "", append([]string{"scenes"}, args...)...); status != exitUsage {
			t.Errorf("%q: exit %d", args, status)
		}
	}
	if status, _, stderr := cli(t, "", "scenes", "-out", dir, "-split", "val"); status != exitFailed || !strings.Contains(stderr, "world.json") {
		t.Errorf("other settings: exit %d: %s", status, stderr)
	}
}
