"""Spots of ink, beside what OpenCV finds with its own statistics."""

import cv2
import numpy as np
import pytest

from gateway.documents.readers.pictures.rectangles import BAND, rectangles_of, without_colour
from gateway.documents.readers.pictures.spots import spots


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.6, 0.9, 1.0])
def test_numbers_and_boxes_are_those_of_opencv(share: float, connectivity: int) -> None:
    chance = np.random.default_rng(7)
    for rows, columns in ((1, 1), (1, 40), (40, 1), (37, 53), (200, 160)):
        mask = np.where(chance.random((rows, columns)) < share, 255, 0).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=connectivity)
        found, boxes = spots(mask, connectivity)
        assert np.array_equal(found, labels)
        assert np.array_equal(boxes, stats[1:])


@pytest.mark.parametrize(("least", "most", "found"), [(1, 30, 30), (30, None, 30), (31, None, 0), (1, 29, 0)])
def test_of_fewer_or_more_spots_than_are_wanted_there_are_none(least: int, most: int | None, found: int) -> None:
    mask = np.zeros((120, 100), np.uint8)
    for number in range(30):
        mask[5 + number // 5 * 20, 5 + number % 5 * 20] = 255
    assert len(spots(mask, least=least, most=most)[1]) == found


def test_a_page_without_ink_has_no_rectangles_and_one_with_a_frame_has_its_two_borders() -> None:
    mask = np.zeros((400, 600), np.uint8)
    assert rectangles_of(mask, 200, (0.42, 4.5), (0.17, 0.75)) == []
    cv2.rectangle(mask, (100, 100), (300, 200), 255, 5)
    mask[300:310, 50:300:20] = 255  # specks are no frames
    assert len(rectangles_of(mask, 200, (0.42, 4.5), (0.17, 0.75))) == 2


@pytest.mark.parametrize("rows", [1, BAND - 1, BAND, 2 * BAND + 5])
def test_a_page_is_one_plane_unless_a_single_pixel_of_it_has_a_colour(rows: int) -> None:
    grey = np.random.default_rng(rows).integers(0, 256, (rows, 7), np.uint8)
    page = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    assert np.array_equal(without_colour(page), grey)
    page[-1, -1, 1] ^= 1
    assert without_colour(page) is page
