"""What a minibatch holds: parts, their names, and what is refused in which words."""

import gc
import re

import numpy as np
import pytest

from kgan import spec as spec_module
from kgan.spec import Part, Spec

IMAGE = Part((2, 3, 1), "image", (-1, 1))
LABEL = Part((), "label", classes=3)
TEXT = Part((4,), "text", classes=5)
VECTOR = Part((2,), "vector")


def refused(message):
    return pytest.raises(ValueError, match="^" + re.escape(message))


# A part ---------------------------------------------------------------------------------------


def test_a_part_is_what_it_was_given():
    part = Part([np.int64(8), None, 1], "image", (0, 1))
    assert part.shape == (8, None, 1)
    assert part.range == (0.0, 1.0)
    assert [type(bound) for bound in part.range] == [float, float]
    assert part.classes is None
    assert Part.from_config(part.get_config()) == part
    assert Part.from_config(TEXT.get_config()) == TEXT
    assert not part.is_integer
    assert LABEL.is_integer
    assert TEXT.is_integer
    assert Part((1,), "vector").shape == (1,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((2,), "picture"), "kind: got 'picture'"),
        (((0,), "vector"), "shape: got (0,); accepted are sides >= 1"),
        (((2, -1), "vector"), "shape: got (2, -1); accepted are sides >= 1"),
        ((2, "vector"), "shape: got 2; accepted are sides >= 1"),
        ((("a",), "vector"), "shape: got ('a',); accepted are sides >= 1"),
        (((2,), "vector", (1, 1)), "range: got (1, 1); accepted is (low, high), low < high."),
        (((2,), "vector", (1, 0)), "range: got (1, 0); accepted is (low, high), low < high."),
        (((), "label"), "classes: got None for a part of kind 'label'"),
        (((2,), "text"), "classes: got None for a part of kind 'text'"),
        (((2,), "vector", None, 3), "classes: got 3 for a part of kind 'vector'"),
        (((), "label", None, 0), "classes: got 0; accepted is an integer >= 1."),
    ],
)
def test_bad_parts_are_refused(arguments, message):
    with refused(message):
        Part(*arguments)


@pytest.mark.parametrize(
    ("shape", "taken"),
    [
        ((2, 3, 1), True),
        ((2, 9, 1), True),
        ((3, 3, 1), False),
        ((2, 3, 2), False),
        ((2, 3), False),
        ((2, 3, 1, 1), False),
    ],
)
def test_which_shapes_a_part_takes(shape, taken):
    part = Part((2, None, 1), "image")
    assert part.takes(shape) == taken
    assert part.fits(Part(shape, "image")) == taken
    assert not part.fits(Part(shape, "spectrogram"))
    if taken:
        part.check_shape("x", (7, *shape))
    else:
        with refused(f"x: got shape {(7, *shape)}; accepted is (n, 2, any, 1)."):
            part.check_shape("x", (7, *shape))


def test_points_and_vectors_differ_only_in_how_they_are_shown():
    points = Part((2,), "points")
    assert VECTOR.fits(points)
    assert points.fits(VECTOR)
    assert not VECTOR.fits(Part((2,), "text", classes=3))
    assert not Part((2,), "text", classes=3).fits(VECTOR)


def test_one_label_a_sample_has_no_axis_of_its_own():
    LABEL.check_shape("label", (5,))
    with refused("label: got shape (5, 1); accepted is (n,)."):
        LABEL.check_shape("label", (5, 1))
    with refused("label: got shape (); accepted is (n,)."):
        LABEL.check_shape("label", ())
    with refused("x: got shape (5,); accepted is (n, 2)."):
        VECTOR.check_shape("x", (5,))


def test_values_are_checked():
    x = np.zeros((4, 2, 3, 1), "float32")
    IMAGE.check("x", x)
    IMAGE.check("x", x[:0])
    x[2, 1, 1, 0], x[3, 0, 0, 0] = 1.0, -1.0
    IMAGE.check("x", x)  # the bounds themselves
    for value, message in (
        (1.01, "x: got values from -1 to 1.01; accepted is data_range = (-1.0, 1.0)."),
        (-1.01, "x: got values from -1.01 to 1; accepted is data_range = (-1.0, 1.0)."),
    ):
        bad = x.copy()
        bad[0, 0, 0, 0] = value
        with refused(message):
            IMAGE.check("x", bad)
        IMAGE.check("x", bad, bounded=False)
        with refused(message):  # what passed without bounds has not passed with them
            IMAGE.check("x", bad)
        Part((2, 3, 1), "image").check("x", bad)
    Part((1,), "vector", (0, 1)).check("x", np.array([[-1e-6], [1 + 1e-6]]))
    slightly = x * np.float32(1 + 5e-7)  # rounding is no mistake
    assert np.abs(slightly).max() > 1
    IMAGE.check("x", slightly)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("bounded", [True, False])
