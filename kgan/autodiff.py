"""Gradients, branches and pure steps, the same on TensorFlow, JAX and PyTorch.

The only file that imports a backend. What the backends do differently stays here: who records
what (a tape, a trace, a graph), where the state lives (JAX keeps it outside of the variables
while it traces), and how a branch is taken inside of a compiled step.
"""

import contextlib
import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras.src.backend.common.stateless_scope import get_stateless_scope

ops: Any = keras.ops  # its functions carry no types
BACKEND = keras.backend.backend()

if BACKEND == "tensorflow":
    import tensorflow as tf
elif BACKEND == "jax":
    import jax
    from jax.core import Tracer
elif BACKEND == "torch":
    import torch
else:
    raise ImportError(
        f"Keras backend: got {BACKEND!r}; kgan needs 'tensorflow', 'jax' or 'torch' "
        "(environment variable KERAS_BACKEND)."
    )


class _Scope(keras.StatelessScope):
    """A stateless scope that inherits the values of the scope around it and lists its updates.

    Keras's own scopes do not chain: inside of a second one, what the first one knows is lost.
    """

    def __init__(self, mapping: Iterable[tuple[keras.Variable, Any]]):
        super().__init__(mapping)
        outer = get_stateless_scope()
        if outer is not None:
            self.state_mapping = {**outer.state_mapping, **self.state_mapping}
        self.updates: dict[int, keras.Variable] = {}

    def add_update(self, update):
        variable, _ = update
        super().add_update(update)
        self.updates[id(variable)] = variable


def _report(value, index: int, reached: set[int]):
    """The value itself; notes in `reached` that a derivative came back to it.

    JAX answers with zeros where the loss does not depend on a value, which cannot be told from a
    gradient that happens to vanish; whether a cotangent arrives can.
    """

    @jax.custom_vjp
    def identity(v):
        return v

    def forward(v):
        return v.value, None

    def backward(_, cotangent):
        if not isinstance(cotangent, jax.custom_derivatives.SymbolicZero):
            reached.add(index)
        return (cotangent,)

    identity.defvjp(forward, backward, symbolic_zeros=True)
    return identity(value)


