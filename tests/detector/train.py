"""Train the detector of MẬT: `python -m tests.detector.train FONTS MODEL.onnx`; see the README beside this file.

One process draws samples in the order of one seed, one thread of this one trains: the same fonts, the same number of steps
and the same PyTorch on the same kind of processor give the same weights. The rate falls over the last part of the steps only,
so that a shorter training is the beginning of a longer one.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path

import numpy as np
import torch
from torch import nn

from tests.detector import draw

STEPS = 36_000
FALL = 0.25
"""Share of the steps, at the end, over which the rate falls to nothing."""
RATE, WARM_UP = 2.5e-3, 200
BATCH, FRESH, KEPT = 24, 6, 6000
"""Samples of a step, how many of them are drawn for it, and how many drawn before are kept to be turned and seen again."""
RENEWED = 12
"""Steps after which a page that samples are cut from is drawn anew."""
LAYERS = ((3, 2, 12, 2), (3, 12, 24, 2), (3, 24, 24, 1), (3, 24, 40, 2), (3, 40, 40, 1), (3, 40, 40, 1), (3, 40, 40, 1),
          (3, 40, 40, 1), (1, 40, 4, 1))  # fmt: skip
"""Kernel, channels in and out, stride. No dilation and no 5x5: OpenCV is slow with those."""
SUMS = (4, 5, 6, 7)
"""Layers that add to what they get."""
SMOOTH = 400
"""Steps that the weights which are written are a mean of."""
EVERY = 500
"""Steps after which the weights are written down."""


class Network(nn.Module):
    """Planes of a picture to four planes of an eighth: how likely a word is there, cosine, sine, logarithm of its height."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(a, b, kernel, stride, kernel // 2) for kernel, a, b, stride in LAYERS)
        for layer in self.layers:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.layers[-1].weight *= 0.1
            self.layers[-1].bias[0] = -4.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for index, layer in enumerate(self.layers[:-1]):
            y = torch.relu(layer(x))
            x = x + y if index in SUMS else y
        return self.layers[-1](x)


def samples(folder: Path, seed: int, queue: Queue) -> None:
    """Fill the queue with what is drawn for each step."""
    import cv2

    cv2.setNumThreads(1)
    drawer, step = draw.Drawer(draw.fonts(folder), seed), 0
    while True:
        pairs = [drawer.sample() for _ in range(FRESH)]
        queue.put((np.stack([x for x, _ in pairs]), np.stack([target for _, target in pairs])))
        step += 1
        if step % RENEWED == 0:
            drawer.renew()


def turned(x: np.ndarray, target: np.ndarray, quarters: int) -> tuple[np.ndarray, np.ndarray]:
    """A sample turned by quarters against the clock."""
    x, target = np.rot90(x, quarters, (1, 2)).copy(), np.rot90(target, quarters, (1, 2)).copy()
    for _ in range(quarters):
        target[2:4] = np.stack([target[3], -target[2]])
    return x, target


def batches(queue: Queue, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray, list[int]]]:
    """What is new, with some of what was seen before: of a few picked by chance those the network was worst at.

    Yields input, target and the places of the samples in `worst`, which the trainer keeps up to date.
    """
    rng = np.random.default_rng(seed)
    kept: list[tuple[np.ndarray, np.ndarray]] = []
    while True:
        xs, targets = queue.get()
        places = []
        for pair in zip(xs, targets, strict=True):
            if len(kept) < KEPT:
                places.append(len(kept))
                kept.append(pair)
            else:
                places.append(int(rng.integers(KEPT)))
                kept[places[-1]] = pair
            worst[places[-1]] = 0.0
        while len(places) < BATCH:
            picked = rng.integers(len(kept), size=3)
            places.append(int(max(picked, key=lambda place: worst[place])))
        pairs = [
            kept[place] if n < FRESH else turned(*kept[place], int(rng.integers(4))) for n, place in enumerate(places)
        ]
        yield np.stack([x for x, _ in pairs]), np.stack([target for _, target in pairs]), places


worst = np.zeros(KEPT)
"""The loss of each kept sample when it was last seen."""


