module github.com/go-par/par/bench/peers

go 1.26.0

require github.com/go-par/par v0.0.0

require golang.org/x/sys v0.49.0 // indirect

replace github.com/go-par/par => ../..
