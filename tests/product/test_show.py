"""What samples look like: each kind in its own way, decided by the kind alone."""

import keras
import numpy as np
import pytest
from PIL import Image

from kgan import show
from kgan.callbacks import SampleGrid, TensorBoard
from kgan.show import grid, spectrogram
from kgan.spec import Part

IMAGE = Part((8, 8, 1), "image", (-1, 1))
SPECTROGRAM = Part((6, 5, 1), "spectrogram", (0, 1))
PARTS = {
    "image": IMAGE,
    "spectrogram": SPECTROGRAM,
    "points": Part((2,), "points"),
    "line": Part((1,), "points"),
    "vector": Part((7,), "vector"),
    "label": Part((), "label", classes=4),
    "text": Part((9,), "text", classes=30),
}
GREY = 96


def samples(part, n=5, seed=0):
    rng = np.random.default_rng(seed)
    if part.is_integer:
        return rng.integers(0, part.classes, (n, *part.shape))
    low, high = part.range or (-1, 1)
    return rng.uniform(low, high, (n, *part.shape)).astype(np.float32)


def pixels(*arguments, **options):
    return np.asarray(show.picture(*arguments, **options))


# Images ------------------------------------------------------------------------------------


def test_grid_of_two_images_pixel_by_pixel():
    """256 columns make tiles of 2 x 2 pixels, with 1 pixel of grey around each."""
    images = np.zeros((2, 2, 128, 1), np.float32)
    images[0, :, 0] = [[-1], [1]]  # black above white
    images[1, :, 127] = [[1], [-2]]  # white above what is cut off at black
    drawn = pixels(images, Part((2, 128, 1), "image", (-1, 1)), shape=(1, 2))
    grey, half = [GREY], [128]
    upper = grey + [0] * 2 + half * 254 + grey + half * 254 + [255] * 2 + grey
    lower = grey + [255] * 2 + half * 254 + grey + half * 254 + [0] * 2 + grey
    assert drawn.dtype == np.uint8
    assert drawn.tolist() == [grey * 515, upper, upper, lower, lower, grey * 515]


def test_grid_shows_every_image_in_its_place():
    images = np.linspace(-1, 1, 6)[:, None, None, None] * np.ones((6, 8, 8, 1), np.float32)
    drawn = pixels(images, IMAGE, shape=(2, 3))
    scale, gap = 21, 10  # 512 // 24, and half of it
    side = 8 * scale + gap
    for i in range(6):
        top, left = gap + i // 3 * side, gap + i % 3 * side
        assert (drawn[top : top + 8 * scale, left : left + 8 * scale] == round(255 * i / 5)).all()
    assert (drawn[:gap] == GREY).all()


def test_grid_keeps_colour_and_range():
    images = np.zeros((1, 8, 8, 3), np.float32)
    images[..., 0] = 1
    assert pixels(images, Part((8, 8, 3), "image", (0, 1)))[100, 100].tolist() == [255, 0, 0]
    assert pixels(images, Part((8, 8, 3), "image"))[100, 100].tolist() == [255, 128, 128]


def test_captions_stand_below_their_pictures_and_change_no_pixel_of_them():
    images = samples(IMAGE, 2)
    plain = pixels(images, IMAGE, shape=(1, 2))
    drawn = pixels(images, IMAGE, shape=(1, 2), captions=["3", ""])
    side, gap = 8 * 32, 16
    assert drawn.shape[0] == plain.shape[0] + 17
    assert (drawn[: gap + side] == plain[: gap + side]).all()
    below = drawn[gap + side :]
    assert (below[:, gap : gap + side] > 200).any()
    assert (below[:, gap + side + gap :] == GREY).all()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiles_grow_until_captions_fit(channels):
    part = Part((8, 8, channels), "image", (-1, 1))
    images = samples(part, 64)
    small = show.picture(images, part)
    wide = show.picture(images, part, captions=["two small red threes"] * 64)
    longest = show.picture(images, part, captions=["m" * 500] * 64)
    assert small.width < wide.width < longest.width < 64 * 64
    assert small.mode == wide.mode


# Spectrograms ------------------------------------------------------------------------------


