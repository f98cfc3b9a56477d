package eval

import (
	"encoding/json"
	"strings"
	"testing"
)

// ten returns ten people's answers as a JSON list: words, each so many times.
func ten(t *testing.T, counts ...any) string {
	t.Helper()
	var list []string
	for i := 0; i < len(counts); i += 2 {
		for range counts[i+1].(int) {
			list = append(list, counts[i].(string))
		}
	}
	if len(list) != 10 {
		t.Fatalf("%d people", len(list))
	}
	b, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestNormaliseVQA(t *testing.T) {
	for in, want := range map[string]string{
		"The Dog's": "dog 's", "a cat, an owl": "cat owl", "Ten": "10", "dont": "don't", "couldnt've": "couldn't've", "somebody'd": "somebodyd",
		"1,000": "1000", "3.5": "3.5", "st. john": "st john", "a-b": "b", "red-blue": "red blue", "x - y": "x y", "x -y-z": "x yz", "yes.": "yes",
		" \n x\ty ": "x y", "": "", "none": "0", "what?": "what", "u.s.a.": "usa", "im": "im", "10.": "10", "it`s": "it s",
		strings.Repeat(".", 40): strings.Repeat(".", 8),
	} {
		if got := normaliseVQA(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
