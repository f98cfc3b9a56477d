// Package preprocess turns picture files into the pixel values a CLIP vision
// tower reads.
//
// Decode reads a PNG, JPEG or GIF into 8-bit RGB as Pillow's convert("RGB")
// would: orientation applied, transparency on white. Config.Apply squares and
// resizes the picture, bit for bit as Pillow 13 does, and Config.Pixels scales
// and normalises it, bit for bit as transformers' NumPy code does. Only what a
// centre crop keeps is computed, and padding is never materialised, so extreme
// shapes cost no more memory than the picture itself.
//
// PNG and GIF are lossless and hence exact. JPEG leaves a decoder some freedom:
// chroma is interpolated and converted with libjpeg-turbo's arithmetic, and what
// remains is the rounding of the inverse cosine transform, at most a few levels.
package preprocess
