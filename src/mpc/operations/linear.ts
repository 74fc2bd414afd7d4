/**
 * x · W and x ∘ w for a private matrix W or vector w of the model owner, fixed for the session.
 *
 * A Beaver triple (Beaver 1991) with one operand opened once and for all, as in the function-dependent preprocessing of ABY2.0 (Patra et al.
 * 2021), and the other opened one way. Set-up: the model owner draws a mask A from its seed (the dealer knows A) and
 * sends F = W − A. Each use, with r and c0 from the data owner's seed and c1 = r·A − c0 dealt:
 *
 *   data owner -> model owner: e = x0 − r          (once for all matrices and vectors on one x)
 *   data owner: r·F + c0                           (known before the online phase)
 *   model owner: (e + x1)·W + c1 + b
 *
 * and the same with ∘ for · where a vector scales columns (a LayerNorm's γ, a residual connection). Products that are added up are dealt
 * once: c1 is of their sum.
 *
 * Rounds: 1, one way. Bytes: the size of x once; the size of every result dealt. Each use has a fresh r.
 */
import type { Backend, Contraction, Vector } from '../../compute/backend';
import type { TensorOf } from '../../graph/graph';
import { size } from '../../graph/shape';
import { wordsFor } from '../../ring/ring';
import { scale as asScale } from '../../ring/units';
import type { DealerContext, HeldMatrix, Lower, Lowering, NodeOperation, PartyContext } from '../operation';
import type { PlanNode, ProductNode } from '../plan';

export const disclose: NodeOperation<'disclose'> = {
  talks: true,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }, need) => need(x, bits),
  traffic: ({ shape, bits }) => ({ toModelOwner: [{ n: size(shape), bits }] }),
  draw({ shape, bits }, party) {
    party.store('operand', party.draw(0, size(shape), bits));
  },
  say(node, party) {
    const { x, bits } = node;
    return [party.backend.subtract(party.share(x), party.stored(node, 'operand'), wordsFor(bits))];
  },
  hear({ x, bits }, party, [e]) {
    if (e) party.store('operand', party.backend.add(e, party.share(x), wordsFor(bits)));
  },
  deal({ shape, bits }, dealer) {
    dealer.store('operand', dealer.draw('data-owner', 0, size(shape), bits));
  },
};

export const linear: NodeOperation<'linear'> = {
  talks: false,
  fromSeeds: true,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }, need) => need(x, bits),
  weight: ({ weight, inputs, outputs, weightScale, bits }) => ({
    name: weight,
    owner: 'model-owner',
    inputs,
    outputs,
    scale: weightScale,
    bits,
  }),
  traffic: dealtTraffic,
  operations: ({ shape, inputs }) => size(shape) * inputs,
  compute(node, party) {
    const product = matrixProduct(node);
    return plusProduct(
      party.backend,
      startResult(node, party),
      party.stored(node.x, 'operand'),
      party.matrix(node.weight),
      product,
    );
  },
  deal(node, dealer) {
    const product = dealer.backend.zeros(size(node.shape), wordsFor(node.bits));
    dealer.backend.contract(product, dealer.stored(node.x, 'operand'), dealer.mask(node.weight), matrixProduct(node));
    dealProduct(node, dealer, product);
  },
};

export const lowerLinear: Lower<'linear'> = ({ name, shape, operation }, lowering) => {
  const x = lowering.disclose(operation.x);
  const outputs = size(operation.features);
  return lowering.push('linear', {
    name,
    shape,
    scale: asScale(x.scale + lowering.precision.weight),
    x,
    weight: operation.weight,
    inputs: (size(x.shape) * outputs) / size(shape),
    outputs,
    weightScale: asScale(lowering.precision.weight),
  });
};

export const scale: NodeOperation<'scale'> = {
  talks: false,
  fromSeeds: true,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }, need) => need(x, bits),
  weight: ({ weight, shape, weightScale, bits }) => ({
    name: weight,
    owner: 'model-owner',
    inputs: 1,
    outputs: shape.at(-1) ?? 1,
    scale: weightScale,
    bits,
  }),
  traffic: dealtTraffic,
  operations: ({ shape }) => size(shape),
  compute(node, party) {
    const { backend } = party;
    const words = wordsFor(node.bits);
    const operand = party.stored(node.x, 'operand');
    const { elements, offset } = party.matrix(node.weight);
    let scaled = backend.multiply(operand, elements, words);
    if (offset !== 0n) scaled = backend.subtract(scaled, backend.affine(operand, offset, 0n, words), words);
    return backend.add(scaled, startResult(node, party), words);
  },
  deal(node, dealer) {
    const operand = dealer.stored(node.x, 'operand');
    dealProduct(node, dealer, dealer.backend.multiply(operand, dealer.mask(node.weight), wordsFor(node.bits)));
  },
};

