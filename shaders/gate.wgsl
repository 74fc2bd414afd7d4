// Trigonometric polynomials of an opened phase over shares of dealt cosines and sines: one thread an element and function.
// The coefficients are public and integers, so that both parties get the same ones.

struct Uniforms {
  n: u32,
  words: u32,
  table_n: u32,
  table_words: u32,
  functions: u32,
  shift: u32,
  // 2^(shift - 1), as two words.
  half: vec2u,
  // A turn of the resolution, in phases.
  turn: u32,
  // Whether an amplitude times a cosine is right in one word.
  coarse: u32,
}

struct Function {
  constant: vec2u,
  first_term: u32,
  terms: u32,
}

struct Term {
  multiple: u32,
  phase: u32,
  amplitude: i32,
  // 2f: the row of cosines in the tables; the sines follow.
  row: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> cosine: array<i32>;
@group(0) @binding(2) var<storage, read> functions: array<Function>;
@group(0) @binding(3) var<storage, read> terms: array<Term>;
@group(0) @binding(4) var<storage, read> delta: array<u32>;
@group(0) @binding(5) var<storage, read> tables: array<u32>;
@group(0) @binding(6) var<storage, read_write> result: array<u32>;

fn round_coarse(amplitude: i32, cosine: i32) -> i32 {
  return (amplitude * cosine + bitcast<i32>(u.half.x)) >> u.shift;
}

fn round_fine(amplitude: i32, cosine: i32) -> i32 {
  let sum = add64(multiply64(sign_extend64(amplitude), sign_extend64(cosine)), u.half);
  // The quotient fits a word, so that the sign counts only where the high word alone is shifted.
  let high = bitcast<i32>(sum.y) >> (u.shift & 31u);
  return select(bitcast<i32>(shift_right64(sum, u.shift).x), high, u.shift >= 32u);
}

fn product(amplitude: i32, angle: u32, at: u32) -> vec2u {
  let c = cosine[angle & (u.turn - 1u)];
  var coefficient = 0;
  if (u.coarse == 1u) {
    coefficient = round_coarse(amplitude, c);
  } else {
    coefficient = round_fine(amplitude, c);
  }
  if (u.words == 1u) {
    return vec2u(bitcast<u32>(coefficient) * tables[at], 0u);
  }
  var table = vec2u(tables[at], 0u);
  if (u.table_words == 2u) {
    table.y = tables[u.table_n + at];
  }
  return multiply64(sign_extend64(coefficient), table);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = thread_index(id, groups);
  let count = u.n * u.functions;
  if (at >= count) {
    return;
  }
  let i = at / u.functions;
  let f = functions[at % u.functions];
  let x = delta[i];
  var sum = f.constant;
  for (var t = f.first_term; t < f.first_term + f.terms; t++) {
    let term = terms[t];
    let angle = term.multiple * x - term.phase;
    let row = term.row * u.n + i;
    sum = add64(sum, product(term.amplitude, angle, row));
    sum = add64(sum, product(term.amplitude, angle - u.turn / 4u, row + u.n));
  }
  result[at] = sum.x;
  if (u.words == 2u) {
    result[count + at] = sum.y;
  }
}
