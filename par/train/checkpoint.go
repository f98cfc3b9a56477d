package train

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"

	"github.com/go-par/par/tensor/quant"
	"github.com/go-par/par/tensor/safetensors"
)

// checkpointName is the file in a training directory that a run goes on from: the
// parameters, and the optimiser's moments as m.NAME and v.NAME.
const checkpointName = "checkpoint.safetensors"

// save writes a checkpoint, which replaces the last one when it is complete.
func (t *fitting) save(dir string) error {
	var list []safetensors.Source
	for _, p := range t.learner.params() {
		m, v := t.optimiser.State(p)
		shape := []int{p.Value.Rows, p.Value.Cols}
		list = append(list,
			safetensors.SourceF32(p.Name, shape, p.Value.Data),
			safetensors.SourceF32("m."+p.Name, shape, m),
			safetensors.SourceF32("v."+p.Name, shape, v))
	}
	return safetensors.WriteFile(filepath.Join(dir, checkpointName), list, map[string]string{
		"format": "par-train-1", "step": strconv.Itoa(t.optimiser.Steps()), "run": t.identity(),
	})
}

// identity tells runs apart that must not continue each other.
func (t *fitting) identity() string {
	return fmt.Sprintf("%+v %+v %d pairs", t.Fitting, t.sampling, len(t.pairs))
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
	for _, p := range t.learner.params() {
		n := len(p.Value.Data)
		value, m, v := make([]float32, n), make([]float32, n), make([]float32, n)
		for name, to := range map[string][]float32{p.Name: value, "m." + p.Name: m, "v." + p.Name: v} {
			x, ok := f.Lookup(name)
			if !ok || x.DType != safetensors.F32 || x.Bytes != 4*n {
				return fmt.Errorf("%s: tensor %s: missing, or not %d values of F32", path, name, n)
			}
			quant.Decode(quant.F32, to, x.Data)
		}
		copy(p.Value.Data, value)
		if err := t.optimiser.Resume(step, p, m, v); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}
