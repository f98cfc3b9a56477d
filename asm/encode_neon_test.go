package asm

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden words of encode_arm64.h")

const (
	encodings = "encode_arm64.h"
	golden    = "testdata/encode_arm64.golden"
)

// An encoding is a macro for one instruction; its text has operands in the place
// of numbers.
type encoding struct {
	name   string
	params []string
	text   string
}

var (
	definition = regexp.MustCompile(`^#define (\w+)\(([\w, ]+)\) +\S.* // (.*)$`)
	operand    = regexp.MustCompile(`\b[bhsdqvx][dnm]\b|\[[ij]\]|#s\b`)
	register   = regexp.MustCompile(`\b([bhsdqvx])\d+\b|\[\d\]|#\d+$`)
)

func readEncodings(t *testing.T) []encoding {
	t.Helper()
	file, err := os.ReadFile(encodings)
	if err != nil {
		t.Fatal(err)
	}
	var all []encoding
	for line := range strings.Lines(string(file)) {
		if m := definition.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			all = append(all, encoding{m[1], strings.Split(m[2], ", "), m[3]})
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s defines no encodings", encodings)
	}
	return all
}

// call writes a use of the macro and the instruction that it stands for.
func (e encoding) call(values map[string]int) (use, text string) {
	args := make([]string, len(e.params))
	for i, p := range e.params {
		args[i] = strconv.Itoa(values[p])
	}
	text = operand.ReplaceAllStringFunc(e.text, func(s string) string {
		switch s {
		case "[i]", "[j]":
			return fmt.Sprintf("[%d]", values[s[1:2]])
		case "#s":
			return fmt.Sprintf("#%d", values["s"])
		}
		return s[:1] + strconv.Itoa(values[s[1:]])
	})
	return e.name + "(" + strings.Join(args, ", ") + ")", text
}

// Operands that use every bit of every field, each field with bits of its own.
var operandSets = []map[string]int{
	{"i": 0, "j": 0, "m": 1, "n": 2, "d": 4, "s": 1},
	{"i": 1, "j": 1, "m": 24, "n": 16, "d": 8, "s": 7},
	{"i": 2, "j": 0, "m": 6, "n": 9, "d": 19, "s": 2},
	{"i": 3, "j": 1, "m": 30, "n": 29, "d": 31, "s": 4},
}

