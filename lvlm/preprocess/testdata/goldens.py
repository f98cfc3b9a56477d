"""Writes pictures/ and goldens.json: small picture files of every kind, and what
Pillow and NumPy make of them and of generated noise.

    pip install pillow==13.0.0 numpy==2.4.6 simplejpeg==1.9.0
    python goldens.py

Pixels are recorded as SHA-256 of their bytes, rows of RGB; JPEG, which decoders
round differently, as a PNG beside the file.
"""

import hashlib
import io
import json
import math
import pathlib
import struct
import zlib

import numpy as np
import simplejpeg
from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).parent
PICTURES = HERE / "pictures"
MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]
FILTERS = {1: Image.LANCZOS, 2: Image.BILINEAR, 3: Image.BICUBIC}


def digest(a):
    return hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()


def noise(w, h, seed=1):
    """The same generator is in the Go test: a 32-bit LCG, its top byte."""
    n = 3 * w * h
    out = np.empty(n, np.uint8)
    state = seed
    for i in range(n):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = state >> 24
    return Image.fromarray(out.reshape(h, w, 3))


def scene(w, h):
    """A smooth picture with a few edges, which JPEG can hold."""
    y, x = np.mgrid[0:h, 0:w]
    a = np.stack([x * 255 // w, y * 255 // h, (x + y) * 255 // (w + h)], -1).astype(np.uint8)
    a[h // 4 : h // 2, w // 4 : w // 2] = (220, 30, 40)
    a[h // 2 : 3 * h // 4, w // 2 : 7 * w // 8] = (20, 60, 230)
    return Image.fromarray(a)


def reference(im):
    """RGB as transformers 5 makes it of an opened picture."""
    im = ImageOps.exif_transpose(im)
    if im.mode in ("RGBA", "LA", "PA") or "transparency" in im.info:
        im = im.convert("RGBA")
        white = Image.new("RGBA", im.size, (255, 255, 255))
        im = Image.alpha_composite(white, im)
    return im.convert("RGB")


# PNG, of any depth, colour type and interlacing; Pillow writes only some.


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pack(samples, depth):
    """Packs rows of samples [h, values] into bytes, each with filter type None."""
    out = b""
    for row in samples:
        if depth == 16:
            body = row.astype(">u2").tobytes()
        elif depth == 8:
            body = row.astype(np.uint8).tobytes()
        else:
            bits = "".join(format(int(v), f"0{depth}b") for v in row)
            bits += "0" * (-len(bits) % 8)
            body = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
        out += b"\0" + body
    return out


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(samples, depth, colour, before=(), after=(), interlace=False):
    """samples [h, w, channels]; before and after are (type, data) of chunks around the pixels."""
    h, w, _ = samples.shape
    data = b""
    for x, y, dx, dy in ADAM7 if interlace else [(0, 0, 1, 1)]:
        part = samples[y::dy, x::dx]
        if part.size:
            data += pack(part.reshape(part.shape[0], -1), depth)
    head = struct.pack(">IIBBBBB", w, h, depth, colour, 0, 0, int(interlace))
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    for kind, body in before:
        out += chunk(kind, body)
    out += chunk(b"IDAT", zlib.compress(data, 9))
    for kind, body in after:
        out += chunk(kind, body)
    return out + chunk(b"IEND", b"")


def exif(orientation, order="<"):
    head = b"II*\0" if order == "<" else b"MM\0*"
    entries = [(0x010E, 2, 4, b"abc\0"), (0x0112, 3, 1, struct.pack(order + "HH", orientation, 0))]
    body = struct.pack(order + "H", len(entries))
    for tag, kind, count, value in entries:
        body += struct.pack(order + "HHI", tag, kind, count) + value
    return head + struct.pack(order + "I", 8) + body + b"\0\0\0\0"


def png_pictures():
    rng = np.random.default_rng(7)
    w, h = 19, 13
    trns = b"tRNS"

    def samples(channels, depth):
        return rng.integers(0, 1 << depth, (h, w, channels))

    palette = rng.integers(0, 256, 768, dtype=np.uint8).tobytes()
    alphas = rng.integers(0, 256, 200, dtype=np.uint8).tobytes()
    for depth in (1, 2, 4, 8, 16):
        yield f"gray{depth}.png", png(samples(1, depth), depth, 0)
    # Some of these samples are below 256, and survive Pillow's clipping.
    yield "gray16-dark.png", png(samples(1, 9), 16, 0)
    yield "gray8-trns.png", png(samples(1, 3), 8, 0, [(trns, b"\0\5")])
    for depth in (8, 16):
        yield f"rgb{depth}.png", png(samples(3, depth), depth, 2)
        yield f"gray-alpha{depth}.png", png(samples(2, depth), depth, 4)
        yield f"rgba{depth}.png", png(samples(4, depth), depth, 6)
    yield "rgb8-trns.png", png(samples(3, 1), 8, 2, [(trns, b"\0\1\0\0\0\1")])
    for depth in (1, 2, 4, 8):
        plte = [(b"PLTE", palette[: 3 << depth])]
        yield f"palette{depth}.png", png(samples(1, depth), depth, 3, plte)
        plte.append((trns, alphas[: 1 << depth]))
        yield f"palette{depth}-alpha.png", png(samples(1, depth), depth, 3, plte)
    one = [(b"PLTE", palette), (trns, b"\xff\xff\0\xff")]
    yield "palette8-one-clear.png", png(samples(1, 3), 8, 3, one)
    yield "interlaced-rgb8.png", png(samples(3, 8), 8, 2, interlace=True)
    yield "interlaced-gray2.png", png(samples(1, 2), 2, 0, interlace=True)
    yield "interlaced-rgba16.png", png(samples(4, 16), 16, 6, interlace=True)
    for o in range(1, 10):
        where = "before" if o % 2 else "after"
        block = {where: [(b"eXIf", exif(o, "<" if o % 3 else ">"))]}
        yield f"exif{o}.png", png(samples(3, 8), 8, 2, **block)


def gif(screen, frames, flags=0x80 | 2, background=1):
    """frames are (left, top, indices [h, w], transparent or None, interlaced, local palette or None)."""
    palette = bytes([250, 10, 20, 10, 240, 30, 40, 50, 230, 0, 0, 0, 255, 255, 255, 200, 200, 0, 0, 200, 200, 90, 90, 90])
    out = b"GIF89a" + struct.pack("<HHBBB", *screen, flags, background, 0)
    if flags & 0x80:
        out += palette
    for left, top, a, transparent, interlaced, local in frames:
        if transparent is not None:
            out += b"!\xf9\x04" + struct.pack("<BHBB", 1, 5, transparent, 0)
        h, w = a.shape
        out += b"," + struct.pack("<HHHHB", left, top, w, h, (0x40 if interlaced else 0) | (0x82 if local else 0))
        if local:
            out += local
        if interlaced:
            a = np.concatenate([a[0::8], a[4::8], a[2::4], a[1::2]])
        # Codes of four bits; a clear code every few samples keeps them at that.
        codes = []
        for i, v in enumerate(a.reshape(-1)):
            if i % 6 == 0:
                codes.append(8)
            codes.append(int(v))
        codes.append(9)
        bits = sum(c << (4 * i) for i, c in enumerate(codes))
        data = bits.to_bytes((4 * len(codes) + 7) // 8, "little")
        out += b"\3" + b"".join(bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255)) + b"\0"
    return out + b";"


def gif_pictures():
    rng = np.random.default_rng(8)
    a = rng.integers(0, 8, (13, 19))
    b = rng.integers(0, 8, (5, 7))
    local = bytes(range(100, 124))
    yield "plain.gif", gif((19, 13), [(0, 0, a, None, False, None)])
    yield "clear.gif", gif((19, 13), [(0, 0, a, 3, False, None)])
    yield "interlaced.gif", gif((19, 13), [(0, 0, a, None, True, None)])
    yield "corner.gif", gif((19, 13), [(4, 3, b, None, False, None), (0, 0, a, None, False, None)])
    yield "corner-clear.gif", gif((19, 13), [(4, 3, b, 2, False, None)])
    yield "local-palette.gif", gif((19, 13), [(1, 2, b, None, False, local)], flags=2)


def jpeg_pictures():
    for w, h in ((45, 37), (1, 1), (3, 5), (4, 2), (16, 17)):
        a = np.asarray(scene(w, h))
        for sampling in ("444", "422", "420", "440", "411"):
            yield f"{w}x{h}-{sampling}.jpg", simplejpeg.encode_jpeg(a, 85, colorsubsampling=sampling)
    im = scene(45, 37)

    def save(im, **options):
        f = io.BytesIO()
        im.save(f, "JPEG", quality=85, **options)
        return f.getvalue()

    yield "gray.jpg", save(im.convert("L"))
    yield "progressive.jpg", save(im, progressive=True)
    yield "restarts.jpg", save(im, restart_marker_blocks=2)
    yield "rgb.jpg", save(im, keep_rgb=True)
    cmyk = save(im.convert("CMYK"))
    at = cmyk.index(b"Adobe")
    yield "cmyk.jpg", cmyk
    yield "cmyk-unmarked.jpg", cmyk[: at - 4] + cmyk[at + 12 :]
    yield "ycck.jpg", cmyk[: at + 11] + b"\2" + cmyk[at + 12 :]
    for o in range(1, 9):
        yield f"exif{o}.jpg", save(im, exif=b"Exif\0\0" + exif(o, ">" if o % 3 else "<"))


def decode_goldens():
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.iterdir():
        old.unlink()
    out = []
    for pictures in (png_pictures, gif_pictures, jpeg_pictures):
        for name, data in pictures():
            (PICTURES / name).write_bytes(data)
            rgb = reference(Image.open(io.BytesIO(data)))
            entry = {"file": name, "width": rgb.width, "height": rgb.height}
            if name.endswith(".jpg"):
                entry["png"] = name + ".png"
                rgb.save(PICTURES / entry["png"], optimize=True)
            else:
                entry["sha256"] = digest(np.asarray(rgb))
            out.append(entry)
    return out


def write_worst_jpeg():
    """The JPEG that takes a decoder most memory a pixel."""
    im = Image.new("CMYK", (1024, 1024), (10, 20, 30, 40))
    im.save(HERE / "progressive-cmyk.jpg", progressive=True, subsampling=0)


def resize_goldens():
    sizes = [
        ((64, 48), (17, 11)), ((64, 48), (130, 100)), ((64, 48), (64, 20)), ((64, 48), (30, 48)),
        ((64, 48), (64, 48)), ((20, 100), (13, 77)), ((20, 100), (40, 50)), ((40, 111), (31, 30)),
        ((40, 111), (10, 51)), ((40, 111), (10, 52)), ((40, 111), (39, 108)), ((40, 111), (39, 109)),
        ((1, 1), (7, 5)), ((1, 90), (3, 4)), ((90, 1), (4, 3)), ((2, 2), (1, 1)),
        ((301, 199), (56, 37)), ((199, 301), (37, 56)), ((333, 50), (1, 50)), ((50, 333), (50, 1)),
    ]
    out = []
    for number, kind in FILTERS.items():
        for source, target in sizes:
            im = noise(*source).resize(target, kind)
            out.append({"filter": number, "source": source, "size": target, "sha256": digest(np.asarray(im))})
    return out


def centre_crop(a, height, width):
    """transformers' center_crop of [h, w, 3]: zeros where the picture is too small."""
    h, w, _ = a.shape
    top, left = (h - height) // 2, (w - width) // 2
    out = np.zeros((height, width, 3), np.uint8)
    for y in range(height):
        for x in range(width):
            if 0 <= y + top < h and 0 <= x + left < w:
                out[y, x] = a[y + top, x + left]
    return out


def apply(im, config, mode):
    mean = config.get("image_mean", MEAN)
    std = config.get("image_std", STD)
    if mode == "pad":
        side = max(im.size)
        square = Image.new("RGB", (side, side), tuple(int(255 * m) for m in mean))
        square.paste(im, ((side - im.width) // 2, (side - im.height) // 2))
        im = square
    if config.get("do_resize", True):
        size = config.get("size", {"shortest_edge": 224})
        if isinstance(size, int):
            size = {"shortest_edge": size}
        if "shortest_edge" in size:
            edge = size["shortest_edge"]
            short, long = min(im.size), max(im.size)
            longer = int(edge * long / short)
            target = (edge, longer) if im.width <= im.height else (longer, edge)
        else:
            target = (size["width"], size["height"])
        im = im.resize(target, FILTERS[config.get("resample", 3)])
    a = np.asarray(im)
    if config.get("do_center_crop", True):
        crop = config.get("crop_size", 224)
        if isinstance(crop, int):
            crop = {"height": crop, "width": crop}
        a = centre_crop(a, crop["height"], crop["width"])
    v = a
    if config.get("do_rescale", True):
        v = (v.astype(np.float64) * config.get("rescale_factor", 1 / 255)).astype(np.float32)
    if config.get("do_normalize", True):
        v = (v.astype(np.float32) - np.array(mean, np.float32)) / np.array(std, np.float32)
    return a, v.astype(np.float32).transpose(2, 0, 1)


def apply_goldens():
    square = {"size": {"shortest_edge": 28}, "crop_size": {"height": 28, "width": 28}}
    cases = [
        ((64, 48), square), ((48, 64), square), ((31, 29), square), ((28, 28), square), ((1, 1), square),
        ((500, 1), square), ((1, 500), square), ((31, 97), square), ((97, 31), square), ((29, 28), square),
        ((64, 48), {"size": 30, "crop_size": 27}),
        ((64, 49), {"size": {"shortest_edge": 20}, "crop_size": 33}),
        ((64, 49), {"size": {"shortest_edge": 20}, "crop_size": {"height": 40, "width": 15}}),
        ((64, 49), {"size": {"height": 21, "width": 35}, "do_center_crop": False}),
        ((30, 40), {"size": {"height": 9, "width": 38}, "crop_size": 12}),
        ((64, 49), {"do_resize": False, "crop_size": 50}),
        ((33, 20), {"do_resize": False, "do_center_crop": False, "do_rescale": False}),
        ((33, 20), {**square, "do_normalize": False, "resample": 2}),
        ((33, 20), {**square, "resample": 1, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}),
        ((33, 20), {**square, "rescale_factor": 0.00784313725490196, "image_mean": [0, 1.2, -1], "image_std": [1, 2, 3]}),
    ]
    out = []
    for source, config in cases:
        for mode in ("crop", "pad"):
            a, v = apply(noise(*source), config, mode)
            out.append({
                "source": source, "config": config, "mode": mode, "size": [a.shape[1], a.shape[0]],
                "sha256": digest(a), "values_sha256": digest(v.astype("<f4")),
            })
    return out


def main():
    write_worst_jpeg()
    goldens = {"decode": decode_goldens(), "resize": resize_goldens(), "apply": apply_goldens()}
    lines = (f' "{k}": [\n' + ",\n".join("  " + json.dumps(e) for e in v) + "\n ]" for k, v in goldens.items())
    (HERE / "goldens.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