def test_numbers_that_are_none_are_counted_by_sample(value, bounded):
    x = np.zeros((5, 2))
    x[1], x[3, 1] = value, value
    message = "x: got NaN or infinity in 2 of 5 samples, the first at index 1; accepted are finite"
    with refused(message):
        VECTOR.check("x", x, bounded)


def test_types_are_checked():
    with refused("x: got type uint8; accepted are floats scaled to (-1.0, 1.0)."):
        IMAGE.check("x", np.zeros((1, 2, 3, 1), "uint8"))
    with refused("x: got type int64; accepted are floats."):
        VECTOR.check("x", np.zeros((1, 2), int))
    with refused("label: got type float64; accepted are integers, labels from 0 to 2."):
        LABEL.check("label", np.zeros(3))
    with refused("text: got type bool; accepted are integers, numbers of words from 0 to 4."):
        TEXT.check("text", np.zeros((3, 4), bool))
    VECTOR.check("x", np.zeros((1, 2), "float16"))
    LABEL.check("label", np.zeros(3, "uint8"))


def test_numbers_of_classes_and_words_are_checked():
    LABEL.check("label", np.array([0, 2, 1]))
    LABEL.check("label", np.zeros(0, int))
    TEXT.check("text", np.zeros((0, 4), int))
    with refused("label: got 3 at index 1, and 2 such in all; accepted are labels from 0 to 2."):
        LABEL.check("label", np.array([2, 3, 0, -1]))
    with refused("label: got -1 at index 0, and 1 such in all; accepted are labels from 0 to 2."):
        LABEL.check("label", np.array([-1, 2]))
    words = np.full((3, 4), 4)
    TEXT.check("text", words)
    words[1] = [0, 1, -2, 5]
    with refused("text: got -2 at index 1, and 1 such in all; accepted are numbers of words from"):
        TEXT.check("text", words)


def test_an_array_is_read_again_where_it_was_written_to():
    x = np.zeros((3, 2))
    VECTOR.check("x", x)
    x[1, 1] = np.nan
    with refused("x: got NaN"):
        VECTOR.check("x", x)
    x[1, 1] = 5.0
    VECTOR.check("x", x)
    with refused("x: got values from 0 to 5"):  # by another part it was never accepted
        Part((2,), "vector", (0, 1)).check("x", x)


def test_an_accepted_array_is_not_read_again():
    """Its extremes are not looked for again; NaN and infinity are seen wherever they are."""
    x = np.zeros((5000, 2))
    part = Part((2,), "vector", (-1, 1))
    part.check("x", x)
    x[1, 1] = 7.0  # where no sample of the entries is taken
    part.check("x", x)
    with refused("x: got values from 0 to 7"):
        part.check("x", x.copy())
    for value in (np.nan, np.inf):
        for place in (0, 1, 3333, -1):
            x = np.zeros((5000, 2))
            part.check("x", x)
            x.reshape(-1)[place] = value
            with refused("x: got NaN"):
                part.check("x", x)


def test_an_array_that_died_is_forgotten():
    before = len(spec_module._ACCEPTED)
    x = np.zeros((3, 2))
    VECTOR.check("x", x)
    assert len(spec_module._ACCEPTED) == before + 1
    del x
    gc.collect()
    assert len(spec_module._ACCEPTED) <= before


# A spec ---------------------------------------------------------------------------------------

ONE = Spec({"real": VECTOR})
TWO = Spec({"real": VECTOR, "label": LABEL})
X, Y = np.zeros((4, 2)), np.array([0, 1, 2, 0])


