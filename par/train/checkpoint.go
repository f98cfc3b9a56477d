package train

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"

	"github.com/go-par/par/tensor/safetensors"
)

// checkpointName is the file in a training directory that a run goes on from: the
// parameters, and the optimiser's moments as m.NAME and v.NAME.
const checkpointName = "checkpoint.safetensors"

// state lists the values that a checkpoint holds, by name.
func (t *fitting) state() map[string][]float32 {
	list := map[string][]float32{}
	for _, p := range t.learner.params() {
		list[p.Name] = p.Value.Data
		list["m."+p.Name], list["v."+p.Name] = t.optimiser.State(p)
	}
	return list
}

// save writes a checkpoint, which replaces the last one when it is complete.
func (t *fitting) save(dir string) error {
	return safetensors.WriteFile(filepath.Join(dir, checkpointName), safetensors.Values(t.state()), map[string]string{
		"format": "par-train-1", "step": strconv.Itoa(t.optimiser.Steps()), "run": t.identity(),
	})
}

// identity tells runs apart that must not continue each other.
func (t *fitting) identity() string {
	return fmt.Sprintf("%+v %+v %d pairs, %d lanes", t.Fitting, t.sampling, len(t.lessons), len(t.lanes))
}

// resume goes on from the checkpoint in dir, if there is one.
func (t *fitting) resume(dir string) error {
	path := filepath.Join(dir, checkpointName)
	f, err := safetensors.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	meta := f.Metadata()
	if got, want := meta["run"], t.identity(); got != want {
		return fmt.Errorf("%s: field run: a training with other settings (%s); remove it to start anew", path, got)
	}
	step, err := strconv.Atoi(meta["step"])
	if err != nil || step < 0 {
		return fmt.Errorf("%s: field step: %q is no number of steps", path, meta["step"])
	}
	if err := f.Values(t.state()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	t.optimiser.Resume(step)
	return nil
}
