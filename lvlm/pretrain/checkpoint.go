package pretrain

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"

	"github.com/go-par/par/tensor/safetensors"
)

// checkpointName is the file that a run goes on from: every parameter, and the
// optimisers' moments of those that the running stage trains.
const checkpointName = "checkpoint.safetensors"

// state lists the values that a checkpoint holds, by name.
func (t *trainer) state() map[string][]float32 {
	list := map[string][]float32{}
	for _, p := range append(t.model.Params(), t.model.idle()...) {
		list[p.Name] = p.Value.Data
	}
	if t.stage == len(t.Stages) || t.step == 0 {
		return list
	}
	for _, p := range t.trained() {
		if isBlockMatrix(p) {
			list["momentum."+p.Name] = t.muon.State(p)
		} else {
			list["m."+p.Name], list["v."+p.Name] = t.adam.State(p)
		}
	}
	return list
}

// save writes a checkpoint, which replaces the last one when it is complete.
func (t *trainer) save() error {
	return safetensors.WriteFile(filepath.Join(t.Dir, checkpointName), safetensors.Values(t.state()), map[string]string{
		"format": "par-pretrain-1", "run": t.identity(), "stage": strconv.Itoa(t.stage), "step": strconv.Itoa(t.step),
	})
}

// identity tells runs apart that must not continue each other. The stages' lengths and
// rates may be changed under way.
func (t *trainer) identity() string {
	s := fmt.Sprintf("%+v seed %d lanes %d", t.Shape, t.Seed, t.Lanes)
	for _, stage := range t.Stages {
		s += fmt.Sprintf(" %s %d", stage.Name, stage.Batch)
	}
	return s
}

// resume goes on from the checkpoint, if there is one.
func (t *trainer) resume() error {
	path := filepath.Join(t.Dir, checkpointName)
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
	stage, errStage := strconv.Atoi(meta["stage"])
	step, errStep := strconv.Atoi(meta["step"])
	if errStage != nil || errStep != nil || stage < 0 || stage > len(t.Stages) || step < 0 {
		return fmt.Errorf("%s: fields stage, step: %q, %q are no place in a training of %d stages", path, meta["stage"], meta["step"], len(t.Stages))
	}
	t.begin(stage)
	t.step = step
	if err := f.Values(t.state()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	t.adam.Resume(step)
	return nil
}
