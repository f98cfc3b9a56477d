package chat

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"
)

// golden is testdata/golden.json, which golden.py writes with jinja2.
type golden struct {
	Now   string
	Data  json.RawMessage
	Cases []struct {
		Name, Template string
		Data           json.RawMessage // nil for the common data
		Want           string
		Error          string // "", "raised" or "error"
		Message        string // of a raised error
	}
}

func readGolden(t testing.TB) (golden, time.Time) {
	text, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	now, err := time.Parse("2006-01-02T15:04:05.999999", g.Now)
	if err != nil {
		t.Fatal(err)
	}
	return g, now
}

// values converts a JSON object to variables.
func values(t testing.TB, text []byte) Values {
	v, err := FromJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	d, ok := v.(*Dict)
	if !ok {
		t.Fatalf("data are a %s", v.typeName())
	}
	data := Values{}
	for i, k := range d.keys {
		data[string(k.(String))] = d.vals[i]
	}
	return data
}

func TestGolden(t *testing.T) {
	g, now := readGolden(t)
	for _, c := range g.Cases {
		t.Run(c.Name, func(t *testing.T) {
			if c.Data == nil {
				c.Data = g.Data
			}
			tmpl, err := Parse(c.Template)
			got := ""
			if err == nil {
				tmpl.now = func() time.Time { return now }
				got, err = tmpl.Render(values(t, c.Data))
			}
			var raised *RaisedError
			isRaised := errors.As(err, &raised)
			switch {
			case c.Error == "" && err != nil:
				t.Fatalf("error %v, want %q", err, c.Want)
			case c.Error != "" && err == nil:
				t.Fatalf("%q, want an error", got)
			case isRaised != (c.Error == "raised"):
				t.Fatalf("error %v, want it %s", err, c.Error)
			case isRaised && raised.Message != c.Message:
				t.Fatalf("raised %q, want %q", raised.Message, c.Message)
			case got != c.Want:
				t.Fatalf("%q, want %q", got, c.Want)
			}
			var located *Error
			if err != nil && (!errors.As(err, &located) || located.Line < 1) {
				t.Errorf("error without a line: %v", err)
			}
		})
	}
}
