module github.com/go-par/par/lvlm/tokenizer/gen

go 1.26.0
