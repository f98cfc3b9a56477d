package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/go-par/par/par"
	"github.com/go-par/par/par/eval"
)

// methodGrid spells the flows of many methods at the same budgets.
type methodGrid struct {
	methods string
	budgets list
	routers list
	orders  list // METHOD=FILE
	clip    string
}

func (g *methodGrid) register(fs *flag.FlagSet) {
	fs.StringVar(&g.methods, "methods", "", "methods to compare at each -budget, a `list` of names, or all that can be: the unpruned model and those whose files are given")
	fs.Var(&g.budgets, "budget", "of -methods, a `budget` like flops=0.5 or tokens=64,layers=8; repeat for several")
	fs.Var(&g.routers, "router", "of -methods, a router's `file` for method par; repeat for several")
	fs.Var(&g.orders, "order", "of -methods, `METHOD=FILE` with the layer order of shortgpt or short-lvlm; repeat for both")
	fs.StringVar(&g.clip, "clip", "", "of -methods, `directory` of a CLIP checkpoint for method cdpruner")
}

// flows returns the grid, as flows of par eval. own is whether the model brings a router.
func (g *methodGrid) flows(own bool) ([]string, error) {
	switch {
	case g.methods == "" && len(g.budgets)+len(g.routers)+len(g.orders) == 0 && g.clip == "":
		return nil, nil
	case g.methods == "":
		return nil, fmt.Errorf("-budget, -router, -order and -clip go with -methods")
	case len(g.budgets) == 0:
		return nil, fmt.Errorf("-methods needs a -budget")
	}
	files, err := g.files(own)
	if err != nil {
		return nil, err
	}
	all := g.methods == "all"
	names := strings.Split(g.methods, ",")
	if all {
		names = par.MethodNames()
	}
	specs := []string{"none"}
	for _, name := range names {
		m, err := par.Find(strings.TrimSpace(name))
		if err != nil {
			return nil, fmt.Errorf("-methods %w", err)
		}
		if !m.Tokens && !m.Layers {
			if !all && m.Name != "none" {
				return nil, fmt.Errorf("-methods %s: it takes no budget", m.Name)
			}
			continue
		}
		given, takes := files[m.Name]
		if takes && len(given) == 0 {
			if !all {
				return nil, fmt.Errorf("-methods %s: its file is missing (-router, -order or -clip)", m.Name)
			}
			continue
		}
		for _, budget := range g.budgets {
			list, err := variants(&m, budget, all)
			if err != nil {
				return nil, err
			}
			for _, v := range list {
				if !takes {
					given = []string{""}
				}
				for _, file := range given {
					specs = append(specs, m.Name+":"+v+file)
				}
			}
		}
	}
	return specs, nil
}

// files returns, for each method that takes a file, the settings that give it.
func (g *methodGrid) files(own bool) (map[string][]string, error) {
	files := map[string][]string{"par": nil, "shortgpt": nil, "short-lvlm": nil, "cdpruner": nil}
	for _, r := range g.routers {
		files["par"] = append(files["par"], ",router="+r)
	}
	if own && len(g.routers) == 0 {
		files["par"] = []string{""}
	}
	for _, o := range g.orders {
		method, file, ok := strings.Cut(o, "=")
		if !ok || method != "shortgpt" && method != "short-lvlm" {
			return nil, fmt.Errorf("-order %s: want shortgpt=FILE or short-lvlm=FILE", o)
		}
		files[method] = append(files[method], ",order="+file)
	}
	if g.clip != "" {
		files["cdpruner"] = []string{",clip=" + g.clip}
	}
	return files, nil
}

// variants returns the budgets that a method is asked under. One that leaves the
// method both tokens and layers to choose stands for three: either alone, and both.
// Where skip is set, a budget of what the method doesn't choose stands for none.
func variants(m *par.Method, budget string, skip bool) ([]string, error) {
	_, settings, err := eval.ParseSettings("budget:" + budget)
	if err != nil {
		return nil, fmt.Errorf("-budget %s: not key=value", budget)
	}
	named := map[string]bool{}
	for _, s := range settings {
		if !slices.Contains(budgets, s.Key) {
			return nil, fmt.Errorf("-budget %s: %s is none (%s)", budget, s.Key, strings.Join(budgets, ", "))
		}
		named[s.Key] = true
	}
	if skip && (named["tokens"] && !m.Tokens || named["layers"] && !m.Layers) {
		return nil, nil
	}
	if m.Tokens && m.Layers && !named["tokens"] && !named["layers"] {
		return []string{budget, budget + ",layers=100%", budget + ",tokens=100%"}, nil
	}
	return []string{budget}, nil
}
