package lvlm_test

import (
	"context"
	"fmt"
	"log"

	"github.com/go-par/par/lvlm"
	"github.com/go-par/par/lvlm/preprocess"
	"github.com/go-par/par/par"
)

func Example() {
	model, err := lvlm.Open("llava-1.5-7b-hf", lvlm.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	img, err := preprocess.DecodeFile("photo.jpg")
	if err != nil {
		log.Fatal(err)
	}
	flow, _ := par.New("uniform", par.Options{Tokens: par.Count(144), FromLayer: par.DefaultFromLayer})
	session := model.NewSession()
	for tok, err := range session.Generate(context.Background(), lvlm.Request{
		Prompt: "USER: <image>\nWhat is this? ASSISTANT:", Images: []*preprocess.RGB{img}, Flow: flow,
	}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(tok.Text)
	}
}