export const lowerScale: Lower<'scale'> = ({ name, shape, operation }, lowering) => {
  const x = lowering.disclose(operation.x);
  return lowering.push('scale', {
    name,
    shape,
    scale: asScale(x.scale + lowering.precision.weight),
    x,
    weight: operation.weight,
    weightScale: asScale(lowering.precision.weight),
  });
};

export const products: NodeOperation<'products'> = {
  talks: false,
  fromSeeds: true,
  inputs: ({ parts }) => [...parts],
  operandBits({ parts, bits }, need) {
    for (const part of parts) need(part, bits);
  },
  traffic: ({ shape, bits }) => ({ dealt: [{ n: size(shape), bits }] }),
  compute: ({ parts, bits }, party) =>
    parts.reduce((sum, part) => party.backend.add(sum, party.share(part), wordsFor(bits)), party.dealt()),
  deal({ parts, bits }, dealer) {
    const [first, ...more] = parts.map((part) => dealer.stored(part, 'product'));
    dealer.deal(more.reduce((sum, next) => dealer.backend.add(sum, next, wordsFor(bits)), first!));
  },
};

const isProduct = (node: PlanNode): node is ProductNode => node.kind === 'linear' || node.kind === 'scale';
const partsOf = (node: PlanNode) => (node.kind === 'products' ? node.parts : isProduct(node) ? [node] : undefined);

/** The sum of two tensors that are products, or sums of them, and that nothing else reads; undefined for others. */
export function gatheredSum({ name, shape, operation: { x, y } }: TensorOf<'add'>, lowering: Lowering) {
  if (![x, y].every((tensor) => lowering.isReadOnce(tensor) && size(tensor.shape) === size(shape))) return undefined;
  const nodes = [lowering.share(x), lowering.share(y)] as const;
  const [left, right] = [partsOf(nodes[0]), partsOf(nodes[1])];
  if (!left || !right || nodes[0].scale !== nodes[1].scale) return undefined;
  const parts = [...left, ...right];
  for (const part of parts) part.gathered = true;
  return lowering.push('products', { name, shape, scale: nodes[0].scale, parts });
}

/** What is dealt for a product that is not part of a sum. */
function dealtTraffic({ shape, bits, gathered }: ProductNode) {
  return { dealt: gathered ? [] : [{ n: size(shape), bits }] };
}

function dealProduct(node: ProductNode, dealer: DealerContext, product: Vector): void {
  if (node.gathered) dealer.store('product', product);
  else dealer.deal(product);
}

/** This party's share of the dealt product of masks, which a sum has for all of its parts; the model owner's with its bias. */
function startResult(node: ProductNode, { backend, dealt, isDataOwner, bias }: PartyContext): Vector {
  const words = wordsFor(node.bits);
  const start = node.gathered ? backend.zeros(size(node.shape), words) : dealt();
  return isDataOwner ? start : backend.add(start, bias(node.weight, node), words);
}

/** out + x · (elements − offset); `out` is used up. */
export function plusProduct(
  backend: Backend,
  out: Vector,
  x: Vector,
  { elements, offset }: HeldMatrix,
  product: Contraction,
): Vector {
  backend.contract(out, x, elements, product);
  if (offset === 0n) return out;
  const sums = backend.sumRows(x, product.depth, out.words);
  return backend.subtract(out, backend.affine(sums, offset, 0n, out.words), out.words, product.columns);
}

/** rows × inputs times inputs × outputs, everything dense. */
export function matrixProduct({
  shape,
  inputs,
  outputs,
}: {
  shape: readonly number[];
  inputs: number;
  outputs: number;
}): Contraction {
  return {
    outer: 1,
    inner: 1,
    rows: size(shape) / outputs,
    columns: outputs,
    depth: inputs,
    left: { outer: 0, inner: 0, row: inputs, column: 1 },
    right: { outer: 0, inner: 0, row: outputs, column: 1 },
    out: { outer: 0, inner: 0, row: outputs, column: 1 },
  };
}
