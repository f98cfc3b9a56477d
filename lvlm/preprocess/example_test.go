package preprocess_test

import (
	"fmt"

	"github.com/go-par/par/lvlm/preprocess"
)

func Example() {
	config := preprocess.Default(336)
	picture := preprocess.Demo()
	fmt.Println(picture.W, picture.H)

	square, err := config.Apply(picture, preprocess.Pad)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(square.W, square.H, len(config.Pixels(square)))
	// Output:
	// 448 336
	// 336 336 338688
}
