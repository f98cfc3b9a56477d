package tensor

// tasks holds one task of every kind, owned by the operation whose turn it is:
// since they live in the pool, starting an operation allocates nothing.
type tasks struct {
	gemm         gemm
	matVecFloat  matVecFloat
	matVecQuads  matVecQuads
	matVecSupers matVecSupers

	norm        norm
	elementwise elementwise
	rotation    rotation
	attention   attention
}