def gradients(
    loss_fn: Callable[[], tuple[Any, Any]], variables: Sequence[keras.Variable]
) -> tuple[Any, Any, list[Any]]:
    """Differentiate a loss with respect to variables.

    Args:
        loss_fn: takes nothing, returns `(loss, auxiliary)`: a scalar and any structure of
            tensors. What it assigns to other variables (moving averages, seed states) is kept.
        variables: the trainable variables to differentiate by.

    Returns:
        `(loss, auxiliary, gradients)`, with one gradient a variable, of its shape. All are
        constants: nothing flows back through them.

    Raises:
        ValueError: a variable that the loss does not depend on, by its path.
    """
    grads: Any
    if BACKEND == "tensorflow":
        values = [v.value for v in variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            loss, auxiliary = loss_fn()
        grads = tape.gradient(loss, values)
    elif BACKEND == "jax":
        updated: list[keras.Variable] = []
        reached: set[int] = set()

        def pure(values):
            watched = [_report(value, i, reached) for i, value in enumerate(values)]
            with _Scope(zip(variables, watched, strict=True)) as scope:
                loss, auxiliary = loss_fn()
            updated[:] = scope.updates.values()
            return loss, (auxiliary, [scope.get_current_value(v) for v in updated])

        (loss, (auxiliary, new_values)), grads = jax.value_and_grad(pure, has_aux=True)(
            [v.value for v in variables]
        )
        grads = [g if i in reached else None for i, g in enumerate(grads)]
        # Returned as auxiliary values: an assignment inside of the trace would leak a tracer.
        for variable, value in zip(updated, new_values, strict=True):
            variable.assign(value)
    else:
        values = [v.value for v in variables]
        with torch.enable_grad():
            loss, auxiliary = loss_fn()
            if loss.requires_grad:
                grads = list(torch.autograd.grad(loss, values, allow_unused=True))
            else:
                grads = [None] * len(values)
        loss = loss.detach()
        auxiliary = keras.tree.map_structure(lambda t: t.detach(), auxiliary)
    for variable, gradient in zip(variables, grads, strict=True):
        if gradient is None:
            raise ValueError(
                f"gradient of {variable.path!r}: got None; the loss does not depend on it, or an "
                "operation in between has no derivative (bilinear resizing has no second one on "
                "TensorFlow). Every variable of a player must reach its loss."
            )
    return loss, auxiliary, grads


def input_gradient(
    function: Callable[[Any], Any], x: Any, cotangent: Any = None
) -> tuple[Any, Any]:
    """The vector-Jacobian product of a function by its input, itself differentiable.

    For a discriminator D and the default cotangent of ones this is the gradient of D at each
    sample, as the gradient penalty of WGAN-GP (Gulrajani et al. 2017, eq. 3) and R1 (Mescheder
    et al. 2018, eq. 9) need it.

    Args:
        function: maps a tensor like `x` to a tensor; a sample's output must depend on that
            sample alone.
        x: tensor of shape `(n, ...)`.
        cotangent: tensor of the output's shape that multiplies the Jacobian from the left; ones
            by default.

    Returns:
        `(function(x), product)`, the product of x's shape.

    Raises:
        ValueError: `function` is a layer that holds batch normalisation; or the output does not
            depend on x.
    """
    if isinstance(function, keras.Layer):
        refuse_batch_normalization(function, "an input gradient")
    if BACKEND == "tensorflow":
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            output = function(x)
        product = tape.gradient(output, x, output_gradients=cotangent)
    elif BACKEND == "jax":
        updated: list[keras.Variable] = []

        reached: set[int] = set()

        def pure(x):
            with _Scope(()) as scope:
                output = function(_report(x, 0, reached))
            updated[:] = scope.updates.values()
            return output, [scope.get_current_value(v) for v in updated]

        output, pull_back, new_values = jax.vjp(pure, x, has_aux=True)
        (product,) = pull_back(ops.ones_like(output) if cotangent is None else cotangent)
        product = product if reached else None
        for variable, value in zip(updated, new_values, strict=True):
            variable.assign(value)
    else:
        with torch.enable_grad():
            x = x if x.requires_grad else x.detach().requires_grad_(True)
            output = function(x)
            if cotangent is None:
                cotangent = torch.ones_like(output)
            product = None
            if output.requires_grad:
                (product,) = torch.autograd.grad(
                    output, x, cotangent, create_graph=True, allow_unused=True
                )
    if product is None:
        raise ValueError("function: got one whose output does not depend on its input x.")
    return output, product


def call_with(network: keras.Layer, values: Sequence[Any], x: Any, training: bool = False) -> Any:
    """Apply a network with given tensors in place of its weights.

    Args:
        network: a built layer or model.
        values: one tensor for each of `network.weights`, in that order and of those shapes.
        x: the network's input.
        training: passed on to the network.

    Returns:
        The network's output. Its variables stay as they were.

    Raises:
        ValueError: not as many values as weights.
    """
    if len(values) != len(network.weights):
        raise ValueError(
            f"values: got {len(values)} tensors for {network.name!r}, "
            f"which has {len(network.weights)} weights."
        )
    with _Scope(zip(network.weights, values, strict=True)):
        return network(x, training=training)


def at_values(
    function: Callable[[], Any], variables: Sequence[keras.Variable], values: Sequence[Any]
) -> Any:
    """What a function answers with given tensors in place of variables.

    Args:
        function: takes nothing; reads the variables through their layers.
        variables: the variables to replace.
        values: one tensor for each of them, of its shape; gradients flow back into it.

    Returns:
        The function's answer. All variables stay as they were, those too that it assigns.
    """
    with _Scope(zip(variables, values, strict=True)):
        return function()


def gradient_at(
    loss_fn: Callable[[], Any], variables: Sequence[keras.Variable], values: Sequence[Any]
) -> list[Any]:
    """The gradient of a loss with given tensors in place of variables, itself differentiable.

    One step of descent w − η·g made of it is a function of whatever else the loss depends on, and
    can be differentiated by that: so the generator's gradient passes through the discriminator's
    steps (Metz et al. 2017, eq. 12).

    Args:
        loss_fn: takes nothing, returns a scalar.
        variables: the variables to replace and to differentiate by.
        values: one tensor for each of them, of its shape.

    Returns:
        One gradient for each variable, of its shape.

    Raises:
        ValueError: a variable that the loss does not depend on, by its path.
    """
    grads: Any
    if BACKEND == "tensorflow":
        values = [ops.convert_to_tensor(value) for value in values]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            loss = at_values(loss_fn, variables, values)
        grads = tape.gradient(loss, values)
    elif BACKEND == "jax":
        reached: set[int] = set()

        def pure(values):
            watched = [_report(value, i, reached) for i, value in enumerate(values)]
            return at_values(loss_fn, variables, watched)

        grads = jax.grad(pure)(list(values))
        grads = [g if i in reached else None for i, g in enumerate(grads)]
    else:
        with torch.enable_grad():
            values = [v if v.requires_grad else v.detach().requires_grad_(True) for v in values]
            loss = at_values(loss_fn, variables, values)
            grads = torch.autograd.grad(loss, values, create_graph=True, allow_unused=True)
    for variable, gradient in zip(variables, grads, strict=True):
        if gradient is None:
            raise ValueError(
                f"gradient of {variable.path!r}: got None; the loss does not depend on it."
            )
    return list(grads)


def norm(tensors: Sequence[Any]) -> Any:
    """The Euclidean norm of all entries of some tensors together, in float32."""
    if BACKEND == "torch":
        return torch.nn.utils.get_total_norm(tensors).float()
    return ops.sqrt(sum(ops.sum(ops.square(ops.cast(t, "float32"))) for t in tensors))


def refuse_batch_normalization(network: keras.Layer, reason: str) -> None:
    """Refuse a network whose outputs mix the samples of a batch.

    A penalty on the gradient at each sample (Gulrajani et al. 2017, section 4) means nothing
    there, and TensorFlow's second derivative of Keras's batch normalisation is wrong.

    Args:
        network: the layer or model to look through.
        reason: what needs separate samples, for the message.

    Raises:
        ValueError: the network holds a `BatchNormalization`, by its name.
    """
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            raise ValueError(
                f"discriminator: got one with batch normalisation ({layer.name!r}); {reason} "
                "needs a network that treats each sample on its own, such as one with "
                "LayerNormalization or none."
            )


def refuse_smooth_resizing(network: keras.Layer, reason: str) -> None:
    """Refuse a network that TensorFlow cannot differentiate twice, without a word from it.

    TensorFlow knows no derivative of the gradient of bilinear resizing (tensorflow#38643): what
    should pass there is left out of the second derivative, which comes out wrong.

    Args:
        network: the layer or model to look through.
        reason: what needs the second derivative, for the message.

    Raises:
        ValueError: on TensorFlow, the network holds an upsampling or resizing layer whose
            interpolation is not nearest, by its name.
    """
    for layer in network._flatten_layers() if BACKEND == "tensorflow" else ():
        interpolation = getattr(layer, "interpolation", "nearest")
        if interpolation != "nearest":
            raise ValueError(
                f"discriminator: got one with {interpolation} resizing ({layer.name!r}), of which "
                f"TensorFlow has no second derivative; {reason} needs it. Accepted is "
                "interpolation='nearest', or another backend."
            )


def no_gradient() -> contextlib.AbstractContextManager:
    """A context in which PyTorch records nothing; the other backends record only on request."""
    return torch.no_grad() if BACKEND == "torch" else contextlib.nullcontext()


def conditional(predicate: Any, branch: Callable[[], None]) -> None:
    """Run a branch that changes variables, only where a boolean tensor is true.

    Args:
        predicate: boolean scalar, known only when the compiled step runs.
        branch: takes and returns nothing; works by assigning to variables.
    """
    if BACKEND == "tensorflow":

        def move():
            branch()
            return tf.constant(True)

        tf.cond(predicate, move, lambda: tf.constant(False))
    elif BACKEND == "jax" and isinstance(predicate, Tracer):
        outer: Any = get_stateless_scope()
        # Both branches must return the same values, so both return the whole state.
        state = list(outer.variables)

        def taken():
            with _Scope(()) as scope:
                branch()
            return [scope.get_current_value(v) for v in state]

        def left():
            return [outer.get_current_value(v) for v in state]

        for variable, value in zip(state, jax.lax.cond(predicate, taken, left), strict=True):
            variable.assign(value)
    elif bool(predicate):
        branch()


def chooses_turns_outside(model: keras.Model) -> bool:
    """Whether a model's step is better chosen before it runs than by a branch inside of it.

    So it is under XLA, whose branches are slow on a processor, and where Python itself takes the
    step. TensorFlow's own graphs branch at no cost, and cannot be left from step to step as fast.

    Args:
        model: a compiled model.
    """
    return BACKEND != "tensorflow" or model.jit_compile is True or model.run_eagerly


def slow_strides() -> bool:
    """Whether this machine's gradients of strided convolutions are slow: XLA's on a processor."""
    return BACKEND == "jax" and jax.default_backend() == "cpu"


class _StepScope(_Scope):
    """The outermost scope of a step: knows all variables of the game."""

    def __init__(self, variables: Sequence[keras.Variable], values: Sequence[Any]):
        super().__init__(zip(variables, values, strict=True))
        self.variables = variables


def run_step(
    step: Callable[[Any], dict], groups: Sequence[Sequence[keras.Variable]], arguments: tuple
) -> Any:
    """Run a step in the form that the backend's trainer asks for.

    TensorFlow and PyTorch call `step(data)` and keep the state in the variables. JAX calls
    `step(state, data)`, a pure function of the state, and wants the new state back.

    Args:
        step: takes a minibatch, changes variables, returns the logs.
        groups: the variables of the state, grouped as the trainer groups their values.
        arguments: what the trainer passed: `(data,)`, or on JAX `(state, data)`.

    Returns:
        The logs; on JAX `(logs, state)`.
    """
    if BACKEND != "jax":
        with no_gradient():
            return step(*arguments)
    state, data = arguments
    variables = [v for group in groups for v in group]
    with _StepScope(variables, [value for group in state for value in group]) as scope:
        logs = step(data)
    return logs, tuple([scope.get_current_value(v) for v in group] for group in groups)


class Replicas:
    """Copies of a model that one compiled program moves, many minibatches at a time (JAX only).

    State and data stay on the device from one look to the next; what goes there is the numbers of
    the samples. The step is scanned over the minibatches, so that Python is left once in so many
    steps, and mapped over the copies (`jax.vmap`) where there are several. That fills an
    accelerator, which a single small network would leave idle; a processor has nothing idle to
    fill, and takes copies better one by one, each by the program of the one before
    (benchmarks/seeds.py compares the two).

    Which turns are due is known before a step, so that no branch is compiled: a period of the
    schedule is a few runs of alike steps. On a processor convolutions are slow inside of a loop
    (jax#12868), and models that have them are moved step by step.

    The count of minibatches is the same in all copies and is not mapped.

    Args:
        models: compiled games that differ in nothing but the numbers in their variables.
        data: name -> array `(n, ...)`, from which minibatches are taken.
        like: replicas of as many such models on the same data, whose programs serve these, too.
    """

    available = BACKEND == "jax"

    def __init__(
        self, models: Sequence[Any], data: Mapping[str, Any], like: "Replicas | None" = None
    ):
        self.models = models
        self.groups = [
            (
                model.trainable_variables,
                model.non_trainable_variables,
                model.optimizer.variables,
                model.metrics_variables,
            )
            for model in models
        ]
        counter = models[0].optimizer.iterations
        self.number = int(counter.value)
        self.alone = len(models) == 1
        self.axes = [
            [None if self.alone or v is counter else 0 for v in group] for group in self.groups[0]
        ]
        convolves = any("Conv" in type(layer).__name__ for layer in models[0]._flatten_layers())
        self.scans = jax.default_backend() != "cpu" or not convolves
        # The first of several models steps for all: a program is traced through its variables.
        self.leader = like.leader if like else models[0]
        self.programs = like.programs if like else {}
        self.data = like.data if like else jax.device_put(dict(data))
        self.state = [
            [
                # A copy: programs give the buffers of the state up, the variables keep theirs.
                jax.numpy.copy(alike[0].value)
                if axis is None
                else jax.numpy.stack([v.value for v in alike])
                for axis, *alike in zip(axes, *of_models, strict=True)
            ]
            for axes, *of_models in zip(self.axes, *self.groups, strict=True)
        ]

    @staticmethod
    def at_once() -> bool:
        """Whether several copies are better moved together than one after another."""
        return Replicas.available and jax.default_backend() != "cpu"

    def play(self, rows: Any) -> None:
        """Take steps, each on a minibatch of the data.

        Args:
            rows: name -> numbers of samples, int array `(steps, models, batch)`.
        """
        steps = len(jax.tree.leaves(rows)[0])
        dues = [self.leader.due_turns(self.number + i) for i in range(steps)]
        period = self.period if self.scans else 1
        start = 0
        while start < steps:
            size = min(period, steps - start)
            pattern = tuple(dues[start : start + size])
            times = 1
            if self.scans:
                while tuple(dues[start + times * size : start + (times + 1) * size]) == pattern:
                    times += 1
            shape = (times, size)
            taken = jax.tree.map(
                lambda r: r[start : start + times * size].reshape(*shape, *r.shape[1:]),  # noqa: B023
                rows,
            )
            if pattern not in self.programs:
                self.programs[pattern] = self._compiled(pattern)
            self.state = self.programs[pattern](self.state, self.data, taken)
            start += times * size
        self.number += steps

    @property
    def period(self) -> int:
        """Minibatches after which the schedule of turns begins again."""
        return math.lcm(*(turn.every for turn in self.leader.turns()))

    def _compiled(self, pattern: tuple[frozenset[str], ...]) -> Callable:
        """The program of a period, given by the turns that are due in each of its steps."""
        runs = [(due, len(list(same))) for due, same in itertools.groupby(pattern)]

        def step(due, state, minibatch):
            return list(self.leader.taking(due, self.leader.train_step, state, minibatch)[1])

        def move(due, state, data, rows):
            minibatch = jax.tree.map(lambda x, chosen: x[chosen], data, rows)
            if self.alone:
                return step(due, state, jax.tree.map(lambda x: x[0], minibatch))
            axes = (self.axes, 0)
            return jax.vmap(partial(step, due), in_axes=axes, out_axes=self.axes)(state, minibatch)

        def cycle(data, state, rows):
            start = 0
            for due, count in runs:
                these = jax.tree.map(lambda r: r[start : start + count], rows)  # noqa: B023
                state = _repeat(partial(move, due), count, state, data, these)
                start += count
            return state

        def play(state, data, rows):
            times = len(jax.tree.leaves(rows)[0])
            return _repeat(lambda s, d, r: cycle(d, s, r), times, state, data, rows)

        return jax.jit(play, donate_argnums=0)

    def look(self) -> None:
        """Leave the state as it is now in the copies' variables."""
        for i, groups in enumerate(self.groups):
            for axes, group, values in zip(self.axes, groups, self.state, strict=True):
                for axis, variable, value in zip(axes, group, values, strict=True):
                    # A copy: the next program gives the state's own buffer up.
                    variable.assign(jax.numpy.copy(value) if axis is None else value[i])


def _repeat(move: Callable, count: int, state, data, rows):
    """Move so many times, each time by the next of the rows; a single time without a loop."""
    if count == 1:
        return move(state, data, jax.tree.map(lambda r: r[0], rows))
    return jax.lax.scan(lambda s, r: (move(s, data, r), None), state, rows)[0]


def random_states() -> dict[str, np.ndarray]:
    """The state of random generators that the backend keeps to itself.

    Keras's Dropout draws from PyTorch's own generators there, which no model file holds; everywhere
    else all that is random comes from seeds that are saved with the model.

    Returns:
        Name -> state, as arrays of bytes; empty but on PyTorch.
    """
    if BACKEND != "torch":
        return {}
    states = {"cpu": torch.get_rng_state()}
    states |= {f"cuda_{i}": state for i, state in enumerate(torch.cuda.get_rng_state_all())}
    return {name: state.numpy() for name, state in states.items()}


def set_random_states(states: Mapping[str, np.ndarray]) -> None:
    """Give the backend's own generators the state that `random_states` returned."""
    for name, state in states.items():
        if name == "cpu":
            torch.set_rng_state(torch.from_numpy(state))
        elif torch.cuda.is_available():
            torch.cuda.set_rng_state(torch.from_numpy(state), int(name.removeprefix("cuda_")))