def test_a_spec_is_a_mapping_in_order():
    assert list(TWO) == ["real", "label"]
    assert len(TWO) == 2
    assert TWO["label"] is LABEL
    assert str(TWO) == "real (vector), label (label)"
    assert TWO.paired
    assert not Spec({"a": VECTOR}, paired=False).paired
    for bad in ({}, {"real": (2,)}):
        with refused("spec: got"):
            Spec(bad)


@pytest.mark.parametrize(
    ("given", "rest"),
    [
        ((X, Y), ()),
        ([X, Y], ()),
        (X, (Y,)),
        ({"label": Y, "real": X}, ()),
        ({"real": X}, (Y,)),
        ({"label": Y}, (X,)),
    ],
)
def test_the_forms_in_which_two_parts_may_come(given, rest):
    named = TWO.named(given, *rest)
    assert list(named) == ["real", "label"]
    assert named["real"] is X
    assert named["label"] is Y


def test_one_part_may_come_alone_or_in_a_tuple():
    for given in (X, (X,), [X], {"real": X}):
        assert ONE.named(given)["real"] is X


@pytest.mark.parametrize(
    ("spec", "given", "message"),
    [
        (ONE, (X, Y), "y: got one, but what is wanted is real (vector)"),
        (ONE, ((X, Y),), "y: got one, but what is wanted is real (vector)"),
        (TWO, (X,), "data: got no 'label'; accepted is real (vector), label (label)."),
        (TWO, ({"label": Y},), "data: got no 'real'; accepted is real (vector), label (label)."),
        (TWO, ((X, Y, Y),), "data: got more than the 2 parts real (vector), label (label)."),
        (TWO, ((X, Y), Y), "data: got more than the 2 parts real (vector), label (label)."),
        (
            TWO,
            ({"real": X, "labels": Y},),
            "data: part 'labels' is unknown (did you mean 'label'?)",
        ),
    ],
)
def test_missing_and_superfluous_parts_are_refused(spec, given, message):
    x, y = (*given, None)[:2]
    with refused(message):
        spec.named(x, y, "data")


class OnDisk:
    """Something that is read when it is indexed: only its shape is known."""

    def __init__(self, shape):
        self.shape = shape

    def __len__(self):
        return self.shape[0]


def test_arrays_are_checked_by_name():
    TWO.check({"real": X, "label": Y})
    TWO.check({"real": OnDisk((4, 2)), "label": Y})
    bounded = Spec({"real": Part((2,), "vector", (0, 1))})
    bounded.check({"real": X + 5}, bounded=False)
    for spec, given, message in (
        (ONE, {"real": X[:, :1]}, "data: got shape (4, 1)"),
        (ONE, {"real": OnDisk((4, 3))}, "data: got shape (4, 3)"),
        (TWO, {"real": X, "label": Y + 1}, "data['label']: got 3 at index 2"),
        (bounded, {"real": X + 5}, "data: got values from 5 to 5"),
        (TWO, {"real": X, "label": Y[:3]}, "data: got parts of different length (real 4, label 3)"),
    ):
        with refused(message):
            spec.check(given, "data")
    Spec({"real": VECTOR, "label": LABEL}, paired=False).check({"real": X, "label": Y[:3]})


def test_parts_are_matched_by_name_and_else_by_kind():
    other = Part((2,), "points")
    assert TWO.match({"x": VECTOR, "label": LABEL}) == {"real": "x", "label": "label"}
    assert ONE.match({"x": other, "real": VECTOR}) == {"real": "real"}
    assert ONE.match({"x": other, "y": VECTOR}) == {"real": "x"}  # the first that fits
    pair = Spec({"a": VECTOR, "b": VECTOR})
    assert pair.match({"b": VECTOR, "a": VECTOR}) == {"a": "a", "b": "b"}
    assert pair.match({"x": VECTOR, "y": VECTOR}) == {"a": "x", "b": "y"}
    # What has the name of a part is that part, whichever comes first.
    assert pair.match({"b": VECTOR, "x": VECTOR}) == {"a": "x", "b": "b"}
    assert list(pair.match({"b": VECTOR, "x": VECTOR})) == ["a", "b"]
    with refused("data: got real (vector 2); the model needs real (vector 2), label (label), and"):
        TWO.match({"real": VECTOR})
    with refused("faces: got x (image 2 × any × 1)"):
        ONE.match({"x": Part((2, None, 1), "image")}, "faces")
