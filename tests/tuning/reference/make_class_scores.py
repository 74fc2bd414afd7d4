"""Writes tests/fixtures/class-scores.json: scikit-learn's precision, recall and F1, for tests/tuning/class-scores.test.ts.

    pip install scikit-learn && python make_class_scores.py
"""
import json
from pathlib import Path

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

rng = np.random.default_rng(5)
cases = []
for name, examples, classes, seen in [
    ("two classes", 40, 2, [0, 1]),
    ("five uneven classes", 200, 5, [0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 3, 4]),
    ("a class that is never predicted", 60, 3, [0, 1, 2]),
    ("a class without examples", 60, 4, [0, 1, 3]),
]:
    targets = rng.choice(seen, size=examples)
    wrong = rng.integers(0, classes, size=examples)
    predictions = np.where(rng.random(examples) < 0.6, targets, wrong)
    if name == "a class that is never predicted":
        predictions[predictions == 2] = 0
    labels = list(range(classes))
    precision, recall, f1, support = precision_recall_fscore_support(
        targets, predictions, labels=labels, zero_division=0
    )
    macro = f1_score(targets, predictions, labels=labels, average="macro", zero_division=0)
    cases.append(
        {
            "name": name,
            "confusion": confusion_matrix(targets, predictions, labels=labels).tolist(),
            "precision": np.round(precision, 9).tolist(),
            "recall": np.round(recall, 9).tolist(),
            "f1": np.round(f1, 9).tolist(),
            "examples": support.tolist(),
            "macroF1": round(float(macro), 9),
        }
    )
(Path(__file__).parents[2] / "fixtures/class-scores.json").write_text(json.dumps(cases) + "\n")
