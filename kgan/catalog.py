"""Every model once: what it is called, where it lies, whose paper it is, and what it can do.

The public names of `kgan`, the command line, run folders, README's table and the tests' harness
read the models from here, and nothing is imported for it.
"""

from dataclasses import dataclass

# What the words in `Entry.capabilities` say of a model with its default networks.
CAPABILITIES = {
    "points": "takes points of the line or the plane",
    "vector": "takes vectors",
    "image": "takes images",
    "critic": "its discriminator gives scores, not the log odds of D(x)",
    "pairs": "its losses compare real with generated samples",
    "packs": "its discriminator judges several samples at once",
    "penalty": "its discriminator's slopes are penalised",
}
_ANY = ("points", "vector", "image")


@dataclass(frozen=True)
class Entry:
    """A model.

    Attributes:
        name: the class.
        module: where it lies.
        paper: authors, year, title, arXiv number; README's table has it as far as the year.
        exercises: what the course asks that it answers, named as `kgan list claims` names them.
        shows: what is learned from it.
        capabilities: words of `CAPABILITIES`.
    """

    name: str
    module: str
    paper: str
    exercises: tuple[str, ...]
    shows: str
    capabilities: tuple[str, ...]

    @property
    def command(self) -> str:
        """What `kgan train` calls it."""
        return self.name.lower()


_ENTRIES = (
    Entry(
        "GAN",
        "kgan.models.gan",
        "Goodfellow et al. 2014, Generative Adversarial Nets, arXiv 1406.2661",
        ("SLIDES-GAN.FRAME", "SLIDES-GAN.ALG", "HW5.5", "HW5.6.1"),
        "the game itself, with perceptrons and a choice of generator objective",
        _ANY,
    ),
    Entry(
        "DCGAN",
        "kgan.models.dcgan",
        "Radford et al. 2016, Unsupervised Representation Learning with Deep Convolutional "
        "Generative Adversarial Networks, arXiv 1511.06434",
        ("SLIDES-GAN.APP",),
        "what convolutions and batch normalisation do for images",
        ("image",),
    ),
    Entry(
        "WGAN",
        "kgan.models.wgan",
        "Arjovsky et al. 2017, Wasserstein GAN, arXiv 1701.07875",
        ("HW5.7", "HW4.T3c"),
        "a distance instead of a divergence, by a critic with clipped weights",
        (*_ANY, "critic"),
    ),
    Entry(
        "WGANGP",
        "kgan.models.wgan_gp",
        "Gulrajani et al. 2017, Improved Training of Wasserstein GANs, arXiv 1704.00028",
        ("HW5.7", "HW4.T3c"),
        "the same distance, by a critic whose slope is kept near 1",
        (*_ANY, "critic", "penalty"),
    ),
    Entry(
        "LSGAN",
        "kgan.models.lsgan",
        "Mao et al. 2017, Least Squares Generative Adversarial Networks, arXiv 1611.04076",
        ("HW5.6.1", "HW4.T2c1"),
        "least squares instead of logarithms",
        (*_ANY, "critic"),
    ),
    Entry(
        "HingeGAN",
        "kgan.models.hinge_gan",
        "Lim and Ye 2017, Geometric GAN, arXiv 1705.02894",
        ("HW4.T2c1",),
        "a margin, beyond which a sample teaches the discriminator nothing more",
        (*_ANY, "critic"),
    ),
    Entry(
        "SNGAN",
        "kgan.models.sngan",
        "Miyato et al. 2018, Spectral Normalization for Generative Adversarial Networks, "
        "arXiv 1802.05957",
        ("HW4.T2b",),
        "a discriminator whose layers stretch nothing: spectral normalisation",
        (*_ANY, "critic"),
    ),
    Entry(
        "R1GAN",
        "kgan.models.r1_gan",
        "Mescheder et al. 2018, Which Training Methods for GANs do actually Converge?, "
        "arXiv 1801.04406",
        ("HW4.T2b",),
        "a penalty on slopes at the data, with which the game converges",
        (*_ANY, "penalty"),
    ),
    Entry(
        "R3GAN",
        "kgan.models.r3_gan",
        "Huang et al. 2024, The GAN is dead; long live the GAN! A Modern Baseline GAN, "
        "arXiv 2501.05441",
        ("HW5.5", "HW4.T2a", "HW4.T2b"),
        "real and generated samples compared in pairs, with slopes penalised at both",
        (*_ANY, "critic", "pairs", "penalty"),
    ),
    Entry(
        "PacGAN",
        "kgan.models.pacgan",
        "Lin et al. 2018, PacGAN: The power of two samples in generative adversarial networks, "
        "arXiv 1712.04086",
        ("HW4.T2a",),
        "several samples judged at once, which shows missing modes",
        (*_ANY, "packs"),
    ),
    Entry(
        "MinibatchGAN",
        "kgan.models.minibatch_gan",
        "Salimans et al. 2016, Improved Techniques for Training GANs, arXiv 1606.03498",
        ("HW4.T2a",),
        "samples compared within their minibatch, which shows copies",
        _ANY,
    ),
    Entry(
        "UnrolledGAN",
        "kgan.models.unrolled_gan",
        "Metz et al. 2017, Unrolled Generative Adversarial Networks, arXiv 1611.02163",
        ("HW4.T2a",),
        "a generator that foresees the discriminator's next steps",
        _ANY,
    ),
)
CATALOG = {entry.name: entry for entry in _ENTRIES}
