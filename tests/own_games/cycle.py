"""A CycleGAN: two translators, two judges, pictures that nobody paired (Zhu et al. 2017)."""

import keras
from keras import layers, ops

import kgan


def network(data_shape, *last):
    first = layers.Conv2D(4, 3, padding="same", activation="relu")
    return keras.Sequential([layers.Input(data_shape), first, layers.BatchNormalization(), *last])


@keras.saving.register_keras_serializable(package="own")
class CycleGAN(kgan.Game):
    def __init__(self, data_shape, *, pool_size=16, cycle_weight=10.0, judge_steps=1, **options):
        players = {}
        for x in "ab":
            last = layers.Conv2D(data_shape[-1], 3, padding="same", activation="tanh")
            players[f"to_{x}"] = network(data_shape, last)
            players[f"judge_{x}"] = network(data_shape, layers.Conv2D(1, 4, 2))
        picture = kgan.Part(data_shape, "image", (-1, 1))
        super().__init__(players, {"a": picture, "b": picture}, paired=False, **options)
        self.pool_size, self.cycle_weight, self.k = pool_size, cycle_weight, judge_steps
        pool = {"shape": (pool_size, *data_shape), "initializer": "zeros", "trainable": False}
        self.pools = {x: self.add_weight(**pool) for x in "ab"}
        self.filled = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False)

    def turns(self):
        return (
            kgan.Turn("judges", ("judge_a", "judge_b"), self.judges_loss),
            kgan.Turn("translators", ("to_a", "to_b"), self.translators_loss, self.k, self.k - 1),
        )

    def draw(self, batch, seed):
        drawn = {}
        for x, other in ("ab", "ba"):
            fake = self.network(f"to_{x}", batch[other], training=True)
            n = ops.shape(fake)[0]
            past = keras.random.randint((n,), 0, self.pool_size, seed=seed)
            use = (keras.random.uniform((n,), seed=seed) < 0.5) & (past < self.filled.value)
            shown = ops.where(use[:, None, None, None], ops.take(self.pools[x], past, axis=0), fake)
            drawn |= {f"fake_{x}": fake, f"shown_{x}": shown}
        return drawn

    def remember(self, batch):
        for x, pool in self.pools.items():
            pool.assign(ops.concatenate([batch[f"fake_{x}"], pool.value])[: self.pool_size])
        filled = self.filled.value + ops.shape(batch["fake_a"])[0]
        self.filled.assign(ops.minimum(filled, self.pool_size))

    def judged(self, x, pictures):
        return self.network(f"judge_{x}", pictures, training=True)

    def judges_loss(self, batch):
        answers = [(self.judged(x, batch[x]), self.judged(x, batch[f"shown_{x}"])) for x in "ab"]
        return sum(kgan.losses.least_squares_discriminator(*answer) for answer in answers), {}

    def translators_loss(self, batch):
        fakes, cycle = self.there_and_back(batch, training=True)
        answers = [self.judged(x, fakes[x]) for x in "ab"]
        fooled = sum(map(kgan.losses.least_squares_generator, answers))
        return fooled + self.cycle_weight * cycle, {"cycle": cycle}

    def there_and_back(self, batch, training):
        fakes = {x: self.network(f"to_{x}", batch[y], training) for x, y in ("ab", "ba")}
        back = {x: self.network(f"to_{x}", fakes[y], training) for x, y in ("ab", "ba")}
        return fakes, sum(ops.mean(ops.abs(batch[x] - back[x])) for x in "ab")

    def log_names(self):
        return ("cycle",)

    evaluation_names = log_names

    def evaluate_batch(self, batch):
        return {"cycle": self.there_and_back(batch, training=False)[1]}

    def call(self, x, training=False):
        return self.network("to_b", x, training)

    def translate(self, x, to, averaged=None):
        self.spec["a" if to == "b" else "b"].check("x", x)
        return self.answer(f"to_{to}", x, averaged=averaged)
