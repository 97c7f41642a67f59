"""Train the look at the shape of words: `python -m tests.detector.shapes FONTS SHAPES.npz`; see the README beside this file.

Lines of made-up Vietnamese syllables are drawn, with MẬT, Mật and mật among them, close or spaced, upright or in italics, with
stops and brackets, worn by scanners. They go through the gateway's own search for lines and words, so that the network is
trained on what it will be asked.
"""

from __future__ import annotations

import argparse
import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import nn

from gateway.documents.readers.pictures import lines, shapes
from tests.detector.vocabulary import BODY, CAPITALS, NEAR, words_of

PAGES, ROWS, STEPS, RATE = 1600, 13, 10_000, 5e-3
MARKED, UNMARKED, GRAIN = 192, 576, 0.05
"""Looks of a step with and without the word, and the noise that is put on them."""
HIDDEN = (64, 24)
KEPT_BACK = 9
"""One font of so many is kept back, and asked about at the end."""
ONSETS = [*words_of("b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"), ""]
RIMES = words_of(
    "a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng eo ep et ê êch êm ên "
    "ênh êp êt êu i ia iêc iêm iên iêng iêp iêt iêu im in inh ip it iu o oa oac oai oan oang oat oay oc oi om on ong op ot "
    "ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uât uê ui um un ung uôc uôi uôn uông uôt up ut uy uyên uyêt ư ưa "
    "ưc ưng ưi ươc ươi ươm ươn ương ươp ươt ưu y"
)
TONES = ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323", "\u0323")
NUMBERS = words_of("{} {} {}% {},{}% {}/{} {}/{}/{} ({}) {}.{} {}.{}.{} {}-{} {}) {}: {}; {}/QĐ-UBND {}m2")
UNSURE = {"mật", "mặt", "mạt"}
"""Words beside the marks to which either may be said."""


@dataclass(frozen=True)
class Put:
    """A word that was drawn."""

    left: tuple[float, float]
    right: tuple[float, float]
    label: int
    """0 for another word, 1 for MẬT, 2 for Mật and mật."""
    least: float
    """Share of its width that says what it is: of a spaced one two letters, where the line is parted before the third."""


def syllable(rng: random.Random) -> str:
    """A syllable that Vietnamese has or could have."""
    onset, rime, tone = rng.choice(ONSETS), rng.choice(RIMES), rng.choice(TONES)
    signed = [n for n, ch in enumerate(rime) if len(unicodedata.normalize("NFD", ch)) > 1]
    vowels = [n for n, ch in enumerate(rime) if unicodedata.normalize("NFD", ch)[0] in "aeiouy"]
    open_end = len(vowels) == 1 or rime[-1] in "aeiouy"
    place = signed[-1] if signed else vowels[0] if open_end else vowels[-1]
    return unicodedata.normalize("NFC", onset + rime[: place + 1] + tone + rime[place + 1 :])


def other(rng: random.Random, *, capitals: bool) -> str:
    """A word that is none of those that are looked for."""
    if rng.random() < 0.12:
        return rng.choice(NUMBERS).format(*(rng.randrange(10 ** rng.randint(1, 4)) for _ in range(3)))
    while True:
        if rng.random() < 0.12:
            word = rng.choice(CAPITALS + NEAR)
        else:
            word = syllable(rng) if rng.random() < 0.6 else rng.choice(BODY)
        if unicodedata.normalize("NFC", word.lower()) in UNSURE:
            continue
        word = word.upper() if capitals else word.capitalize() if rng.random() < 0.12 else word
        return word + rng.choice((":", ";", ",", ".", ")")) if rng.random() < 0.12 else word


