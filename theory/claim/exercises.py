"""The course's exercises and lectures, with the claims and errata that answer each.

Homework is named as a student knows it (HW5.4b), the two slide decks by section. An id that is
named here and registered nowhere is still to be built, and `pending` says so.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Document:
    """A course document: the beginning of its exercises' names, what it is called, its file."""

    prefix: str
    title: str
    file: str


DOCUMENTS = (
    Document("HW4", "Homework 4", "001_5040f14b49cef5aa.txt"),
    Document("HW5", "Homework 5", "000_8b69f153baee6a3b.txt"),
    Document("HW7", "Homework 7", "004_16ef4615ffa6e302.txt"),
    Document("SLIDES-GAN", "Slides: generative adversarial nets", "002_d31ce6ddd5a0096b.txt"),
    Document("SLIDES-GENERATIVE", "Slides: generative models", "003_0ac11bc5ae3e596a.txt"),
)


@dataclass(frozen=True)
class Exercise:
    """One homework question or section of slides.

    Attributes:
        name: as a student knows it.
        lines: where it is asked and answered in its document, first and last line of each piece.
        question: in a few words.
        answers: the ids of the claims and errata that answer it.
    """

    name: str
    lines: tuple[tuple[int, int], ...]
    question: str
    answers: tuple[str, ...]

    @property
    def document(self) -> Document:
        """The document that it stands in."""
        return next(d for d in DOCUMENTS if d.prefix == self.name.partition(".")[0])

    @property
    def place(self) -> str:
        """Where a student finds it: question 4b, or the section's title."""
        part = self.name.partition(".")[2]
        if self.document.prefix.startswith("SLIDES"):
            return f"“{self.question}”"
        if part.startswith(("T", "M")):
            kind = "theoretical" if part[0] == "T" else "musical"
            return f"{kind} question {part[1:]}"
        return "what to hand in" if part == "ADM" else f"question {part}"


def _exercise(name: str, lines: str, question: str, answers: str) -> Exercise:
    return Exercise(name, pieces(lines), question, tuple(answers.split()))


def pieces(lines: str) -> tuple[tuple[int, int], ...]:
    """Line numbers as they are written, such as 250,302-334, as pairs of first and last line."""
    ends = [piece.split("-") for piece in lines.split(",")]
    return tuple((int(end[0]), int(end[-1])) for end in ends)


