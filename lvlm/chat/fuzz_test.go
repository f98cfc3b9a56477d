package chat

import (
	"errors"
	"testing"
)

// FuzzRender renders any template: it must end, within its bounds, with a text or an
// error that has a line, and do the same again.
func FuzzRender(f *testing.F) {
	g, _ := readGolden(f)
	for _, c := range g.Cases {
		f.Add(c.Template)
	}
	data := values(f, g.Data)
	data["messages"], _ = FromJSON([]byte(`[{"role": "user", "content": "a"}, {"role": "assistant", "content": [{"type": "text", "text": "b"}]}]`))
	f.Fuzz(func(t *testing.T, src string) {
		tmpl, err := Parse(src)
		if err != nil {
			checkError(t, err)
			return
		}
		first, err := tmpl.Render(data)
		if err != nil {
			checkError(t, err)
		}
		if len(first) > maxOutput {
			t.Errorf("%d bytes of output", len(first))
		}
		second, again := tmpl.Render(data)
		if first != second && !clock(src) || (err == nil) != (again == nil) {
			t.Errorf("%q, %v; then %q, %v", first, err, second, again)
		}
	})
}

// clock reports whether a template may print the time.
func clock(src string) bool {
	t, err := lex(src)
	for _, token := range t {
		if token.text == "strftime_now" {
			return true
		}
	}
	return err != nil
}

func checkError(t *testing.T, err error) {
	var located *Error
	if !errors.As(err, &located) || located.Line < 1 {
		if !errors.Is(err, ErrLimit) {
			t.Errorf("error without a line: %v", err)
		}
	}
}
