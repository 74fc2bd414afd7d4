/** A private affine map y = x · W + b in the clear, on its owner's side. */
export interface Matrix {
  inputs: number;
  outputs: number;
  /** [inputs, outputs], row by row. A private vector is a matrix of one row. */
  values: Float64Array;
  /** [outputs] */
  bias: Float64Array;
}

/** A matrix with the name that the graph has for it. */
export interface NamedMatrix extends Matrix {
  name: string;
}
