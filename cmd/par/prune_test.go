package main

import (
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-par/par/tensor/safetensors"
)

const (
	tinyPicture = "../../testdata/llava-tiny/picture0.png"
	tinyRouter  = "../../par/testdata/narrow.safetensors"
)

// TestRouterRun follows a router, dumps its scores and draws what it chose.
func TestRouterRun(t *testing.T) {
	dir := t.TempDir()
	dump, drawing := filepath.Join(dir, "dump.safetensors"), filepath.Join(dir, "drawing.png")
	status, stdout, stderr := cli(t, "", "run", "-m", tinyModel, "-image", tinyPicture, "-template", "none", "-max-tokens", "2", "-json",
		"-method", "par", "-router", tinyRouter, "-tokens", "6", "-layers", "4", "-dump", dump, "-viz", drawing, "-p", "<image> what?")
	if status != 0 {
		t.Fatal(stderr)
	}
	if !strings.Contains(stderr, "does not say which model") {
		t.Errorf("a router without a fingerprint is taken silently: %s", stderr)
	}
	var out struct {
		Flow struct {
			Method    string
			FromLayer int `json:"from_layer"`
			Kept      []int
			Skipped   []int `json:"skipped_layers"`
		}
	}
	if err := json.Unmarshal([]byte(stdout), &out); err != nil {
		t.Fatal(err)
	}
	if f := out.Flow; f.Method != "par" || f.FromLayer != 3 || len(f.Kept) != 6 || len(f.Skipped) != 1 {
		t.Errorf("flow %+v", f)
	}
	f, err := safetensors.Open(dump)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, n := range map[string]int{"router.tokens": 16, "router.layers": 5} {
		if x, ok := f.Lookup(name); !ok || len(x.Data) != 4*n {
			t.Errorf("%s: %v in the dump, want %d values", name, x.Shape, n)
		}
	}
	file, err := os.Open(drawing)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := png.Decode(file); err != nil {
		t.Error(err)
	}
}

// onTiny are arguments that ask the small model about a picture.
const onTiny = " -m " + tinyModel + " -image " + tinyPicture + " -p a"

// otherRouter writes what there need be of a router for a model of another size.
func otherRouter(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.safetensors")
	if err := safetensors.WriteFile(path, []safetensors.Source{safetensors.SourceF32("layer_tokens", []int{3, 8}, make([]float32, 24))}, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPruneUsage(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"run -method par -tokens 5", 2, "-router"},
		{"run -method random -router x", 2, "-router is for method par"},
		{"run -method shortgpt -layers 12", 2, "-order"},
		{"run -method cdpruner -tokens 5", 2, "-clip"},
		{"run -method cdpruner -tokens 5 -clip " + tinyModel + onTiny, 1, "text tower"},
		{"run -method fastv -layers 5", 2, "layers"},
		{"run -method random -flops 2", 2, "2"},
		{"run -method random -flops 0.5 -prefill-ms 5", 2, "two targets"},
		{"run -method random -protect 5,4", 2, "-protect"},
		{"run -method par -router nowhere.safetensors" + onTiny, 1, "nowhere.safetensors"},
		{"run -method par -router " + otherRouter(t) + onTiny, 1, "3 layers and width 8, this one has 5 and 24"},
		{"run -method random -flops 0.01" + onTiny, 1, "can't be met"},
		{"flops", 2, "-arch"},
		{"flops -arch llava-2", 2, "llava-2"},
		{"flops -arch llava-1.5-7b -tokens 577", 2, "577"},
		{"flops -arch llava-1.5-7b -layers 0", 2, "0 layers"},
		{"flops -arch llava-1.5-7b -router-width 100", 2, "head size"},
		{"flops -m nowhere", 1, "nowhere"},
		{"calibrate -m x", 2, "-data"},
		{"calibrate -data x", 2, "-model"},
		{"calibrate -m x -data y -method fastv", 2, "fastv"},
		{"calibrate -m " + tinyModel + " -data nowhere.jsonl", 1, "nowhere.jsonl"},
		{"methods too", 2, "too"},
	} {
		status, _, stderr := cli(t, "", strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(stderr, c.want) {
			t.Errorf("par %s: exit %d (want %d), says %q (want %q)", c.args, status, c.status, stderr, c.want)
		}
	}
}

// TestTargetRun lets the program pick, and say what it picked.
func TestTargetRun(t *testing.T) {
	status, _, stderr := cli(t, "", "run", "-m", tinyModel, "-image", tinyPicture, "-p", "a", "-method", "uniform", "-flops", "0.95", "-max-tokens", "1")
	if status != 0 || !strings.Contains(stderr, "For a target of 0.95 of the FLOPs: ") {
		t.Errorf("exit %d, says %q", status, stderr)
	}
}

// TestFLOPsJSON counts a row of the paper's table.
func TestFLOPsJSON(t *testing.T) {
	status, stdout, stderr := cli(t, "", "flops", "-arch", "llava-1.5-7b", "-tokens", "176", "-layers", "28", "-router", "1", "-json")
	if status != 0 {
		t.Fatal(stderr)
	}
	var out struct {
		Actual, Paper struct{ Total, Router, Vision float64 }
	}
	if err := json.Unmarshal([]byte(strings.NewReplacer("actual_tflops", "actual", "paper_tflops", "paper").Replace(stdout)), &out); err != nil {
		t.Fatal(err)
	}
	if out.Paper.Total < 6.18 || out.Paper.Total > 6.20 || out.Paper.Router != 0 || out.Actual.Router < 0.27 || out.Actual.Router > 0.29 || out.Actual.Vision == 0 {
		t.Errorf("counts %+v", out)
	}
	if status, stdout, _ := cli(t, "", "flops", "-m", tinyModel, "-tokens", "50%"); status != 0 || !strings.Contains(stdout, "8 of 16 image tokens") {
		t.Errorf("exit %d, prints %q", status, stdout)
	}
}

// TestCalibrate measures a layer order and uses it.
func TestCalibrate(t *testing.T) {
	dir := t.TempDir()
	data, order := filepath.Join(dir, "data.jsonl"), filepath.Join(dir, "order.json")
	picture, err := filepath.Abs(tinyPicture)
	if err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(map[string]string{"image": picture, "question": "What is this?"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(data, append(line, '\n'), 0o666); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := cli(t, "", "calibrate", "-m", tinyModel, "-data", data, "-o", order, "-quiet"); status != 0 {
		t.Fatal(stderr)
	}
	var file struct {
		Method string
		Order  []int
	}
	b, err := os.ReadFile(order)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := cli(t, "", "run", "-m", tinyModel, "-image", tinyPicture, "-template", "none", "-max-tokens", "1", "-json",
		"-method", "shortgpt", "-order", order, "-layers", "4", "-protect", "none", "-p", "<image> what?")
	if status != 0 {
		t.Fatal(stderr)
	}
	var out struct {
		Flow struct {
			Skipped []int `json:"skipped_layers"`
		}
	}
	if err := json.Unmarshal([]byte(stdout), &out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(file.Order[:1], out.Flow.Skipped); diff != "" {
		t.Errorf("skipped layers, of the order %v (-want +got):\n%s", file.Order, diff)
	}
	if status, stdout, _ := cli(t, "", "calibrate", "-m", tinyModel, "-data", data, "-method", "short-lvlm"); status != 0 || !strings.Contains(stdout, "layer 4") {
		t.Errorf("exit %d, prints %q", status, stdout)
	}
}
