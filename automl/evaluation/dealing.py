"""Deal rows or whole groups into parts that hold the classes as evenly as can be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

N_CANDIDATES = 64
"""How many ways to deal groups are tried."""

N_KEPT = 32
"""One of the best so many different ones is drawn. Of ten speakers of uneven size 20 seeds then make 16 partitions; of
the best 4 they made 5, whose classes were more even by a twentieth only."""


def deal_rows(y: NDArray[np.int64], n_parts: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Part of each row, when every row stands for itself.

    Shuffled and sorted by class, the classes in any order, the rows are dealt out like cards: parts differ by at most
    one row, in all and in every class.
    """
    shuffled = rng.permutation(len(y))
    place_of_class = rng.permutation(y.max() + 1)
    by_class = shuffled[np.argsort(place_of_class[y[shuffled]], kind="stable")]
    part = np.empty(len(y), dtype=np.intp)
    part[by_class] = np.arange(len(y)) % n_parts
    return part


def draw_rows(y: NDArray[np.int64], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Whether each row is drawn: ``share`` of every class, at least one row of it, never all."""
    drawn = np.zeros(len(y), dtype=np.bool_)
    for label in np.unique(y):
        rows = np.flatnonzero(y == label)
        n_drawn = min(max(round(share * len(rows)), 1), len(rows) - 1)
        drawn[rng.permutation(rows)[:n_drawn]] = True
    return drawn


def deal_groups(
    y: NDArray[np.int64], groups: NDArray[np.int64], sizes: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Part of each row, when rows of one group must stay together.

    Many candidates are dealt, each greedily in a random order. What counts, in this order: that no part holds all rows
    of a class, that every part holds every class, that the parts are as large as they should be, in all and in every
    class. One of the best few is drawn.

    Parameters
    ----------
    y : (n,) class indices
    groups : (n,) codes, at least as many different ones as there are parts
    sizes : (n_parts,) the share of the rows that each part should hold. Where they sum to less than 1, what remains is
        one more part, the last, of which it is not asked that it leave a row of every class to the others

    Notes
    -----
    Scikit-learn's ``StratifiedGroupKFold(shuffle=True)`` (1.9) orders the groups by how unevenly they hold the classes,
    so that the seed breaks ties only: on groups of different sizes every seed gives the same folds.
    """
    _, group = np.unique(groups, return_inverse=True)
    rest = 1 - sizes.sum()
    all_sizes = np.append(sizes, rest) if rest > 1e-9 else sizes
    candidates, loads = _deal_greedily(_shares(y, group), all_sizes, rng)
    chosen: NDArray[np.intp] = _draw_good_one(candidates, loads[:, : len(sizes)], sizes, rng)[group]
    return chosen


def _shares(y: NDArray[np.int64], group: NDArray[np.intp]) -> NDArray[np.float64]:
    """(n_groups, n_classes + 1): the share of every class, and of the rows, that each group holds."""
    classes, label = np.unique(y, return_inverse=True)
    held = np.zeros((group.max() + 1, len(classes) + 1))
    np.add.at(held, (group, label), 1)
    held[:, -1] = held.sum(axis=1)
    shares: NDArray[np.float64] = held / held.sum(axis=0)
    return shares


def _deal_greedily(
    shares: NDArray[np.float64], sizes: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Give every group in turn to the part where it does least harm, in all candidates at once.

    Harm is the rise of ``sum((load - size) ** 2 / size)`` over parts and columns of ``shares``. The first candidates
    take the groups in any order, the last ones the larger groups first.

    Returns
    -------
    (N_CANDIDATES, n_groups) part of each group; (N_CANDIDATES, n_parts, n_columns) what each part holds
    """
    n_groups, n_columns = shares.shape
    tilt = np.linspace(0, 2, N_CANDIDATES)[:, None]
    order = np.argsort(rng.exponential(size=(N_CANDIDATES, n_groups)) / shares[:, -1] ** tilt, axis=1)
    candidate = np.arange(N_CANDIDATES)
    parts = np.empty((N_CANDIDATES, n_groups), dtype=np.intp)
    loads = np.zeros((N_CANDIDATES, len(sizes), n_columns))
    for step in range(n_groups):
        group = order[:, step]
        share = shares[group]
        own = np.square(share).sum(axis=1, keepdims=True)
        harm = (2 * np.einsum("bpc,bc->bp", loads, share) + own) / sizes
        harm += 1e-3 * own * rng.random(harm.shape)  # ties fall at random
        is_empty = loads[:, :, -1] == 0
        harm[(is_empty.sum(axis=1) >= n_groups - step)[:, None] & ~is_empty] = np.inf
        part = np.argmin(harm, axis=1)
        parts[candidate, group] = part
        loads[candidate, part] += share
    return parts, loads


def _draw_good_one(
    candidates: NDArray[np.intp], loads: NDArray[np.float64], sizes: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.intp]:
    holds_none = (loads == 0).sum(axis=(1, 2))
    holds_all = (loads > 1 - 1e-9).sum(axis=(1, 2))
    unevenness = (np.square(loads - sizes[:, None]) / sizes[:, None]).sum(axis=(1, 2))
    ranking = np.lexsort((unevenness, holds_none, holds_all))
    best = ranking[0]
    kept: dict[bytes, NDArray[np.intp]] = {}
    for c in ranking:
        if len(kept) == N_KEPT or (holds_all[c], holds_none[c]) != (holds_all[best], holds_none[best]):
            break
        kept.setdefault(_name_of(candidates[c]), candidates[c])
    return list(kept.values())[rng.integers(len(kept))]


def _name_of(parts: NDArray[np.intp]) -> bytes:
    """Equal for candidates that differ in the order of their parts only."""
    first_group = np.unique(parts, return_index=True)[1]
    return bytes(first_group[parts].tobytes())
