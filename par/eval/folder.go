package eval

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Manifest tells what a folder holds answers of.
type Manifest struct {
	Model   string            `json:"model"`
	Sources []Source          `json:"benchmarks"`
	Flows   []string          `json:"flows"`
	Full    string            `json:"full,omitempty"` // which flow is the unpruned model
	Compare bool              `json:"compare"`
	Options map[string]string `json:"settings"`
}

const manifestFile = "run.json"

// save writes the manifest, the same for every shard of a run.
func (r *Run) save() error {
	m := Manifest{Model: r.Model, Sources: r.Sources, Compare: r.Compare, Options: r.Settings}
	for _, f := range r.Flows {
		m.Flows = append(m.Flows, f.Name)
		if f.Full() && m.Full == "" {
			m.Full = f.Name
		}
	}
	if err := os.MkdirAll(r.Out, 0o777); err != nil {
		return err
	}
	return writeJSON(filepath.Join(r.Out, manifestFile), m)
}

// ReadManifest reads what the last run in a folder asked.
func ReadManifest(out string) (*Manifest, error) {
	path := filepath.Join(out, manifestFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := new(Manifest)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, s := range m.Sources {
		if _, err := findKind(s.Kind); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return m, nil
}

const settingsFile = "settings.json"

// open opens the answers file of a benchmark and a Flow, and makes sure that what is
// in it was answered under the same settings.
func (r *Run) open(s Source, f *Flow, compare bool) (*store, error) {
	dir := answersDir(r.Out, s.Name, f.Name)
	settings := maps.Clone(r.Settings)
	if settings == nil {
		settings = map[string]string{}
	}
	settings["model"], settings["flow"] = r.Model, f.Name
	settings["max_tokens"], settings["compare"] = fmt.Sprint(s.maxTokens()), fmt.Sprint(compare)
	for i, file := range f.Files {
		digest, err := file.digest()
		if err != nil {
			return nil, err
		}
		settings[fmt.Sprintf("file_%d", i)] = digest
	}
	if err := keepSettings(dir, settings); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, r.Shard.answersFile())
	st, err := openStore(path)
	if err == nil && st.dropped > 0 && r.Note != nil {
		r.Note(fmt.Sprintf("%s: an unfinished line of %d bytes at the end is dropped; its question is asked again", path, st.dropped))
	}
	return st, err
}

// keepSettings writes the settings to a folder, or holds them against those there.
func keepSettings(dir string, settings map[string]string) error {
	path := filepath.Join(dir, settingsFile)
	var there map[string]string
	b, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err := json.Unmarshal(b, &there); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, k := range slices.Sorted(maps.Keys(settings)) {
			if there[k] != settings[k] {
				return fmt.Errorf("%s: field %s: the answers there were given with %q, not %q; choose another folder", path, k, there[k], settings[k])
			}
		}
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	return writeJSON(path, settings)
}

// answersDir is where the answers to a benchmark under a Flow are.
func answersDir(out, benchmark, flow string) string {
	return filepath.Join(out, folder(benchmark), folder(flow))
}

// folder turns a name into one that every file system takes, and that differs from
// those of other names.
func folder(name string) string {
	b := []byte(name)
	changed := len(b) == 0 || len(b) > 80
	for i, c := range b {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '=' || c == '.' && i > 0) {
			b[i] = '_'
			changed = changed || c != ':' && c != ',' && c != '%'
		}
	}
	if !changed {
		return string(b)
	}
	h := sha256.Sum256([]byte(name))
	return string(b[:min(len(b), 64)]) + "-" + hex.EncodeToString(h[:4])
}
