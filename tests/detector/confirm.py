"""Train the second look: `python -m tests.detector.confirm FONTS CONFIRM.onnx`; see the README beside this file.

The detector proposes places on drawn pages of 200 dpi, at the scores at which it does in the gateway; each is turned upright
and labelled by what was drawn there. So the second network sees what it will be asked, and nothing else: MẬT, and what
the first took for it. Two processes draw, one thread trains; what they draw comes in turn, so that the weights are always
the same.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from collections.abc import Iterator
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path

import numpy as np
import torch
from torch import nn

from gateway.documents.readers.pictures import detector
from gateway.documents.readers.pictures.detector import planes
from gateway.documents.readers.pictures.rectangles import resized
from tests.detector import draw

STEPS, BATCH, FRESH, KEPT = 9000, 96, 24, 24_000
"""Steps, looks of a step, how many of them are new, and how many of before are kept to be seen again."""
RATE, WARM_UP, FALL, SMOOTH = 2e-3, 200, 0.35, 300
PROPOSED = 0.12
"""Score of the first look from which a place is labelled: lower than in the gateway, for more that is hard."""
LAYERS = ((3, 2, 16, 2), (3, 16, 24, 2), (3, 24, 32, 1), (3, 32, 48, 2), (3, 48, 48, 1), (3, 48, 48, 1), (3, 48, 64, 2),
          (3, 64, 64, 1))  # fmt: skip
"""Kernel, channels in and out, stride; then one layer over all that is left."""
SUMS = (4, 5, 7)
SOFT = 0.02
"""How far labels are from 0 and 1."""


class Network(nn.Module):
    """Planes of a look to the logarithm of the odds that MẬT stands in its middle."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(a, b, kernel, stride, kernel // 2) for kernel, a, b, stride in LAYERS)
        for layer in self.layers:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        self.last = nn.Conv2d(LAYERS[-1][2], 1, detector.LOOK // 16)
        nn.init.normal_(self.last.weight, 0.0, 0.01)
        nn.init.zeros_(self.last.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for index, layer in enumerate(self.layers):
            y = torch.relu(layer(x))
            x = x + y if index in SUMS else y
        return self.last(x).flatten()


def looks(folder: Path, seed: int, queue: Queue) -> None:
    """Fill the queue with what the detector proposes on drawn pages, in packs of looks and labels."""
    import cv2

    cv2.setNumThreads(1)
    drawer, pack, number = draw.Drawer(draw.fonts(folder), seed, scale=2), [], 0
    while True:
        pack += _labelled(drawer)
        number += 1
        if number % 20 == 0:
            drawer.renew()
        while len(pack) >= FRESH:
            part, pack = pack[:FRESH], pack[FRESH:]
            queue.put((np.stack([look for look, _ in part]), np.array([label for _, label in part], np.float32)))


def _labelled(drawer: draw.Drawer) -> list[tuple[np.ndarray, float]]:
    """Return the looks of one scene with their labels."""
    scene, rng = drawer.scene(), drawer.rng
    page, found = scene.picture, []
    half = resized(page, 0.5)
    views = [(1.0, page), (0.5, half)]
    given = planes(page)[0]
    marks = [word for word in scene.marks if word.seen and draw.stands_out(given, word)]
    unsure = [*scene.unsure, *(word for word in scene.marks if word not in marks)]
    proposed = [one for one in detector.first_look(half, 0.5) if one.score >= PROPOSED]
    places = [detector.nearer(views, one) for one in sorted(proposed, key=lambda one: -one.score)[:8]]
    for word in [*scene.marks, *scene.others]:  # what the detector may have missed, a little beside its place
        if rng.random() < 0.5:
            continue
        shift = [rng.gauss(0, 0.12) * word.tall for _ in range(2)]
        turn, size = word.turn + rng.gauss(0, 5), word.tall * math.exp(rng.gauss(0, 0.12))
        places.append(detector.Word(0.0, 0.0, word.x + shift[0], word.y + shift[1], turn, size))
    for place in places:
        near = [(math.hypot(place.x - word.x, place.y - word.y) / word.tall, word) for word in marks]
        hit = min(near, key=lambda item: item[0], default=None)
        if any(math.hypot(place.x - word.x, place.y - word.y) < 4 * word.tall for word in unsure):
            continue
        label = 0.0
        if hit is not None and hit[0] < 2.2:
            far, word = hit
            aside = abs((place.angle - word.turn + 180) % 360 - 180)
            if far > 0.6 or aside > 30 or abs(math.log(place.height / word.tall)) > 0.5:
                continue
            label = 1.0
        found.append((planes(detector.close_up(views, place))[0].astype(np.float16), label))
    return found


def batches(queues: list[Queue], seed: int) -> Iterator[tuple[np.ndarray, np.ndarray, list[int]]]:
    """What is new, with some of what was seen before: of a few picked by chance the one the network was worst at."""
    rng = np.random.default_rng(seed)
    kept: list[tuple[np.ndarray, float]] = []
    for queue in cycle(queues):
        places = []
        for pair in zip(*queue.get(), strict=True):
            if len(kept) < KEPT:
                places.append(len(kept))
                kept.append(pair)
            else:
                places.append(int(rng.integers(KEPT)))
                kept[places[-1]] = pair
            worst[places[-1]] = 0.0
        while len(places) < BATCH:
            picked = rng.integers(len(kept), size=2)
            places.append(int(max(picked, key=lambda place: worst[place])))
        yield np.stack([kept[n][0] for n in places]), np.array([kept[n][1] for n in places], np.float32), places


worst = np.zeros(KEPT)
"""The loss of each kept look when it was last seen."""


def rate(step: int, steps: int) -> float:
    return RATE * min(1.0, step / WARM_UP, (steps - step + 1) / (FALL * steps))


def train(folder: Path, model: Path, steps: int) -> None:
    """Train, and write the mean of the weights of the last steps."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    context = get_context("spawn")
    queues: list[Queue] = [context.Queue(8) for _ in range(2)]
    drawers = [
        context.Process(target=looks, args=(folder, 11 + n, queue), daemon=True) for n, queue in enumerate(queues)
    ]
    for drawer in drawers:
        drawer.start()
    network = Network().to(memory_format=torch.channels_last)
    smooth = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), betas=(0.9, 0.99), weight_decay=1e-3)
    shown, right, began = [], [], time.process_time()
    for step, (x, label, places) in enumerate(batches(queues, 2), 1):
        for group in optimizer.param_groups:
            group["lr"] = rate(step, steps)
        goal = torch.from_numpy(label)
        with torch.autocast("cpu", torch.bfloat16):
            out = network(torch.from_numpy(x).float().contiguous(memory_format=torch.channels_last))
        soft = goal * (1 - 2 * SOFT) + SOFT
        each = nn.functional.binary_cross_entropy_with_logits(out.float(), soft, reduction="none")
        optimizer.zero_grad()
        each.mean().backward()
        nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimizer.step()
        worst[places] = each.detach().numpy()
        with torch.no_grad():
            for mean, now in zip(smooth.parameters(), network.parameters(), strict=True):
                mean.lerp_(now, max(1 / step, 1 / SMOOTH))
        fresh = ((out[:FRESH] > 0) == (goal[:FRESH] > 0.5)).float().mean().item()
        shown.append(each.mean().item())
        right.append(fresh)
        if step % 100 == 0:
            share = float(label[:FRESH].mean())
            print(step, f"{time.process_time() - began:.0f}s {np.mean(shown[-100:]):.4f} fresh right {np.mean(right[-100:]):.4f} {share:.2f}", flush=True)  # fmt: skip
        if step % 500 == 0:
            export(smooth, model.with_suffix(".part.onnx"))
        if step >= steps:
            break
    export(smooth, model)
    for drawer in drawers:
        drawer.terminate()


def export(network: Network, path: Path) -> None:
    """Write the weights as ONNX."""
    from tests.detector.train import written

    written(network.layers, SUMS, path, last=network.last, sides=(detector.LOOK, detector.LOOK))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fonts", type=Path, help="folder with fonts")
    parser.add_argument("model", type=Path, help="where the weights go")
    parser.add_argument("--steps", type=int, default=STEPS)
    arguments = parser.parse_args()
    train(arguments.fonts, arguments.model, arguments.steps)