class Lines:
    """A few lines of print, and what was put where."""

    def __init__(self, seed: int, fonts: Sequence[str]) -> None:
        self.rng = rng = random.Random(seed)
        self.dpi = rng.choice((150, 200, 200, 200, 300))
        self.size = max(round(rng.uniform(8.5, 16) * self.dpi / 72), 14)
        self.font = self._font(fonts)
        self.step = int(rng.uniform(1.7, 2.3) * self.size)
        shape = round(rng.uniform(6, 8.2) * self.dpi), self.step * (ROWS + 1)
        self.picture = Image.new("L", shape, rng.choice((255, 250, 235, 220)))
        self.draw = ImageDraw.Draw(self.picture)
        self.ink = rng.choice((0, 0, 30, 60, 100))
        self.put: list[Put] = []
        mostly_capitals = rng.random() < 0.35
        for row in range(ROWS):
            self._row(self.step * (row + 0.5), capitals=mostly_capitals == (rng.random() < 0.8))

    def _font(self, fonts: Sequence[str]) -> ImageFont.FreeTypeFont:
        """A font that has the letters: where one is missing, a box stands for it and for others alike."""
        while True:
            font = ImageFont.truetype(self.rng.choice(fonts), self.size)
            masks = [bytes(font.getmask(ch)) for ch in "ẬỘậỰ"]
            if len(set(masks)) == len(masks):
                return font

    def _row(self, y: float, *, capitals: bool) -> None:
        rng, width = self.rng, self.picture.width
        x, end, space = 0.05 * width, rng.uniform(0.6, 0.9) * width, self.font.getlength(" ") * rng.uniform(0.9, 2.2)
        while x < end:
            label, gap = 0, 0.0
            if rng.random() < 0.16:
                word = rng.choice(("MẬT", "MẬT", "Mật", "mật"))
                label = 1 if word.isupper() else 2
                if label == 1 and rng.random() < 0.25:
                    gap = self.font.getlength("M") * rng.uniform(0.15, 0.9)
                else:
                    before = "(" if rng.random() < 0.05 else ""
                    word = before + word + rng.choice(("", "", "", "", ":", ";", ",", ".", ")"))
            else:
                word = other(rng, capitals=capitals)
            begin = x
            for part in word if gap else (word,):
                self.draw.text((x, y), part, font=self.font, fill=self.ink)
                x += self.font.getlength(part) + gap
            middle = y + 0.6 * self.size
            self.put.append(Put((begin, middle), (x - gap, middle), label, 0.5 if gap else 0.85))
            x += max(space, 0.6 * gap)
        if rng.random() < 0.08:
            under = y + 1.32 * self.size
            self.draw.line((0.05 * width, under, x, under), fill=self.ink, width=max(1, self.dpi // 120))

    def worn(self) -> tuple[np.ndarray, np.ndarray]:
        """The picture as a scanner gives it, and the matrix that turned it."""
        rng, page = self.rng, np.asarray(self.picture)
        rows, columns = page.shape
        turn = np.array(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
        if rng.random() < 0.4:
            turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), rng.uniform(-1.2, 1.2), 1)
            page = cv2.warpAffine(page, turn, (columns, rows), borderValue=int(page[0, 0]))
        page = cv2.GaussianBlur(page.astype(np.float32), (0, 0), rng.uniform(0.3, 0.75) * self.dpi / 150 + 0.05)
        grain = np.random.default_rng(rng.randrange(1 << 30)).normal(0, rng.choice((0, 3, 8, 14)), page.shape)
        page = np.clip(page + grain, 0, 255).astype(np.uint8)
        if rng.random() < 0.25:
            return np.where(page > rng.choice((120, 150, 180)), 255, 0).astype(np.uint8), turn
        quality = [cv2.IMWRITE_JPEG_QUALITY, rng.choice((35, 50, 65, 75, 90))]
        return cv2.imdecode(cv2.imencode(".jpg", page, quality)[1], cv2.IMREAD_GRAYSCALE), turn


def looks(seed: int, fonts: Sequence[str]) -> Iterator[tuple[np.ndarray, int]]:
    """Words of drawn lines as the gateway finds them, with what they are."""
    drawn = Lines(seed, fonts)
    page, turn = drawn.worn()
    sheet = lines.sheet(page, float(drawn.dpi))

    def straight(point: tuple[float, float]) -> np.ndarray:
        placed = turn @ np.array((*point, 1.0))
        return placed if sheet.turn is None else sheet.turn @ np.array((*placed, 1.0))

    places = [(straight(one.left), straight(one.right)[0], one.label, one.least) for one in drawn.put]
    for line in sheet.lines:
        cut = shapes.strip(sheet.grey, line, sheet.scale) if line.kind is lines.Kind.LINE else None
        if cut is None:
            continue
        here = [
            (start[0], end, label, least)
            for start, end, label, least in places
            if line.top * sheet.scale - 4 <= start[1] <= line.bottom * sheet.scale + 4
        ]
        for first, last in cut.spans:
            left, right = cut.left + cut.words[first][0], cut.left + cut.words[last][1]
            label = label_of(left, right, here)
            if label is not None:
                yield cut.look(first, last).astype(np.float16), label


def label_of(left: float, right: float, here: Sequence[tuple[float, float, int, float]]) -> int | None:
    """What columns of a line hold: 0 for nothing that is looked for, None for a part of it or more than it."""
    nothing = 0.0, 0.0, 0, 1.0
    start, end, label, least = max(here, key=lambda one: min(right, one[1]) - max(left, one[0]), default=nothing)
    shared = min(right, end) - max(left, start)
    if not label or shared <= 0.4 * (end - start):
        return 0
    return label if shared > least * (end - start) and right - left < 1.25 * (end - start) + 6 else None


_FONTS: list[str] = []


def _begin(fonts: list[str]) -> None:
    cv2.setNumThreads(1)
    _FONTS.extend(fonts)


def _page(seed: int) -> list[tuple[np.ndarray, int]]:
    return list(looks(seed, _FONTS))


def drawn(fonts: list[str], first: int, pages: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Looks of so many pages, and what they are."""
    with Pool(2, _begin, (fonts,)) as pool:
        found = [one for page in pool.imap(_page, range(first, first + pages), 8) for one in page]
    return torch.from_numpy(np.stack([look for look, _ in found])).float(), torch.tensor([label for _, label in found])


def train(seen: torch.Tensor, labels: torch.Tensor) -> nn.Sequential:
    """Train with as many looks that are looked for as others need not be passed over."""
    sizes = (seen.shape[1], *HIDDEN, 2)
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    network = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.AdamW(network.parameters(), RATE / 2, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, STEPS)
    wanted = torch.stack((labels == 1, labels == 2), 1).float()
    marked, unmarked = torch.nonzero(labels > 0)[:, 0], torch.nonzero(labels == 0)[:, 0]
    for _ in range(STEPS):
        batch = torch.cat(
            (marked[torch.randint(len(marked), (MARKED,))], unmarked[torch.randint(len(unmarked), (UNMARKED,))])
        )
        noisy = seen[batch] + GRAIN * torch.randn(len(batch), seen.shape[1])
        loss = nn.functional.binary_cross_entropy_with_logits(network(noisy), wanted[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network


def main() -> None:
    """Draw, train, write, and say how often fonts that were kept back are recognised."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fonts", type=Path)
    parser.add_argument("weights", type=Path)
    arguments = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(1)
    fonts = sorted(str(path) for path in arguments.fonts.rglob("*.?tf"))
    back = fonts[4::KEPT_BACK]
    network = train(*drawn([path for path in fonts if path not in back], 1000, PAGES))
    state = [value.numpy().T.astype(np.float16) for value in network.state_dict().values()]
    np.savez(arguments.weights, **{f"layer{number}": value for number, value in enumerate(state)})
    seen, labels = drawn(back, 1_000_000, 150)
    with torch.no_grad():
        odds = network(seen).max(1).values
    for label, name in ((1, "MẬT"), (2, "Mật, mật"), (0, "other words")):
        asked = odds[labels == label]
        print(f"{name}: {len(asked)}, read {(asked >= shapes.LEAST_ODDS).sum() / len(asked):.4f}")


if __name__ == "__main__":
    main()
