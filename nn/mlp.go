package nn

import "github.com/go-par/par/tensor"

// GatedMLP is Down(silu(Gate x)·(Up x)), SwiGLU (Shazeer, 2020).
type GatedMLP struct{ Gate, Up, Down Linear }

// Forward returns the result for every row of x; it lives in ws.
func (m *GatedMLP) Forward(p *tensor.Pool, ws *Workspace, x tensor.Tensor) tensor.Tensor {
	gate, up, out := ws.gate.fit(x.Rows, m.Gate.Out()), ws.up.fit(x.Rows, m.Up.Out()), ws.out.fit(x.Rows, m.Down.Out())
	p.MatMuls(x, nil, m.Gate.into(gate), m.Up.into(up))
	p.SwiGLU(gate, up)
	m.Down.Forward(p, out, gate, nil)
	return out
}

// MLP is FC2(Act(FC1 x)).
type MLP struct {
	FC1, FC2 Linear
	Act      tensor.Activation
}

// Forward returns the result for every row of x; it lives in ws.
func (m *MLP) Forward(p *tensor.Pool, ws *Workspace, x tensor.Tensor) tensor.Tensor {
	up, out := ws.up.fit(x.Rows, m.FC1.Out()), ws.out.fit(x.Rows, m.FC2.Out())
	m.FC1.Forward(p, up, x, nil)
	p.Activate(up, m.Act)
	m.FC2.Forward(p, out, up, nil)
	return out
}
