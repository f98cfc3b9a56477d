package gguf

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKeys(t *testing.T) {
	f := open(t, encode(t, everyKey, nil))
	for key, want := range map[string]int{"k.u8": 255, "k.u16": 65535} {
		if got, err := f.Count(key); got != want || err != nil {
			t.Errorf("Count(%s) is %d, %v", key, got, err)
		}
	}
	if got, err := f.Float32("k.f64"); got != -2.5 || err != nil {
		t.Errorf("Float32(k.f64) is %v, %v", got, err)
	}
	if got, err := f.Bool("k.true"); !got || err != nil {
		t.Errorf("Bool(k.true) is %v, %v", got, err)
	}
	if got, err := f.String("general.architecture"); got != "llama" || err != nil {
		t.Errorf("String(general.architecture) is %q, %v", got, err)
	}
	check := func(key string, got any, err error, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", key, err, diff)
		}
	}
	texts, err := f.Strings("a.texts")
	check("a.texts", texts, err, []string{"", "a", "\xff\xfe", "token"})
	none, err := f.Strings("a.none")
	check("a.none", none, err, []string{})
	ints, err := f.Int32s("a.i32")
	check("a.i32", ints, err, []int32{1, -2, 3})
	floats, err := f.Float32s("a.f32")
	check("a.f32", floats, err, []float32{0.5, float32(math.Inf(1))})
	doubles, err := f.Float32s("a.f64")
	check("a.f64", doubles, err, []float32{0.25})
	same, err := f.Counts("k.u8", 3)
	check("k.u8", same, err, []int{255, 255, 255})
	each, err := f.Counts("a.u8", 2)
	check("a.u8", each, err, []int{1, 2})
}

func TestKeyDefaults(t *testing.T) {
	f := open(t, encode(t, everyKey, nil))
	if got, err := f.CountOr("no.key", 7); got != 7 || err != nil {
		t.Errorf("CountOr is %d, %v", got, err)
	}
	if got, err := f.CountOr("k.u8", 7); got != 255 || err != nil {
		t.Errorf("CountOr of a key that is there is %d, %v", got, err)
	}
	if got, err := f.Float32Or("no.key", 0.5); got != 0.5 || err != nil {
		t.Errorf("Float32Or is %v, %v", got, err)
	}
	if got, err := f.BoolOr("no.key", true); !got || err != nil {
		t.Errorf("BoolOr is %v, %v", got, err)
	}
	if got, err := f.StringOr("no.key", "d"); got != "d" || err != nil {
		t.Errorf("StringOr is %q, %v", got, err)
	}
	// A default stands for a missing key, not for a wrong one.
	if _, err := f.CountOr("k.true", 7); err == nil {
		t.Error("CountOr takes a bool for missing")
	}
}

func TestKeyErrors(t *testing.T) {
	f := open(t, encode(t, everyKey, nil))
	count := func(key string) error { _, err := f.Count(key); return err }
	float := func(key string) error { _, err := f.Float32(key); return err }
	int32s := func(key string) error { _, err := f.Int32s(key); return err }
	three := func(key string) error { _, err := f.Counts(key, 3); return err }
	for _, c := range []struct {
		what string
		get  func(string) error
		key  string
		want string
	}{
		{"count", count, "k.i8", "-128"},
		{"count", count, "k.i64", "-9223372036854775808"},
		{"count", count, "k.u32", "4294967295"},
		{"count", count, "k.u64", "18446744073709551615"},
		{"count", count, "k.f32", "1.5 (float32)"},
		{"count", count, "k.true", "true (bool)"},
		{"count", count, "general.architecture", `"llama" (string)`},
		{"count", count, "a.u8", "array of uint8"},
		{"float", float, "k.nan", "NaN"},
		{"float", float, "k.large", "1e+300"},
		{"float", float, "k.u8", "255 (uint8)"},
		{"float", float, "a.f32", "array of float32"},
		{"int32s", int32s, "a.u64", "1099511627776"},
		{"int32s", int32s, "a.u8", "array of uint8"},
		{"int32s", int32s, "a.f32", "array of float32"},
		{"int32s", int32s, "k.u8", "255 (uint8)"},
		{"counts", three, "a.u8", "2 elements, want 3"},
		{"counts", three, "a.i32", "-2"},
		{"counts", three, "a.none", "0 elements"},
		{"counts", three, "a.bool", "2 elements"},
		{"strings", func(k string) error { _, err := f.Strings(k); return err }, "k.empty", `"" (string)`},
		{"string", func(k string) error { _, err := f.String(k); return err }, "a.texts", "array of string"},
		{"bool", func(k string) error { _, err := f.Bool(k); return err }, "k.u8", "255 (uint8)"},
		{"floats", func(k string) error { _, err := f.Float32s(k); return err }, "a.i32", "array of int32"},
	} {
		err := c.get(c.key)
		if err == nil {
			t.Errorf("%s of %s: no error", c.what, c.key)
			continue
		}
		for _, want := range []string{"test.gguf: field " + c.key + ": ", c.want} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s of %s: %v does not name %q", c.what, c.key, err, want)
			}
		}
	}
	if err := count("no.key"); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "no.key") {
		t.Errorf("a missing key: %v", err)
	}
}
