"""Writes pycma.json: what pycma (pip install cma numpy), the reference implementation of CMA-ES, does.

evaluations: the median number of evaluations over 11 runs until the best loss is below 1e-10.
trajectory: mean, step size and covariance after some generations, from given normal numbers. pycma is told to use the constants of
Hansen's tutorial (arXiv 1604.00772v2) where its own differ, the identity as first covariance, and the symmetric root of the
covariance to turn normal numbers into candidates, so that no sign of an eigenvector enters.
"""
import json
import warnings

warnings.filterwarnings("ignore")
import cma
import numpy as np
from cma import sigma_adaptation

FUNCTIONS = {
    "sphere": lambda x: sum(x**2),
    "ellipsoid": lambda x: sum(10 ** (6 * np.arange(len(x)) / (len(x) - 1)) * x**2),
    "cigar": lambda x: x[0] ** 2 + 1e6 * sum(x[1:] ** 2),
    "discus": lambda x: 1e6 * x[0] ** 2 + sum(x[1:] ** 2),
    "rosenbrock": lambda x: sum(100 * (x[:-1] ** 2 - x[1:]) ** 2 + (1 - x[:-1]) ** 2),
}


def start(function, n):
    return (np.zeros(n), 0.1) if function == "rosenbrock" else (np.ones(n), 1.0)


def evaluations(function, n, diagonal):
    counts = []
    for seed in range(1, 12):
        x0, sigma0 = start(function, n)
        es = cma.CMAEvolutionStrategy(x0, sigma0, {
            "seed": seed, "verbose": -9, "ftarget": 1e-10, "CMA_diagonal": diagonal, "tolfun": 0, "tolfunhist": 0, "tolx": 0})
        es.optimize(FUNCTIONS[function])
        assert es.best.f < 1e-10, (function, n, seed, es.stop())
        counts.append(es.result.evaluations)
    return int(np.median(counts))


def trajectory(function, n, population, generations, sigma0, active, normals):
    samples = iter(normals)
    es = cma.CMAEvolutionStrategy(np.linspace(1, 2, n), sigma0, {
        "verbose": -9, "popsize": population, "CMA_active": active, "updatecovwait": 0, "tolfun": 0, "tolfunhist": 0, "tolx": 0,
        "tolflatfitness": 1e9})
    es.sm.C = np.eye(n)
    es.sm.B, es.sm.D = np.eye(n), np.ones(n)

    def sample(number, *_, **__):
        es.sm.update_now()
        z = np.array([[next(samples) for _ in range(n)] for _ in range(number)])
        return z @ (es.sm.B * es.sm.D) @ es.sm.B.T

    es.sm.sample = sample
    sigma_adaptation.Mh.chiN = staticmethod(lambda n: n**0.5 * (1 - 1 / (4 * n) + 1 / (21 * n**2)))
    mueff = es.sp.weights.mueff
    step = es.adapt_sigma.initialize(es)
    step.cs = (mueff + 2) / (n + mueff + 5)
    step.damps = 1 + 2 * max(0, ((mueff - 1) / (n + 1)) ** 0.5 - 1) + step.cs
    assert abs(es.sp.cc - (4 + mueff / n) / (n + 4 + 2 * mueff / n)) < 1e-12, es.sp.cc
    assert abs(es.sp.c1 - 2 / ((n + 1.3) ** 2 + mueff)) < 1e-12, es.sp.c1
    assert abs(es.sp.cmu - 2 * (0.25 + mueff + 1 / mueff - 2) / ((n + 2) ** 2 + mueff)) < 1e-12, es.sp.cmu
    stalls = 0
    for _ in range(generations):
        x = es.ask()
        pc = es.pc.copy()
        es.tell(x, [FUNCTIONS[function](xi) for xi in x])
        stalls += bool(np.allclose(es.pc, (1 - es.sp.cc) * pc, rtol=1e-14, atol=0))
    return {
        "function": function, "dimension": n, "population": population, "generations": generations, "sigma0": sigma0,
        "active": active, "stalls": stalls, "mean": es.mean.tolist(), "sigma": es.sigma, "covariance": es.sm.C.flatten().tolist(),
        "pathC": es.pc.tolist(), "pathSigma": es.adapt_sigma.ps.tolist(),
    }


if __name__ == "__main__":
    random = np.random.RandomState(1)
    normals = [round(v, 4) for v in random.randn(4 * 8 * 40)]
    reference = {
        "evaluations": {
            method: {f"{f} {n}": evaluations(f, n, diagonal) for f in functions for n in (10, 20)}
            for method, diagonal, functions in [
                ("cma-es", False, FUNCTIONS), ("sep-cma-es", True, ["sphere", "ellipsoid", "cigar", "discus"])]
        },
        "normals": normals,
        "trajectories": [
            trajectory("ellipsoid", 4, 8, 40, 0.5, True, normals),
            trajectory("rosenbrock", 3, 7, 40, 0.01, False, normals),
        ],
    }
    print(json.dumps(reference))