def losses(out: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The loss of each sample: far more cells are empty than not, and most of them are easy."""
    wanted, weight = target[:, 0], target[:, 1]
    score = torch.sigmoid(out[:, 0])
    crossed = nn.functional.binary_cross_entropy_with_logits(out[:, 0], wanted, reduction="none")
    found = (weight * (wanted - score).abs() ** 2 * crossed).sum((1, 2))
    shape = (wanted[:, None] * (out[:, 1:] - target[:, 2:]).abs()).sum((1, 2, 3))
    return found + 0.3 * shape


def rate(step: int, steps: int) -> float:
    return RATE * min(1.0, step / WARM_UP, (steps - step + 1) / (FALL * steps))


def train(folder: Path, model: Path, steps: int) -> None:
    """Train, and write the mean of the weights of the last steps."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    context = get_context("spawn")
    queue: Queue = context.Queue(8)
    drawer = context.Process(target=samples, args=(folder, 1, queue), daemon=True)
    drawer.start()
    network = Network().to(memory_format=torch.channels_last)
    smooth = copy.deepcopy(network)
    optimizer = torch.optim.Adam(network.parameters(), betas=(0.9, 0.99), eps=1e-7)
    shown, began = [], time.process_time()
    for step, (x, target, places) in enumerate(batches(queue, 2), 1):
        for group in optimizer.param_groups:
            group["lr"] = rate(step, steps)
        goal = torch.from_numpy(target)
        with torch.autocast("cpu", torch.bfloat16):
            out = network(torch.from_numpy(x).float().contiguous(memory_format=torch.channels_last))
        each = losses(out.float(), goal)
        loss = each.sum() / (goal[:, 0].sum() + 1)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimizer.step()
        worst[places] = each.detach().numpy()
        with torch.no_grad():
            for mean, now in zip(smooth.parameters(), network.parameters(), strict=True):
                mean.lerp_(now, max(1 / step, 1 / SMOOTH))
        shown.append(loss.item())
        if step % 100 == 0:
            print(step, f"{time.process_time() - began:.0f}s {np.mean(shown[-100:]):.4f}", flush=True)
        if step % EVERY == 0:
            export(smooth, model.with_suffix(".part.onnx"))
        if step >= steps:
            break
    export(smooth, model)
    drawer.terminate()


def export(network: Network, path: Path) -> None:
    """Write the weights as ONNX."""
    written(network.layers[:-1], SUMS, path, last=network.layers[-1], sides=("rows", "columns"))


def written(
    layers: Sequence[nn.Conv2d], sums: Sequence[int], path: Path, *, last: nn.Conv2d, sides: tuple[str | int, str | int]
) -> None:
    """Write convolutions with rectifiers and sums, then one without, as ONNX; `sides` are rows and columns of the input."""
    from onnx import TensorProto, helper, numpy_helper, save

    nodes, constants, before = [], [], "page"

    def convolved(index: int, layer: nn.Conv2d, given: str, name: str) -> None:
        weight = np.ascontiguousarray(layer.weight.detach().contiguous().numpy())
        constants.append(numpy_helper.from_array(weight, f"w{index}"))
        constants.append(numpy_helper.from_array(layer.bias.detach().numpy(), f"b{index}"))
        kernel, stride, pad = list(layer.kernel_size), list(layer.stride), [layer.padding[0]] * 4
        inputs = [given, f"w{index}", f"b{index}"]
        nodes.append(helper.make_node("Conv", inputs, [name], kernel_shape=kernel, strides=stride, pads=pad))

    for index, layer in enumerate(layers):
        convolved(index, layer, before, f"c{index}")
        nodes.append(helper.make_node("Relu", [f"c{index}"], [f"r{index}"]))
        if index in sums:
            nodes.append(helper.make_node("Add", [before, f"r{index}"], [f"a{index}"]))
        before = f"a{index}" if index in sums else f"r{index}"
    convolved(len(layers), last, before, "out")
    graph = helper.make_graph(
        nodes,
        "mat",
        [helper.make_tensor_value_info("page", TensorProto.FLOAT, [1, 2, *sides])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, last.out_channels, "cell_rows", "cell_columns"])],
        constants,
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fonts", type=Path, help="folder with fonts")
    parser.add_argument("model", type=Path, help="where the weights go")
    parser.add_argument("--steps", type=int, default=STEPS)
    arguments = parser.parse_args()
    train(arguments.fonts, arguments.model, arguments.steps)
