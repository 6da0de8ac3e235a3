"""The real data sets that come with scikit-learn, which is imported only when one of them is read (it takes 1 s)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuralgraph.data.delivery import Delivery, classified, measured


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a set without reading it: the shape of a row, the number of classes (None = a number)."""

    shape: tuple[int, ...]
    classes: int | None
    label: str
    x_label: str = "features"


KNOWN = {
    "digits": Known((1, 8, 8), 10, "digit", "image"),
    "iris": Known((4,), 3, "kind"),
    "wine": Known((13,), 3, "grower"),
    "breast_cancer": Known((30,), 2, "diagnosis"),
    "diabetes": Known((10,), None, "progression"),
}


def bundled(name: str, *, as_number: bool = False) -> Delivery:
    """A set of scikit-learn; digits as N × 1 × 8 × 8 in 0 … 1, the others as they were measured."""
    from sklearn import datasets

    known = KNOWN[name]
    raw = getattr(datasets, f"load_{name}")()
    x = np.asarray(raw.data, np.float32).reshape(-1, *known.shape)
    features = tuple(str(one) for one in raw.feature_names)
    if known.classes is None:
        return measured(x, raw.target, label=known.label, feature_names=features)
    if name == "digits":
        x = x / np.float32(16.0)
    names = tuple(str(one) for one in raw.target_names)
    return classified(x, raw.target, names, label=known.label, as_number=as_number, x_label=known.x_label,
                      feature_names=features)
