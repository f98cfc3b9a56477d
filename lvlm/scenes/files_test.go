package scenes

import (
	"context"
	"encoding/json"
	"errors"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree returns the files below a folder and what is in them.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func testPart() Part {
	return Part{Split: Val, Seed: 7, Pictures: 12, Size: 40, Questions: Kinds}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	p := testPart()
	if err := p.Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	files := tree(t, dir)
	for i, line := range strings.Split(strings.TrimSpace(files["conversations.jsonl"]), "\n") {
		s := New(p.key(i))
		var c conversation
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		want := conversation{ID: c.ID, Image: imageName(i)}
		for j, q := range s.Questions(p.Questions) {
			text := q.Text
			if j == 0 {
				text = "<image>\n" + text
			}
			want.Turns = append(want.Turns, turn{"human", text}, turn{"gpt", q.Answer})
		}
		if diff := cmp.Diff(want, c); diff != "" {
			t.Errorf("conversation %d (-want +got):\n%s", i, diff)
		}
		img, err := png.Decode(strings.NewReader(files["images/"+c.Image]))
		if err != nil {
			t.Fatal(err)
		}
		drawn := render(t, s, p.Size)
		for y := range p.Size {
			for x := range p.Size {
				if got, want := img.At(x, y), drawn.At(x, y); got != want {
					t.Fatalf("%s at %d, %d is %v, want %v", c.Image, x, y, got, want)
				}
			}
		}
	}
	if n := strings.Count(files["scenes.jsonl"], "\n"); n != p.Pictures {
		t.Errorf("%d scenes", n)
	}
}

// TestWriteAgain: what is written in several goes, by any number of threads, is the
// same as what is written at once.
func TestWriteAgain(t *testing.T) {
	once, again := t.TempDir(), t.TempDir()
	p := testPart()
	if err := p.Write(t.Context(), once); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p.Progress = func(done, total int) {
		if done == 3 {
			cancel()
		}
	}
	p.Threads = 3
	if err := p.Write(ctx, again); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped with %v", err)
	}
	if n := len(tree(t, again)); n >= len(tree(t, once)) {
		t.Fatalf("nothing is missing: %d files", n)
	}
	p.Threads, p.Progress = 1, nil
	kept := filepath.Join(again, "images", imageName(0))
	before, err := os.Stat(kept)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Write(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(kept); err != nil || !os.SameFile(before, after) {
		t.Error("a picture that was there is written anew")
	}
	if diff := cmp.Diff(tree(t, once), tree(t, again)); diff != "" {
		t.Errorf("(-once +again):\n%s", diff)
	}
}

func TestWriteRefuses(t *testing.T) {
	dir := t.TempDir()
	p := testPart()
	if err := p.Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	for name, change := range map[string]func(*Part){
		"other seed":   func(p *Part) { p.Seed++ },
		"other size":   func(p *Part) { p.Size++ },
		"other split":  func(p *Part) { p.Split = Test },
		"other style":  func(p *Part) { p.Style = Printed },
		"no pictures":  func(p *Part) { p.Pictures = 0 },
		"too many":     func(p *Part) { p.Pictures = maxPictures + 1 },
		"no size":      func(p *Part) { p.Size = 0 },
		"no questions": func(p *Part) { p.Questions = 0 },
	} {
		q := p
		change(&q)
		if err := q.Write(t.Context(), dir); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("files changed:\n%s", diff)
	}
	path := filepath.Join(dir, manifestName)
	if err := os.WriteFile(path, []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := p.Write(t.Context(), dir); err == nil || !strings.Contains(err.Error(), manifestName) {
		t.Errorf("a broken manifest: %v", err)
	}
}
