//go:build nomodel

package builtin_test

import (
	"errors"
	"testing"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/builtin"
)

func TestNone(t *testing.T) {
	_, err := builtin.Open(lvlm.Options{})
	_, _, perr := builtin.Pruning()
	_, ferr := builtin.Files()
	for _, err := range []error{err, perr, ferr} {
		if !errors.Is(err, builtin.ErrNone) {
			t.Errorf("error %v", err)
		}
	}
}