EXERCISES = (
    _exercise(
        "HW5.1a",
        "14,23-48",
        "One-to-many, many-to-one and many-to-many recurrent networks, synchronous or not",
        "A-RNN-01 A-RNN-02 B-E01 B-E46",
    ),
    _exercise(
        "HW5.1b",
        "16,54-58",
        "Of which kind sequence-to-sequence is; encoder and decoder",
        "A-RNN-03 B-E46",
    ),
    _exercise(
        "HW5.1c",
        "18,62-73",
        "Attention and how it helps",
        "A-ATT-01 A-ATT-02 A-ATT-03 A-ATT-04 A-ATT-05 A-ATT-06 A-ATT-07 A-ATT-08 B-E46",
    ),
    _exercise(
        "HW5.2a",
        "81,88-189",
        "Back-propagation through time, and how it differs from back-propagation",
        "A-BPT-00 A-BPT-01 A-BPT-02 A-BPT-03 A-BPT-04 A-BPT-05 A-BPT-06 A-BPT-07 A-BPT-08 "
        "A-BPT-09 A-BPT-10 A-BPT-11 A-BPT-12 A-BPT-13 A-BPT-14 B-E02 B-E03 B-E04 B-E05 B-E59",
    ),
    _exercise(
        "HW5.2b",
        "83,197-218",
        "Vanishing and exploding gradients, and why recurrent networks have them worse",
        "A-VEG-01 A-VEG-02 A-VEG-03 A-VEG-04 A-VEG-05 A-VEG-06 A-VEG-07 A-VEG-08 A-LST-07 "
        "B-E06 B-E07 B-E59",
    ),
    _exercise(
        "HW5.2c",
        "86,222-226",
        "What an LSTM does about it",
        "A-LST-01 A-LST-02 A-LST-03 A-LST-04 A-LST-05 A-LST-06 A-LST-07 B-E07 B-E45",
    ),
    _exercise(
        "HW5.3",
        "230-236",
        "Exposure bias: an example, and why training is not done as at test time",
        "A-EXB-01 A-EXB-02 A-EXB-03 A-EXB-04 A-EXB-05 A-EXB-06 A-EXB-07 B-E41",
    ),
    _exercise(
        "HW5.4a",
        "242-248,254-298",
        "The optimal discriminator",
        "A-GAN-01 A-GAN-02 A-GAN-03 A-GAN-06 A-GAN-09 A-DST-01 A-DST-02 A-DST-03 A-DST-04 "
        "A-DST-05 A-DST-06 A-DST-07 A-DST-08 B-E42 B-E47",
    ),
    _exercise(
        "HW5.4b",
        "250,302-334",
        "Minimising V at the optimal D is minimising JS",
        "A-JS-01 A-JS-02 A-JS-03 A-JS-04 A-JS-09 A-JS-10 A-JS-11 A-JS-15 B-E08 B-E09 B-E42",
    ),
    _exercise(
        "HW5.4c",
        "252,338-368",
        "p_g = p_data is an optimum",
        "A-JS-05 A-JS-06 A-JS-07 A-JS-08 A-JS-12 A-JS-14 A-DST-04 B-E10 B-E50 B-E47",
    ),
    _exercise(
        "HW5.5",
        "374-419",
        "Mode collapse and its cause",
        "A-MC-01 A-MC-02 A-MC-03 A-MC-10 A-MC-11 A-MC-13 B-E43",
    ),
    _exercise(
        "HW5.6.1",
        "426-439",
        "What is wrong with E log(1 - D) as the generator's loss, and E log D as a cure",
        "A-SAT-05 A-SAT-06 A-SAT-07 A-SAT-08 A-GAN-07 A-GAN-08b A-GAN-17 B-E11",
    ),
    _exercise(
        "HW5.6.2a",
        "445-464",
        "The gradient of log(1 - D) in the logit",
        "A-SAT-01 A-SAT-02 A-DST-03 B-E12",
    ),
    _exercise(
        "HW5.6.2b",
        "449,466-470",
        "The gradient that reaches G, and the trouble with it",
        "A-SAT-05 A-SAT-06 A-SAT-10 A-SAT-11 B-E16 B-E60",
    ),
    _exercise(
        "HW5.6.2c",
        "452,475-496",
        "The same for -log D",
        "A-SAT-03 A-SAT-04 A-SAT-05 A-SAT-06 A-SAT-07 A-SAT-09 A-SAT-10 B-E13 B-E14 B-E57",
    ),
    _exercise(
        "HW5.7",
        "500-545",
        "Where gradient descent on JS fails; noise and Wasserstein as cures",
        "A-SUP-01 A-SUP-02 A-SUP-03 A-SUP-04 A-SUP-05 A-SUP-06 A-SUP-07 A-SUP-08 A-SUP-09 "
        "A-SUP-10 A-SUP-11 A-SUP-12 A-SUP-13 A-OT-01 A-OT-02 A-OT-03 A-OT-08 A-OT-09 A-OT-16 "
        "B-E15 B-E44",
    ),
    _exercise(
        "HW5.8",
        "549-600",
        "A super-resolution network and its losses",
        "A-SRG-01 A-SRG-02 A-SRG-03 A-SRG-04 A-SRG-05 A-SRG-06 A-SRG-07 A-SRG-08 B-E39",
    ),
    _exercise(
        "HW4.T1a",
        "23-31",
        "D* in terms of the laws of data and model",
        "A-DST-01 A-DST-02 A-DST-03 A-DST-04 A-DST-05 A-DST-06 A-DST-07 A-DST-08 A-GAN-02 "
        "A-GAN-03 A-GAN-04 A-GAN-05 A-GAN-06 B-E26 B-E47",
    ),
    _exercise(
        "HW4.T1b",
        "33",
        "The generator's step minimises JS",
        "A-JS-01 A-JS-02 A-JS-03 A-JS-04 A-JS-05 A-JS-09 A-JS-15 B-E26",
    ),
    _exercise(
        "HW4.T2a",
        "37",
        "Mode collapse, and what sets of samples do to KL, JS and the cost",
        "A-MC-01 A-MC-02 A-MC-03 A-MC-04 A-MC-05 A-MC-06 A-MC-07 A-MC-08 A-MC-09 A-MC-10 "
        "A-MC-11 A-MC-12 A-MC-13 A-MC-06b A-MC-07b B-E43",
    ),
    _exercise(
        "HW4.T2b",
        "39",
        "Stability of gradient descent on min max xy, by its differential equation",
        "A-DYN-01 A-DYN-02 A-DYN-03 A-DYN-04 A-DYN-05 A-DYN-06 A-DYN-07 A-DYN-08 A-DYN-09 B-E18",
    ),
    _exercise(
        "HW4.T2c1",
        "43",
        "Which cost helps when the gradient dies away",
        "A-SAT-01 A-SAT-02 A-SAT-03 A-SAT-04 A-SAT-05 A-SAT-06 A-SAT-07 A-SAT-08 A-SAT-09 "
        "A-SAT-10 A-SAT-11 A-SAT-12 A-OT-08 A-DST-11 B-E57 B-E61",
    ),
    _exercise(
        "HW4.T2c2",
        "44",
        "Noise on the input of D and its effect on the gradient",
        "A-SUP-05 A-SUP-06 A-SUP-07 A-SUP-08 A-SUP-09 A-SUP-10 A-SUP-11 A-SUP-12 A-SUP-13 B-E44",
    ),
    _exercise(
        "HW4.T3a",
        "46-55",
        "Two pairs of distributions and their W1",
        "A-OT-01 A-OT-02 A-OT-03 A-OT-04 A-OT-05 A-OT-06 A-OT-07 A-OT-15 B-E26",
    ),
    _exercise(
        "HW4.T3b",
        "55",
        "Which gamma is a transport plan, and one for c = |x - y|",
        "A-OT-02 A-OT-03 A-OT-04 A-OT-05 A-OT-12 A-OT-13 B-E26",
    ),
    _exercise(
        "HW4.T3c",
        "55",
        "What W1 has over the other two distances",
        "A-OT-08 A-OT-09 A-OT-10 A-OT-11 A-OT-14 A-OT-16 A-JS-10 A-JS-13 A-JS-16",
    ),
    _exercise(
        "HW4.M1",
        "59-65",
        "Transformation to the mel scale",
        "A-MUS-01 A-MUS-02 A-MUS-03 A-MUS-04 A-MUS-05 A-MUS-10 B-E55",
    ),
    _exercise(
        "HW4.M2",
        "67",
        "The two-dimensional matrix, and several of them drawn",
        "A-MUS-06 A-MUS-07 A-MUS-10",
    ),
    _exercise(
        "HW4.M3",
        "68-70",
        "Recurrent and convolutional generators of music",
        "A-MUS-08 A-MUS-09 A-MUS-10 A-MUS-11 A-GAN-11 A-LST-01 B-E55",
    ),
    _exercise(
        "HW4.ADM",
        "11-17",
        "What to hand in: notebook, TensorBoard summary, requirements, repository",
        "B-E55",
    ),
    _exercise(
        "HW7.1a",
        "16-106",
        "Reinforcement learning, evolution and gradients for architecture search",
        "A-RLC-01 A-RLC-02 A-RLC-03 A-RLC-04 A-RLC-05 A-RLC-06 A-QNN-01 A-QNN-02 A-QNN-03 "
        "A-QNN-04 A-QNN-05 A-QNN-06 A-EVO-01 A-EVO-02 A-EVO-03 A-EVO-04 A-EVO-05 A-EVO-06 "
        "A-EVO-07 A-EVO-08 A-EVO-09 A-EVO-10 A-GNA-01 A-GNA-02 A-GNA-03 A-GNA-04 A-GNA-05 "
        "B-E27 B-E29 B-E30 B-E31 B-E58 B-E63",
    ),
    _exercise(
        "HW7.1b",
        "108-114",
        "Which suits the input size and the number of layers of a detector",
        "A-GNA-02 A-GNA-03 A-RLC-04 A-EVO-05 B-E32",
    ),
    _exercise(
        "HW7.2",
        "116-121",
        "Making the evaluation of candidates cheaper",
        "A-SPD-01 A-SPD-02 A-SPD-03 A-SPD-04 A-SPD-05 A-SPD-04b B-E52",
    ),
    _exercise(
        "HW7.3a",
        "125-129",
        "Imbalance among several tasks",
        "A-IMB-01 A-IMB-02 A-IMB-03 A-IMB-04 A-IMB-05 A-IMB-06 A-IMB-02b A-IMB-10 B-E38 B-E64",
    ),
    _exercise(
        "HW7.3b",
        "131-133",
        "Shallow correlations and shared layers",
        "A-IMB-11 A-IMB-12 B-E33 B-E65",
    ),
    _exercise(
        "HW7.3c",
        "135-139",
        "A pretrained encoder, and what to freeze",
        "A-IMB-07 A-IMB-13 B-E34 B-E40",
    ),
    _exercise(
        "HW7.3d",
        "141",
        "Which metric",
        "A-IMB-08 A-IMB-09 B-E35",
    ),
    _exercise(
        "HW7.4a",
        "145-147",
        "The mapping network",
        "A-STY-01 A-STY-02",
    ),
    _exercise(
        "HW7.4b",
        "149",
        "How StyleGAN differs from earlier GANs",
        "A-STY-02 A-STY-09 B-E51",
    ),
    _exercise(
        "HW7.4c",
        "151-153",
        "AdaIN",
        "A-STY-03 A-STY-04 A-STY-05 B-E28",
    ),
    _exercise(
        "HW7.4d",
        "155",
        "The affine module",
        "A-STY-03 A-STY-06 B-E28",
    ),
    _exercise(
        "HW7.4e",
        "157",
        "Style mixing",
        "A-STY-07 A-STY-08 B-E51",
    ),
    _exercise(
        "HW7.5",
        "159-189",
        "CycleGAN's generator loss as code",
        "A-CYC-01 A-CYC-02 A-CYC-03 A-CYC-04 A-CYC-05 A-CYC-06 A-CYC-07 B-E36 B-E37 B-E56",
    ),
    _exercise(
        "SLIDES-GAN.FRAME",
        "58-124",
        "The framework and the minimax game",
        "A-GAN-01 A-GAN-02 A-GAN-03 A-GAN-07 A-GAN-08 A-GAN-09 A-GAN-10 A-GAN-08b A-GAN-14 "
        "A-GAN-15 B-E25",
    ),
    _exercise(
        "SLIDES-GAN.ALG",
        "126-155",
        "Challenges and Algorithm 1",
        "A-GAN-11 A-GAN-12 A-GAN-13 A-SAT-07 A-NN-08 B-E19 B-E49",
    ),
    _exercise(
        "SLIDES-GAN.OPT",
        "161-221",
        "Global optimum, change of variables, convergence",
        "A-GAN-03 A-GAN-04 A-GAN-05 A-GAN-06 A-GAN-04b A-DST-01 A-DST-02 A-DST-03 A-DST-04 "
        "A-JS-01 A-JS-02 A-JS-03 A-JS-04 A-JS-05 A-JS-06 A-JS-07 A-JS-08 A-DYN-04 A-DYN-05 "
        "A-DYN-06 A-DYN-07 A-DYN-08 B-E17 B-E18 B-E19 B-E47",
    ),
    _exercise(
        "SLIDES-GAN.EXP",
        "226-273",
        "Experiments, activations, dropout",
        "A-NN-01 A-NN-02 A-NN-03 A-NN-04 A-NN-05 A-NN-06 A-NN-07 A-NN-08 A-EVA-05 B-E20 B-E21 "
        "B-E22",
    ),
    _exercise(
        "SLIDES-GAN.CMP",
        "275-282",
        "Comparison with earlier models",
        "A-EVA-01 A-EVA-02 A-EVA-03 A-EVA-04 A-GAN-14",
    ),
    _exercise(
        "SLIDES-GAN.APP",
        "36-54,284-311",
        "Applications: generation, super-resolution, text to image; stability",
        "A-TXT-01 A-TXT-02 A-SRG-01 A-SRG-02 A-MC-03 B-E25 B-E48",
    ),
    _exercise(
        "SLIDES-GAN.LIM",
        "313-347",
        "Limitations",
        "B-E48",
    ),
    _exercise(
        "SLIDES-GENERATIVE.EMB",
        "14-102",
        "Language model, word2vec, negative sampling",
        "A-EMB-01 A-EMB-02 A-EMB-03 A-EMB-04 A-EMB-05 A-EMB-06 A-EMB-07 A-EMB-08 A-EMB-09 "
        "A-EMB-10 A-EMB-11 B-E23 B-E24",
    ),
    _exercise(
        "SLIDES-GENERATIVE.GEN",
        "104-148",
        "Generative models, explicit and implicit",
        "A-GEN-01 A-GEN-02 A-GEN-03 A-GEN-04 A-GEN-05 A-GEN-06 A-GEN-07 A-GEN-08 A-GAN-16 B-E25",
    ),
    _exercise(
        "SLIDES-GENERATIVE.GAN",
        "226-342",
        "The GAN, its pseudocode, the better objective",
        "A-GAN-01 A-GAN-02 A-GAN-10 A-GAN-11 A-GAN-12 A-SAT-05 A-SAT-06 A-SAT-07 B-E19",
    ),
    _exercise(
        "SLIDES-GENERATIVE.CGAN",
        "150-222,349-360",
        "Conditional GANs, image to image, attributes in super-resolution",
        "A-CGN-01 A-CGN-02 A-CGN-03 A-CGN-04 A-CGN-05 A-CGN-06 A-CGN-07 A-CGN-08 B-E54 B-E62",
    ),
    _exercise(
        "SLIDES-GENERATIVE.CYC",
        "364-407",
        "CycleGAN",
        "A-CYC-01 A-CYC-02 A-CYC-03 A-CYC-04 A-CYC-05 A-CYC-06 B-E53",
    ),
    _exercise(
        "SLIDES-GENERATIVE.STY",
        "346",
        "StyleGAN",
        "A-STY-01 A-STY-03",
    ),
)


def exercises(name: str) -> tuple[Exercise, ...]:
    """The exercise of this name, or all of whose names it is the beginning: HW5.4 is three.

    Args:
        name: such as ``HW5.4b`` or ``SLIDES-GAN.OPT``; case is ignored.

    Raises:
        ValueError: there is no such exercise; the message names all.
    """
    found = tuple(e for e in EXERCISES if _is_part(e.name, name))
    if not found:
        names = ", ".join(e.name for e in EXERCISES)
        raise ValueError(f"exercise: got {name!r}, expected one of {names}")
    return found


def answered_by(id_: str) -> tuple[str, ...]:
    """The names of the exercises that the claim of this id answers."""
    return tuple(e.name for e in EXERCISES if id_ in e.answers)


def _is_part(name: str, whole: str) -> bool:
    """Whether exercise `name` is `whole` or a part of it: HW5.4b is of HW5.4, HW5.41 is not."""
    name, whole = name.lower(), whole.lower()
    rest = name[len(whole) :]
    return (
        bool(whole) and name.startswith(whole) and not (whole[-1].isdigit() and rest[:1].isdigit())
    )
