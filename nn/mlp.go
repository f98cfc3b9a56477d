package nn

import "github.com/go-par/par/tensor"

// GatedMLP is Down(silu(Gate x)·(Up x)), SwiGLU (Shazeer, 2020).
type GatedMLP struct{ Gate, Up, Down Linear }

// AddTo adds the result for every row of h to x.
func (m *GatedMLP) AddTo(p *tensor.Pool, ws *Workspace, x, h tensor.Tensor) {
	gate, up := ws.gate.fit(h.Rows, m.Gate.Out()), ws.up.fit(h.Rows, m.Up.Out())
	p.MatMuls(h, nil, m.Gate.into(gate), m.Up.into(up))
	p.SwiGLU(gate, up)
	m.Down.AddTo(p, x, gate)
}

// MLP is FC2(Act(FC1 x)).
type MLP struct {
	FC1, FC2 Linear
	Act      tensor.Activation
}

// Forward returns the result for every row of x; it lives in ws.
func (m *MLP) Forward(p *tensor.Pool, ws *Workspace, x tensor.Tensor) tensor.Tensor {
	out := ws.out.fit(x.Rows, m.FC2.Out())
	m.FC2.Forward(p, out, m.inner(p, ws, x), nil)
	return out
}

// AddTo adds the result for every row of h to x.
func (m *MLP) AddTo(p *tensor.Pool, ws *Workspace, x, h tensor.Tensor) {
	m.FC2.AddTo(p, x, m.inner(p, ws, h))
}

func (m *MLP) inner(p *tensor.Pool, ws *Workspace, x tensor.Tensor) tensor.Tensor {
	up := ws.up.fit(x.Rows, m.FC1.Out())
	m.FC1.Forward(p, up, x, nil)
	p.Activate(up, m.Act)
	return up
}