def test_spectrogram_has_time_to_the_right_and_frequency_upwards():
    values = np.zeros((1, 6, 5, 1), np.float32)
    values[0, 4, 1] = 1  # frame 4 of 6, bin 1 of 5
    drawn = pixels(values, SPECTROGRAM)
    scale, gap = 85, 42  # 512 // 6, and half of it
    tile = drawn[gap : gap + 5 * scale, gap : gap + 6 * scale].sum(axis=-1)
    bright = np.argwhere(tile == tile.max())
    assert tile.shape == (5 * scale, 6 * scale)
    assert bright.min(axis=0).tolist() == [3 * scale, 4 * scale]  # the last row but one
    assert bright.max(axis=0).tolist() == [4 * scale - 1, 5 * scale - 1]


def test_spectrogram_takes_its_colours_from_the_range():
    """Magma's first, middle and last colour, as published with the map."""
    values = np.zeros((1, 3, 1, 1), np.float32)
    values[0, :, 0, 0] = [-7, 0, 7]  # cut off at the ends
    tile = np.asarray(spectrogram.draw(values, (-1.0, 1.0)))[100, [100, 300, 500]]
    published = [
        [0.001462, 0.000466, 0.013866],
        [0.716387, 0.214982, 0.475290],
        [0.987053, 0.991438, 0.749504],
    ]
    assert tile == pytest.approx(255 * np.array(published), abs=1)
    brightness = grid.levels(np.linspace(-1, 1, 256, dtype=np.float32), (-1, 1))
    assert brightness.tolist() == list(range(256))


