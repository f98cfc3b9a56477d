package sized

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	own := errors.New("own")
	for _, c := range []struct {
		size   uint64
		pieces []string
		fail   error
		wrote  string
		want   string
	}{
		{0, nil, nil, "", ""},
		{5, []string{"ab", "", "cde"}, nil, "abcde", ""},
		{5, []string{"ab"}, nil, "ab", "3 bytes of 5"},
		{5, []string{"abc", "def"}, nil, "abc", "3 bytes where 2"},
		{0, []string{"a"}, nil, "", "1 bytes where 0"},
		{5, []string{"abcde"}, own, "abcde", "own"},
	} {
		var b strings.Builder
		err := Write(&b, c.size, func(w io.Writer) error {
			for _, s := range c.pieces {
				if _, err := io.WriteString(w, s); err != nil {
					return err
				}
			}
			return c.fail
		})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q in %d bytes: %v", c.pieces, c.size, err)
		}
		if b.String() != c.wrote {
			t.Errorf("%q in %d bytes: wrote %q", c.pieces, c.size, &b)
		}
	}
}
