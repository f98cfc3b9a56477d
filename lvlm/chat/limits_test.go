package chat

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// render parses and renders a template.
func render(src string, data Values) (string, error) {
	t, err := Parse(src)
	if err != nil {
		return "", err
	}
	return t.Render(data)
}

// numbered repeats a format with the numbers below n.
func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestLongSources parses sources of a quarter of the greatest length that repeat one thing. None may
// take more than linear time.
func TestLongSources(t *testing.T) {
	for _, c := range []struct{ before, part, after string }{
		{"{{ ", "'a' ", "}}"}, {"{{ 1|a", ".d", "}}"}, {"", "{##}", ""}, {"", "{% raw %}{% endraw %}", ""}, {"{% raw %}", "{% ", ""},
		{"{{ '", "\\t", "' }}"}, {"{{", " ", "}}"}, {"", "{ ", ""}, {"{{ [", "1,", "] }}"}, {"{{ {", "1:1,", "} }}"}, {"", "{% if 1 %}{% endif %}", ""},
		{"{% if 1 %}", "{% elif 1 %}", "{% endif %}"}, {"{% set ", "a,", "a = 1 %}"}, {"{{ 1", "<1", "}}"}, {"{{ 1", "~1", "}}"}, {"{{ 1", "_1", "}}"},
		{"{{ 1.5", "_1", "}}"}, {"{{ x", "[1]", "}}"}, {"{{ x", "()", "}}"}, {"{{ f(", "1,", ") }}"}, {"{{ f(", "**x,", ") }}"}, {"", "\n", ""}, {"", "{{1}}\n", ""},
	} {
		n := (maxSource - len(c.before) - len(c.after)) / len(c.part) / 4
		src := c.before + strings.Repeat(c.part, n) + c.after
		if _, err := Parse(src); err != nil {
			var located *Error
			if !errors.As(err, &located) {
				t.Errorf("%s%s...: error without a line: %v", c.before, c.part, err)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	nested := func(n int, open, inner, end string) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	bombs := map[string]string{
		"source":           strings.Repeat("x", maxSource+1),
		"range":            "{{ range(100001)|list|length }}",
		"range arguments":  "{{ range(-9223372036854775807, 9223372036854775807)|length }}",
		"loops":            nested(4, "{% for i in range(1000) %}", "", "{% endfor %}"),
		"expressions":      "{% for i in range(100000) %}{{ i + i + i + i + i + i + i + i + i + i + i + i + i + i + i + i }}{% endfor %}",
		"doubled string":   "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
		"doubled by ~":     "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
		"doubled list":     "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
		"doubled tree":     "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
		"compared trees":   "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
		"tree as JSON":     "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}",
		"deep list":        "{% set ns = namespace(x=[]) %}{% for i in range(2000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
		"deep JSON":        "{% set ns = namespace(x=[]) %}{% for i in range(2000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x|tojson }}",
		"deep equality":    "{% set ns = namespace(x=[], y=[]) %}{% for i in range(2000) %}{% set ns.x = [ns.x] %}{% set ns.y = [ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
		"deep key":         "{% set ns = namespace(x=()) %}{% for i in range(2000) %}{% set ns.x = (ns.x,) %}{% endfor %}{{ {ns.x: 1} }}",
		"wide key":         "{% set ns = namespace(x=(1,)) %}{% for i in range(60) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ {ns.x: 1} }}",
		"own namespace":    "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
		"repeated string":  "{{ 'x' * 9223372036854775807 }}",
		"repeated list":    "{{ [1] * 1000000000 }}",
		"replacements":     "{% set x = 'a' * 1000000 %}{{ x.replace('a', x) }}",
		"joined":           "{% set x = 'a' * 1000000 %}{{ x.join(x) }}",
		"indented":         "{{ ('\n' * 100000)|indent(100000) }}",
		"width":            "{{ '%1000000000d' % 1 }}",
		"precision":        "{{ '%.1000000000f' % 1 }}",
		"format width":     "{{ '{:1000000000}'.format(1) }}",
		"batch":            "{{ [1]|batch(1000000000, 0)|list }}",
		"JSON indent":      "{{ [1]|tojson(indent=1000000000) }}",
		"recursion":        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
		"mutual recursion": "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}",
		"default argument": "{% macro f(x=f()) %}{% endmacro %}{{ f() }}",
		"caller":           "{% macro f() %}{% call f() %}{{ caller() }}{% endcall %}{{ caller() }}{% endmacro %}{% call f() %}{% endcall %}",
		"parentheses":      "{{ " + nested(3000, "(", "1", ")") + " }}",
		"lists":            "{{ " + nested(3000, "[", "1", "]") + " }}",
		"calls":            "{{ " + nested(3000, "f(", "1", ")") + " }}",
		"nots":             "{{ " + strings.Repeat("not ", 3000) + "1 }}",
		"minuses":          "{{ " + strings.Repeat("-", 3000) + "1 }}",
		"elses":            "{{ " + strings.Repeat("1 if 0 else ", 3000) + "1 }}",
		"ifs":              nested(3000, "{% if 1 %}", "", "{% endif %}"),
		"targets":          "{% set " + nested(3000, "(", "a", ")") + " = 1 %}",
		"sum":              "{{ 1" + strings.Repeat(" + 1", 100000) + " }}",
		"attributes":       "{{ x" + strings.Repeat("|d", 100000) + " }}",
		"conditions":       "{{ 1" + strings.Repeat(" if 1", 100000) + " }}",
		"scanned text":     "{% set x = 'a' * 10000000 %}{% for i in range(100000) %}{% if 'b' in x %}{% endif %}{% endfor %}",
		"escaped":          "{% set x = '\x00' * 10000000 %}{{ [x] }}",
		"escaped JSON":     "{% set x = '\x00' * 10000000 %}{{ x|tojson }}",
		"split":            "{% set x = 'a ' * 10000000 %}{{ x.split() }}",
		"split at":         "{% set x = 'a ' * 10000000 %}{{ x.split('a') }}",
		"lines":            "{% set x = '\n' * 10000000 %}{{ x|indent }}",
		"stripped":         "{% set x = 'ab' * 5000000 %}{% for i in range(100000) %}{{ x.strip(x) }}{% endfor %}",
		"keywords":         "{% set ns = namespace(d={}) %}{% for i in range(300) %}{% set ns.d = dict(ns.d, **{'k' ~ i: 1}) %}{% endfor %}{{ dict(**ns.d) }}",
		"written keywords": "{{ dict(" + numbered(300, "k%d=1,") + ") }}",
		"parameters":       "{% macro f(" + numbered(300, "k%d=1,") + "x=1) %}{% endmacro %}",
		"output":           "{% set x = 'a' * 1000000 %}{% for i in range(20) %}{{ x }}{% endfor %}",
	}
	for name, src := range bombs {
		t.Run(name, func(t *testing.T) {
			if out, err := render(src, nil); !errors.Is(err, ErrLimit) {
				t.Errorf("%d bytes, error %v; want a limit exceeded", len(out), err)
			}
		})
	}
}

func TestErrorsNameWhatAndWhere(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"a\n{{ x|nofilter }}", "chat template: line 2: no filter named 'nofilter'"},
		{"{% if 1 %}\n{{ x|nofilter }}{% endif %}", "chat template: line 2: no filter named 'nofilter'"},
		{"{{ 1\nis\nnotest }}", "chat template: line 3: no test named 'notest'"},
		{"\n\n{{ 'a'.encode() }}", "chat template: line 3: 'str object' has no attribute or element 'encode'"},
		{"\n{{ [1].append(2) }}", "chat template: line 2: list method 'append' changes a value: not allowed in templates"},
		{"{% include 'x' %}", "chat template: line 1: statement 'include' loads another template: not supported"},
		{"\n{% for x in y recursive %}{% endfor %}", "chat template: line 2: a recursive loop is not supported"},
		{"\n{% for x in y %}\n\n", "chat template: line 2: 'for' without its 'endfor'"},
		{"\n{{ lipsum() }}", "chat template: line 2: 'lipsum' is undefined"},
		{"{{ f(\n1,\n2 }}", "chat template: line 3: unexpected '}'"},
		{"\n{{ 'a'.split(1, 2, 3) }}", "chat template: line 2: str method 'split': takes at most 2 arguments, got 3"},
		{"{% macro f() %}\n{{ 1 / 0 }}\n{% endmacro %}\n{{ f() }}", "chat template: line 2: division by zero"},
		{"{{ ['a', 1]|join('\n') }}{{ 'x'\n|upper\n|round }}", "chat template: line 4: filter 'round': needs a number, not 'str'"},
	} {
		_, err := render(c.src, nil)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %s", c.src, err, c.want)
		}
	}
}

