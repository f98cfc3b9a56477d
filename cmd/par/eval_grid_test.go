package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMethodGrid(t *testing.T) {
	three := func(head, tail string) []string {
		return []string{head + tail, head + ",layers=100%" + tail, head + ",tokens=100%" + tail}
	}
	join := func(lists ...[]string) (all []string) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	for _, c := range []struct {
		name string
		grid methodGrid
		own  bool
		want []string
	}{
		{"nothing", methodGrid{}, true, nil},
		{"named", methodGrid{methods: "none, fastv,uniform", budgets: list{"flops=0.5", "tokens=9,layers=4"}}, false, join(
			[]string{"none", "fastv:flops=0.5", "fastv:tokens=9,layers=4"}, three("uniform:flops=0.5", ""), []string{"uniform:tokens=9,layers=4"})},
		{"routers", methodGrid{methods: "par", budgets: list{"tokens=9", "prefill-ms=5"}, routers: list{"a", "b"}}, true, []string{
			"none", "par:tokens=9,router=a", "par:tokens=9,router=b",
			"par:prefill-ms=5,router=a", "par:prefill-ms=5,router=b",
			"par:prefill-ms=5,layers=100%,router=a", "par:prefill-ms=5,layers=100%,router=b",
			"par:prefill-ms=5,tokens=100%,router=a", "par:prefill-ms=5,tokens=100%,router=b",
		}},
		{"all", methodGrid{methods: "all", budgets: list{"flops=0.5"}, orders: list{"shortgpt=s"}}, false, join(
			[]string{"none"}, three("random:flops=0.5", ""), three("uniform:flops=0.5", ""),
			[]string{"pooling:flops=0.5", "fastv:flops=0.5", "divprune:flops=0.5", "dart:flops=0.5", "visionzip:flops=0.5",
				"pyramiddrop:flops=0.5", "sparsevlm:flops=0.5", "shortgpt:flops=0.5,order=s"})},
		{"all, of layers", methodGrid{methods: "all", budgets: list{"layers=4"}, orders: list{"shortgpt=s", "short-lvlm=l"}}, true, []string{
			"none", "par:layers=4", "random:layers=4", "uniform:layers=4", "shortgpt:layers=4,order=s", "short-lvlm:layers=4,order=l",
		}},
	} {
		got, err := c.grid.flows(c.own)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
