/** The test functions of the field, all with minimum 0. */
const sum = (x: Float64Array, term: (xi: number, i: number) => number) => x.reduce((s, xi, i) => s + term(xi, i), 0);

export const functions: Record<string, (x: Float64Array) => number> = {
  sphere: (x) => sum(x, (xi) => xi ** 2),
  ellipsoid: (x) => sum(x, (xi, i) => 10 ** ((6 * i) / (x.length - 1)) * xi ** 2),
  cigar: (x) => sum(x, (xi, i) => (i === 0 ? 1 : 1e6) * xi ** 2),
  discus: (x) => sum(x, (xi, i) => (i === 0 ? 1e6 : 1) * xi ** 2),
  rosenbrock: (x) => sum(x.slice(1), (next, i) => 100 * (x[i]! ** 2 - next) ** 2 + (1 - x[i]!) ** 2),
};
