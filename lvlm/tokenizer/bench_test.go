package tokenizer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// benchmarkText is prose, code, numbers and other scripts, about 1 MB.
var benchmarkText = strings.Repeat(`A vision-language model looks at a picture and answers a question about it.
	for i := 0; i < 1000; i++ { sum += weights[i] * pixels[i] } // 12345.678
Die Straße führt über die Brücke zum größten Bahnhof. 这是一张在台湾拍摄的老照片。 На картинке изображена кошка 😀
`, 3500)

// benchmarkDirs lists the tokenizers of the oracle, or else those of testdata.
func benchmarkDirs(b *testing.B) []string {
	root := "testdata"
	if oracle := os.Getenv("PAR_ORACLE"); oracle != "" {
		root = filepath.Join(oracle, "tokenizers")
	}
	dirs, err := filepath.Glob(filepath.Join(root, "*", "tokenizer.json"))
	if err != nil || len(dirs) == 0 {
		b.Fatalf("no tokenizer.json under %s (%v)", root, err)
	}
	for i := range dirs {
		dirs[i] = filepath.Dir(dirs[i])
	}
	return dirs
}

func BenchmarkEncode(b *testing.B) {
	for _, dir := range benchmarkDirs(b) {
		tok, err := Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(filepath.Base(dir), func(b *testing.B) {
			b.SetBytes(int64(len(benchmarkText)))
			for b.Loop() {
				tok.Encode(benchmarkText, Options{})
			}
		})
	}
}

// BenchmarkEncodeWord encodes one word, whose time must stay linear but for the
// logarithm.
func BenchmarkEncodeWord(b *testing.B) {
	dirs := benchmarkDirs(b)
	for _, dir := range dirs {
		tok, err := Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		for _, size := range []struct {
			name string
			n    int
		}{{"64KiB", 1 << 16}, {"4MiB", 1 << 22}} {
			word := strings.Repeat("honorificabilitudinitatibus", size.n/27+1)[:size.n]
			b.Run(filepath.Base(dir)+"/"+size.name, func(b *testing.B) {
				b.SetBytes(int64(len(word)))
				for b.Loop() {
					tok.Encode(word, Options{})
				}
			})
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, dir := range benchmarkDirs(b) {
		tok, err := Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		ids := tok.Encode(benchmarkText, Options{})
		b.Run(filepath.Base(dir), func(b *testing.B) {
			b.SetBytes(int64(len(benchmarkText)))
			for b.Loop() {
				tok.Decode(ids, true)
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, dir := range benchmarkDirs(b) {
		b.Run(filepath.Base(dir), func(b *testing.B) {
			for b.Loop() {
				if _, err := Open(dir); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