def test_spectrogram_of_several_channels_shows_the_first_on_top():
    values = np.zeros((1, 4, 3, 2), np.float32)
    values[..., 0] = 1
    part = Part((4, 3, 2), "spectrogram", (0, 1))
    tile = pixels(values, part)[:, 150].sum(axis=-1)
    first, last = np.flatnonzero(tile == 251 + 252 + 191), np.flatnonzero(tile == 3)
    assert len(first) == len(last) == 3 * (512 // 7)
    assert first.max() < last.min()


def test_spectrograms_without_a_range_span_their_extremes():
    values = samples(SPECTROGRAM)
    low, high = float(values.min()), float(values.max())
    free = Part(SPECTROGRAM.shape, "spectrogram")
    fixed = Part(SPECTROGRAM.shape, "spectrogram", (low, high))
    assert (pixels(values, free) == pixels(values, fixed)).all()
    assert pixels(np.zeros_like(values), free).any()  # one value only: no limits to span


# Plots and texts ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", PARTS)
def test_every_kind_draws_and_shows_what_it_got(name):
    part = PARTS[name]
    assert show.drawable(part)
    one, other = samples(part), samples(part, seed=1)
    first = pixels(one, part)
    assert min(first.shape[:2]) > 50
    assert (first == pixels(one, part)).all()
    second = pixels(other, part)
    assert first.shape != second.shape or (first != second).any()


@pytest.mark.parametrize("name", ["points", "line", "vector", "label"])
def test_plots_show_the_data_behind(name):
    part = PARTS[name]
    one, real = samples(part), samples(part, 300, seed=1)
    drawn = pixels(one, part, real=real, title="after 3 epochs")
    assert drawn.shape == (512, 512, 3)
    assert (drawn != pixels(one, part, title="after 3 epochs")).any()
    assert (drawn != pixels(one, part, real=real)).any()


def test_points_keep_the_axes_of_the_data():
    part = PARTS["points"]
    real = samples(part, 300)
    far = pixels(real[:9] + 100, part, real=real)
    farther = pixels(real[:9] + 200, part, real=real)
    assert (far == farther).all()  # both outside


def test_vector_shows_the_mean_where_it_is():
    """One coordinate at +1 and one at -1: the red line is high on the left, low on the right."""
    drawn = pixels(np.tile(np.float32([[1, -1]]), (9, 1)), Part((2,), "vector")).astype(int)
    red = drawn[..., 0] - drawn[..., 1] > 100
    left, right = red[:, 100:200].nonzero()[0], red[:, 300:350].nonzero()[0]
    assert left.max() < 100 < 400 < right.min()


def test_label_shows_shares():
    part = Part((), "label", classes=2)
    real = np.array([0, 1])
    drawn = pixels(np.array([0, 0, 0, 1]), part, real=real).astype(int)
    red = drawn[..., 0] - drawn[..., 1] > 100
    left, right = red[:, 100:200].nonzero()[0].mean(), red[:, 300:350].nonzero()[0].mean()
    grey = (abs(drawn - [194, 198, 202]).max(axis=-1) < 4)[:, 150].nonzero()[0]
    # Shares 3/4, 1/4 and 1/2: the data's lies in the middle of the two.
    assert grey.min() == pytest.approx((left + right) / 2, abs=2)


def test_texts_are_a_line_each():
    part = PARTS["text"]
    few, more = (show.picture(samples(part, n), part) for n in (3, 5))
    assert more.height - few.height == 2 * 17
    assert more.width == few.width  # pictures of one size make an animation
    longer = show.picture(samples(part, 3), part, captions=["one", "two", "three"])
    assert longer.width > few.width
    long = Part((999,), "text", classes=30)
    assert show.picture(samples(long), long).width < 1300


@pytest.mark.parametrize("name", ["image", "spectrogram", "points", "line", "vector"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_training_that_diverged_is_drawn_still(name, bad):
    part = PARTS[name]
    x = samples(part)
    x[1:3] = bad
    assert pixels(x, part).any()
    pixels(np.full_like(x, bad), part)
    if name in ("image", "spectrogram"):
        lowest = x.copy()
        lowest[1:3] = part.range[1] if bad == np.inf else part.range[0]
        assert (pixels(x, part) == pixels(lowest, part)).all()


# Files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PARTS)
def test_save_writes_what_picture_draws_and_says_where(tmp_path, name):
    part = PARTS[name]
    x = samples(part)
    paths = show.save(x, part, tmp_path / "a.png", title="t")
    assert paths == [tmp_path / "a.png"] == list(tmp_path.iterdir())
    with Image.open(paths[0]) as image:
        assert (np.asarray(image) == pixels(x, part, title="t")).all()


def test_save_leaves_nothing_half_written(tmp_path, monkeypatch):
    file = tmp_path / "a.png"
    file.write_text("before")

    def half(self, path, format):
        path.write_text("half")
        raise OSError("no space left")

    monkeypatch.setattr(Image.Image, "save", half)
    with pytest.raises(OSError, match="no space"):
        show.save(samples(IMAGE), IMAGE, file)
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["x.jpg", "x", "x.png.gif"])
def test_save_refuses_another_ending_and_a_missing_folder(tmp_path, name):
    with pytest.raises(ValueError, match=rf"path: got .*{name}; accepted is .* ends in \.png"):
        show.save(samples(IMAGE), IMAGE, tmp_path / name)
    with pytest.raises(ValueError, match=r"--out: got .*none.* in a folder that exists"):
        show.check_path(tmp_path / "none" / "x.png", "--out")
    assert not list(tmp_path.iterdir())
    assert show.check_path(str(tmp_path / "X.PNG")) == tmp_path / "X.PNG"


def test_animation_of_many_pictures_keeps_first_and_last(tmp_path):
    (tmp_path / "samples").mkdir()
    for i in range(200):
        Image.new("L", (4, 4), i).save(tmp_path / "samples" / f"{i:04d}.png")
    assert show.animate(tmp_path) == tmp_path / "progress.gif"
    with Image.open(tmp_path / "progress.gif") as animation:
        assert animation.n_frames == 80
        shades = []
        for frame in (0, 79):
            animation.seek(frame)
            shades.append(animation.convert("L").getpixel((1, 1)))
    assert shades == [0, 199]
    assert show.animate(tmp_path / "nothing") is None


# Bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "kind", "accepted"),
    [
        ((8, 8, 2), "image", r"\(8, 8, 2\); accepted is \(height, width, 1, 3 or 4\)"),
        ((8, 8), "image", r"'image' and shape \(8, 8\)"),
        ((3,), "points", r"accepted is \(1,\) or \(2,\)"),
        ((8, 8), "spectrogram", r"accepted is \(frames, bins, channels\)"),
        ((2, 9), "text", r"accepted is \(length,\)"),
    ],
)
def test_parts_without_a_picture_are_refused(shape, kind, accepted):
    part = Part(shape, kind, classes=9 if kind == "text" else None)
    assert not show.drawable(part)
    with pytest.raises(ValueError, match=f"^part: got samples of kind .*{accepted}"):
        show.picture(np.zeros((1, *shape)), part)


@pytest.mark.parametrize(
    ("name", "x", "options", "message"),
    [
        ("image", np.zeros((3, 8, 8)), {}, r"samples: got shape \(3, 8, 8\); accepted is \(n, 8"),
        ("image", np.zeros((3, 9, 8, 1)), {}, r"samples: got shape \(3, 9, 8, 1\)"),
        ("image", np.zeros((0, 8, 8, 1)), {}, "samples: got shape .* accepted is one sample"),
        ("image", np.zeros((3, 8, 8, 1), int), {}, "samples: got type int64; accepted are floats"),
        ("label", np.zeros((0,), int), {}, "samples: got shape .* accepted is one sample"),
        ("label", np.array([0, 4]), {}, "samples: got 4 at index 1.* accepted are labels from 0"),
        ("text", np.zeros((2, 9)), {}, "samples: got type float64; accepted are integers"),
        ("image", None, {"shape": (0, 3)}, r"shape: got \(0, 3\)"),
        ("image", None, {"shape": 4}, "shape: got 4; accepted are rows and columns >= 1"),
        ("image", None, {"shape": (1.5, 2)}, r"shape: got \(1.5, 2\)"),
        ("image", None, {"real": np.zeros((3, 8, 8, 1))}, "real: got one for samples of kind 'im"),
        ("points", None, {"real": np.zeros((3, 1))}, r"real: got shape \(3, 1\)"),
        ("points", None, {"real": np.full((3, 2), np.nan)}, "real: got NaN or infinity in 3 of 3"),
        ("points", None, {"captions": ["a"] * 5}, "captions: got some for samples of kind 'poin"),
        ("image", None, {"captions": ["a"]}, "captions: got 1; accepted is one for each of 5"),
        ("image", None, {"captions": "abcde"}, "captions: got 'abcde'"),
        ("image", None, {"captions": ["a", 3, "", "", ""]}, "captions: got 3 at index 1"),
        ("text", None, {"captions": ["a\nb"] * 5}, "captions: got .* accepted is one line"),
    ],
)
def test_bad_input_is_refused_by_name(name, x, options, message):
    part = PARTS[name]
    with pytest.raises(ValueError, match=f"^{message}"):
        show.picture(samples(part) if x is None else x, part, **options)


# What watches a run ------------------------------------------------------------------------


class Sampler(keras.Model):
    """A model that generates samples of a part, and learns nothing."""

    def __init__(self, part):
        super().__init__()
        self.sample_part = part

    def generate(self, n, seed=0):
        return samples(self.sample_part, n, seed)


def test_sample_grid_draws_every_kind(tmp_path):
    for name, part in PARTS.items():
        grid_of = SampleGrid(tmp_path / name, shape=(2, 2), points=30)
        grid_of.set_model(Sampler(part))
        grid_of.on_train_begin()
        grid_of.on_epoch_end(0)
        grid_of.on_train_end()
        n = 30 if part.kind in show.PLOTTED else 4
        with Image.open(tmp_path / name / "samples" / "0001.png") as image:
            expected = pixels(samples(part, n), part, shape=(2, 2), title="after 1 epochs")
            assert (np.asarray(image) == expected).all()
        assert (tmp_path / name / "progress.gif").exists()


def test_models_that_generate_nothing_have_no_sample_grid(tmp_path):
    callback = SampleGrid(tmp_path)
    callback.set_model(keras.Sequential())
    with pytest.raises(ValueError, match="SampleGrid: got a Sequential, which generates nothing"):
        callback.on_train_begin()
    assert not list(tmp_path.iterdir())
    board = TensorBoard(tmp_path / "board", histogram_freq=0)
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    model.fit(np.zeros((4, 1)), np.zeros((4, 1)), verbose=0, callbacks=[board])
    assert list((tmp_path / "board" / "train").iterdir())
