"""Writes tests/fixtures/heads.json: probabilities of scikit-learn's LogisticRegression(C), for tests/tuning/head.test.ts.

    pip install scikit-learn && python make_heads.py
"""
import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(11)
cases = []
for name, examples, width, classes in [
    ("two classes", 24, 5, 2),
    ("three classes", 30, 6, 3),
    ("more features than examples", 10, 20, 3),
    ("one example a class", 4, 5, 4),
]:
    targets = np.arange(examples) % classes
    centres = rng.normal(size=(classes, width))
    draw = lambda labels: np.round(0.4 * centres[labels] + rng.normal(size=(len(labels), width)), 3)
    features = draw(targets)
    unseen = draw(np.arange(6) % classes)
    for c in (0.03, 1, 40):
        model = LogisticRegression(C=c, tol=1e-10, max_iter=100_000).fit(features, targets)
        cases.append(
            {
                "name": f"{name}, C = {c}",
                "c": c,
                "classes": classes,
                "features": features.tolist(),
                "targets": targets.tolist(),
                "unseen": unseen.tolist(),
                "probabilities": np.round(model.predict_proba(unseen), 7).tolist(),
            }
        )
(Path(__file__).parents[2] / "fixtures/heads.json").write_text(json.dumps(cases) + "\n")
