package par

import (
	"context"

	"github.com/go-par/par/lvlm"
)

// Everything is a Flow that prunes nothing. Unlike no Flow at all it has every prompt
// computed from its first row on, so that the time of a prefill does not depend on
// the question before.
type Everything struct{}

// Begin implements lvlm.Flow.
func (Everything) Begin(context.Context, *lvlm.View) error { return nil }

// Layer implements lvlm.Flow.
func (Everything) Layer(context.Context, int, *lvlm.View) (lvlm.Step, error) {
	return lvlm.Step{}, nil
}
