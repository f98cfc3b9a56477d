package chat

// expr is an expression.
type expr interface{ position() int }

// pos is the line of a node.
type pos int

func (p pos) position() int { return int(p) }

type (
	literal struct {
		pos
		value Value
	}
	nameExpr struct {
		pos
		name string
	}
	listExpr struct {
		pos
		items []expr
		tuple bool
	}
	dictExpr struct {
		pos
		keys, vals []expr
	}
	// attrExpr is x.name, indexExpr x[i].
	attrExpr struct {
		pos
		x    expr
		name string
	}
	indexExpr struct {
		pos
		x, index expr
	}
	// sliceExpr is the a:b:c of an index; each part may be nil.
	sliceExpr struct {
		pos
		start, stop, step expr
	}
	callExpr struct {
		pos
		f    expr
		args callArgs
	}
	filterExpr struct {
		pos
		x    expr // nil for the text of a filter or set block
		name string
		args callArgs
	}
	testExpr struct {
		pos
		x    expr
		name string
		args callArgs
	}
	unaryExpr struct {
		pos
		op string // "-", "+", "not"
		x  expr
	}
	binaryExpr struct {
		pos
		op   string // arithmetic, "and", "or"
		l, r expr
	}
	concatExpr struct {
		pos
		parts []expr
	}
	// compareExpr is a chain: first ops[0] rest[0] ops[1] rest[1] ...
	compareExpr struct {
		pos
		first expr
		ops   []string
		rest  []expr
	}
	condExpr struct {
		pos
		then, test, otherwise expr // otherwise may be nil
	}
)

// callArgs are the arguments of a call as written.
type callArgs struct {
	pos      []expr
	names    []string // of keyword arguments
	named    []expr
	star     expr // *x or nil
	starStar expr // **x or nil
}

// target is what can be assigned to.
type target interface{ position() int }

type (
	nameTarget struct {
		pos
		name string
	}
	// attrTarget is an attribute of a namespace.
	attrTarget struct {
		pos
		name, attr string
	}
	tupleTarget struct {
		pos
		items []target
	}
)

// stmt is a statement.
type stmt interface{ position() int }

type (
	textStmt struct {
		pos
		text string
	}
	printStmt struct {
		pos
		x expr
	}
	ifStmt struct {
		pos
		tests     []expr
		bodies    [][]stmt
		otherwise []stmt
	}
	forStmt struct {
		pos
		target          target
		iter, test      expr // test may be nil
		body, otherwise []stmt
	}
	setStmt struct {
		pos
		target target
		x      expr
	}
	// setBlock assigns the text of its body, passed through filter where that is not nil.
	setBlock struct {
		pos
		target target
		filter expr
		body   []stmt
	}
	filterBlock struct {
		pos
		filter expr
		body   []stmt
	}
	withStmt struct {
		pos
		targets []target
		values  []expr
		body    []stmt
	}
	// scopeStmt is a body with variables of its own: the generation block.
	scopeStmt struct {
		pos
		body []stmt
	}
	macroStmt struct {
		pos
		name     string
		params   []string
		defaults []expr // of the last parameters
		body     []stmt
		// what the body refers to, beyond its parameters
		varargs, kwargs, caller bool
	}
	callBlock struct {
		pos
		call   *callExpr
		caller *macroStmt
	}
	jumpStmt struct {
		pos
		how control
	}
)
