/** The matrix product that evaluations in floating point spend their time in. Who reads graphs in bulk brings a faster one (compute/). */

export interface ProductShape {
  rows: number;
  depth: number;
  columns: number;
}

/** out [rows, columns] += x [rows, depth] · w [depth, columns], row by row. Throws a RangeError where lengths are not those of the shape. */
export type Product = (out: Float64Array, x: Float64Array, w: Float64Array, shape: ProductShape) => void;

/** The product as a loop: no faster than JavaScript, and what others are compared with. */
export const loopProduct: Product = (out, x, w, shape) => {
  checkProduct(out, x, w, shape);
  const { rows, depth, columns } = shape;
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < depth; k++) {
      const factor = x[i * depth + k]!;
      if (factor === 0) continue;
      for (let j = 0, at = i * columns, from = k * columns; j < columns; j++, at++, from++)
        out[at]! += factor * w[from]!;
    }
  }
};

/** Throws a RangeError, naming the operand, for one that is shorter or longer than its shape. */
export function checkProduct(...[out, x, w, { rows, depth, columns }]: Parameters<Product>): void {
  const check = (name: string, { length }: Float64Array, lines: number, width: number) => {
    if (length !== lines * width)
      throw new RangeError(`${name} of a product has ${length} values, not [${[lines, width]}]`);
  };
  check('the result', out, rows, columns);
  check('the left operand', x, rows, depth);
  check('the right operand', w, depth, columns);
}