// TestEncodings assembles every macro with some operands and compares the words
// with recorded ones and with what a disassembler makes of them.
func TestEncodings(t *testing.T) {
	var uses, texts []string
	for _, e := range readEncodings(t) {
		for _, values := range operandSets {
			use, text := e.call(values)
			uses, texts = append(uses, use), append(texts, text)
		}
	}
	source := fmt.Sprintf("#include \"%s\"\nTEXT ·f(SB), 4, $0\n\t%s\n", encodings, strings.Join(uses, "\n\t"))
	file := filepath.Join(t.TempDir(), "uses_arm64.s")
	if err := os.WriteFile(file, []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	words := listWords(t, goCommand(t, "tool", "asm", "-S", "-p", "asm", "-I", ".",
		"-I", filepath.Join(goRoot(t), "pkg", "include"), "-o", filepath.Join(t.TempDir(), "out.o"), file))
	if len(words) != len(uses) {
		t.Fatalf("%d uses assemble to %d words", len(uses), len(words))
	}
	var got strings.Builder
	for i, w := range words {
		fmt.Fprintf(&got, "%08x %s // %s\n", w, uses[i], texts[i])
	}
	if lines := disassemble(t, words); lines != nil {
		if d := cmp.Diff(texts, lines); d != "" {
			t.Fatalf("%s says (-), the disassembler says (+):\n%s", encodings, d)
		}
		if *update {
			if err := os.WriteFile(golden, []byte(got.String()), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("words differ from %s (-) (rewrite it with -update):\n%s", golden, d)
	}
}

// TestWords looks at what the kernels' uses of the macros expand to: every word
// must be an instruction of encode_arm64.h. An operand out of range would make it
// another.
func TestWords(t *testing.T) {
	known := map[string]bool{}
	for _, e := range readEncodings(t) {
		_, text := e.call(operandSets[0])
		known[register.ReplaceAllString(text, "$1")] = true
	}
	if disassembler(t) == "" {
		t.Skip("nothing to disassemble words with")
	}
	words := listWords(t, goCommand(t, "build", "-asmflags=-S", "."))
	if len(words) == 0 {
		t.Fatal("no words in the listing of the kernels")
	}
	for i, text := range disassemble(t, words) {
		if !known[register.ReplaceAllString(text, "$1")] {
			t.Errorf("word %08x is %q, not in %s", words[i], text, encodings)
		}
	}
}

// TestKernelSources keeps the rules that the assembler does not check: no words
// but those of encode_arm64.h, no register number above 31, and no register that
// belongs to the platform (R18), the linker (R27), the goroutine (R28) or the
// frame (R29).
func TestKernelSources(t *testing.T) {
	names := map[string]bool{}
	for _, e := range readEncodings(t) {
		names[e.name] = true
	}
	used := map[string]bool{}
	call := regexp.MustCompile(`\b(\w+)\(([^()]*)\)`)
	word := regexp.MustCompile(`\w+`)
	forbidden := regexp.MustCompile(`\bWORD\b|\bR(18|27|28|29)\b|\bg\b`)
	files, err := filepath.Glob("*_arm64.h")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, kernelFiles(t)...) {
		if file == encodings {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(src)) {
			n++
			line, _, _ = strings.Cut(line, "//")
			if bad := forbidden.FindString(line); bad != "" {
				t.Errorf("%s:%d: %s", file, n, bad)
			}
			for _, name := range word.FindAllString(line, -1) {
				used[name] = true // also where a macro takes it as an operand
			}
			for _, m := range call.FindAllStringSubmatch(line, -1) {
				if !names[m[1]] {
					continue
				}
				for _, arg := range strings.Split(m[2], ",") {
					if v, err := strconv.Atoi(strings.TrimSpace(arg)); err == nil && (v < 0 || v > 31) {
						t.Errorf("%s:%d: operand %d of %s", file, n, v, m[1])
					}
				}
			}
		}
	}
	for name := range names {
		if !used[name] {
			t.Errorf("%s: %s is not used", encodings, name)
		}
	}
}

func kernelFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*_arm64.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("no kernels for arm64: %v", err)
	}
	return files
}

// goCommand runs a command of Go's for arm64 and returns what it prints.
func goCommand(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64")
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return out
}

func goRoot(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(string(goCommand(t, "env", "GOROOT")))
}

// listWords returns the WORDs in an assembler's listing.
func listWords(t *testing.T, listing []byte) []uint32 {
	t.Helper()
	var words []uint32
	for line := range strings.Lines(string(listing)) {
		_, arg, ok := strings.Cut(strings.TrimSpace(line), "\tWORD\t$")
		if !ok {
			continue
		}
		w, err := strconv.ParseInt(arg, 0, 64)
		if err != nil || w != int64(uint32(w)) {
			t.Fatalf("WORD $%s", arg)
		}
		words = append(words, uint32(w))
	}
	return words
}

// disassembler returns the path of a disassembler, or "" where there is none, which
// is an error where PAR_REQUIRE_OBJDUMP is set.
func disassembler(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("aarch64-linux-gnu-objdump")
	if err != nil && os.Getenv("PAR_REQUIRE_OBJDUMP") != "" {
		t.Fatal(err)
	}
	return path
}

// disassemble returns the text of each word, or nil where there is no
// disassembler.
func disassemble(t *testing.T, words []uint32) []string {
	t.Helper()
	objdump := disassembler(t)
	if objdump == "" {
		return nil
	}
	var code []byte
	for _, w := range words {
		code = binary.LittleEndian.AppendUint32(code, w)
	}
	file := filepath.Join(t.TempDir(), "words")
	if err := os.WriteFile(file, code, 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(objdump, "-D", "-z", "-b", "binary", "-m", "aarch64", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	line := regexp.MustCompile(`^ *[0-9a-f]+:\t[0-9a-f]{8} \t(.*)$`)
	for s := range strings.Lines(string(out)) {
		if m := line.FindStringSubmatch(strings.TrimSuffix(s, "\n")); m != nil {
			texts = append(texts, strings.Join(strings.Fields(m[1]), " "))
		}
	}
	if len(texts) != len(words) {
		t.Fatalf("%d words disassemble to %d lines", len(words), len(texts))
	}
	return texts
}