func TestRaisedError(t *testing.T) {
	_, err := render("\n{{ raise_exception('no ' ~ 'tools') }}", nil)
	var raised *RaisedError
	var located *Error
	if !errors.As(err, &raised) || raised.Message != "no tools" || !errors.As(err, &located) || located.Line != 2 {
		t.Errorf("error %v, want one raised in line 2", err)
	}
}

// TestValuesDoNotChange renders twice with the same data and expects what a template
// did in the first run to leave no trace.
func TestValuesDoNotChange(t *testing.T) {
	tmpl, err := Parse("{% set l = l + [9] %}{% set ns = namespace(d) %}{% set ns.k = 2 %}{{ l|sort|reverse|list }}{{ l[:1] + [7] }}{{ l }}{{ d }}{{ ns.k }}")
	if err != nil {
		t.Fatal(err)
	}
	data := values(t, []byte(`{"l": [3, 1, 2], "d": {"k": 1}}`))
	for range 2 {
		got, err := tmpl.Render(data)
		if want := "[9, 3, 2, 1][3, 7][3, 1, 2, 9]{'k': 1}2"; err != nil || got != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}

func TestFromJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"b": 1, "a": [true, null, 1.5, "x"], "b": 2}`: "{'b': 2, 'a': [True, None, 1.5, 'x']}",
		`12345678901234567890`:                          "1.2345678901234567e+19",
		`1e2`:                                           "100.0",
		strings.Repeat("[", 600) + strings.Repeat("]", 600): "",
		`{"a": 1} x`: "", `{"a": }`: "", `[1`: "", ``: "", `1e999`: "",
	} {
		v, err := FromJSON([]byte(text))
		if (err != nil) != (want == "") {
			t.Errorf("%s: error %v", clip(text), err)
			continue
		}
		if err == nil {
			if got, _ := render("{{ x }}", Values{"x": v}); got != want {
				t.Errorf("%s: %s, want %s", text, got, want)
			}
		}
	}
}

func TestValueOf(t *testing.T) {
	v, err := ValueOf(map[string]any{"b": []any{1, int64(2), 1.0, "x", nil, true}, "a": map[string]any{}})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := render("{{ x }}", Values{"x": v}); got != "{'a': {}, 'b': [1, 2, 1.0, 'x', None, True]}" {
		t.Error(got)
	}
	cycle := []any{nil}
	cycle[0] = cycle
	for _, x := range []any{make(chan int), []any{struct{}{}}, cycle} {
		if v, err := ValueOf(x); err == nil {
			t.Errorf("%T: %v, want an error", x, v)
		}
	}
}
